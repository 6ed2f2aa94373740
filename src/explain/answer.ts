/** What becomes of a request: the answer of a rule in the words of the API, with the names that it has on Avi. */
import type { HeaderModifier, PathModifier } from '../routing/result/routed-filters.ts';
import type { RoutedBackend, SettingsOrigins } from '../routing/result/routed-backend.ts';
import type { RoutedRule } from '../routing/result/routed-rule.ts';
import type { Action } from '../translate/policies/policy-entry.ts';
import { ratiosOf } from '../translate/pools/pool-group.ts';
import { hasPoolGroup, usedBackends } from '../translate/policies/rule-backends.ts';
import type { TranslateContext } from '../translate/translate-context.ts';

/** A backend of a rule that gets a share. */
export interface Member {
  /** Name of the Avi pool. */
  readonly pool: string;
  /** `namespace/name:port` of the Service. */
  readonly service: string;
  /** Of the pool group. */
  readonly ratio: number;
  /** Address and port; disabled ones (not ready, or terminating) get no new connection. */
  readonly servers: readonly { readonly address: string; readonly port: number; readonly enabled: boolean }[];
}

/** The rule that answers is in `rule` as `Kind namespace/name rules[n]`. */
export type Answer =
  | {
      readonly kind: 'forward';
      readonly rule: string;
      readonly poolGroup: string;
      readonly members: readonly Member[];
      /** Backends that get nothing, with the reason. */
      readonly without: readonly string[];
      /** What is changed on the way, a phrase each. */
      readonly changes: readonly string[];
      /** What policies set, a phrase each, as `wafPolicy by AviFrontendPolicy default/waf`; absent where they set nothing. */
      readonly settings?: readonly string[];
    }
  | {
      readonly kind: 'redirect';
      readonly rule: string;
      readonly status: number;
      readonly target: string;
      /** As of `forward`. */
      readonly settings?: readonly string[];
    }
  | { readonly kind: 'error'; readonly rule?: string; readonly status: number; readonly reason: string }
  | { readonly kind: 'closed'; readonly rule?: string; readonly reason: string };

/** What the action does; undefined: no rule took the request. */
export function answerOf(context: TranslateContext, action: Action | undefined): Answer {
  if (!action) return { kind: 'error', status: 404, reason: 'no rule matches' };
  const { rule, route } = action.rule;
  const id = `${route.kind} ${route.namespace}/${route.name} rules[${rule.index}]`;
  if (rule.action === 'fail') return { kind: 'error', rule: id, status: 500, reason: failure(rule) };
  if (rule.action === 'redirect') return redirectAnswer(id, action);
  if (!hasPoolGroup(rule)) return { kind: 'error', rule: id, status: 500, reason: failure(rule) };
  const settings = settingsOf(rule);
  return {
    kind: 'forward',
    rule: id,
    poolGroup: context.ruleName(action.rule),
    members: membersOf(usedBackends(rule), (backend) => context.poolName(action.rule, backend)),
    without: withoutTraffic(rule.backends),
    changes: changesOf(rule),
    ...(settings.length > 0 && { settings }),
  };
}

/** Members of a pool group whose pools `nameOf` names. */
export function membersOf(
  backends: readonly RoutedBackend[],
  nameOf: (backend: RoutedBackend) => string,
): readonly Member[] {
  const ratios = ratiosOf(backends.map(({ weight }) => weight));
  return backends.map((backend, place) => ({
    pool: nameOf(backend),
    service: serviceOf(backend),
    ratio: ratios[place] ?? 1,
    servers: backend.endpoints.map(({ address, port, enabled }) => ({ address, port, enabled })),
  }));
}

/** Backends that take no part, a phrase each. */
export function withoutTraffic(backends: readonly RoutedBackend[]): readonly string[] {
  return backends.flatMap((backend) => {
    if (backend.invalid) return [`${serviceOf(backend)}: ${backend.invalid.reason}, ${backend.invalid.message}`];
    return backend.weight > 0 ? [] : [`${serviceOf(backend)}: its weight is 0`];
  });
}

function serviceOf({ namespace, name, port }: RoutedBackend): string {
  return `${namespace}/${name}:${port}`;
}

/** Which policy set which field, of the rule's virtual service and of its backends' pools. */
function settingsOf({ settingsFrom = {}, backends }: RoutedRule): readonly string[] {
  const phrases = (origins: SettingsOrigins, of: string) =>
    Object.entries(origins).map(([field, origin]) => `${of}${field} by ${origin}`);
  return [
    ...phrases(settingsFrom, ''),
    ...backends.flatMap((backend) => phrases(backend.settingsFrom ?? {}, `${serviceOf(backend)}: `)),
  ];
}

function failure({ backends, unmet = [] }: RoutedRule): string {
  const reasons = [...unmet, ...withoutTraffic(backends)];
  return reasons.length > 0 ? reasons.join('; ') : 'the rule has no backend, or a filter that does not resolve';
}

function redirectAnswer(rule: string, { rule: { rule: routed }, redirect: target }: Action): Answer {
  const { redirect } = routed;
  if (!redirect || !target) return { kind: 'error', rule, status: 500, reason: failure(routed) };
  const host = redirect.hostname ?? "the request's host";
  const path = redirect.path ? pathChange(redirect.path) : 'the same path';
  const settings = settingsOf(routed);
  return {
    kind: 'redirect',
    rule,
    status: redirect.statusCode,
    target: `${target.protocol.toLowerCase()}://${host}:${target.port}, ${path}`,
    ...(settings.length > 0 && { settings }),
  };
}

function changesOf({ requestHeaders, responseHeaders, rewrite, cors, mirrors, retry, timeouts }: RoutedRule) {
  return [
    ...headerChanges('request', requestHeaders),
    ...(rewrite?.hostname === undefined ? [] : [`Host becomes ${rewrite.hostname}`]),
    ...(rewrite?.path ? [pathChange(rewrite.path)] : []),
    ...headerChanges('response', responseHeaders),
    ...(cors ? [`CORS for ${cors.allowOrigins.join(', ') || 'no origin'}`] : []),
    ...(mirrors ?? []).map(
      ({ backend, numerator, denominator }) => `${numerator} of ${denominator} copied to ${serviceOf(backend)}`,
    ),
    ...(retry ? [`tried again ${retry.attempts} times where no connection could be made`] : []),
    ...(timeouts?.requestMs === undefined ? [] : [`request timeout ${timeouts.requestMs} ms`]),
    ...(timeouts?.backendRequestMs === undefined ? [] : [`backend timeout ${timeouts.backendRequestMs} ms`]),
  ];
}

function headerChanges(side: string, modifier: HeaderModifier | undefined): readonly string[] {
  if (!modifier) return [];
  const names = (headers: readonly { readonly name: string }[]) => headers.map(({ name }) => name).join(', ');
  const { set, add, remove } = modifier;
  return [
    ...(set.length > 0 ? [`${side} headers set: ${names(set)}`] : []),
    ...(add.length > 0 ? [`${side} headers added: ${names(add)}`] : []),
    ...(remove.length > 0 ? [`${side} headers removed: ${remove.join(', ')}`] : []),
  ];
}

function pathChange({ type, value }: PathModifier): string {
  return type === 'ReplaceFullPath' ? `path becomes ${value}` : `the matched prefix becomes ${value}`;
}
