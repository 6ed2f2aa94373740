/**
 * Child virtual services: one for each rule that owns a path key. A child whose every key is answered by its own rule
 * is plain; any other carries an ordered list of rules (path-keys.md section 1, `child(r)`).
 */
import { compareSpecificity, isWildcard } from '../values/hostnames.ts';
import { compareText } from '../values/read.ts';
import { listenerId, type RoutedListener } from '../routing/result/routed-listener.ts';
import type { Topology } from './virtual-services/host-ports.ts';
import { acceptsAll, type PathKey, type RankedMatch } from './policies/path-keys.ts';
import {
  actionOf,
  entryKey,
  pathConditions,
  sameKind,
  type Action,
  type PolicyEntry,
} from './policies/policy-entry.ts';
import { strictlyCovers, type RuleRef } from './policies/rule-match.ts';
import type { OwnedKeys } from './naming/owned-keys.ts';
import { hostMatchesOf, type HostMatch } from './virtual-services/virtual-host-match.ts';

/** One child virtual service. */
export interface ChildPlan {
  readonly rule: RuleRef;
  readonly hostMatches: readonly HostMatch[];
  /** In order; empty for a plain child. Without `fallback` the last has no condition. */
  readonly entries: readonly PolicyEntry[];
  /** What is done when no entry matches. */
  readonly fallback?: Action;
}

/** `owned`: the rule's keys, as `ownedKeys` gives them. */
export function childPlan(rule: RuleRef, owned: readonly OwnedKeys[], topology: Topology): ChildPlan {
  const hostMatches = hostMatchesOf(owned);
  const sequences = portSequences(rule, owned, topology);
  const blocks = sequences.flatMap((sequence) => sequence.blocks);
  const [first] = blocks;
  const alike = first && blocks.every((block) => block.key === first.key);
  if (alike && first.kind === 'plain') return { rule, hostMatches, entries: [], fallback: first.action };
  if (alike && first.kind === 'list') return { rule, hostMatches, entries: first.entries };
  return { rule, hostMatches, ...joinedSequences(sequences) };
}

/** The answers to all requests for some hosts of a child on a port. */
type Block = {
  readonly hostname: string;
  /** Equal for equal answers. */
  readonly key: string;
} & (
  | { readonly kind: 'plain'; readonly action: Action }
  | { readonly kind: 'list'; readonly entries: readonly PolicyEntry[] }
  | { readonly kind: 'guard' }
);

/** Blocks of one or more ports, most specific host first. */
interface PortSequence {
  readonly ports: readonly number[];
  readonly blocks: readonly Block[];
}

function portSequences(rule: RuleRef, owned: readonly OwnedKeys[], topology: Topology): readonly PortSequence[] {
  const byPort = [...Map.groupBy(owned, ({ at }) => at.port)].sort(([a], [b]) => a - b);
  const sequences = byPort.map(([port, keys]) => {
    const guards = guardsOf(rule, keys, topology).map(guardBlock);
    const blocks = [...keys.map((part) => blockOf(rule, part)), ...guards].sort(compareBlocks);
    return { port, blocks, key: blocks.map((block) => `${block.hostname} ${block.key}`).join('\n') };
  });
  return [...Map.groupBy(sequences, ({ key }) => key).values()].flatMap((alike) => {
    const [first] = alike;
    return first ? [{ ports: alike.map(({ port }) => port), blocks: first.blocks }] : [];
  });
}

function blockOf(rule: RuleRef, { at, listener, keys }: OwnedKeys): Block {
  const plain = plainAction(rule, keys, listener);
  if (plain) return { hostname: at.hostname, kind: 'plain', action: plain, key: `plain ${plain.key}` };
  const entries = listEntries(keys, listener);
  return { hostname: at.hostname, kind: 'list', entries, key: `list ${entries.map(entryKey).join('\n')}` };
}

function guardBlock(hostname: string): Block {
  return { hostname, kind: 'guard', key: 'guard' };
}

/** The one action that answers all keys, if it is the rule's own. */
function plainAction(rule: RuleRef, keys: readonly PathKey[], listener: RoutedListener): Action | undefined {
  const [first] = keys[0]?.list ?? [];
  if (!first) return undefined;
  const { prefixSegments } = first.match;
  const isPlain = keys.every((key) => {
    const [entry] = key.list;
    if (key.list.length !== 1 || !entry || entry.match.rule !== rule) return false;
    return entry.match.prefixSegments === prefixSegments && !entry.match.conditional && acceptsAll(entry.match, key);
  });
  return isPlain ? actionOf(first.match, listener) : undefined;
}

/** Union of the keys' lists in order, ended by the first entry without condition or by 404. */
function listEntries(keys: readonly PathKey[], listener: RoutedListener): readonly PolicyEntry[] {
  const byRank = new Map<number, RankedMatch>(keys.flatMap((key) => key.list.map((ranked) => [ranked.rank, ranked])));
  const entries: PolicyEntry[] = [];
  for (const { match } of [...byRank.values()].sort((a, b) => a.rank - b.rank)) {
    const everyPath = keys.every((key) => acceptsAll(match, key));
    const action = actionOf(match, listener);
    for (const path of everyPath ? [undefined] : pathConditions(match)) entries.push({ path, match, action });
    if (everyPath && !match.conditional) return entries;
  }
  return [...entries, {}];
}

/**
 * Listener hostnames inside a wildcard of the child whose requests must end here ("a request MUST match at most one
 * listener"): those to which the route is not attached. One inside another guard, with no host of the child between
 * them, is covered by that.
 */
function guardsOf(rule: RuleRef, owned: readonly OwnedKeys[], topology: Topology): readonly string[] {
  const hosts = owned.map(({ at }) => at.hostname);
  const port = owned[0]?.at.port;
  if (!hosts.some(isWildcard)) return [];
  const guards = new Set<string>();
  for (const listener of topology.listeners) {
    const { hostname } = listener;
    if (listener.port !== port || hostname === undefined) continue;
    if (rule.route.listeners.includes(listenerId(listener))) continue;
    if (hosts.some((host) => strictlyCovers(host, hostname))) guards.add(hostname);
  }
  const known = [...new Set([...guards, ...hosts])];
  const nextWider = (hostname: string) =>
    known.filter((other) => strictlyCovers(other, hostname)).sort(compareSpecificity)[0] ?? '';
  return [...guards].filter((guard) => !guards.has(nextWider(guard)));
}

const kindOrder = { list: 0, guard: 1, plain: 2 } as const;

/** Exact hosts with equal answers side by side, then wildcards, longest first. */
function compareBlocks(a: Block, b: Block): number {
  const wildcards = Number(isWildcard(a.hostname)) - Number(isWildcard(b.hostname));
  const longest = isWildcard(a.hostname) ? b.hostname.length - a.hostname.length : 0;
  return (
    wildcards ||
    longest ||
    kindOrder[a.kind] - kindOrder[b.kind] ||
    compareText(a.key, b.key) ||
    compareText(a.hostname, b.hostname)
  );
}

/** Each sequence under its ports, each block under its hosts; the last needs neither. */
function joinedSequences(sequences: readonly PortSequence[]): Pick<ChildPlan, 'entries' | 'fallback'> {
  const entries: PolicyEntry[] = [];
  let fallback: Action | undefined;
  for (const [place, { ports: ownPorts, blocks }] of sequences.entries()) {
    const ports = place === sequences.length - 1 ? undefined : ownPorts;
    const runs = neighbours(blocks);
    for (const [index, run] of runs.entries()) {
      const [block] = run;
      if (!block) continue;
      const hosts = index === runs.length - 1 ? undefined : run.map(({ hostname }) => hostname);
      if (block.kind === 'guard') entries.push({ hosts, ports });
      else if (block.kind === 'list') entries.push(...block.entries.map((entry) => ({ ...entry, hosts, ports })));
      else if (hosts ?? ports) entries.push({ hosts, ports, action: block.action });
      else fallback = block.action;
    }
  }
  return { entries, fallback };
}

/** Runs of blocks with equal answers whose hosts one condition can list. */
function neighbours(blocks: readonly Block[]): readonly (readonly Block[])[] {
  const runs: Block[][] = [];
  for (const block of blocks) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.key === block.key && sameKind(last.hostname, block.hostname)) runs.at(-1)?.push(block);
    else runs.push([block]);
  }
  return runs;
}
