/** What the rules by FQDN of a namespace come to for one host, together. */
import { aviNameId, type ExtensionSources } from '../extensions/extension-refs.ts';
import type { AviName, VirtualServiceSettings } from '../extensions/avi-settings.ts';
import { mergeServiceSettings } from '../extensions/merged-settings.ts';
import type { FqdnRead, PathSettings } from './fqdn-read.ts';
import type { SaidTls } from './host-tls.ts';
import type { SettingsOrigins } from '../result/routed-backend.ts';
import { rulesForHost } from './fqdn-index.ts';
import { readHostRule } from './host-rule.ts';
import { readHttpRule } from './http-rule.ts';
import { readSsoRule } from './sso-rule.ts';

/** Settings below a path, and which rule they are of. */
export interface HeldPath extends PathSettings {
  /** `Kind namespace/name`. */
  readonly from: string;
}

/** Equal for equal hosts where `id` is. */
export interface HostSettings {
  readonly id: string;
  /** Whether more is said than what listeners have. */
  readonly changesRoutes: boolean;
  readonly service: VirtualServiceSettings;
  /** Which rule each field is of, as `Kind namespace/name`. */
  readonly serviceFrom: SettingsOrigins;
  /** The policy sets of `service` take the place of the filters of rules. */
  readonly overwrites?: true;
  /** Regular expressions match paths in any case. */
  readonly inAnyCase?: true;
  /** Longest target first. */
  readonly paths: readonly HeldPath[];
  readonly aliases: readonly string[];
  /** Where requests for `/` are redirected to, and which rule says so, as `Kind namespace/name`. */
  readonly root?: { readonly path: string; readonly from: string };
  /** Not in `id`: it is of listeners, not of virtual services of the host. */
  readonly tls?: SaidTls;
  /** Why nothing of the host can be served; absent where it can. */
  readonly failure?: string;
  readonly named: readonly AviName[];
}

/** Settings of a host for the routes of a namespace; undefined where no rule means the host. */
export type HostLookup = (namespace: string, host: string) => HostSettings | undefined;

/** Looks each host up once. */
export function createHostLookup(sources: ExtensionSources): HostLookup {
  const known = new Map<string, HostSettings | undefined>();
  const reads = new Map<string, FqdnRead>();
  const readOnce: ReadOnce = (id, make) => {
    const found = reads.get(id) ?? make();
    reads.set(id, found);
    return { id, found };
  };
  return (namespace, host) => {
    const id = `${namespace}/${host}`;
    if (!known.has(id)) known.set(id, settingsOf(namespace, host, sources, readOnce));
    return known.get(id);
  };
}

interface Said {
  /** `Kind/namespace/name`. */
  readonly id: string;
  readonly found: FqdnRead;
}

type ReadOnce = (id: string, make: () => FqdnRead) => Said;

function settingsOf(
  namespace: string,
  host: string,
  sources: ExtensionSources,
  readOnce: ReadOnce,
): HostSettings | undefined {
  const { extensions } = sources.snapshot;
  const hostRules = rulesForHost('HostRule', namespace, host, extensions)
    .slice(0, 1)
    .map(({ key, resource }) => readOnce(`HostRule/${key}`, () => readHostRule(resource, namespace, sources)));
  const ssoRules = rulesForHost('SSORule', namespace, host, extensions)
    .slice(0, 1)
    .map(({ key, resource }) => readOnce(`SSORule/${key}`, () => readSsoRule(resource, namespace, sources)));
  const whole = [...hostRules, ...ssoRules];
  const byPath = rulesForHost('HTTPRule', namespace, host, extensions).map(({ key, resource }) =>
    readOnce(`HTTPRule/${key}`, () => readHttpRule(resource, key, sources)),
  );
  const all = [...whole, ...byPath];
  if (all.length === 0) return undefined;
  const strict = sources.onInvalid === 'fail';
  const holding = whole.filter(({ found }) => strict || found.failures.length === 0);
  const failures = holding.flatMap(({ id, found }) => found.failures.map((failure) => `${id}: ${failure}`));
  const root = holding.find(({ found }) => found.root !== undefined);
  const settings = {
    serviceFrom: Object.assign({}, ...holding.toReversed().map(originsOf)) as SettingsOrigins,
    service: mergeServiceSettings(holding.map(({ found }) => found.service ?? {})),
    ...(holding.some(({ found }) => found.overwrites) && { overwrites: true as const }),
    ...(holding.some(({ found }) => found.inAnyCase) && { inAnyCase: true as const }),
    paths: byPath
      .flatMap(({ id, found }) => (found.paths ?? []).map((path) => heldPath(id, path, strict)))
      .sort((a, b) => b.target.length - a.target.length),
    aliases: holding.flatMap(({ found }) => found.aliases ?? []),
    ...(root?.found.root !== undefined && { root: { path: root.found.root, from: nameOf(root.id) } }),
    ...(failures.length > 0 && { failure: failures.join('; ') }),
  };
  const tls = holding.find(({ found }) => found.tls);
  const named = new Map(all.flatMap(({ found }) => found.named).map((name) => [aviNameId(name), name]));
  return {
    id: JSON.stringify(settings),
    changesRoutes: Object.values(settings).some((said) => typeof said !== 'object' || Object.keys(said).length > 0),
    ...settings,
    ...(tls?.found.tls && { tls: { ...tls.found.tls, from: nameOf(tls.id) } }),
    named: [...named.values()],
  };
}

function originsOf({ id, found }: Said): SettingsOrigins {
  return Object.fromEntries(Object.keys(found.service ?? {}).map((field) => [field, nameOf(id)]));
}

function heldPath(id: string, path: PathSettings, strict: boolean): HeldPath {
  const { failure, ...held } = path;
  const from = nameOf(id);
  if (failure === undefined) return { ...path, from };
  return strict ? { ...held, from, failure: `${id}: ${failure}` } : { ...held, from, pool: {} };
}

/** `Kind namespace/name` */
function nameOf(id: string): string {
  return id.replace('/', ' ');
}
