/** Parent VirtualService of a Gateway: ports, certificates, VIP, and the answer to what no child claims. */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import { listenerId } from '../../routing/result/routed-listener.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { RoutedRoute } from '../../routing/result/routed-route.ts';
import { allowsInvalidClients, clientProfileName } from '../profiles/application-profile.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { httpListeners } from './http-listeners.ts';
import { orderedPolicySet, policyRefs } from '../policies/http-policy-set.ts';
import { markers } from '../naming/markers.ts';
import { createdBy } from '../naming/names.ts';
import type { PolicyEntry } from '../policies/policy-entry.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { namedScripts, namedSets, serviceFields } from '../policies/rule-extension.ts';
import { workTable } from '../scripts/rule-script.ts';
import { serviceMetadata } from '../naming/service-metadata.ts';
import { aviObject, present, virtualServiceNetwork, type TranslateContext } from '../translate-context.ts';
import { dataScriptRefs, orderedScriptSet } from '../scripts/vs-datascript-set.ts';

/** The parent with its policy set, and its script where it has one. `certificates`: names, the default first; `own`: its settings. */
export function parentObjects(
  context: TranslateContext,
  entries: readonly PolicyEntry[],
  certificates: readonly string[],
  vsVip: string,
  own?: VirtualServiceSettings,
): readonly AviObject[] {
  const { parentName } = context;
  const table = workTable(
    context,
    entries.map((entry) => entry.action),
  );
  const script = orderedScriptSet(context, parentName, table);
  return [
    orderedPolicySet(context, parentName, entries, table.size > 0),
    ...(script ? [script] : []),
    parentVirtualService(context, certificates, vsVip, script !== undefined, own),
  ];
}

/** The parent's policy set with other entries than the desired ones, under the script that those have. */
export function parentPolicySet(
  context: TranslateContext,
  entries: readonly PolicyEntry[],
  desired: readonly PolicyEntry[],
): AviObject {
  const table = workTable(
    context,
    desired.map((entry) => entry.action),
  );
  return orderedPolicySet(context, context.parentName, entries, table.size > 0);
}

function parentVirtualService(
  context: TranslateContext,
  certificates: readonly string[],
  vsVip: string,
  scripted: boolean,
  own: VirtualServiceSettings | undefined,
): AviObject {
  const { settings, gateway, routed, parentName } = context;
  const scripts = namedScripts(scripted ? parentName : undefined, own);
  const body = {
    name: parentName,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    type: 'VS_TYPE_VH_PARENT',
    vh_type: 'VS_TYPE_VH_ENHANCED',
    network_profile_ref: ref('networkprofile', 'System-TCP-Proxy'),
    application_profile_ref: ref('applicationprofile', 'System-HTTP'),
    se_group_ref: bareRef('serviceenginegroup', settings.seGroup),
    ...virtualServiceNetwork(context),
    vsvip_ref: ref('vsvip', vsVip),
    services: services(context),
    http_policies: policyRefs(namedSets(context, [parentName], own)),
    traffic_enabled: routed.trafficEnabled,
    markers: markers({ clusterName: settings.clusterName, gateway }),
    service_metadata: serviceMetadata({ gateway: routed.key }),
    ...present({
      ssl_key_and_certificate_refs:
        certificates.length > 0 ? certificates.map((name) => ref('sslkeyandcertificate', name)) : undefined,
      vs_datascripts: scripts.length > 0 ? dataScriptRefs(...scripts) : undefined,
      allow_invalid_client_cert: allowsInvalidClients(httpListeners(routed)) ? true : undefined,
      enable_rhi: settings.enableRHI ? true : undefined,
    }),
    ...serviceFields(context, own),
  };
  return aviObject(context, 'virtualservice', body);
}

/** One service for each distinct port and TLS setting of the serving listeners, in their order. */
function services(context: TranslateContext): readonly JsonObject[] {
  const { routed } = context;
  const asked = new Map(routed.infrastructure?.ports?.map(({ port, enableHTTP2 }) => [port, enableHTTP2]));
  const distinct = new Map<string, JsonObject>();
  const http2Ports = portsWithHttp2(routed);
  for (const { port, tls, clientValidation } of httpListeners(routed)) {
    const profile = clientValidation && clientProfileName(context, clientValidation);
    distinct.set(`${port} ${tls}`, {
      port,
      enable_ssl: tls,
      enable_http2: asked.get(port) ?? http2Ports.has(port),
      ...(profile !== undefined && { override_application_profile_ref: ref('applicationprofile', profile) }),
    });
  }
  return [...distinct.values()];
}

/**
 * Ports through which a backend with HTTP/2 is reached: its clients speak HTTP/2 too. gRPC clients speak nothing else,
 * whatever their route does. Others keep AKO's value.
 */
function portsWithHttp2(routed: RoutedGateway): ReadonlySet<number> {
  const ids = new Set(routed.routes.filter(usesHttp2).flatMap((route) => route.listeners));
  return new Set(
    httpListeners(routed)
      .filter((listener) => ids.has(listenerId(listener)))
      .map(({ port }) => port),
  );
}

function usesHttp2({ kind, rules }: RoutedRoute): boolean {
  if (kind === 'GRPCRoute') return true;
  return rules.some(({ backends }) => backends.some(({ protocol, weight }) => protocol === 'h2c' && weight > 0));
}
