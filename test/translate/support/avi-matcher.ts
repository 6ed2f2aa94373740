/**
 * An adversarial Avi: reads the objects that were translated and returns every answer that its documented guarantees
 * allow. Trusted: exact host before the longest wildcard before a shorter one before the parent; within a host EQUALS
 * before the longest BEGINS_WITH; ports are a part of the match; the first matching policy rule ends. Free: ties; the
 * place of regular expressions; a request for a known host none of whose paths match may go to the next wider host or
 * to the parent at once. With `anyChild`, any child that claims host and path may get the request, a wildcard's too.
 */
import { RE2JS } from 're2js';
import type { AviObject, JsonObject } from '../../../src/translate/desired.ts';
import type { ModelRequest } from './model.ts';

export interface AviMatcher {
  /** Names of Services (with `from <first path segment kept>` if rewritten), `404`, `500`, `redirect …`, or `no pool`. */
  readonly outcomes: (request: ModelRequest) => ReadonlySet<string>;
}

interface Claim {
  readonly child: string;
  readonly host: string;
  readonly ports: readonly number[];
  readonly criteria: string;
  readonly value: string;
}

type Body = Readonly<Record<string, unknown>>;

export function aviMatcher(objects: readonly AviObject[], { anyChild = false } = {}): AviMatcher {
  const byRef = new Map(objects.map((object) => [`${object.type} ${object.name}`, object.body as Body]));
  const services = objects.filter((object) => object.type === 'virtualservice');
  const parent = services.find(({ body }) => body.type === 'VS_TYPE_VH_PARENT')!.name;
  const claims = services.flatMap(({ name, body }) => claimsOf(name, body));
  const resolve = (ref: unknown) => {
    const [, type, name] = /^\/api\/([a-z]+)\/?\?name=(.*)$/.exec(String(ref)) ?? [];
    const found = byRef.get(`${type} ${decodeURIComponent(name ?? '')}`);
    if (!found) throw new Error(`${String(ref)} does not exist`);
    return found;
  };
  return {
    outcomes: (request) => {
      const chosen = choices(claims, parent, request, anyChild);
      return new Set([...chosen].map((name) => answer(resolve, byRef.get(`virtualservice ${name}`)!, request)));
    },
  };
}

function claimsOf(child: string, body: JsonObject): readonly Claim[] {
  return list(body.vh_matches).flatMap((match) =>
    list(match.rules).map((rule) => {
      const target = rule.matches as Body;
      const path = target.path as Body;
      if (Object.keys(target).some((key) => !['path', 'vs_port'].includes(key)))
        throw new Error('unexpected condition');
      return {
        child,
        host: match.host as string,
        ports: (target.vs_port as { ports: readonly number[] }).ports,
        criteria: path.match_criteria as string,
        value: (path.match_str as readonly string[])[0]!,
      };
    }),
  );
}

function choices(
  claims: readonly Claim[],
  parent: string,
  request: ModelRequest,
  anyChild: boolean,
): ReadonlySet<string> {
  const host = request.host.toLowerCase().replace(/:\d+$/, '');
  const covering = [...new Set(claims.map((claim) => claim.host))]
    .filter(
      (name) =>
        name === host || (name.startsWith('*.') && host.endsWith(name.slice(1)) && host.length > name.length - 1),
    )
    .sort((a, b) => Number(a.startsWith('*.')) - Number(b.startsWith('*.')) || b.length - a.length);
  const chosen = new Set<string>();
  let isClaimed = false;
  for (const name of covering) {
    const hits = claims.filter(
      (claim) => claim.host === name && claim.ports.includes(request.port) && accepts(claim, request.path),
    );
    for (const hit of anyChild ? hits : best(hits)) chosen.add(hit.child);
    if (hits.length > 0 && !anyChild) return chosen;
    if (hits.length > 0) isClaimed = true;
    if (isClaimed) continue;
    chosen.add(parent);
  }
  return isClaimed ? chosen : chosen.add(parent);
}

function best(hits: readonly Claim[]): readonly Claim[] {
  const equal = hits.filter((hit) => hit.criteria === 'EQUALS');
  const prefixes = hits.filter((hit) => hit.criteria === 'BEGINS_WITH');
  const longest = Math.max(...prefixes.map((hit) => hit.value.length));
  const first = equal.length > 0 ? equal : prefixes.filter((hit) => hit.value.length === longest);
  return [...first, ...hits.filter((hit) => hit.criteria === 'REGEX_MATCH')];
}

function accepts({ criteria, value }: { readonly criteria: string; readonly value: string }, path: string): boolean {
  if (criteria === 'EQUALS') return path === value;
  if (criteria === 'BEGINS_WITH') return path.startsWith(value);
  if (criteria === 'REGEX_MATCH') return compiled(value).matcher(path).find();
  throw new Error(`unexpected criteria ${criteria}`);
}

function answer(resolve: (ref: unknown) => Body, service: Body, request: ModelRequest): string {
  const sets = list(service.http_policies).toSorted((a, b) => Number(a.index) - Number(b.index));
  let rewrite = '';
  for (const { http_policy_set_ref: ref } of sets) {
    const rules = list((resolve(ref).http_request_policy as Body | undefined)?.rules);
    for (const rule of rules.toSorted((a, b) => Number(a.index) - Number(b.index))) {
      if (!ruleAccepts(rule.match as Body | undefined, request)) continue;
      rewrite += rewriteOf(rule);
      const terminal = terminalOf(resolve, rule, rewrite);
      if (terminal !== undefined) return terminal;
    }
  }
  return service.pool_group_ref === undefined ? 'no pool' : poolOf(resolve, service.pool_group_ref) + rewrite;
}

function rewriteOf(rule: Body): string {
  const path = (rule.rewrite_url_action as Body | undefined)?.path as Body | undefined;
  return path ? ` from ${String(list(path.tokens).at(-1)!.start_index)}` : '';
}

function terminalOf(resolve: (ref: unknown) => Body, rule: Body, rewrite: string): string | undefined {
  const redirect = rule.redirect_action as Body | undefined;
  if (redirect) return `redirect ${String(redirect.protocol)}:${String(redirect.port)}`;
  const switching = rule.switching_action as Body | undefined;
  if (!switching) return undefined;
  if (switching.action === 'HTTP_SWITCHING_SELECT_POOLGROUP')
    return poolOf(resolve, switching.pool_group_ref) + rewrite;
  return String(switching.other_status_code ?? String(switching.status_code).slice(-3));
}

function poolOf(resolve: (ref: unknown) => Body, ref: unknown): string {
  const [member] = list(resolve(ref).members);
  const markers = list(resolve(member!.pool_ref).markers);
  return (markers.find(({ key }) => key === 'BackendName')!.values as readonly string[])[0]!;
}

function ruleAccepts(match: Body | undefined, request: ModelRequest): boolean {
  if (!match) return true;
  return Object.entries(match).every(([member, value]) => memberAccepts(member, value as Body, request));
}

const hostTests: Readonly<Record<string, (host: string, value: string) => boolean>> = {
  HDR_EQUALS: (host, value) => host === value,
  HDR_BEGINS_WITH: (host, value) => host.startsWith(value),
  HDR_ENDS_WITH: (host, value) => host.endsWith(value),
  HDR_CONTAINS: (host, value) => host.includes(value),
};

function memberAccepts(member: string, value: Body, request: ModelRequest): boolean {
  const host = request.host.toLowerCase();
  const values = (value.value ?? value.match_str) as readonly string[] | undefined;
  if (member === 'vs_port') return (value.ports as readonly number[]).includes(request.port);
  if (member === 'method') return (value.methods as readonly string[]).includes(`HTTP_METHOD_${request.method}`);
  if (member === 'path') return accepts({ criteria: value.match_criteria as string, value: values![0]! }, request.path);
  if (member === 'query') return compiled(values![0]!).matcher(rawQuery(request)).find();
  if (member === 'host_hdr') return values!.some((name) => hostTests[value.match_criteria as string]!(host, name));
  if (member === 'hdrs') {
    const headers = value as unknown as readonly { readonly hdr: string; readonly value: readonly string[] }[];
    return headers.every(({ hdr, value: wanted }) => request.headers[hdr.toLowerCase()] === wanted[0]);
  }
  throw new Error(`unexpected condition ${member}`);
}

const patterns = new Map<string, RE2JS>();

function compiled(pattern: string): RE2JS {
  const known = patterns.get(pattern) ?? RE2JS.compile(pattern);
  patterns.set(pattern, known);
  return known;
}

function rawQuery(request: ModelRequest): string {
  return request.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

function list(value: unknown): readonly Body[] {
  return (value ?? []) as readonly Body[];
}
