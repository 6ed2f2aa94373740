/**
 * Which rule by FQDN holds for a host. A rule holds for the routes of its own namespace only, so that nobody can touch the
 * hosts of others, nor push out their rules; of two for one FQDN there the older one holds, and the other is rejected (AKO
 * honours the one that came first, over all namespaces).
 */
import type { HostRule, HTTPRule, SSORule } from '../../../generated/extensions.ts';
import type { Extensions } from '../extensions/extension-kinds.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import { compareAge, list, splitKey, text } from '../../values/read.ts';
import { aliasesOf } from './aliases.ts';
import { compareFqdns, meansHost, type Fqdn } from './fqdn.ts';

/** The kinds of rules by FQDN. */
export interface FqdnRuleObjects {
  readonly HTTPRule: HTTPRule;
  readonly HostRule: HostRule;
  readonly SSORule: SSORule;
}

export type FqdnRuleKind = keyof FqdnRuleObjects;

/** A rule that holds for what it names. */
export interface HoldingRule<K extends FqdnRuleKind> {
  readonly key: string;
  readonly fqdn: Fqdn;
  readonly resource: FqdnRuleObjects[K];
}

interface Index<K extends FqdnRuleKind> {
  /** Of each namespace, what goes first for a host in front; of HTTPRules the oldest in front. */
  readonly byNamespace: ReadonlyMap<string, readonly HoldingRule<K>[]>;
  /** By key of a rule that an older one keeps from holding, that one's key. */
  readonly older: ReadonlyMap<string, string>;
}

/** The name that a rule has for hosts. */
export function fqdnOf<K extends FqdnRuleKind>(kind: K, resource: FqdnRuleObjects[K]): Fqdn {
  const spec = shapedSpec(kind, resource);
  if (!spec) return { name: '', type: 'Exact' };
  if (!('virtualhost' in spec)) return { name: spec.fqdn.toLowerCase(), type: 'Exact' };
  const { fqdn, fqdnType } = spec.virtualhost;
  return { name: fqdn.toLowerCase(), type: fqdnType ?? 'Exact' };
}

/** Those of a namespace that no older one keeps from holding. */
export function holdingRules<K extends FqdnRuleKind>(
  kind: K,
  namespace: string,
  extensions: Extensions,
): readonly HoldingRule<K>[] {
  return indexOf(kind, extensions).byNamespace.get(namespace) ?? [];
}

/** Those of a namespace that mean a host; of HostRules and SSORules only the first holds. */
export function rulesForHost<K extends FqdnRuleKind>(
  kind: K,
  namespace: string,
  host: string,
  extensions: Extensions,
): readonly HoldingRule<K>[] {
  return holdingRules(kind, namespace, extensions).filter(({ fqdn }) => meansHost(fqdn, host));
}

/** Aliases of the HostRules that hold for hosts of a namespace's routes. */
export function aliasesOfHosts(namespace: string, hosts: readonly string[], extensions: Extensions): readonly string[] {
  return hosts.flatMap((host) => {
    const [rule] = rulesForHost('HostRule', namespace, host, extensions);
    const spec = rule && shapedSpec('HostRule', rule.resource);
    return spec ? aliasesOf(spec.virtualhost) : [];
  });
}

/** Whether a namespace has any. */
export function hasFqdnRules(namespace: string, extensions: Extensions): boolean {
  return kinds.some((kind) => indexOf(kind, extensions).byNamespace.has(namespace));
}

/** Why a rule does not hold beside an older one; undefined where it does. */
export function duplicateOf(kind: FqdnRuleKind, key: string, extensions: Extensions): string | undefined {
  const older = indexOf(kind, extensions).older.get(key);
  const resource = extensions[kind].get(key);
  if (older === undefined || !resource) return undefined;
  return `duplicate fqdn ${fqdnOf(kind, resource).name} found in ${older}`;
}

const kinds: readonly FqdnRuleKind[] = ['HostRule', 'HTTPRule', 'SSORule'];

/** Maps of a snapshot never change. */
const indexes = new WeakMap<object, Index<FqdnRuleKind>>();

function indexOf<K extends FqdnRuleKind>(kind: K, extensions: Extensions): Index<K> {
  const map: ReadonlyMap<string, FqdnRuleObjects[K]> = extensions[kind];
  const known = indexes.get(map) ?? makeIndex(kind, map);
  indexes.set(map, known);
  return known as Index<K>;
}

function makeIndex<K extends FqdnRuleKind>(kind: K, map: ReadonlyMap<string, FqdnRuleObjects[K]>): Index<K> {
  const oldestFirst = [...map]
    .map(([key, resource]) => ({ key, resource, fqdn: fqdnOf(kind, resource), ...ageOf(resource) }))
    .sort(compareAge);
  const holding: HoldingRule<K>[] = [];
  const first = new Map<string, string>();
  const older = new Map<string, string>();
  for (const { key, resource, fqdn } of oldestFirst) {
    const claims = claimsOf(kind, resource).map(
      (claim) => `${splitKey(key).namespace}/${fqdn.type} ${fqdn.name} ${claim}`,
    );
    const winner = claims.map((claim) => first.get(claim)).find((other) => other !== undefined);
    if (winner !== undefined) {
      older.set(key, winner);
      continue;
    }
    for (const claim of claims) first.set(claim, key);
    holding.push({ key, fqdn, resource });
  }
  const byNamespace = Map.groupBy(holding, ({ key }) => splitKey(key).namespace);
  for (const rules of byNamespace.values()) rules.sort((a, b) => compareFqdns(a.fqdn, b.fqdn));
  return { byNamespace, older };
}

function ageOf({ metadata }: FqdnRuleObjects[FqdnRuleKind]): { readonly createdAt?: string } {
  const createdAt = text(metadata.creationTimestamp);
  return createdAt === undefined ? {} : { createdAt };
}

/** HTTPRules may share an FQDN: they meet where they have a path in common. */
function claimsOf<K extends FqdnRuleKind>(kind: K, resource: FqdnRuleObjects[K]): readonly string[] {
  const spec = shapedSpec(kind, resource);
  return kind === 'HTTPRule' && spec && 'paths' in spec ? list(spec.paths).map(({ target }) => target) : [''];
}
