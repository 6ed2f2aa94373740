/**
 * The status of a route of any kind (shared_types.go, RouteParentStatus): one entry a parentRef that names a Gateway of
 * ours; entries of other controllers stay as they are.
 *
 * Whether the controller took the route's objects is not part of Accepted, which says what the Gateway makes of the
 * route. It is a condition of its own, Programmed, with the controller's message when an object failed.
 */
import { isComplete, type Outcome } from '../apply/outcome.ts';
import { list, record, splitKey } from '../values/read.ts';
import type { AnyRoute, RoutedParent, RouteKind } from '../routing/result/routed-route.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import type { DesiredState } from '../translate/desired.ts';
import { idsOfRoute } from '../translate/desired-index.ts';
import { mergeConditions, metadataOf, readConditions, stampOf, type Stamp } from './compute-conditions.ts';
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
  const stamp = stampOf(route, now);
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
    metadata: metadataOf(routeKey, stamp),
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
  const ids = apply.desired ? idsOfRoute(apply.desired.objects, kind, routeKey) : [];
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
    const ids = idsOfRoute(desired.objects, kind, routeKey);
    if (ids.length === 0) return '';
    const isWhole = complete.get(gateway) ?? isComplete(outcome, desired.objects);
    complete.set(gateway, isWhole);
    if (isWhole) return 'done';
    const progress = progressOfAll(ids, outcome);
    return progress.state === 'failed' ? `failed ${progress.message}` : progress.state;
  };
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
