/** Avi's `MatchTarget`: the conditions of a policy rule or of a virtual host rule (avi-model.md section 2.3). */
import { isWildcard } from '../routing/hostnames.ts';
import type { JsonObject } from './desired.ts';
import type { PathCondition } from './path-keys.ts';
import type { PolicyEntry } from './policy-entry.ts';
import { queryPattern } from './query-pattern.ts';

/** The conditions of an entry; undefined when it has none. `gatewayPorts`: all ports on which a request may come. */
export function matchTarget(entry: PolicyEntry, gatewayPorts: readonly number[]): JsonObject | undefined {
  const { hosts, ports, path, match } = entry;
  const target: JsonObject = {
    ...(ports && { vs_port: portMatch(ports) }),
    ...(hosts && { host_hdr: hostMatch(hosts, ports ?? gatewayPorts) }),
    ...(path && { path: pathMatch(path) }),
    ...(match?.method && { method: { match_criteria: 'IS_IN', methods: [`HTTP_METHOD_${match.method}`] } }),
    ...(match && match.headers.length > 0 && { hdrs: match.headers.map(headerMatch) }),
    ...(match && match.queryParams.length > 0 && { query: queryMatch(match.queryParams) }),
  };
  return Object.keys(target).length > 0 ? target : undefined;
}

/**
 * AKO's shape. Avi compares the decoded path unless told otherwise; a value with an escape in it could then never
 * match, since the API gives values in their escaped form.
 */
export function pathMatch({ criteria, value }: PathCondition): JsonObject {
  return {
    match_case: 'SENSITIVE',
    match_criteria: criteria,
    match_str: [value],
    ...(value.includes('%') && { match_decoded_string: false }),
  };
}

export function portMatch(ports: readonly number[]): JsonObject {
  return { match_criteria: 'IS_IN', ports };
}

/** Each hostname is listed with the ports too: whether Avi compares the Host header without its port is not known. */
function hostMatch(hosts: readonly string[], ports: readonly number[]): JsonObject {
  const wildcard = hosts.some(isWildcard);
  const values = hosts.map((host) => (isWildcard(host) ? host.slice(1) : host));
  return {
    match_case: 'INSENSITIVE',
    match_criteria: wildcard ? 'HDR_ENDS_WITH' : 'HDR_EQUALS',
    value: values.flatMap((value) => [value, ...ports.map((port) => `${value}:${port}`)]),
  };
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
