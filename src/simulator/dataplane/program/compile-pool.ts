import { compileFailAction } from './compile-policy.ts';
import { compilePersistence } from './compile-persistence.ts';
import { flag, number, numbers, object, objects, text, texts, type Body } from './fields.ts';
import type {
  HealthMonitorProgram,
  PoolGroupProgram,
  PoolProgram,
  Reselect,
  ServerProgram,
  ServerTls,
} from './program.ts';
import type { Target } from '../decide/target.ts';
import type { Resolve } from './resolve.ts';
import { uuidOf } from './resolve.ts';

const MONITOR_KINDS: Readonly<Record<string, HealthMonitorProgram['kind']>> = {
  HEALTH_MONITOR_TCP: 'tcp',
  HEALTH_MONITOR_HTTP: 'http',
  HEALTH_MONITOR_HTTPS: 'https',
};

function httpCheck(body: Body | undefined): HealthMonitorProgram['http'] {
  const requestBody = text(body, 'http_request_body');
  const contains = text(body, 'http_response');
  return {
    request: text(body, 'http_request') ?? 'GET / HTTP/1.0',
    codes: texts(body, 'http_response_code'),
    ...(requestBody !== undefined && { body: requestBody }),
    ...(contains !== undefined && { contains }),
  };
}

function compileMonitor(uuid: string, body: Body, maxIntervalMs: number): HealthMonitorProgram {
  const kind = MONITOR_KINDS[text(body, 'type') ?? ''] ?? 'other';
  const port = number(body, 'monitor_port');
  const http = object(body, kind === 'https' ? 'https_monitor' : 'http_monitor');
  return {
    uuid,
    kind,
    intervalMs: Math.min((number(body, 'send_interval') ?? 10) * 1000, maxIntervalMs),
    timeoutMs: (number(body, 'receive_timeout') ?? 4) * 1000,
    successes: number(body, 'successful_checks') ?? 2,
    failures: number(body, 'failed_checks') ?? 2,
    ...(port !== undefined && { port }),
    ...((kind === 'http' || kind === 'https') && { http: httpCheck(http) }),
  };
}

function compileServer(body: Body, defaultPort: number): ServerProgram {
  const hostname = text(body, 'hostname');
  const headerValue = text(body, 'prst_hdr_val');
  return {
    address: text(object(body, 'ip'), 'addr') ?? '',
    port: number(body, 'port') ?? defaultPort,
    enabled: flag(body, 'enabled', true),
    ratio: number(body, 'ratio') ?? 1,
    ...(flag(body, 'rewrite_host_header', false) && hostname !== undefined && { hostname }),
    ...(headerValue !== undefined && { headerValue }),
  };
}

const ALGORITHMS: Readonly<Record<string, PoolProgram['algorithm']>> = {
  LB_ALGORITHM_ROUND_ROBIN: 'roundRobin',
  LB_ALGORITHM_CONSISTENT_HASH: 'consistentHash',
  LB_ALGORITHM_RANDOM: 'random',
};

function compileHash(body: Body): PoolProgram['hash'] {
  const header = text(body, 'lb_algorithm_consistent_hash_hdr');
  switch (text(body, 'lb_algorithm_hash')) {
    case 'LB_ALGORITHM_CONSISTENT_HASH_SOURCE_IP_ADDRESS_AND_PORT':
      return { by: 'sourceAndPort' };
    case 'LB_ALGORITHM_CONSISTENT_HASH_URI':
      return { by: 'uri' };
    case 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER':
      return { by: 'header', ...(header !== undefined && { header }) };
    default:
      return { by: 'source' };
  }
}

function inBlock(block: string, status: number): boolean {
  return block === `HTTP_RSP_${Math.floor(status / 100)}XX`;
}

function compileReselect(body: Body | undefined): Reselect | undefined {
  if (!flag(body, 'enabled', false)) return undefined;
  const responses = object(body, 'svr_resp_code');
  const codes = new Set(numbers(responses, 'codes'));
  const blocks = texts(responses, 'resp_code_block');
  const ranges = objects(responses, 'ranges').map(
    (range) => [number(range, 'begin') ?? 0, number(range, 'end') ?? 0] as const,
  );
  return {
    retries: number(body, 'num_retries') ?? 4,
    nonIdempotent: flag(body, 'retry_nonidempotent', false),
    tryTimeoutMs: number(body, 'retry_timeout') ?? 0,
    retriesStatus: (status) =>
      codes.has(status) ||
      blocks.some((block) => inBlock(block, status)) ||
      ranges.some(([begin, end]) => begin <= status && status <= end),
  };
}

/** The authorities of a PKI profile, PEM; none where it wants revocation lists and has none, so that it trusts nobody. */
export function authoritiesOf(pki: Body | undefined): readonly string[] {
  if (flag(pki, 'crl_check', true) && objects(pki, 'crls').length === 0) return [];
  return objects(pki, 'ca_certs').map((entry) => text(entry, 'certificate') ?? '');
}

function compileTls(body: Body, resolve: Resolve): ServerTls | undefined {
  if (body['ssl_profile_ref'] === undefined) return undefined;
  resolve(body['ssl_profile_ref']);
  const pki = resolve(body['pki_profile_ref'])?.body;
  const client = resolve(body['ssl_key_and_certificate_ref'])?.body;
  const serverName = text(body, 'server_name');
  const certificate = text(object(client, 'certificate'), 'certificate');
  const key = text(client, 'key');
  const names = texts(body, 'domain_name');
  return {
    sni: flag(body, 'sni_enabled', true),
    ...(pki && { ca: authoritiesOf(pki) }),
    ...(serverName !== undefined && { serverName }),
    ...(flag(body, 'host_check_enabled', false) && { checkNames: names.length > 0 ? names : ('host' as const) }),
    ...(certificate !== undefined && key !== undefined && { certificate, key }),
  };
}

function rewriteHost(body: Body): PoolProgram['rewriteHost'] {
  if (flag(body, 'rewrite_host_header_to_sni', false)) return 'sni';
  return flag(body, 'rewrite_host_header_to_server_name', false) ? 'serverName' : 'no';
}

function compilePool(uuid: string, name: string, body: Body, resolve: Resolve, maxIntervalMs: number): PoolProgram {
  const monitors = texts(body, 'health_monitor_refs').flatMap((ref) => {
    const monitor = resolve(ref);
    return monitor ? [compileMonitor(monitor.uuid, monitor.body, maxIntervalMs)] : [];
  });
  const reselect = compileReselect(object(body, 'server_reselect'));
  const persistence = compilePersistence(uuid, resolve(body['application_persistence_profile_ref'])?.body);
  const tls = compileTls(body, resolve);
  return {
    uuid,
    name,
    enabled: flag(body, 'enabled', true),
    servers: objects(body, 'servers').map((server) => compileServer(server, number(body, 'default_server_port') ?? 80)),
    algorithm: ALGORITHMS[text(body, 'lb_algorithm') ?? ''] ?? 'leastConnections',
    hash: compileHash(body),
    monitors,
    failAction: compileFailAction(object(body, 'fail_action')) ?? { kind: 'close' },
    serverTimeoutMs: number(body, 'server_timeout') ?? 0,
    http2: flag(body, 'enable_http2', false),
    rewriteHost: rewriteHost(body),
    ...(reselect && { reselect }),
    ...(persistence && { persistence }),
    ...(tls && { tls }),
  };
}

function compileGroup(uuid: string, name: string, body: Body): PoolGroupProgram {
  const members = objects(body, 'members').flatMap((member) => {
    const poolUuid = uuidOf(member['pool_ref']);
    const priority = Number(text(member, 'priority_label') ?? 0);
    return poolUuid === undefined
      ? []
      : [{ poolUuid, ratio: number(member, 'ratio') ?? 1, priority: Number.isNaN(priority) ? 0 : priority }];
  });
  const failAction = compileFailAction(object(body, 'fail_action'));
  return { uuid, name, members, ...(failAction && { failAction }) };
}

/** The pools and pool groups that a virtual service can reach, by uuid. */
export interface Targets {
  readonly pools: ReadonlyMap<string, PoolProgram>;
  readonly poolGroups: ReadonlyMap<string, PoolGroupProgram>;
}

/** Compiles the targets with all their members and backup pools. `maxIntervalMs` caps the health monitors' send_interval. */
export function compileTargets(targets: readonly Target[], resolve: Resolve, maxIntervalMs: number): Targets {
  const pools = new Map<string, PoolProgram>();
  const poolGroups = new Map<string, PoolGroupProgram>();
  const addPool = (uuid: string): void => {
    const stored = pools.has(uuid) ? undefined : resolve(`/api/pool/${uuid}`);
    if (!stored) return;
    const pool = compilePool(uuid, stored.name, stored.body, resolve, maxIntervalMs);
    pools.set(uuid, pool);
    if (pool.failAction.kind === 'backup') addPool(pool.failAction.poolUuid);
  };
  const addGroup = (uuid: string): void => {
    const stored = poolGroups.has(uuid) ? undefined : resolve(`/api/poolgroup/${uuid}`);
    if (!stored) return;
    const group = compileGroup(uuid, stored.name, stored.body);
    poolGroups.set(uuid, group);
    group.members.forEach((member) => addPool(member.poolUuid));
    if (group.failAction?.kind === 'backup') addPool(group.failAction.poolUuid);
  };
  for (const target of targets) (target.kind === 'pool' ? addPool : addGroup)(target.uuid);
  return { pools, poolGroups };
}
