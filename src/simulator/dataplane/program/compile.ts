import type { StoredObject, StoreReader } from '../../store/types.ts';
import { compileErrorPages } from './compile-error-pages.ts';
import { compileL4, compileTransport } from './compile-l4.ts';
import { compileNetworkSecurity } from './compile-network-security.ts';
import { compilePolicies, targetOf } from './compile-policy.ts';
import { compileTargets } from './compile-pool.ts';
import { compilePortProfiles, compileProfile } from './compile-profile.ts';
import { byIndex, flag, number, object, objects, text, texts, type Body } from './fields.ts';
import { stringKeys } from './string-group.ts';
import { compileRequestMatch } from '../decide/match.ts';
import type { CertificateProgram, Script, ScriptEvent, ServicePort, VhRule, VirtualServiceProgram } from './program.ts';
import type { Target } from '../decide/target.ts';
import { uuidOf, type Resolve } from './resolve.ts';

/** A compiled virtual service and the uuids of everything it was made from, itself and missing objects included. */
export interface Compiled {
  readonly program: VirtualServiceProgram;
  readonly dependencies: ReadonlySet<string>;
}

export interface CompileOptions {
  /** Cap on the health monitors' send_interval, milliseconds. */
  readonly healthIntervalMs: number;
}

const KINDS: Readonly<Record<string, VirtualServiceProgram['kind']>> = {
  VS_TYPE_VH_PARENT: 'parent',
  VS_TYPE_VH_CHILD: 'child',
};
const MAX_PORT_RANGE = 128;

function compileServices(body: Body, resolve: Resolve): readonly ServicePort[] {
  return objects(body, 'services').flatMap((service) => {
    const first = number(service, 'port') ?? 0;
    const last = Math.min(number(service, 'port_range_end') || first, first + MAX_PORT_RANGE);
    const tls = flag(service, 'enable_ssl', false);
    const http2 = flag(service, 'enable_http2', false);
    const profile = resolve(service['override_network_profile_ref'] ?? body['network_profile_ref']);
    const transport = compileTransport(profile?.body);
    return Array.from({ length: Math.max(1, last - first + 1) }, (_, offset) => ({
      port: first + offset,
      tls,
      http2,
      transport,
    }));
  });
}

function compileAddresses(body: Body, resolve: Resolve): readonly string[] {
  return objects(resolve(body['vsvip_ref'])?.body, 'vip')
    .filter((vip) => flag(vip, 'enabled', true))
    .flatMap((vip) => [text(object(vip, 'ip_address'), 'addr'), text(object(vip, 'ip6_address'), 'addr')])
    .filter((address) => address !== undefined && address !== '') as readonly string[];
}

function compileCertificate(stored: StoredObject, resolve: Resolve): CertificateProgram | undefined {
  const certificate = text(object(stored.body, 'certificate'), 'certificate');
  const key = text(stored.body, 'key');
  if (certificate === undefined || key === undefined) return undefined;
  const chain = objects(stored.body, 'ca_certs').map(
    (entry) => text(object(resolve(entry['ca_ref'])?.body, 'certificate'), 'certificate') ?? '',
  );
  return { uuid: stored.uuid, certificate: [certificate, ...chain].join('\n'), key };
}

function compileCertificates(body: Body, resolve: Resolve): readonly CertificateProgram[] {
  return texts(body, 'ssl_key_and_certificate_refs').flatMap((ref) => {
    const stored = resolve(ref);
    const certificate = stored && compileCertificate(stored, resolve);
    return certificate ? [certificate] : [];
  });
}

const TLS_VERSIONS = {
  SSL_VERSION_TLS1: 'TLSv1',
  SSL_VERSION_TLS1_1: 'TLSv1.1',
  SSL_VERSION_TLS1_2: 'TLSv1.2',
  SSL_VERSION_TLS1_3: 'TLSv1.3',
} as const;

function compileTlsVersions(body: Body, resolve: Resolve): VirtualServiceProgram['tlsVersions'] {
  const accepted = new Set(
    objects(resolve(body['ssl_profile_ref'])?.body, 'accepted_versions').map((entry) => text(entry, 'type')),
  );
  const versions = Object.entries(TLS_VERSIONS)
    .filter(([name]) => accepted.has(name))
    .map(([, version]) => version);
  return { min: versions[0] ?? 'TLSv1.2', max: versions.at(-1) ?? 'TLSv1.3' };
}

function compileTlsCiphers(body: Body, resolve: Resolve): Pick<VirtualServiceProgram, 'tlsCiphers'> {
  const profile = resolve(body['ssl_profile_ref'])?.body;
  const names = [text(profile, 'accepted_ciphers'), text(profile, 'ciphersuites')].filter((list) => !!list);
  return names.length > 0 ? { tlsCiphers: names.join(':') } : {};
}

function compileVhRules(body: Body, resolve: Resolve): readonly VhRule[] {
  return objects(body, 'vh_matches').flatMap((entry) =>
    objects(entry, 'rules').map((rule) => {
      const target = object(rule, 'matches');
      const path = object(target, 'path');
      return {
        host: (text(entry, 'host') ?? '').toLowerCase(),
        name: text(rule, 'name') ?? '',
        match: compileRequestMatch(target, resolve),
        ...(path && {
          path: {
            criteria: text(path, 'match_criteria') ?? '',
            values: [...texts(path, 'match_str'), ...stringKeys(texts(path, 'string_group_refs'), resolve)],
            caseSensitive: text(path, 'match_case') === 'SENSITIVE',
            decoded: flag(path, 'match_decoded_string', true),
          },
        }),
      };
    }),
  );
}

const SERVED: ReadonlySet<string> = new Set(['HTTP', 'L4', 'SSL']);

/** The profile's type without its prefix when the data plane does not serve it. */
function unservedType(ref: unknown, resolve: Resolve): string | undefined {
  const type = text(resolve(ref)?.body, 'type')?.replace('APPLICATION_PROFILE_TYPE_', '');
  return type === undefined || SERVED.has(type) ? undefined : type;
}

const HTTP_EVENTS: Readonly<Record<string, ScriptEvent>> = {
  VS_DATASCRIPT_EVT_HTTP_REQ: 'HTTP_REQ',
  VS_DATASCRIPT_EVT_HTTP_REQ_DATA: 'HTTP_REQ_DATA',
  VS_DATASCRIPT_EVT_HTTP_RESP: 'HTTP_RESP',
  VS_DATASCRIPT_EVT_HTTP_LB_DONE: 'HTTP_LB_DONE',
  VS_DATASCRIPT_EVT_HTTP_LB_FAILED: 'HTTP_LB_FAILED',
};
const L4_EVENTS: Readonly<Record<string, ScriptEvent>> = {
  VS_DATASCRIPT_EVT_TCP_CLIENT_ACCEPT: 'TCP_CLIENT_ACCEPT',
  VS_DATASCRIPT_EVT_SSL_HANDSHAKE_DONE: 'SSL_HANDSHAKE_DONE',
  VS_DATASCRIPT_EVT_L4_REQUEST: 'L4_REQUEST',
};

function scriptTargets(set: Body, resolve: Resolve): readonly Target[] {
  const pools = texts(set, 'pool_refs').map((ref) => targetOf({ pool_ref: ref }, resolve));
  const groups = texts(set, 'pool_group_refs').map((ref) => targetOf({ pool_group_ref: ref }, resolve));
  return [...pools, ...groups].filter((target) => target !== undefined);
}

function scriptParsers(set: Body, resolve: Resolve): readonly (readonly [string, string])[] {
  const parsers = texts(set, 'protocol_parser_refs').flatMap((ref) => resolve(ref) ?? []);
  return parsers.map(({ name, body }) => [name, text(body, 'parser_code') ?? '']);
}

function compileScripts(
  body: Body,
  resolve: Resolve,
  events: Readonly<Record<string, ScriptEvent>>,
): { readonly scripts: readonly Script[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const scripts = byIndex(objects(body, 'vs_datascripts')).flatMap((entry) => {
    const set = resolve(entry['vs_datascript_set_ref']);
    if (!set) return [];
    const targets = new Map(
      scriptTargets(set.body, resolve).map((target) => [`${target.kind} ${target.name}`, target]),
    );
    const parsers = new Map(scriptParsers(set.body, resolve));
    return objects(set.body, 'datascript').flatMap((script) => {
      const event = events[text(script, 'evt') ?? ''];
      if (event) return [{ event, name: set.name, source: text(script, 'script') ?? '', targets, parsers }];
      problems.push(`DataScript set ${set.name}: event ${text(script, 'evt')} is not simulated here`);
      return [];
    });
  });
  return { scripts, problems };
}

function compilePortTargets(body: Body, resolve: Resolve): ReadonlyMap<number, Target> {
  const fields = { pool: 'service_pool_ref', group: 'service_pool_group_ref' };
  return new Map(
    objects(body, 'service_pool_select').flatMap((entry) => {
      const target = targetOf(entry, resolve, fields);
      return target ? [[number(entry, 'service_port') ?? 0, target] as const] : [];
    }),
  );
}

/** Compiles one virtual service from the store as it is now. */
export function compileVirtualService(stored: StoredObject, store: StoreReader, options: CompileOptions): Compiled {
  const dependencies = new Set([stored.uuid]);
  const resolve: Resolve = (ref) => {
    const uuid = uuidOf(ref);
    if (uuid === undefined) return undefined;
    dependencies.add(uuid);
    return store.resolve(ref);
  };
  return { program: compileBody(stored, resolve, options), dependencies };
}

function compileBody(stored: StoredObject, resolve: Resolve, options: CompileOptions): VirtualServiceProgram {
  const { body } = stored;
  const policies = compilePolicies(body, resolve);
  const below = compileL4(body, resolve);
  const { scripts, problems } = compileScripts(body, resolve, below ? L4_EVENTS : HTTP_EVENTS);
  const network = compileNetworkSecurity(body, resolve);
  const vhRules = compileVhRules(body, resolve);
  const defaultTarget = targetOf(body, resolve);
  const portTargets = compilePortTargets(body, resolve);
  const scripted = scripts.flatMap((script) => [...script.targets.values()]);
  const targets = [
    ...policies.targets,
    ...(below?.targets ?? []),
    ...scripted,
    ...portTargets.values(),
    ...(defaultTarget ? [defaultTarget] : []),
  ];
  const parentUuid = uuidOf(body['vh_parent_vs_ref']);
  const unserved = unservedType(body['application_profile_ref'], resolve);
  return {
    uuid: stored.uuid,
    name: stored.name,
    kind: KINDS[text(body, 'type') ?? ''] ?? 'normal',
    enabled: flag(body, 'enabled', true),
    trafficEnabled: flag(body, 'traffic_enabled', true),
    services: compileServices(body, resolve),
    addresses: compileAddresses(body, resolve),
    certificates: compileCertificates(body, resolve),
    tlsVersions: compileTlsVersions(body, resolve),
    ...compileTlsCiphers(body, resolve),
    allowsInvalidClients: flag(body, 'allow_invalid_client_cert', false),
    vhRules,
    errorPages: compileErrorPages(body, resolve),
    security: policies.security,
    requests: policies.requests,
    responses: policies.responses,
    portTargets,
    minPoolsUp: number(body, 'min_pools_up') ?? 0,
    ...compileTargets(targets, resolve, options.healthIntervalMs),
    scripts,
    http: compileProfile(body['application_profile_ref'], resolve),
    portHttp: compilePortProfiles(body, resolve),
    problems: [
      ...policies.problems,
      ...network.problems,
      ...(below?.problems ?? []),
      ...problems,
      ...vhRules.flatMap((rule) => rule.match.problems.map((problem) => `VH rule ${rule.name}: ${problem}`)),
    ],
    ...(parentUuid !== undefined && { parentUuid }),
    ...(unserved !== undefined && { unservedType: unserved }),
    ...(network.admits && { admits: network.admits }),
    ...(below && { l4: below.l4 }),
    ...(defaultTarget && { defaultTarget }),
  };
}
