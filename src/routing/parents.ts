/** The routes that name one Gateway as parent: attached or not, and with which rules. */
import { attach, readHostnames, type Attachment, type RouteHostnames } from './attach.ts';
import type { BackendSources } from './backends.ts';
import { fails, fitMessage, holds, messages, withIgnored } from './conditions.ts';
import type { ListenerState } from './listeners.ts';
import { compareText, record } from './read.ts';
import type { ConditionDraft, Problem, RoutedParent, RoutedRoute, RoutingEvent } from './result.ts';
import type { AttachingRoute } from './route-index.ts';
import { routeRules, type DroppedRule, type RouteRules } from './rules.ts';

export interface ParentSources extends BackendSources {
  /** `namespace/name`. */
  readonly gatewayName: string;
  /** Whether the Gateway is refused as a whole, so that no route can be served. */
  readonly gatewayRefused: boolean;
}

export interface ParentsResult {
  readonly parents: readonly RoutedParent[];
  /** Attached to a serving listener; in the order of the input. */
  readonly routes: readonly RoutedRoute[];
  /** Number of accepted routes by name of the listener. */
  readonly attached: ReadonlyMap<string, number>;
  readonly services: readonly string[];
  readonly problems: readonly Problem[];
  /** About routes: what was refused or dropped. */
  readonly events: readonly RoutingEvent[];
}

export function routeParents(
  attaching: readonly AttachingRoute[],
  listeners: readonly ListenerState[],
  sources: ParentSources,
): ParentsResult {
  const parents: RoutedParent[] = [];
  const routes: RoutedRoute[] = [];
  const attached = new Map<string, number>();
  const services = new Set<string>();
  const problems: Problem[] = [];
  const events: RoutingEvent[] = [];
  for (const entry of attaching) {
    const routed = routeOne(entry, listeners, sources);
    parents.push(...routed.parents);
    problems.push(...routed.problems);
    events.push(...routed.events);
    if (routed.route) routes.push(routed.route);
    for (const name of routed.listeners) attached.set(name, (attached.get(name) ?? 0) + 1);
    for (const service of routed.services) services.add(service);
  }
  return { parents, routes, attached, services: [...services].sort(compareText), problems, events };
}

function routeOne(entry: AttachingRoute, listeners: readonly ListenerState[], sources: ParentSources) {
  const names = readHostnames(entry.route);
  const rules = routeRules(entry.route, entry.namespace, sources);
  const attachments = entry.refs.map(({ index, ref }) => ({
    index,
    attachment: judge(attach(ref, entry.namespace, names, listeners), rules, sources),
  }));
  const parents = attachments.map(({ index, attachment }) => ({
    kind: 'HTTPRoute' as const,
    route: entry.route,
    routeKey: entry.key,
    parentRefIndex: index,
    attached: 'listeners' in attachment,
    conditions: parentConditions(attachment, rules, names),
  }));
  const accepting = new Set(
    attachments.flatMap(({ attachment }) => ('listeners' in attachment ? attachment.listeners : [])),
  );
  const accepted = listeners.filter((listener) => accepting.has(listener));
  const serving = sources.gatewayRefused ? [] : accepted.filter((listener) => listener.routed.serving);
  return {
    parents,
    problems: problemsOf(entry, parents, rules, names),
    events: eventsOf(entry, parents),
    services: accepted.length > 0 ? rules.services : [],
    listeners: accepted.map((listener) => listener.spec.name),
    ...(serving.length > 0 ? { route: routedRoute(entry, names, serving, rules) } : {}),
  };
}

/** "A Route MUST be considered Accepted if at least one of the Route's rules is implemented by the Gateway." */
function judge(attachment: Attachment, rules: RouteRules, sources: ParentSources): Attachment {
  if ('refusal' in attachment) return attachment;
  if (sources.gatewayRefused) {
    return { refusal: fails('Accepted', 'Pending', `Gateway ${sources.gatewayName} is in Invalid State`) };
  }
  if (rules.rules.length > 0) return attachment;
  return { refusal: fails('Accepted', 'UnsupportedValue', fitMessage(`No rule remains: ${describe(rules.dropped)}`)) };
}

function parentConditions(attachment: Attachment, rules: RouteRules, names: RouteHostnames): readonly ConditionDraft[] {
  if ('refusal' in attachment) return [attachment.refusal, rules.resolvedRefs];
  const malformed = names.malformed.map((field) => ({ field, message: 'not a hostname' }));
  const accepted = holds('Accepted', 'Accepted', withIgnored(messages.parentAccepted, malformed));
  if (rules.dropped.length === 0) return [accepted, rules.resolvedRefs];
  const message = fitMessage(rules.dropped.map((rule) => `Dropped Rule ${rule.rule}: ${describe([rule])}`).join('; '));
  return [accepted, rules.resolvedRefs, holds('PartiallyInvalid', 'UnsupportedValue', message)];
}

function describe(dropped: readonly DroppedRule[]): string {
  return dropped.map((rule) => `${rule.field}: ${rule.message}`).join('; ');
}

function routedRoute(
  entry: AttachingRoute,
  names: RouteHostnames,
  serving: readonly ListenerState[],
  rules: RouteRules,
): RoutedRoute {
  return {
    kind: 'HTTPRoute',
    namespace: entry.namespace,
    name: entry.name,
    creationTimestamp: entry.createdAt ?? '',
    hostnames: names.hostnames,
    listeners: serving.map((listener) => listener.spec.name),
    rules: rules.rules,
  };
}

/** Detached is what AKO says of a route that is not valid. */
function eventsOf(entry: AttachingRoute, parents: readonly RoutedParent[]): readonly RoutingEvent[] {
  const { namespace, name } = entry;
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', namespace, name };
  const warn = (reason: string, message: string): RoutingEvent => ({ type: 'Warning', reason, message, regarding });
  return parents.flatMap(({ conditions, parentRefIndex }) =>
    conditions.flatMap((condition) => {
      if (condition.type === 'PartiallyInvalid') return [warn('RuleDropped', condition.message)];
      if (condition.type !== 'Accepted' || condition.status === 'True') return [];
      const where = `spec.parentRefs[${parentRefIndex}]`;
      return [
        warn('Detached', `HTTPRoute object ${name} is not valid: ${where}: ${condition.reason}: ${condition.message}`),
      ];
    }),
  );
}

function problemsOf(
  entry: AttachingRoute,
  parents: readonly RoutedParent[],
  rules: RouteRules,
  names: RouteHostnames,
): readonly Problem[] {
  const resource = `HTTPRoute/${entry.key}`;
  const problems: Problem[] = names.malformed.map((field) => ({ resource, field, message: 'not a hostname' }));
  problems.push(...rules.dropped.map(({ field, message }) => ({ resource, field, message })));
  if (rules.resolvedRefs.status === 'False') {
    const { reason, message } = rules.resolvedRefs;
    problems.push({ resource, field: 'spec.rules', message: `${reason}: ${message}` });
  }
  for (const parent of parents) {
    const refusal = parent.conditions.find(
      (condition) => condition.type === 'Accepted' && condition.status === 'False',
    );
    if (!refusal || (refusal.reason === 'UnsupportedValue' && rules.rules.length === 0)) continue;
    const field = `spec.parentRefs[${parent.parentRefIndex}]`;
    problems.push({ resource, field, message: `${refusal.reason}: ${refusal.message}` });
  }
  // Fields of the experimental channel that the standard one has no place for.
  if (record(entry.route.spec).useDefaultGateways !== undefined) {
    problems.push({ resource, field: 'spec.useDefaultGateways', message: 'default Gateways are not supported' });
  }
  return problems;
}
