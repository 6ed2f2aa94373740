/**
 * The status of a route of any kind (shared_types.go, RouteParentStatus): one entry a parentRef that names a Gateway of
 * ours; entries of other controllers stay as they are.
 *
 * Whether the controller took the route's objects is not part of Accepted, which says what the Gateway makes of the
 * route. It is a condition of its own, Programmed, with the controller's message when an object failed.
 */
import type { Outcome } from '../apply/outcome.ts';
import { integer, list, record, splitKey } from '../routing/read.ts';
import type { AnyRoute, ConditionDraft, RoutedParent, RouteKind } from '../routing/result.ts';
import { objectsById, type DesiredState } from '../translate/desired.ts';
import { mergeConditions, readConditions, type Stamp } from './compute-conditions.ts';
import { isDone, programmedCondition, progressOfAll } from './compute-programmed.ts';
import type { Condition, StatusUpdate } from './update.ts';

const ownTypes = ['Accepted', 'ResolvedRefs', 'PartiallyInvalid', 'Programmed'];

/** What is known of one Gateway's apply. */
export interface GatewayApply {
  /** Undefined before the first apply. */
  readonly outcome?: Outcome;
  readonly desired?: DesiredState;
}

/** A parentRef's outcome and the Gateway that it belongs to, `namespace/name`. */
export interface RouteParent {
  readonly gateway: string;
  readonly parent: RoutedParent;
}

/**
 * @param routeKey `namespace/name`
 * @param parents across all Gateways of ours
 * @param applies by key of the Gateway
 * @param previousStatus `status` of the route as last read
 * @param now RFC 3339
 */
export function computeRouteStatus(
  kind: RouteKind,
  routeKey: string,
  route: AnyRoute,
  parents: readonly RouteParent[],
  applies: ReadonlyMap<string, GatewayApply>,
  previousStatus: unknown,
  now: string,
  controllerName: string,
): StatusUpdate {
  const generation = integer(route.metadata?.generation);
  const stamp: Stamp = { now, ...(generation === undefined ? {} : { generation }) };
  const previous = record(previousStatus);
  const entries = listOf(previous['parents']).map(record);
  const wanted = new Map<string, RouteParent>();
  for (const entry of [...parents].sort((a, b) => a.parent.parentRefIndex - b.parent.parentRefIndex)) {
    const ref = parentRefOf(entry, route);
    if (ref && !wanted.has(refKey(ref, routeKey))) wanted.set(refKey(ref, routeKey), entry);
  }

  const next: unknown[] = [];
  for (const entry of entries) {
    if (entry['controllerName'] !== controllerName) {
      next.push(entry);
      continue;
    }
    const key = refKey(record(entry['parentRef']), routeKey);
    const parent = wanted.get(key);
    wanted.delete(key);
    if (parent)
      next.push(
        parentStatus(parent, routeKey, route, applies, readConditions(entry['conditions']), stamp, controllerName),
      );
  }
  for (const parent of wanted.values()) {
    next.push(parentStatus(parent, routeKey, route, applies, [], stamp, controllerName));
  }
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { ...splitKey(routeKey), ...(generation === undefined ? {} : { generation }) },
    status: { ...previous, parents: next },
  };
}

function parentStatus(
  entry: RouteParent,
  routeKey: string,
  route: AnyRoute,
  applies: ReadonlyMap<string, GatewayApply>,
  previous: readonly Condition[],
  stamp: Stamp,
  controllerName: string,
) {
  const programmed = entry.parent.attached
    ? routeProgrammed(entry.parent.kind, routeKey, applies.get(entry.gateway), previous, stamp)
    : [];
  return {
    // External-dns compares it with the spec, sectionName and port included, so it is echoed as it is written.
    parentRef: parentRefOf(entry, route),
    controllerName,
    conditions: mergeConditions(previous, [...entry.parent.conditions, ...programmed], ownTypes, stamp),
  };
}

/** Programmed for the objects that exist for the route alone; nothing while no apply has said anything. */
function routeProgrammed(
  kind: RouteKind,
  routeKey: string,
  apply: GatewayApply | undefined,
  previous: readonly Condition[],
  stamp: Stamp,
): readonly ConditionDraft[] {
  if (apply?.outcome === undefined) {
    const known = previous.find((condition) => condition.type === 'Programmed');
    return known && known.observedGeneration === stamp.generation ? [known] : [];
  }
  const ids = apply.desired ? idsOf(apply.desired, kind, routeKey) : [];
  return ids.length === 0 ? [] : [programmedCondition(progressOfAll(ids, apply.outcome))];
}

/**
 * All that a route's status follows from, besides the status that it has: where the same items are found as before, the
 * status is the same.
 */
export function routeStatusInput(
  kind: RouteKind,
  routeKey: string,
  route: AnyRoute,
  parents: readonly RouteParent[],
  progressOf: RouteProgress,
): readonly unknown[] {
  const input: unknown[] = [route.metadata?.uid, route.metadata?.generation];
  for (const { gateway, parent } of parents) input.push(gateway, parent, progressOf(gateway, kind, routeKey));
  return input;
}

/** How far the objects are that a Gateway has for a route, as one text; empty where nothing is known of them. */
export type RouteProgress = (gateway: string, kind: RouteKind, routeKey: string) => string;

/** For many routes at one moment: of a Gateway that has all its objects, no route is looked at closely. */
export function routeProgress(applies: ReadonlyMap<string, GatewayApply>): RouteProgress {
  const complete = new Map<string, boolean>();
  return (gateway, kind, routeKey) => {
    const { outcome, desired } = applies.get(gateway) ?? {};
    if (!outcome || !desired) return '';
    const ids = idsOf(desired, kind, routeKey);
    if (ids.length === 0) return '';
    const isComplete = complete.get(gateway) ?? isAllDone(desired, outcome);
    complete.set(gateway, isComplete);
    if (isComplete) return 'done';
    const progress = progressOfAll(ids, outcome);
    return progress.state === 'failed' ? `failed ${progress.message}` : progress.state;
  };
}

function isAllDone({ objects }: DesiredState, outcome: Outcome): boolean {
  for (const id of objectsById(objects).keys()) if (!isDone(outcome.get(id))) return false;
  return true;
}

type IdsByRoute = ReadonlyMap<RouteKind, ReadonlyMap<string, readonly string[]>>;

/** Ids of objects by kind and key of the route, for a desired state that thousands of routes ask about in turn. */
const byRoute = new WeakMap<DesiredState['objects'], IdsByRoute>();

function idsOf({ objects }: DesiredState, kind: RouteKind, routeKey: string): readonly string[] {
  const known = byRoute.get(objects) ?? groupByRoute(objects);
  byRoute.set(objects, known);
  return known.get(kind)?.get(routeKey) ?? [];
}

function groupByRoute(objects: DesiredState['objects']): IdsByRoute {
  const groups = new Map<RouteKind, Map<string, string[]>>();
  for (const [id, { origin }] of objectsById(objects)) {
    if (origin.route === undefined) continue;
    const { routeKind = 'HTTPRoute' } = origin;
    const ofKind = groups.get(routeKind) ?? new Map<string, string[]>();
    groups.set(routeKind, ofKind);
    const ids = ofKind.get(origin.route);
    if (ids) ids.push(id);
    else ofKind.set(origin.route, [id]);
  }
  return groups;
}

function parentRefOf(entry: RouteParent, route: AnyRoute): Readonly<Record<string, unknown>> | undefined {
  const ref = list(route.spec?.parentRefs)[entry.parent.parentRefIndex];
  return ref && record(ref);
}

/** What a parentRef refers to, with the API's defaults. */
function refKey(ref: Readonly<Record<string, unknown>>, routeKey: string): string {
  return JSON.stringify([
    ref['group'] ?? 'gateway.networking.k8s.io',
    ref['kind'] ?? 'Gateway',
    ref['namespace'] ?? splitKey(routeKey).namespace,
    ref['name'],
    ref['sectionName'] ?? null,
    ref['port'] ?? null,
  ]);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? list(value as readonly unknown[]) : [];
}
