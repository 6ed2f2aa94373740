/**
 * What the parent's policy set holds while claims move. It is the only place that may refer to pool groups before any
 * child uses them, and it answers for the wildcards that have narrower hosts, so it must know of a narrower host before
 * a child claims it, and for as long as one does.
 */
import type { Json, JsonObject } from '../../translate/desired.ts';
import { ruleText } from './rule-text.ts';

const unreachableHost = 'warm-up.invalid';

interface HostCondition {
  readonly criteria: string;
  readonly values: readonly string[];
}

/**
 * The rules of `base` and those that `other` has for wildcards of which `base` has none, in the order of the hosts.
 * `base` itself when there are none.
 */
export function withWildcardsOf(base: JsonObject, other: JsonObject): JsonObject {
  const known = new Set(rulesOf(base).flatMap(wildcardsOf));
  const added = rulesOf(other).filter((rule) => wildcardsOf(rule).some((wildcard) => !known.has(wildcard)));
  if (added.length === 0) return base;
  let rules = rulesOf(base);
  for (const rule of added) rules = inserted(rules, rule);
  return withRules(base, rules);
}

/** Whether `other` has more rules than `base` for a wildcard around one of the hosts. */
export function hasMoreAround(other: JsonObject, base: JsonObject, hosts: readonly string[]): boolean {
  const known = countOf(rulesOf(base).flatMap(wildcardsOf));
  const all = countOf(rulesOf(other).flatMap(wildcardsOf));
  const more = [...all].filter(([suffix, count]) => count > (known.get(suffix) ?? 0));
  return more.some(([suffix]) => hosts.some((host) => host.endsWith(suffix) && host !== `*${suffix}`));
}

function countOf(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * The policy set with rules that nothing reaches, behind the one that answers everything, for a host that cannot exist
 * (RFC 2606): Avi checks the health of the pools that a virtual service refers to.
 *
 * @param poolGroups references to pool groups.
 */
export function withUnreachable(policy: JsonObject, poolGroups: readonly string[]): JsonObject {
  const rules = poolGroups.map((ref): JsonObject => ({
    match: { host_hdr: { match_case: 'INSENSITIVE', match_criteria: 'HDR_EQUALS', value: [unreachableHost] } },
    switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP', pool_group_ref: ref },
  }));
  return poolGroups.length === 0 ? policy : withRules(policy, [...rulesOf(policy), ...rules]);
}

/** The policy set without the rules of `withUnreachable`; itself when it has none. */
export function withoutUnreachable(policy: JsonObject): JsonObject {
  const rules = rulesOf(policy);
  const reached = rules.filter((rule) => !hostCondition(rule)?.values.includes(unreachableHost));
  return reached.length === rules.length ? policy : withRules(policy, reached);
}

/** Whether the two policy sets may answer requests for a host otherwise than with the same rules, or an error. */
export function changedHosts(before: JsonObject, after: JsonObject): (host: string) => boolean {
  const serving = [before, after].map((policy) =>
    rulesOf(policy)
      .filter(answersMore)
      .map((rule) => ({ condition: hostCondition(rule), suffixes: wildcardsOf(rule), text: ruleText(rule) })),
  );
  const known = new Map<string, boolean>();
  return (host) => {
    const [old, next] = serving.map((rules) =>
      rules
        .filter(
          ({ condition, suffixes }) =>
            !condition || condition.values.includes(host) || suffixes.some((suffix) => host.endsWith(suffix)),
        )
        .map(({ text }) => text)
        .join(),
    );
    const isChanged = known.get(host) ?? old !== next;
    known.set(host, isChanged);
    return isChanged;
  };
}

/** Whether the rule does more than what happens without it: 404 to everything. */
function answersMore({ match, switching_action: switching }: JsonObject): boolean {
  return (
    match !== undefined || (switching as JsonObject | undefined)?.status_code !== 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404'
  );
}

/** Whether the policy set may answer a request with something else than an error. */
export function servesRequests(policy: JsonObject | undefined): boolean {
  return rulesOf(policy).some(
    ({ switching_action: switching, redirect_action: redirect }) =>
      redirect !== undefined || (switching as JsonObject | undefined)?.pool_group_ref !== undefined,
  );
}

function rulesOf(policy: JsonObject | undefined): readonly JsonObject[] {
  return objects((policy?.http_request_policy as JsonObject | undefined)?.rules);
}

/** Numbered anew; Avi wants distinct names. */
function withRules(policy: JsonObject, rules: readonly JsonObject[]): JsonObject {
  const numbered = rules.map((rule, place) => ({
    enable: true,
    ...rule,
    name: `rule-${place + 1}`,
    index: place + 1,
  }));
  return {
    ...policy,
    http_request_policy: { ...(policy.http_request_policy as JsonObject | undefined), rules: numbered },
  };
}

/** Before the first rule whose host is wider, and so after those of narrower ones, on each port alike. */
function inserted(rules: readonly JsonObject[], rule: JsonObject): readonly JsonObject[] {
  const width = widthOf(rule);
  const ports = portsOf(rule);
  const meets = (other: JsonObject): boolean => {
    const others = portsOf(other);
    return ports === undefined || others === undefined || [...others].some((port) => ports.has(port));
  };
  const place = rules.findIndex((other) => meets(other) && widthOf(other) > width);
  return rules.toSpliced(place < 0 ? rules.length : place, 0, rule);
}

/** Smaller for hosts that go before others. */
function widthOf(rule: JsonObject): number {
  const condition = hostCondition(rule);
  if (!condition) return Infinity;
  if (!isWildcard(condition)) return -Infinity;
  return -Math.max(...wildcardsOf(rule).map((suffix) => suffix.length));
}

function portsOf(rule: JsonObject): ReadonlySet<string> | undefined {
  const ports = ((rule.match as JsonObject | undefined)?.vs_port as JsonObject | undefined)?.ports;
  return Array.isArray(ports) ? new Set(ports.map(String)) : undefined;
}

/** Suffixes of the wildcards that a rule is for: `.example.com`, also where it is compared with a port behind. */
function wildcardsOf(rule: JsonObject): readonly string[] {
  const condition = hostCondition(rule);
  return condition && isWildcard(condition) ? condition.values.map((value) => value.replace(/:$/, '')) : [];
}

function isWildcard({ criteria }: HostCondition): boolean {
  return criteria === 'HDR_ENDS_WITH' || criteria === 'HDR_CONTAINS';
}

function hostCondition(rule: JsonObject): HostCondition | undefined {
  const condition = (rule.match as JsonObject | undefined)?.host_hdr as JsonObject | undefined;
  if (!condition) return undefined;
  return {
    criteria: String(condition.match_criteria),
    values: Array.isArray(condition.value) ? condition.value.map(String) : [],
  };
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
