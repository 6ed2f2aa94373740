/** Ordered rules of a virtual service before they become an HTTP policy set. */
import { isWildcard } from '../../values/hostnames.ts';
import type { RoutedListener } from '../../routing/result/routed-listener.ts';
import type { PathCondition } from './path-keys.ts';
import type { Match, RuleRef } from './rule-match.ts';

/** What a matched rule does: forward, redirect or fail as the routing says, with what depends on match and listener. */
export interface Action {
  readonly rule: RuleRef;
  /** Path segments of the match that ReplacePrefixMatch cuts off. */
  readonly prefixSegments: number;
  /** Where a redirect leads; absent for other rules. */
  readonly redirect?: RedirectTarget;
  /** Equal for equal actions. */
  readonly key: string;
}

/** Protocol and port of a redirect's Location. */
export interface RedirectTarget {
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
}

/** Hostnames that a rule is limited to: all exact, or all wildcards. */
export type HostCondition = readonly string[];

/** One rule; what is absent is not asked for. */
export interface PolicyEntry {
  readonly hosts?: HostCondition;
  readonly ports?: readonly number[];
  readonly path?: PathCondition;
  /** Its method, headers and query parameters are conditions. */
  readonly match?: Match;
  /** Absent: 404. */
  readonly action?: Action;
}

/** What the match's rule does to a request that came to the listener. */
export function actionOf(match: Match, listener: RoutedListener): Action {
  const { rule, prefixSegments } = match;
  const redirect = rule.rule.action === 'redirect' ? redirectTarget(rule, listener) : undefined;
  const key = `${rule.id} ${prefixSegments} ${redirect ? `${redirect.protocol}:${redirect.port}` : ''}`;
  return { rule, prefixSegments, redirect, key };
}

/** Two conditions at most: a prefix is the path itself and what is under it, and Avi has one criterion a rule. */
export function pathConditions(match: Match): readonly (PathCondition | undefined)[] {
  const { type, value } = match.path;
  if (type === 'Exact') return [{ criteria: 'EQUALS', value }];
  if (type === 'RegularExpression') return [{ criteria: 'REGEX_MATCH', value }];
  if (value === '/') return [undefined];
  return [
    { criteria: 'EQUALS', value },
    { criteria: 'BEGINS_WITH', value: `${value}/` },
  ];
}

/** Equal for entries that ask for the same and do the same. */
export function entryKey(entry: PolicyEntry): string {
  const { hosts, ports, path, match, action } = entry;
  return JSON.stringify([
    hosts ?? null,
    ports ?? null,
    path ? [path.criteria, path.value] : null,
    match?.method ?? null,
    match?.headers ?? [],
    match?.queryParams ?? [],
    action?.key ?? null,
  ]);
}

/** Neighbours with the same answer 404 and conditions of the same kind become one rule. */
export function mergeNotFound(entries: readonly PolicyEntry[]): readonly PolicyEntry[] {
  const merged: PolicyEntry[] = [];
  for (const entry of entries) {
    const last = merged.at(-1);
    if (last && canJoin(last, entry))
      merged[merged.length - 1] = { ...last, hosts: [...(last.hosts ?? []), ...(entry.hosts ?? [])] };
    else merged.push(entry);
  }
  return merged;
}

/** Whether one host condition can list both: both exact, or both wildcards. */
export function sameKind(a: string, b: string): boolean {
  return isWildcard(a) === isWildcard(b);
}

function canJoin(last: PolicyEntry, entry: PolicyEntry): boolean {
  if (last.action || entry.action || last.path || entry.path || last.match || entry.match) return false;
  const [left] = last.hosts ?? [];
  const [right] = entry.hosts ?? [];
  return left !== undefined && right !== undefined && sameKind(left, right);
}

/**
 * "If no port is specified, the redirect port MUST be derived": the well-known port of the redirect's scheme, else the
 * listener's port (HTTPRequestRedirectFilter). Avi demands a protocol: without a scheme the listener's.
 */
function redirectTarget({ rule }: RuleRef, listener: RoutedListener): RedirectTarget {
  const scheme = rule.redirect?.scheme;
  const secure = scheme ? scheme === 'https' : listener.tls;
  const wellKnown = secure ? 443 : 80;
  return {
    protocol: secure ? 'HTTPS' : 'HTTP',
    port: rule.redirect?.port ?? (scheme ? wellKnown : listener.port),
  };
}
