/** What an L4Rule says of virtual services below HTTP and of their pools (AKO: ako-facts.md section 6.7). */
import type { L4Rule } from '../../../generated/extensions.ts';
import { list } from '../../values/read.ts';
import {
  namedByPool,
  namedByService,
  type AviName,
  type MonitorRef,
  type PoolSettings,
  type PoolTls,
  type VirtualServiceSettings,
} from './avi-settings.ts';
import { aviNameProblems, type ExtensionSources } from './extension-refs.ts';
import { judgeHealthMonitor } from './extension-objects.ts';
import { shapedSpec } from './shaped-spec.ts';

type Spec = L4Rule['spec'];
type Properties = NonNullable<Spec['backendProperties']>[number];

/** Settings of pools for a port of a Service. */
export interface PortSettings {
  readonly port: number;
  readonly protocol: string;
  readonly pool: PoolSettings;
}

export interface ReadL4Rule {
  readonly service: VirtualServiceSettings;
  readonly ports: readonly PortSettings[];
  readonly named: readonly AviName[];
  /** References that do not hold: connections are not served without what they lead to. */
  readonly failures: readonly string[];
  /** Fields that cannot mean anything here; the others hold. */
  readonly refused: readonly string[];
}

/** @param namespace the L4Rule's own, where its HealthMonitors are looked up */
export function readL4Rule(resource: L4Rule, namespace: string, sources: ExtensionSources): ReadL4Rule {
  const spec = shapedSpec('L4Rule', resource) ?? {};
  const service = serviceSettings(spec);
  const read = list(spec.backendProperties).map((properties, index) =>
    portSettings(properties, `spec.backendProperties[${index}]`, namespace, sources),
  );
  const names = [...namedByService(service), ...read.flatMap(({ pool }) => namedByPool(pool))];
  const named = names.map(({ type, name }): AviName => ({ type, name }));
  return {
    service,
    ports: read.map(({ port, protocol, pool }) => ({ port, protocol, pool })),
    named,
    failures: [
      ...aviNameProblems(named, sources.missing).map((problem) => `spec: ${problem}`),
      ...read.flatMap(({ failures }) => failures),
    ],
    refused: refusedFields(spec),
  };
}

function serviceSettings(spec: Spec): VirtualServiceSettings {
  const logs = spec.analyticsPolicy?.fullClientLogs;
  const { maxConcurrentConnections, maxThroughput } = spec.performanceLimits ?? {};
  const dataScripts = [...new Set(list(spec.vsDatascriptRefs))];
  return {
    ...(spec.analyticsProfileRef && { analyticsProfile: spec.analyticsProfileRef }),
    ...(logs?.enabled === true && {
      analyticsPolicy: {
        fullClientLogs: { throttle: logs.throttle ?? 10, durationMinutes: logs.duration ?? 30 },
      },
    }),
    ...(spec.applicationProfileRef && {
      applicationProfile: { avi: { type: 'applicationprofile', name: spec.applicationProfileRef } },
    }),
    ...(spec.networkProfileRef && { networkProfile: spec.networkProfileRef }),
    ...(spec.networkSecurityPolicyRef && { networkSecurityPolicy: spec.networkSecurityPolicyRef }),
    ...(spec.securityPolicyRef && { securityPolicy: spec.securityPolicyRef }),
    ...(spec.sslProfileRef && { sslProfile: spec.sslProfileRef }),
    ...(dataScripts.length > 0 && { dataScripts }),
    ...(spec.revokeVipRoute !== undefined && { revokeVipRoute: spec.revokeVipRoute }),
    ...((maxConcurrentConnections !== undefined || maxThroughput !== undefined) && {
      performanceLimits: {
        ...(maxConcurrentConnections !== undefined && { maxConcurrentConnections }),
        ...(maxThroughput !== undefined && { maxThroughput }),
      },
    }),
  };
}

function portSettings(
  properties: Properties,
  path: string,
  namespace: string,
  { snapshot }: ExtensionSources,
): PortSettings & { readonly failures: readonly string[] } {
  const { port, protocol } = properties;
  const judged = list(properties.healthMonitorCrdRefs).map((name) =>
    judgeHealthMonitor(`${namespace}/${name}`, snapshot),
  );
  const failures = judged.flatMap((one) =>
    'problem' in one ? [`${path}.healthMonitorCrdRefs: ${one.problem.message}`] : [],
  );
  const monitors: readonly MonitorRef[] = [
    ...[...new Set(list(properties.healthMonitorRefs))]
      .sort()
      .map((name) => ({ avi: { type: 'healthmonitor', name } }) as const),
    ...judged.flatMap((one) => ('object' in one ? [one] : [])),
  ];
  const tls = tlsOf(properties);
  const hash = properties.lbAlgorithmHash;
  const header = properties.lbAlgorithmConsistentHashHdr;
  const persistence = properties.applicationPersistenceProfileRef;
  const metrics = properties.analyticsPolicy?.enableRealtimeMetrics;
  const pool: PoolSettings = {
    ...(monitors.length > 0 && { monitors }),
    ...(properties.lbAlgorithm && {
      algorithm: { name: properties.lbAlgorithm, ...(hash && { hash }), ...(header && { header }) },
    }),
    ...(persistence && { persistence: { avi: { type: 'applicationpersistenceprofile', name: persistence } } }),
    ...(tls && { tls }),
    ...(properties.minServersUp !== undefined && { minServersUp: properties.minServersUp }),
    ...(metrics !== undefined && { realtimeMetrics: metrics }),
    ...(properties.enabled === false && { enabled: false }),
  };
  return { port, protocol, pool, failures };
}

function tlsOf({ sslProfileRef, sslKeyAndCertificateRef, pkiProfileRef }: Properties): PoolTls | undefined {
  if (!sslProfileRef && !sslKeyAndCertificateRef && !pkiProfileRef) return undefined;
  return {
    hostCheck: false,
    domainNames: [],
    ...(sslProfileRef && { sslProfile: sslProfileRef }),
    ...(sslKeyAndCertificateRef && { certificate: sslKeyAndCertificateRef }),
    ...(pkiProfileRef && { pki: { avi: { type: 'pkiprofile', name: pkiProfileRef } } }),
  };
}

function refusedFields(spec: Spec): readonly string[] {
  return [
    ...(spec.loadBalancerIP === undefined
      ? []
      : ['spec.loadBalancerIP: spec.addresses of the Gateway say its address']),
    ...(list(spec.listenerProperties).length === 0
      ? []
      : ['spec.listenerProperties: the listeners of the Gateway say its ports and what is encrypted']),
    ...(list(spec.sslKeyAndCertificateRefs).length === 0
      ? []
      : ['spec.sslKeyAndCertificateRefs: what clients see is of the listeners, by tls.certificateRefs']),
  ];
}
