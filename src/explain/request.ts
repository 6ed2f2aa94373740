/** A request as `explain` judges it, and whether conditions accept it: the ones that are written for Avi. */
import { RE2JS } from 're2js';
import { matches as hostnameMatches } from '../values/hostnames.ts';
import { pathConditions, type PolicyEntry } from '../translate/policies/policy-entry.ts';
import type { PathCondition } from '../translate/policies/path-keys.ts';
import { queryPattern } from '../translate/policies/query-pattern.ts';
import type { Match } from '../translate/policies/rule-match.ts';

/** One request, or for `tcp`, `udp` and `tls` one connection. */
export interface ExplainedRequest {
  readonly scheme: 'http' | 'https' | 'tcp' | 'udp' | 'tls';
  /** Lower case, without port; of `tls` the server name. */
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** As sent: not decoded, with its leading slash. */
  readonly path: string;
  /** As sent, without `?`; empty where there is none. */
  readonly query: string;
  /** All lines by name in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

/** Whether the path is one that the condition asks for; an absent condition asks for nothing. */
export function pathAccepts(condition: PathCondition | undefined, path: string): boolean {
  if (!condition) return true;
  const { criteria, value } = condition;
  // As `pathMatch` writes it: Avi compares the decoded path unless the value has an escape in it.
  const compared = value.includes('%') ? path : decoded(path);
  if (criteria === 'EQUALS') return compared === value;
  if (criteria === 'BEGINS_WITH') return compared.startsWith(value);
  return compiled(value).matcher(compared).find();
}

/** Why the match does not accept the request, a phrase a condition; empty when it does. */
export function unmet(match: Match, request: ExplainedRequest): readonly string[] {
  const { type, value } = match.path;
  const isPath = pathConditions(match).some((condition) => pathAccepts(condition, request.path));
  return [...(isPath ? [] : [`path is not ${type} ${value}`]), ...unmetBesidesPath(match, request)];
}

/** Whether a rule of an ordered policy takes the request. */
export function entryAccepts({ hosts, ports, path, match }: PolicyEntry, request: ExplainedRequest): boolean {
  if (hosts && !hosts.some((hostname) => hostnameMatches(hostname, request.host))) return false;
  if (ports && !ports.includes(request.port)) return false;
  return pathAccepts(path, request.path) && (!match || unmetBesidesPath(match, request).length === 0);
}

function unmetBesidesPath(match: Match, request: ExplainedRequest): readonly string[] {
  const reasons: string[] = [];
  if (match.method !== undefined && match.method !== request.method) reasons.push(`method is not ${match.method}`);
  for (const [name, value] of match.headers) {
    const lines = Object.hasOwn(request.headers, name) ? request.headers[name] : undefined;
    if (!lines?.includes(value)) reasons.push(`header ${name} is not ${JSON.stringify(value)}`);
  }
  if (match.queryParams.length > 0 && !compiled(queryPattern(match.queryParams)).matcher(request.query).find()) {
    const wanted = match.queryParams.map(([name, value]) => `${name}=${value}`).join(' and ');
    reasons.push(`query has no ${wanted}`);
  }
  return reasons;
}

function compiled(pattern: string): RE2JS {
  return RE2JS.compile(pattern);
}

/** Escapes that are no UTF-8 stay. */
function decoded(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
