/** The rules of an HTTPRoute or GRPCRoute: each is implemented as written, answered with 500, or dropped with the field named. */
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { resolveBackend, serviceKey, type BackendOwner, type BackendSources } from '../backends/backends.ts';
import { readBackendExtension } from '../extensions/backend-extensions.ts';
import { fails, fitMessage } from '../conditions.ts';
import { drop, value, type Dropped, type Read } from '../backends/dropped.ts';
import { refsResolved } from '../listeners/listener-tls.ts';
import { readMatches, type RuleManifest } from './matches.ts';
import type { MirrorManifest } from './mirrors.ts';
import { list, text } from '../../values/read.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { Mirror, RoutedRule } from '../result/routed-rule.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';
import type { RuleMatch } from '../result/routed-match.ts';
import { withPoolPolicies, type AppliedBackend } from '../policies/apply.ts';
import { readRetry } from './retry.ts';
import { readSessionPersistence, withSession } from './session-persistence.ts';
import type { Failure } from '../extensions/extension-refs.ts';
import { withoutFilters } from '../extensions/policy-sets.ts';
import { readRuleExtension, type ReadRuleExtension } from '../extensions/rule-extensions.ts';
import { readRuleFilters, type ReadBackend, type RuleBackend } from './rule-filters.ts';
import { reasonOf } from '../support.ts';
import { readTimeouts } from './timeouts.ts';

export interface DroppedRule extends Dropped {
  /** Index in `spec.rules`. */
  readonly rule: number;
}

export interface RouteRules {
  readonly rules: readonly RoutedRule[];
  readonly dropped: readonly DroppedRule[];
  readonly resolvedRefs: ConditionDraft;
  /** Keys of the Services that backendRefs name, sorted. */
  readonly services: readonly string[];
  /** Objects on the controller that the rules depend on by name. */
  readonly named: readonly AviName[];
}

/** A route without rules has one that matches everything and has no backend (the API's default). */
const defaultRules: readonly RuleManifest[] = [{}];

export function routeRules(route: HTTPRoute, namespace: string, sources: BackendSources): RouteRules {
  const written = list(route.spec?.rules);
  return readRules(
    { kind: 'HTTPRoute', namespace, name: route.metadata?.name ?? '', secures: true },
    written,
    sources,
    (index, path) => readMatches(written[index] ?? {}, path),
  );
}

/**
 * @param written the rules without regard to their matches
 * @param matchesOf reads the matches of the rule with an index; the path is the rule's
 */
export function readRules(
  owner: BackendOwner,
  written: readonly RuleManifest[],
  sources: BackendSources,
  matchesOf: (index: number, path: string) => Read<readonly RuleMatch[]>,
): RouteRules {
  const { namespace } = owner;
  const rules: RoutedRule[] = [];
  const dropped: DroppedRule[] = [];
  const failures: Failure[] = [];
  const services = new Set<string>();
  const named: AviName[] = [];
  for (const [index, manifest] of (written.length > 0 ? written : defaultRules).entries()) {
    const path = `spec.rules[${index}]`;
    const session = readSessionPersistence(manifest, path);
    const backends = list(manifest.backendRefs).map((ref, at) => {
      const read = readBackend(ref, `${path}.backendRefs[${at}]`, owner, sources);
      return withPolicies('value' in session ? withSession(read, session.value) : read, manifest, owner, sources);
    });
    for (const backend of backends) {
      services.add(serviceKey(backend.ref, namespace) ?? '');
      named.push(...backend.named);
      failures.push(...backend.ignored);
    }
    const extension = extensionOf(manifest, path, owner, sources);
    const rule = readRule(manifest, index, path, matchesOf(index, path), session, backends, extension);
    named.push(...extension.named);
    failures.push(...backendFailures(backends, 'value' in rule && rule.value.rule.action === 'forward'));
    failures.push(...extension.failures);
    if ('dropped' in rule) {
      dropped.push({ rule: index, ...rule.dropped });
      continue;
    }
    const mirrors = readMirrors(rule.value.mirrors, manifest, owner, sources);
    named.push(...mirrors.named);
    for (const { backendRef } of rule.value.mirrors) services.add(serviceKey(backendRef, namespace) ?? '');
    failures.push(...mirrors.failures);
    rules.push(mirrors.valid.length > 0 ? { ...rule.value.rule, mirrors: mirrors.valid } : rule.value.rule);
  }
  services.delete('');
  return { rules, dropped, resolvedRefs: resolvedRefsOf(failures), services: [...services].sort(), named };
}

function readBackend(ref: RuleBackend, path: string, owner: BackendOwner, sources: BackendSources): ReadBackend {
  const backend = resolveBackend(ref, path, owner, sources);
  const refs = list(ref.filters).flatMap(({ type, extensionRef }, index) =>
    type === 'ExtensionRef' ? [{ ref: extensionRef, path: `${path}.filters[${index}].extensionRef` }] : [],
  );
  if (refs.length === 0) return { ref, path, backend, named: [], ignored: [] };
  const holder = `${owner.kind}-Rule-BackendRef`;
  const { settings, named, failures } = readBackendExtension(refs, owner.namespace, holder, sources.extensions);
  const [first] = failures;
  if (!first) return { ref, path, backend: settings ? { ...backend, settings } : backend, named, ignored: [] };
  if (sources.extensions.onInvalid === 'ako') return { ref, path, backend, named, ignored: failures };
  const message = failures.map((failure) => failure.message).join('; ');
  const invalid = backend.invalid ?? { reason: first.reason, message };
  return { ref, path, backend: { ...backend, endpoints: [], invalid }, named, ignored: [] };
}

/** With what AviBackendPolicies say; ExtensionRefs go before them. */
function withPolicies(
  read: ReadBackend,
  rule: RuleManifest,
  owner: BackendOwner,
  sources: BackendSources,
): ReadBackend {
  const { backend, named } = poolPolicies(read.backend, read.path, rule, owner, sources);
  return backend === read.backend && named.length === 0 ? read : { ...read, backend, named: [...read.named, ...named] };
}

function poolPolicies(
  backend: RoutedBackend,
  path: string,
  rule: RuleManifest,
  { kind, namespace, name }: BackendOwner,
  { aviPolicies, snapshot }: BackendSources,
): AppliedBackend {
  const target = { route: `${kind}/${namespace}/${name}`, ruleName: text(rule.name) };
  return withPoolPolicies(backend, path, target, aviPolicies, snapshot.services);
}

/** A rule, with the mirrors that are still to be resolved. */
interface ReadRule {
  readonly rule: RoutedRule;
  readonly mirrors: readonly MirrorManifest[];
}

function readRule(
  manifest: RuleManifest,
  index: number,
  path: string,
  matches: Read<readonly RuleMatch[]>,
  session: Read<unknown>,
  backends: readonly ReadBackend[],
  extension: RuleExtensions,
): Read<ReadRule> {
  if ('dropped' in matches) return matches;
  if ('dropped' in session) return session;
  const timeouts = readTimeouts(manifest, path);
  if ('dropped' in timeouts) return timeouts;
  const retry = readRetry(manifest, path);
  if ('dropped' in retry) return retry;
  const filters = readRuleFilters(manifest, path, matches.value, backends);
  if ('dropped' in filters) return filters;
  const { redirect, rewrite, requestHeaders, responseHeaders, cors, mirrors } = filters.value.rule;
  if (redirect && backends.length > 0) {
    return drop(`${path}.backendRefs`, 'must be empty in a rule with a RequestRedirect filter');
  }
  const name = text(manifest.name);
  const rule: RoutedRule = {
    index,
    ...(name === undefined ? {} : { name }),
    matches: matches.value,
    ...(requestHeaders && { requestHeaders }),
    ...(responseHeaders && { responseHeaders }),
    ...(redirect && { redirect }),
    ...(rewrite && { rewrite }),
    ...(cors && { cors }),
    ...(retry.value && { retry: retry.value }),
    ...(timeouts.value && { timeouts: timeouts.value }),
    ...(extension.settings && { settings: extension.settings }),
    action: actionOf(extension.fails, redirect !== undefined, backends),
    backends: filters.value.backends,
  };
  return value({ rule: extension.overwrites ? withoutFilters(rule) : rule, mirrors });
}

/** A mirror "whose referent cannot be found … must be dropped from the Gateway"; the rule serves its requests all the same. */
function readMirrors(
  manifests: readonly MirrorManifest[],
  rule: RuleManifest,
  owner: BackendOwner,
  sources: BackendSources,
): { readonly valid: readonly Mirror[]; readonly failures: readonly Failure[]; readonly named: readonly AviName[] } {
  const valid: Mirror[] = [];
  const failures: Failure[] = [];
  const names: AviName[] = [];
  for (const { backendRef, path, numerator, denominator } of manifests) {
    const found = resolveBackend(backendRef, path, owner, sources);
    const { backend, named } = poolPolicies(found, path, rule, owner, sources);
    names.push(...named);
    const failure = backend.invalid ?? backend.unserved;
    if (failure) failures.push(failure);
    else if (numerator > 0) valid.push({ backend, numerator, denominator });
  }
  return { valid, failures, named: names };
}

/** A filter that cannot be resolved "MUST NOT be skipped": it fails the request, whatever else the rule says. */
function actionOf(unresolved: boolean, redirects: boolean, backends: readonly ReadBackend[]): RoutedRule['action'] {
  if (unresolved) return 'fail';
  if (redirects) return 'redirect';
  return backends.some(({ backend }) => !backend.invalid && backend.weight > 0) ? 'forward' : 'fail';
}

/** A pool group cannot answer with a status, so beside valid backends the share of an invalid one is theirs. */
function backendFailures(backends: readonly ReadBackend[], forwards: boolean): readonly Failure[] {
  return backends.flatMap(({ backend: { invalid, unserved, weight } }) => {
    if (!invalid) return unserved ?? [];
    if (!forwards || weight === 0) return [invalid];
    return [{ reason: invalid.reason, message: `${invalid.message} (${reasonOf('mixedBackends')})` }];
  });
}

interface RuleExtensions extends ReadRuleExtension {
  /** Whether the rule cannot be served for a reference that does not hold. */
  readonly fails: boolean;
}

function extensionOf(
  manifest: RuleManifest,
  path: string,
  owner: BackendOwner,
  { extensions }: BackendSources,
): RuleExtensions {
  const refs = list(manifest.filters).flatMap((filter, index) =>
    filter.type === 'ExtensionRef'
      ? [{ ref: filter.extensionRef, path: `${path}.filters[${index}].extensionRef` }]
      : [],
  );
  const read = readRuleExtension(refs, owner.namespace, `${owner.kind}-Rule`, extensions);
  if (read.failures.length === 0) return { ...read, fails: false };
  const { settings: _, ...failed } = read;
  return { ...failed, fails: extensions.onInvalid === 'fail' };
}

function resolvedRefsOf(failures: readonly Failure[]): ConditionDraft {
  const first = failures[0];
  if (!first) return refsResolved;
  return fails('ResolvedRefs', first.reason, fitMessage(failures.map((failure) => failure.message).join('; ')));
}
