/** Which requests a child virtual service claims: the entries of `vh_matches[].rules[]`, taken apart. */
import type { Json, JsonObject } from '../../translate/desired.ts';

/** One host, port and path condition of a child. */
export interface Claim {
  readonly host: string;
  readonly port: string;
  readonly criteria: string;
  readonly value: string;
}

/** Claims by `claimId`. */
export type Claims = ReadonlyMap<string, Claim>;

/** What a parked child claims, since a child must claim something: a host that cannot exist (RFC 2606). */
const parkedHost = 'parked.invalid';

const known = new WeakMap<JsonObject, Claims>();

/** The claims of a virtual service's body; none without a body. The answer is remembered, as bodies never change. */
export function claimsOf(body: JsonObject | undefined): Claims {
  if (!body) return new Map();
  const found = known.get(body);
  if (found) return found;
  const claims = new Map<string, Claim>();
  for (const match of objects(body.vh_matches)) {
    for (const rule of objects(match.rules)) {
      for (const claim of ruleClaims(match.host, rule)) claims.set(claimId(claim), claim);
    }
  }
  known.set(body, claims);
  return claims;
}

export function claimId({ host, port, criteria, value }: Claim): string {
  return JSON.stringify([host, port, criteria, value]);
}

/** The part of `vh_matches` whose claims are allowed; a placeholder that no request meets when nothing is left. */
export function restrictedMatches(body: JsonObject, allowed: Pick<ReadonlySet<string>, 'has'>): readonly JsonObject[] {
  const matches = objects(body.vh_matches).flatMap((match) => {
    const rules = objects(match.rules).flatMap((rule) => restrictedRule(match.host, rule, allowed));
    return rules.length > 0 ? [{ ...match, rules }] : [];
  });
  return matches.length > 0 ? matches : [parked];
}

/** Both lists of `vh_matches` in one: an entry a host. Rules are numbered anew, since their names must differ. */
export function joinedMatches(...lists: readonly (readonly JsonObject[])[]): readonly JsonObject[] {
  const byHost = Map.groupBy(lists.flat(), ({ host }) => String(host));
  return [...byHost].map(([host, matches]) => ({
    host,
    rules: matches.flatMap(({ rules }) => objects(rules)).map((rule, index) => ({ ...rule, name: `rule-${index}` })),
  }));
}

const parked: JsonObject = {
  host: parkedHost,
  rules: [
    {
      name: 'rule-0',
      matches: { path: { match_case: 'SENSITIVE', match_criteria: 'EQUALS', match_str: ['/'] } },
    },
  ],
};

function ruleClaims(host: Json | undefined, rule: JsonObject): readonly Claim[] {
  const { path, ports } = targetOf(rule);
  const criteria = typeof path?.match_criteria === 'string' ? path.match_criteria : '';
  const values = Array.isArray(path?.match_str) ? path.match_str : [''];
  return values.flatMap((value) =>
    ports.map((port) => ({ host: String(host), port: String(port), criteria, value: String(value) })),
  );
}

/** Values other than the first do not occur in what we write, so a rule is cut by its ports only. */
function restrictedRule(
  host: Json | undefined,
  rule: JsonObject,
  allowed: Pick<ReadonlySet<string>, 'has'>,
): readonly JsonObject[] {
  const { ports } = targetOf(rule);
  const left = ports.filter((port) =>
    ruleClaims(host, rule).some((claim) => claim.port === String(port) && allowed.has(claimId(claim))),
  );
  if (left.length === 0) return [];
  if (left.length === ports.length) return [rule];
  const matches = rule.matches as JsonObject;
  return [{ ...rule, matches: { ...matches, vs_port: { ...(matches.vs_port as JsonObject), ports: left } } }];
}

function targetOf(rule: JsonObject): { readonly path: JsonObject | undefined; readonly ports: readonly Json[] } {
  const target = rule.matches as JsonObject | undefined;
  const ports = (target?.vs_port as JsonObject | undefined)?.ports;
  return { path: target?.path as JsonObject | undefined, ports: Array.isArray(ports) ? ports : ['*'] };
}

/** The claims on other ports than these. */
export function withoutPorts(claims: Claims, ports: ReadonlySet<string>): Claims {
  return ports.size === 0 ? claims : new Map([...claims].filter(([, { port }]) => !ports.has(port)));
}

/** Whether its place among the claims of its host is known; that of a regular expression, which may meet any path, is not. */
export function isIndexed({ criteria }: Pick<Claim, 'criteria'>): boolean {
  return criteria === 'EQUALS' || criteria === 'BEGINS_WITH';
}

/**
 * Path conditions of a host that take a request which this one takes, narrowest first, itself included: EQUALS goes
 * before BEGINS_WITH, and longer values before shorter ones. Values of BEGINS_WITH end in a slash. The place of a
 * regular expression is not known, so it has no wider ones.
 */
export function chainOf(claim: Claim): readonly string[] {
  const { criteria, value } = claim;
  const chain = [pathId(criteria, value)];
  if (!isIndexed(claim)) return chain;
  const end = criteria === 'EQUALS' ? value.length : value.length - 1;
  for (let at = end - 1; at >= 0; at--) {
    if (value[at] === '/') chain.push(pathId('BEGINS_WITH', value.slice(0, at + 1)));
  }
  return chain;
}

export function pathId(criteria: string, value: string): string {
  return `${criteria} ${value}`;
}

/** Whether `inner` takes only requests whose path `outer` takes too. */
export function takesInside(outer: Claim, inner: Claim): boolean {
  return outer.criteria === 'BEGINS_WITH' && inner.value.startsWith(outer.value);
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
