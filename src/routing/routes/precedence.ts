/**
 * Which match answers a request that several accept (httproute_types.go, `matches`, and `hostnames` on precedence).
 * A total order over matches: nothing depends on the order in which objects were seen.
 */
import { specificity, type Hostname } from '../../values/hostnames.ts';
import { ageOf, compareText } from '../../values/read.ts';
import type { RuleMatch, ValueMatch } from '../result/routed-match.ts';

/** One match of one rule of one route, under one of the route's hostnames. */
export interface PrecedenceEntry {
  /** The ROUTE's hostname that applies, not its intersection with the listener's; undefined for a route without any. */
  readonly hostname: Hostname;
  readonly match: RuleMatch;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly namespace: string;
  readonly name: string;
  readonly ruleIndex: number;
  readonly matchIndex: number;
}

/** What the order looks at, computed once an entry; compare with `comparePrecedenceKeys`. */
export interface PrecedenceKey {
  /** Smaller first. */
  readonly ranks: readonly number[];
  /** Age in milliseconds since the epoch, older first. */
  readonly age: number;
  readonly route: string;
  readonly ruleIndex: number;
  readonly matchIndex: number;
}

/** A prefix without its trailing slash, which the specification ignores; `/` stays. */
export function normalizePrefix(value: string): string {
  let end = value.length;
  while (end > 0 && value[end - 1] === '/') end -= 1;
  return value.slice(0, end) || '/';
}

/** Header matches that count: of names that are equal without case only the first ("MUST be ignored"). */
export function effectiveHeaders(match: RuleMatch): readonly ValueMatch[] {
  return firstByName(match.headers, (name) => name.toLowerCase());
}

/** Query matches that count: of equal names only the first. */
export function effectiveQueryParams(match: RuleMatch): readonly ValueMatch[] {
  return firstByName(match.queryParams, (name) => name);
}

export function precedenceKey(entry: PrecedenceEntry): PrecedenceKey {
  const [exact, length] = specificity(entry.hostname);
  const [kind, path, method] = entry.match.grpc ? grpcRank(entry.match.grpc) : pathRank(entry.match);
  const headers = -effectiveHeaders(entry.match).length;
  return {
    ranks: [exact, length, kind, path, method, headers, -effectiveQueryParams(entry.match).length],
    age: ageOf(entry.createdAt),
    route: `${entry.namespace}/${entry.name}`,
    ruleIndex: entry.ruleIndex,
    matchIndex: entry.matchIndex,
  };
}

/** Negative when `a` goes first. 0 only for the same match of the same rule of the same route. */
export function comparePrecedenceKeys(a: PrecedenceKey, b: PrecedenceKey): number {
  for (const [index, rank] of a.ranks.entries()) {
    const difference = rank - (b.ranks[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.age !== b.age) return a.age < b.age ? -1 : 1;
  return compareText(a.route, b.route) || a.ruleIndex - b.ruleIndex || a.matchIndex - b.matchIndex;
}

/** Negative when `a` goes first. For long lists compute the keys once and compare those. */
export function comparePrecedence(a: PrecedenceEntry, b: PrecedenceEntry): number {
  return comparePrecedenceKeys(precedenceKey(a), precedenceKey(b));
}

/**
 * Exact, then the longest prefix, then regular expressions, whose place the specification leaves open; with a method
 * before without.
 */
function pathRank({ path, method }: RuleMatch): readonly [number, number, number] {
  const withMethod = method === undefined ? 1 : 0;
  if (path.type === 'Exact') return [0, 0, withMethod];
  if (path.type === 'PathPrefix') return [1, -normalizePrefix(path.value).length, withMethod];
  return [2, 0, withMethod];
}

/**
 * "Characters in a matching service", then in a matching method (grpcroute_types.go, `matches`). A listener's hostname
 * has routes of one kind only, so how the two kinds compare says nothing.
 */
function grpcRank({ service = '', method = '' }: NonNullable<RuleMatch['grpc']>): readonly [number, number, number] {
  return [1, -service.length, -method.length];
}

function firstByName(values: readonly ValueMatch[], fold: (name: string) => string): readonly ValueMatch[] {
  if (values.length < 2) return values;
  const seen = new Set<string>();
  return values.filter((value) => {
    const name = fold(value.name);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}
