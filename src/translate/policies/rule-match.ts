/** Rules and matches of routes in the form that the path-key translation works on (path-keys.md section 1). */
import { covers, isWildcard, type Hostname } from '../../values/hostnames.ts';
import { maxQueryParams } from '../../routing/rules/matches.ts';
import {
  comparePrecedenceKeys,
  effectiveHeaders,
  effectiveQueryParams,
  normalizePrefix,
  precedenceKey,
  type PrecedenceKey,
} from '../../routing/routes/precedence.ts';
import { listenerId, type RoutedListener } from '../../routing/result/routed-listener.ts';
import type { PathMatch } from '../../routing/result/routed-match.ts';
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedRoute } from '../../routing/result/routed-route.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';

/** One rule of one attached route. */
export interface RuleRef {
  /** `namespace/name#index`, after the kind where that is not HTTPRoute, before the part where there are any. */
  readonly id: string;
  readonly route: RoutedRoute;
  readonly rule: RoutedRule;
  /** Number of earlier rules of the route with the same name or matches; a part of the rule's identity. */
  readonly occurrence: number;
}

/** One entry of a rule's `matches`. */
export interface Match {
  readonly rule: RuleRef;
  /** A prefix without its trailing slash. */
  readonly path: PathMatch;
  readonly method?: string;
  /** Names in lower case, first of equal names, sorted by name. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** First of equal names, sorted by name. */
  readonly queryParams: readonly (readonly [name: string, value: string])[];
  /** Whether it asks for more than a path. */
  readonly conditional: boolean;
  /** Order among matches under equal hostnames. */
  readonly precedence: PrecedenceKey;
  /**
   * What is done besides choosing the rule: ReplacePrefixMatch depends on how many path segments the match has. 0 where
   * the rule does not use it.
   */
  readonly prefixSegments: number;
}

/** Matches of all routes under one route hostname that are attached to one listener, in the specification's order. */
export interface MatchGroup {
  /** The route hostname; undefined for routes without any. */
  readonly hostname: Hostname;
  readonly matches: readonly Match[];
}

/** Routes by each of their hostnames. */
export type RoutesByHostname = ReadonlyMap<Hostname, readonly RuleSource[]>;

/** A route with its matches, read once. */
export interface RuleSource {
  readonly route: RoutedRoute;
  readonly rules: readonly RuleRef[];
  readonly matches: readonly Match[];
}

/** `occurrences` as `ruleOccurrences` gives them. A match that `matchProblems` reports is left out. */
export function readRoute(route: RoutedRoute, occurrences: readonly number[]): RuleSource {
  const rules = route.rules.map((rule, position) => ({
    id: `${route.kind === 'HTTPRoute' ? '' : `${route.kind} `}${route.namespace}/${route.name}#${rule.index}${rule.root ? ' root' : ''}${route.part ?? ''}`,
    route,
    rule,
    occurrence: occurrences[position] ?? 0,
  }));
  const matches = rules.flatMap((rule) => rule.rule.matches.map((_, index) => readMatch(rule, index)));
  return { route, rules, matches: matches.filter((match) => match.queryParams.length <= maxQueryParams).slice() };
}

/** Matches that cannot be expressed; the routing drops their rules, so there should be none. */
export function matchProblems(route: RoutedRoute): readonly Problem[] {
  return route.rules.flatMap((rule) =>
    rule.matches.flatMap((match, index) => {
      const { length } = effectiveQueryParams(match);
      if (length <= maxQueryParams) return [];
      return [
        {
          resource: `${route.kind}/${route.namespace}/${route.name}`,
          field: `spec.rules[${rule.index}].matches[${index}].queryParams`,
          message: `has ${length} query parameters; at most ${maxQueryParams} can be expressed. The match is left out.`,
        },
      ];
    }),
  );
}

/** A route without hostnames is under undefined. */
export function routesByHostname(sources: readonly RuleSource[]): RoutesByHostname {
  const byHostname = new Map<Hostname, RuleSource[]>();
  for (const source of sources) {
    const { hostnames } = source.route;
    for (const hostname of hostnames.length === 1 ? hostnames : routeHostnames(source.route)) {
      const known = byHostname.get(hostname);
      if (known) known.push(source);
      else byHostname.set(hostname, [source]);
    }
  }
  return byHostname;
}

/** The route's hostnames without repetition; only undefined for a route that has none. */
export function routeHostnames(route: RoutedRoute): ReadonlySet<Hostname> {
  return new Set<Hostname>(route.hostnames.length > 0 ? route.hostnames : [undefined]);
}

/** The routes that have the hostname (undefined: those that have none) and are attached to the listener. */
export function attachedSources(
  routes: RoutesByHostname,
  hostname: Hostname,
  listener: RoutedListener,
): readonly RuleSource[] {
  const id = listenerId(listener);
  return (routes.get(hostname) ?? []).filter(({ route }) => route.listeners.includes(id));
}

/** The matches of the routes, in the specification's order. */
export function groupOf(hostname: Hostname, attached: readonly RuleSource[]): MatchGroup {
  const [only] = attached;
  // What is collected has room for more, which thousands of hosts do not need.
  const matches = only && attached.length === 1 ? only.matches : attached.flatMap((source) => source.matches).slice();
  const sorted =
    matches.length > 1 ? matches.toSorted((a, b) => comparePrecedenceKeys(a.precedence, b.precedence)) : matches;
  return { hostname, matches: sorted };
}

/** The hostname itself, every wildcard that covers it, longest first, and last undefined (every host). */
export function coveringHostnames(hostname: Hostname): readonly Hostname[] {
  if (hostname === undefined) return [undefined];
  const chain: Hostname[] = [hostname];
  let dot = hostname.indexOf('.', isWildcard(hostname) ? 2 : 0);
  while (dot >= 0) {
    chain.push(`*${hostname.slice(dot)}`);
    dot = hostname.indexOf('.', dot + 1);
  }
  return [...chain, undefined];
}

/** Whether `outer` stands for more hosts than `inner` and for all of them. */
export function strictlyCovers(outer: Hostname, inner: Hostname): boolean {
  return outer !== inner && covers(outer, inner);
}

function readMatch(rule: RuleRef, index: number): Match {
  const match = rule.rule.matches[index];
  if (!match) throw new RangeError(`${rule.id} has no match ${index}`);
  const headers = effectiveHeaders(match).map(({ name, value }) => [name.toLowerCase(), value] as const);
  const queryParams = effectiveQueryParams(match).map(({ name, value }) => [name, value] as const);
  const { route } = rule;
  return {
    rule,
    path: match.path.type === 'PathPrefix' ? { ...match.path, value: normalizePrefix(match.path.value) } : match.path,
    method: match.method,
    headers: headers.toSorted(byName),
    queryParams: queryParams.toSorted(byName),
    conditional: match.method !== undefined || headers.length > 0 || queryParams.length > 0,
    precedence: precedenceKey({
      hostname: undefined,
      match,
      createdAt: route.creationTimestamp,
      namespace: route.namespace,
      name: route.name,
      ruleIndex: rule.rule.index,
      matchIndex: index,
    }),
    prefixSegments: usesPrefix(rule.rule) ? segments(match.path) : 0,
  };
}

function usesPrefix({ redirect, rewrite }: RoutedRule): boolean {
  return redirect?.path?.type === 'ReplacePrefixMatch' || rewrite?.path?.type === 'ReplacePrefixMatch';
}

/** The API allows ReplacePrefixMatch with PathPrefix only; a regular expression has no fixed number of segments. */
function segments(path: PathMatch): number {
  if (path.type === 'RegularExpression') return 0;
  const value = normalizePrefix(path.value);
  return value === '/' ? 0 : value.split('/').length - 1;
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}
