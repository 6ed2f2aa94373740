/** What an HTTPRule says of the pools of a host's paths (AKO: ako-facts.md section 6.7). */
import type { HTTPRule } from '../../../generated/extensions.ts';
import { aviNameProblems, type ExtensionSources } from '../extensions/extension-refs.ts';
import { namedByPool, type AviName, type PoolSettings, type PoolTls } from '../extensions/avi-settings.ts';
import { readAuthorities } from '../listeners/certificates.ts';
import { compareText, list } from '../../values/read.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import { malformedRule, type FqdnRead, type PathSettings } from './fqdn-read.ts';

type Path = NonNullable<HTTPRule['spec']['paths']>[number];

/** @param key `namespace/name` of the HTTPRule */
export function readHttpRule(
  resource: HTTPRule,
  key: string,
  { missing }: Pick<ExtensionSources, 'missing'>,
): FqdnRead {
  const spec = shapedSpec('HTTPRule', resource);
  if (!spec) return malformedRule;
  const read = list(spec.paths).map((path, index) => readPath(path, index, key, missing));
  const failures = read.flatMap((one) => one.failures);
  return {
    paths: read.map((one) => one.path),
    named: read.flatMap((one) => one.named),
    failures,
    refused: [],
    ignored: [],
  };
}

function readPath(path: Path, index: number, key: string, missing: ReadonlySet<string>) {
  const where = `spec.paths[${index}]`;
  const tls = path.tls && readTls(path.tls, `${key} ${where}`);
  const pool: PoolSettings = {
    ...poolSettings(path),
    ...(tls && tls !== 'malformed' && { tls }),
  };
  const named = namedByPool(pool).map(({ type, name }): AviName => ({ type, name }));
  const failures = [
    ...aviNameProblems(named, missing).map((problem) => `${where}: ${problem}`),
    ...(tls === 'malformed' ? [`${where}.tls.destinationCA is not a PEM certificate`] : []),
  ];
  const settings: PathSettings = {
    target: withoutSlash(path.target),
    pool,
    ...(failures.length > 0 && { failure: failures.join('; ') }),
  };
  return { path: settings, named, failures };
}

function poolSettings({
  healthMonitors,
  applicationPersistence,
  enableHTTP2,
  loadBalancerPolicy,
}: Path): Omit<PoolSettings, 'tls'> {
  const monitors = [...new Set(list(healthMonitors))].sort(compareText);
  const { algorithm, hash, hostHeader } = loadBalancerPolicy ?? {};
  // "If the algorithm isn't LB_ALGORITHM_CONSISTENT_HASH then the hash field is ignored", and hostHeader likewise.
  const hashed = algorithm === 'LB_ALGORITHM_CONSISTENT_HASH' ? hash : undefined;
  const header = hashed === 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER' ? hostHeader : undefined;
  return {
    ...(monitors.length > 0 && {
      monitors: monitors.map((name) => ({ avi: { type: 'healthmonitor', name } as const })),
    }),
    ...(algorithm && { algorithm: { name: algorithm, ...(hashed && { hash: hashed }), ...(header && { header }) } }),
    ...(applicationPersistence && {
      persistence: { avi: { type: 'applicationpersistenceprofile', name: applicationPersistence } },
    }),
    ...(enableHTTP2 !== undefined && { http2: enableHTTP2 }),
  };
}

/** `destinationCA` becomes a PKIProfile under a key that no PKIProfile of the cluster can have. */
function readTls(
  { sslProfile, pkiProfile, destinationCA }: NonNullable<Path['tls']>,
  key: string,
): PoolTls | 'malformed' {
  const certificates = destinationCA === undefined ? undefined : readAuthorities(destinationCA);
  if (destinationCA !== undefined && !certificates) return 'malformed';
  return {
    hostCheck: false,
    domainNames: [],
    ...(sslProfile && { sslProfile }),
    ...(pkiProfile && { pki: { avi: { type: 'pkiprofile', name: pkiProfile } } }),
    ...(certificates && { pki: { object: { kind: 'PKIProfile', key: `${key} destinationCA`, certificates } } }),
  };
}

function withoutSlash(target: string): string {
  return target.length > 1 && target.endsWith('/') ? target.slice(0, -1) : target;
}
