/** AviBackendPolicy → settings of pools. */
import type { AviBackendPolicy } from '../../../generated/extensions.ts';
import {
  namedByPool,
  type MonitorRef,
  type PersistenceSettings,
  type PoolSettings,
} from '../extensions/avi-settings.ts';
import { judgeHealthMonitor, judgePkiProfile } from '../extensions/extension-objects.ts';
import { compareText, list } from '../../values/read.ts';
import { checkedSettings, given, type PolicySettings, type PolicySettingSources } from './policy-settings.ts';

type Spec = AviBackendPolicy['spec'];
type Field = keyof PoolSettings;

const algorithms: Readonly<Record<string, string>> = {
  LeastConnections: 'LEAST_CONNECTIONS',
  RoundRobin: 'ROUND_ROBIN',
  FastestResponse: 'FASTEST_RESPONSE',
  ConsistentHash: 'CONSISTENT_HASH',
  LeastLoad: 'LEAST_LOAD',
  FewestServers: 'FEWEST_SERVERS',
  Random: 'RANDOM',
  FewestTasks: 'FEWEST_TASKS',
  NearestServer: 'NEAREST_SERVER',
  CoreAffinity: 'CORE_AFFINITY',
  Topology: 'TOPOLOGY',
};

const hashes: Readonly<Record<string, string>> = {
  SourceAddress: 'SOURCE_IP_ADDRESS',
  SourceAddressAndPort: 'SOURCE_IP_ADDRESS_AND_PORT',
  URI: 'URI',
  Header: 'CUSTOM_HEADER',
  CallID: 'CALLID',
};

/** Where in the specification a setting stands, where the names differ. */
export const backendPaths: Readonly<Partial<Record<Field, string>>> = {
  monitors: 'healthMonitors',
  algorithm: 'loadBalancing',
  maxConnections: 'maxConnectionsPerServer',
  serverTimeoutMs: 'serverTimeoutMilliseconds',
  idleTimeoutMs: 'idleTimeoutMilliseconds',
  minMonitorsUp: 'minHealthMonitorsUp',
  inlineMonitor: 'inlineHealthMonitor',
};

/** @param namespace of the policy, where its HealthMonitors and PKIProfile are */
export function backendPolicySettings(
  spec: Spec,
  namespace: string,
  sources: PolicySettingSources,
): PolicySettings<PoolSettings> {
  const broken = new Map<Field, string>();
  const fail = (field: Field, message: string) => broken.set(field, `spec.${backendPaths[field] ?? field}: ${message}`);
  const monitors = readMonitors(spec, namespace, sources, (message) => fail('monitors', message));
  const tls = readTls(spec.tls, namespace, sources, (message) => fail('tls', message));
  const rate = spec.maxConnectionRate;
  const settings: PoolSettings = {
    ...(monitors.length > 0 && { monitors }),
    ...(spec.loadBalancing && { algorithm: readAlgorithm(spec.loadBalancing) }),
    ...(spec.persistence && { persistence: readPersistence(spec.persistence) }),
    ...(tls && { tls }),
    ...(rate && { maxConnectionRate: { count: rate.count, periodSeconds: rate.periodSeconds ?? 1 } }),
    ...given<PoolSettings>({
      http2: spec.http2,
      maxConnections: spec.maxConnectionsPerServer,
      rampMinutes: spec.rampMinutes,
      gracefulDisableMinutes: spec.gracefulDisableMinutes,
      requestQueueDepth: spec.requestQueueDepth,
      serverTimeoutMs: spec.serverTimeoutMilliseconds,
      idleTimeoutMs: spec.idleTimeoutMilliseconds,
      minServersUp: spec.minServersUp,
      minMonitorsUp: spec.minHealthMonitorsUp,
      inlineMonitor: spec.inlineHealthMonitor,
      analyticsProfile: spec.analyticsProfile,
    }),
  };
  return checkedSettings(settings, namedByPool(settings), sources, backendPaths, broken);
}

/** Each once, sorted. */
function readMonitors(
  spec: Spec,
  namespace: string,
  { snapshot }: PolicySettingSources,
  fail: (message: string) => void,
): readonly MonitorRef[] {
  const refs = list(spec.healthMonitors).flatMap(({ kind, name }): readonly (readonly [string, MonitorRef])[] => {
    if (kind === 'AviRef') return [[`name ${name}`, { avi: { type: 'healthmonitor', name } }]];
    const judged = judgeHealthMonitor(`${namespace}/${name}`, snapshot);
    if ('object' in judged) return [[`object ${name}`, judged]];
    fail(judged.problem.message);
    return [];
  });
  return [...new Map(refs)].sort(([a], [b]) => compareText(a, b)).map(([, ref]) => ref);
}

function readAlgorithm({ algorithm, hashOn, header }: NonNullable<Spec['loadBalancing']>): PoolSettings['algorithm'] {
  return {
    name: `LB_ALGORITHM_${algorithms[algorithm] ?? algorithm}`,
    ...(hashOn && { hash: `LB_ALGORITHM_CONSISTENT_HASH_${hashes[hashOn] ?? hashOn}` }),
    ...(header && { header }),
  };
}

function readPersistence(spec: NonNullable<Spec['persistence']>): NonNullable<PoolSettings['persistence']> {
  if (spec.type === 'Profile') return { avi: { type: 'applicationpersistenceprofile', name: spec.profile ?? '' } };
  return { profile: readProfile(spec) };
}

function readProfile({
  type,
  name = '',
  timeoutMinutes,
  persistent,
  httpOnly,
  prefixLength,
}: NonNullable<Spec['persistence']>): PersistenceSettings {
  const timeout = timeoutMinutes === undefined ? {} : { timeoutMinutes };
  switch (type) {
    case 'Cookie':
      return {
        by: 'cookie',
        name,
        ...timeout,
        ...(persistent === true && { persistent }),
        ...(httpOnly === true && { httpOnly }),
      };
    case 'ApplicationCookie':
      return { by: 'applicationCookie', name, ...timeout };
    case 'Header':
      return { by: 'header', name };
    case 'SourceAddress':
      return { by: 'sourceAddress', ...timeout, ...(prefixLength !== undefined && { prefixLength }) };
    default:
      return { by: 'tls' };
  }
}

function readTls(
  tls: Spec['tls'],
  namespace: string,
  { snapshot }: PolicySettingSources,
  fail: (message: string) => void,
): PoolSettings['tls'] {
  if (!tls) return undefined;
  const { pkiProfile, sslProfile, clientCertificate, hostCheckEnabled, domainNames } = tls;
  const own =
    pkiProfile?.kind === 'PKIProfile' ? judgePkiProfile(`${namespace}/${pkiProfile.name}`, snapshot) : undefined;
  if (own && 'problem' in own) {
    fail(own.problem.message);
    return undefined;
  }
  return {
    hostCheck: hostCheckEnabled === true,
    domainNames: list(domainNames),
    ...(own && { pki: own }),
    ...(pkiProfile?.kind === 'AviRef' && { pki: { avi: { type: 'pkiprofile', name: pkiProfile.name } } }),
    ...(sslProfile && { sslProfile }),
    ...(clientCertificate && { certificate: clientCertificate }),
  };
}
