/** Avi's `MatchTarget`: the conditions of a policy rule or of a virtual host rule (avi-model.md section 2.3). */
import { isWildcard } from '../../values/hostnames.ts';
import type { JsonObject } from '../desired.ts';
import type { PathCondition } from './path-keys.ts';
import type { PolicyEntry } from './policy-entry.ts';
import { queryPattern } from './query-pattern.ts';

/** The conditions of an entry, each target a rule of its own; undefined for an entry without conditions. */
export function matchTargets(entry: PolicyEntry): readonly (JsonObject | undefined)[] {
  const { hosts, ports, path, match } = entry;
  const rest: JsonObject = {
    ...(ports && { vs_port: portMatch(ports) }),
    ...(path && { path: pathMatch(path) }),
    ...(match?.method && { method: { match_criteria: 'IS_IN', methods: [`HTTP_METHOD_${match.method}`] } }),
    ...(match && match.headers.length > 0 && { hdrs: match.headers.map(headerMatch) }),
    ...(match && match.queryParams.length > 0 && { query: queryMatch(match.queryParams) }),
  };
  if (hosts) return hostMatches(hosts).map((host) => ({ host_hdr: host, ...rest }));
  return [Object.keys(rest).length > 0 ? rest : undefined];
}

const anyCase = '(?i)';

/**
 * AKO's shape. Avi compares the decoded path unless told otherwise; a value with an escape in it could then never
 * match, since the API gives values in their escaped form.
 */
export function pathMatch({ criteria, value }: PathCondition): JsonObject {
  // Avi has a field for what an expression says by a flag in front of it.
  const inAnyCase = criteria === 'REGEX_MATCH' && value.startsWith(anyCase);
  return {
    match_case: inAnyCase ? 'INSENSITIVE' : 'SENSITIVE',
    match_criteria: criteria,
    match_str: [inAnyCase ? value.slice(anyCase.length) : value],
    ...(value.includes('%') && { match_decoded_string: false }),
  };
}

/** Any of the ports of the virtual service. */
export function portMatch(ports: readonly number[]): JsonObject {
  return { match_criteria: 'IS_IN', ports };
}

/**
 * The Host header with and without a port, which the specification ignores. Whether Avi compares the header without it
 * is not known, and one condition has one criterion, so there are two. The hosts are all exact or all wildcards.
 */
function hostMatches(hosts: readonly string[]): readonly JsonObject[] {
  const wildcard = hosts.some(isWildcard);
  const values = hosts.map((host) => (isWildcard(host) ? host.slice(1) : host));
  const [bare, withPort] = wildcard ? ['HDR_ENDS_WITH', 'HDR_CONTAINS'] : ['HDR_EQUALS', 'HDR_BEGINS_WITH'];
  return [
    { match_case: 'INSENSITIVE', match_criteria: bare, value: values },
    { match_case: 'INSENSITIVE', match_criteria: withPort, value: values.map((value) => `${value}:`) },
  ];
}

function headerMatch([name, value]: readonly [string, string]): JsonObject {
  return { match_case: 'SENSITIVE', match_criteria: 'HDR_EQUALS', hdr: name, value: [value] };
}

/** The pattern spells out escapes itself: decoded, a value's `&` could not be told from a separator. */
function queryMatch(params: readonly (readonly [string, string])[]): JsonObject {
  return {
    match_case: 'SENSITIVE',
    match_criteria: 'QUERY_MATCH_REGEX_MATCH',
    match_str: [queryPattern(params)],
    match_decoded_string: false,
  };
}
