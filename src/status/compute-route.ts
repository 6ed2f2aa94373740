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
import { routeIdOf, type AviObject, type DesiredState } from '../translate/desired.ts';
import { mergeConditions, readConditions, type Stamp } from './compute-conditions.ts';
import { programmedCondition, progressOfAll } from './compute-programmed.ts';
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
  const objects = apply.desired ? objectsOf(apply.desired, kind, routeKey) : [];
  return objects.length === 0 ? [] : [programmedCondition(progressOfAll(objects, apply.outcome))];
}

/**
 * All that a route's status follows from, besides the status that it has, as one text: where it is the same as before, so
 * is the status.
 */
export function routeStatusInput(
  kind: RouteKind,
  routeKey: string,
  route: AnyRoute,
  parents: readonly RouteParent[],
  applies: ReadonlyMap<string, GatewayApply>,
): string {
  const inputs = parents.map(({ gateway, parent }) => {
    const apply = applies.get(gateway);
    const objects = apply?.desired ? objectsOf(apply.desired, kind, routeKey) : [];
    const progress = apply?.outcome && objects.length > 0 && progressOfAll(objects, apply.outcome);
    return [gateway, parent.parentRefIndex, parent.attached, parent.conditions, progress];
  });
  return JSON.stringify([route.metadata?.uid, route.metadata?.generation, inputs]);
}

/** By route, for a desired state that thousands of routes ask about in turn. */
const byRoute = new WeakMap<DesiredState, ReadonlyMap<string, readonly AviObject[]>>();

function objectsOf(desired: DesiredState, kind: RouteKind, routeKey: string): readonly AviObject[] {
  const known = byRoute.get(desired) ?? Map.groupBy(desired.objects, routeIdOf);
  byRoute.set(desired, known);
  return known.get(`${kind}/${routeKey}`) ?? [];
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
