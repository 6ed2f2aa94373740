/** Pool of one backend of a rule. */
import type { BackendTls, Endpoint, RoutedBackend } from '../../routing/result/routed-backend.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { markers } from '../naming/markers.ts';
import { createdBy } from '../naming/names.ts';
import { backendPki } from '../profiles/pki-profile.ts';
import { monitorRefs, poolFields, settingsTls } from './pool-settings.ts';
import { bareRef, ref, uuidRef } from '../naming/refs.ts';
import { noServers } from '../policies/rule-backends.ts';
import type { RuleRef } from '../policies/rule-match.ts';
import { serviceMetadata } from '../naming/service-metadata.ts';
import type { TranslateSettings } from '../settings.ts';
import { aviObject, present, routeOrigin, type TranslateContext } from '../translate-context.ts';
import { addressPrefix } from '../virtual-services/vsvip.ts';

/** The most servers that Avi takes in a pool; the translation reports pools with more and keeps the first. */
export const maxServers = 5000;

/** The longest time that Avi takes for `server_timeout`, in milliseconds. */
const longestTimeout = 21_600_000;

/** The same for `retry_timeout`. */
const longestRetryTimeout = 3_600_000;

/** `backend`: one of the rule's `pooledBackends`. */
export function pool(context: TranslateContext, rule: RuleRef, backend: RoutedBackend): AviObject {
  const { settings, gateway, routed } = context;
  const service = backend === noServers ? undefined : `${backend.namespace}/${backend.name}`;
  const persistence = backend.settings?.persistence;
  const isByHeader = persistence !== undefined && 'profile' in persistence && persistence.profile.by === 'header';
  const body = {
    name: context.poolName(rule, backend),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    ...reachability(settings),
    ...served(context, backend),
    graceful_disable_timeout: 1,
    fail_action: {
      type: 'FAIL_ACTION_HTTP_LOCAL_RSP',
      local_rsp: { status_code: 'FAIL_HTTP_STATUS_CODE_503' },
    },
    servers: backend.endpoints
      .slice(0, maxServers)
      .map((endpoint) => (isByHeader ? { ...server(endpoint), ...headerValue(endpoint) } : server(endpoint))),
    ...poolFields(context, backend.settings),
    ...present({
      server_timeout: serverTimeout(rule.rule),
      server_reselect: serverReselect(rule.rule),
      enable_http2: backend.protocol === 'h2c' || rule.route.kind === 'GRPCRoute' ? true : undefined,
    }),
    markers: markers({
      clusterName: settings.clusterName,
      gateway,
      route: rule.route,
      ruleName: rule.rule.name,
      ...(service !== undefined && { backend }),
    }),
    service_metadata: serviceMetadata(service === undefined ? {} : { services: [service] }),
  };
  return aviObject(context, 'pool', body, { ...routeOrigin(rule.route), ...(service !== undefined && { service }) });
}

/** Monitors and TLS by the settings, and their defaults. TLS of a BackendTLSPolicy goes first. */
function served(context: TranslateContext, { tls, settings }: RoutedBackend): JsonObject {
  return {
    health_monitor_refs: monitorRefs(context, settings) ?? [ref('healthmonitor', 'System-TCP')],
    ...(tls ? serverTls(context, tls) : settingsTls(context, settings?.tls)),
  };
}

/** Avi keeps clients by a header only where it has the server's value; ours is the address, which the application can tell. */
function headerValue({ address, port }: Endpoint): JsonObject {
  return { prst_hdr_val: `${address}:${port}` };
}

/** A server of a pool. */
export function server({ address, family, port, enabled, nodeName }: Endpoint): JsonObject {
  return present({
    ip: { addr: address, type: family },
    port,
    external_uuid: `${address}:${port}`,
    enabled,
    server_node: nodeName,
  });
}

/**
 * Avi has one time for the whole exchange with a server. Without retries that bounds the request as well, so the
 * shorter of the two counts. Zero disables a timeout, and Avi's own default is an hour.
 */
function serverTimeout({ timeouts }: RoutedRule): number | undefined {
  const bounds = [timeouts?.requestMs ?? 0, timeouts?.backendRequestMs ?? 0].filter((bound) => bound > 0);
  return bounds.length > 0 ? Math.min(longestTimeout, ...bounds) : undefined;
}

/**
 * Without response codes Avi reselects when no connection comes about; each server once at most, so more attempts than
 * servers a pool can have are the same. The bound of one attempt is then a field of its own.
 */
function serverReselect({ retry, timeouts }: RoutedRule): JsonObject | undefined {
  if (!retry) return undefined;
  const bound = timeouts?.backendRequestMs ?? 0;
  return present({
    enabled: true,
    num_retries: Math.min(retry.attempts, maxServers),
    retry_nonidempotent: false,
    retry_timeout: bound > 0 ? Math.min(bound, longestRetryTimeout) : undefined,
  });
}

/**
 * "MUST be used as the SNI" and for the certificate, unless there are subject alternative names: then one of these is
 * looked for instead (backendtlspolicy_types.go, `validation.hostname`). The SSL profile turns TLS on.
 */
export function serverTls(context: TranslateContext, tls: BackendTls): JsonObject {
  const { hostname, dnsNames, clientCertificate } = tls;
  return {
    ssl_profile_ref: ref('sslprofile', 'System-Standard'),
    pki_profile_ref: ref('pkiprofile', backendPki(context, tls)),
    sni_enabled: true,
    server_name: hostname,
    host_check_enabled: true,
    domain_name: dnsNames.length > 0 ? dnsNames : [hostname],
    ...(clientCertificate && {
      ssl_key_and_certificate_ref: ref('sslkeyandcertificate', context.certificateName(clientCertificate)),
    }),
  };
}

/** `vrf_ref` or `tier1_lr`; networks of the nodes only where Avi places its interfaces itself. */
export function reachability({ nsxtT1LR, vrf, nodeNetworks, cloudType }: TranslateSettings): JsonObject {
  const router: JsonObject = nsxtT1LR ? { tier1_lr: nsxtT1LR } : vrf ? { vrf_ref: bareRef('vrfcontext', vrf) } : {};
  const isPlaced = cloudType === 'CLOUD_VCENTER' || (cloudType === 'CLOUD_NSXT' && !nsxtT1LR);
  if (!isPlaced || nodeNetworks.length === 0) return router;
  const placement = nodeNetworks.flatMap(({ networkName, networkUUID, cidrs }) =>
    cidrs.map((cidr) => ({
      network_ref: networkUUID ? uuidRef('network', networkUUID) : ref('network', networkName ?? ''),
      subnet: addressPrefix(cidr, cidr.includes(':') ? 'V6' : 'V4'),
    })),
  );
  return { ...router, placement_networks: placement };
}
