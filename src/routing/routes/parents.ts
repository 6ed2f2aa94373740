/** The routes that name one Gateway as parent: attached or not, and with which rules. */
import { attach, readHostnames, type Attachment, type IndexedAttachment, type RouteHostnames } from './attach.ts';
import { aviNameId } from '../extensions/extension-refs.ts';
import type { BackendSources } from '../backends/backends.ts';
import { fails, fitMessage } from '../conditions.ts';
import { rejectCrossKind, type CrossKind } from './cross-kind.ts';
import type { ListenerState } from '../listeners/listeners.ts';
import { compareText } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';
import type { RoutedParent, RoutedRoute } from '../result/routed-route.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { Problem, RoutingEvent } from '../result/findings.ts';
import type { AttachingRoute } from './route-index.ts';
import { createRouteMemory, type RouteBasis, type RouteMemory } from './route-memory.ts';
import type { L4Rules } from '../rules/l4-rules.ts';
import { servedL4Rules, servedRoute } from './served-route.ts';
import { describe, eventsOf, parentConditions, policyEvent, problemsOf, withheldProblems } from './parent-findings.ts';
import { readRules, type RuleOutcome } from './rule-outcome.ts';

export interface ParentSources extends Omit<BackendSources, 'snapshot'> {
  /** `namespace/name`. */
  readonly gatewayName: string;
  /** Whether the Gateway is refused as a whole, so that no route can be served. */
  readonly gatewayRefused: boolean;
  /** All of them; `snapshot` of BackendSources has only what backends need. */
  readonly snapshot: BackendSources['snapshot'] & Pick<Snapshot, 'extensions'>;
  /** What the routes came to the time before, with what they have in common now. */
  readonly remembered?: { readonly memory: ParentsMemory; readonly basis: RouteBasis };
}

/** Use one for one Gateway, and only for all its routes together. */
export type ParentsMemory = RouteMemory<ReadParents>;

export function createParentsMemory(): ParentsMemory {
  return createRouteMemory();
}

/** A route below HTTP and the serving listeners that it is attached to. */
export interface AttachedL4Route {
  readonly entry: AttachingRoute;
  readonly hostnames: readonly string[];
  readonly listeners: readonly ListenerState[];
  readonly rules: L4Rules;
}

export interface ParentsResult {
  readonly parents: readonly RoutedParent[];
  /** Attached to a serving listener; in the order of the input. */
  readonly routes: readonly RoutedRoute[];
  /** Those below HTTP, in the order of the input. */
  readonly l4: readonly AttachedL4Route[];
  /** Number of accepted routes by id of the listener. */
  readonly attached: ReadonlyMap<string, number>;
  readonly services: readonly string[];
  /** Each once, sorted. */
  readonly named: readonly AviName[];
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
  const l4: AttachedL4Route[] = [];
  const attached = new Map<string, number>();
  const services = new Set<string>();
  const named = new Map<string, AviName>();
  const problems: Problem[] = [];
  const events: RoutingEvent[] = [];
  const crossKind = rejectCrossKind();
  for (const entry of attaching) {
    const routed = routeOne(entry, listeners, sources, crossKind);
    parents.push(...routed.parents);
    problems.push(...routed.problems);
    events.push(...routed.events);
    if (routed.route) routes.push(routed.route);
    if (routed.l4) l4.push(routed.l4);
    for (const { spec } of routed.accepted) attached.set(spec.id, (attached.get(spec.id) ?? 0) + 1);
    for (const service of routed.services) services.add(service);
    for (const name of routed.named) named.set(aviNameId(name), name);
  }
  sources.remembered?.memory.keepOnly(attaching);
  return {
    parents,
    routes,
    l4,
    attached,
    services: [...services].sort(compareText),
    named: [...named].sort(([a], [b]) => compareText(a, b)).map(([, name]) => name),
    problems,
    events,
  };
}

/** What a route comes to by itself, before the routes of the other kind are looked at. */
interface ReadParents {
  readonly names: RouteHostnames;
  readonly rules: RuleOutcome;
  readonly services: readonly string[];
  readonly attachments: readonly IndexedAttachment[];
  /** What it comes to with these attachments. */
  readonly alone: RoutedOne;
}

interface RoutedOne {
  readonly parents: readonly RoutedParent[];
  readonly problems: readonly Problem[];
  readonly events: readonly RoutingEvent[];
  readonly services: readonly string[];
  readonly named: readonly AviName[];
  readonly accepted: readonly ListenerState[];
  readonly route?: RoutedRoute;
  readonly l4?: AttachedL4Route;
}

function routeOne(
  entry: AttachingRoute,
  listeners: readonly ListenerState[],
  sources: ParentSources,
  crossKind: CrossKind,
): RoutedOne {
  const { remembered } = sources;
  const read = remembered
    ? remembered.memory.recall(entry, remembered.basis, sources.snapshot, () => readOne(entry, listeners, sources))
    : readOne(entry, listeners, sources);
  const { hostnames } = read.names;
  const judged = read.attachments.map(({ index, attachment }) => ({
    index,
    attachment: crossKind.judge(entry, hostnames, attachment),
  }));
  const isAlone = judged.every(({ attachment }, place) => attachment === read.attachments[place]?.attachment);
  const routed = isAlone ? read.alone : conclude(entry, read.names, read.rules, judged, listeners, sources);
  crossKind.record(entry, hostnames, routed.accepted);
  return routed;
}

function readOne(entry: AttachingRoute, listeners: readonly ListenerState[], sources: ParentSources): ReadParents {
  const names = readHostnames(entry.route);
  const rules = readRules(entry, sources);
  const attachments = entry.refs.map((ref) => ({
    index: ref.index,
    attachment: attach(entry.kind, ref, entry.namespace, names, listeners),
  }));
  const alone = conclude(entry, names, rules, attachments, listeners, sources);
  return { names, rules, services: rules.services, attachments, alone };
}

function conclude(
  entry: AttachingRoute,
  names: RouteHostnames,
  rules: RuleOutcome,
  found: readonly IndexedAttachment[],
  listeners: readonly ListenerState[],
  sources: ParentSources,
): RoutedOne {
  const attachments = found.map(({ index, attachment }) => ({ index, attachment: judge(attachment, rules, sources) }));
  const parents = attachments.map(({ index, attachment }) => ({
    kind: entry.kind,
    route: entry.route,
    routeKey: entry.key,
    parentRefIndex: index,
    attached: 'listeners' in attachment,
    conditions: parentConditions(attachment, rules, names),
  }));
  const accepting = new Set(
    attachments.flatMap(({ attachment }) => ('listeners' in attachment ? attachment.listeners : [])),
  );
  const accepted = listeners.filter((listener) => accepting.has(listener)).slice();
  const serving = sources.gatewayRefused ? [] : accepted.filter((listener) => listener.routed.serving);
  const { kind } = entry;
  const served =
    serving.length > 0 && rules.http && (kind === 'HTTPRoute' || kind === 'GRPCRoute')
      ? servedRoute(entry, kind, names, serving, rules.http, sources)
      : undefined;
  const below = serving.length > 0 && rules.l4 ? servedL4Rules(rules.l4, serving, sources) : undefined;
  const refused = served?.problems ?? below?.problems ?? [];
  return {
    parents,
    problems: [...problemsOf(entry, parents, rules, names), ...withheldProblems(entry, attachments), ...refused],
    events: [...eventsOf(entry, parents), ...refused.map((problem) => policyEvent(entry, problem))],
    services: accepted.length > 0 ? rules.services : [],
    named: accepted.length > 0 ? [...rules.named, ...(served?.named ?? [])] : [],
    accepted,
    ...(served && { route: served.route }),
    ...(below && { l4: { entry, hostnames: names.hostnames, listeners: serving, rules: below.rules } }),
  };
}

/** "A Route MUST be considered Accepted if at least one of the Route's rules is implemented by the Gateway." */
function judge(attachment: Attachment, rules: RuleOutcome, sources: ParentSources): Attachment {
  if ('refusal' in attachment) return attachment;
  if (sources.gatewayRefused) {
    return { refusal: fails('Accepted', 'Pending', `Gateway ${sources.gatewayName} is in Invalid State`) };
  }
  if (rules.count > 0) return attachment;
  return { refusal: fails('Accepted', 'UnsupportedValue', fitMessage(`No rule remains: ${describe(rules.dropped)}`)) };
}
