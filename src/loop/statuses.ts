/** Statuses of a Gateway, of what belongs to it, and of GatewayClasses. */
import { missingTargets } from '../routing/policies/missing-targets.ts';
import { policyKinds } from '../routing/policies/policy-index.ts';
import { isOurs, routeClass } from '../routing/listeners/classes.ts';
import { routesOf } from '../routing/routes/route-kinds.ts';
import type { AnyRoute, RoutedParent, RouteKind } from '../routing/result/routed-route.ts';
import type { RoutedAviPolicy, RoutedGateway, RoutedPolicy } from '../routing/result/routed-gateway.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import {
  computeGatewayClassStatus,
  computeGatewayStatus,
  computeListenerSetStatus,
  computePolicyStatus,
  computeRouteStatus,
  routeProgress,
  routeStatusInput,
  type RouteParent,
  type PolicyStatusKind,
  type RouteProgress,
} from '../status/compute.ts';
import type { StatusUpdate } from '../status/update.ts';
import { sameItems } from '../translate/same-items.ts';
import { isoTime, type EngineContext } from './engine-context.ts';
import { createOrphanedSets } from './orphaned-sets.ts';
import {
  createSubjects,
  isPolicySubject,
  parseSubject,
  policiesOf,
  subjectId,
  subjectsWithEntriesOf,
  type Subject,
} from './status-subjects.ts';

/** Submits statuses; remembers which Gateways each route and each policy concerns. */
export interface Statuses {
  /**
   * The status of a Gateway and those of what belongs to it, also of what has left it; what cannot have changed since
   * the last time is left out.
   *
   * @param pending what is not said yet: routes by `kind/namespace/name`, and `''` for the Gateway itself.
   */
  gateway(key: string, pending?: ReadonlySet<string>): void;
  /** Only those of some routes (`kind/namespace/name`) of a Gateway that `gateway` has been called for. */
  routes(ids: Iterable<string>): void;
  /** Of a policy of our own group (`Kind/namespace/name`), whether it concerns a Gateway or not. */
  policy(id: string): void;
  /** Of a class, and whether it is in use. */
  gatewayClass(name: string): void;
  /** Of routes, policies and ListenerSets whose status speaks of Gateways of ours that are gone. Only for when all have been routed. */
  leftovers(): void;
}

export function createStatuses(context: EngineContext): Statuses {
  const { deps, memory } = context;
  const { controllerName } = deps.settings.routing;
  const subjects = createSubjects();
  const orphanedSets = createOrphanedSets();

  const parentsOf = (kind: RouteKind, key: string): readonly RouteParent[] =>
    subjects
      .gatewaysOf({ kind, key })
      .flatMap((gateway) => parentsIn(memory.get(gateway)?.routed, kind, key).map((parent) => ({ gateway, parent })));

  let settled = false;
  const said = new Map<RouteKind, Map<string, Said>>();

  const changed = (wanted: Iterable<Subject>): readonly StatusUpdate[] => {
    const now = isoTime(context.now());
    const snapshot = deps.state.snapshot();
    const progressOf = routeProgress(memory);
    const updates: StatusUpdate[] = [];
    for (const subject of wanted) {
      const found = isPolicySubject(subject)
        ? policyStatus(subject, snapshot, now)
        : changedRoute(subject.kind as RouteKind, subject.key, snapshot, now, progressOf);
      updates.push(...found);
    }
    return updates;
  };

  const changedRoute = (
    kind: RouteKind,
    key: string,
    snapshot: Snapshot,
    now: string,
    progressOf: RouteProgress,
  ): readonly StatusUpdate[] => {
    const ofKind = said.get(kind) ?? new Map<string, Said>();
    said.set(kind, ofKind);
    const live = routesOf(snapshot, kind).get(key);
    if (!live) {
      ofKind.delete(key);
      return [];
    }
    const parents = parentsOf(kind, key);
    const input = routeStatusInput(kind, key, live, parents, progressOf);
    const before = ofKind.get(key);
    if (before && before.status === live.status && sameItems(before.input, input)) return [];
    ofKind.set(key, { input, status: live.status });
    return [routeStatus(kind, key, live, parents, now)];
  };

  const routeStatus = (
    kind: RouteKind,
    key: string,
    live: AnyRoute,
    parents: readonly RouteParent[],
    now: string,
  ): StatusUpdate => {
    // The status is about the route as it was routed; a later generation is routed again, and says so then.
    const route = parents[0]?.parent.route ?? live;
    return computeRouteStatus(kind, key, route, parents, memory, live.status, now, controllerName);
  };

  const policyStatus = (subject: PolicySubject, snapshot: Snapshot, now: string): readonly StatusUpdate[] => {
    const { kind, key } = subject;
    const live = policiesOf(snapshot, kind).get(key);
    if (!live) return [];
    const policies = subjects.gatewaysOf(subject).flatMap((gateway) =>
      policiesIn(memory.get(gateway)?.routed, kind)
        .filter((policy) => policy.key === key)
        .map((policy) => ({ gateway, policy })),
    );
    const policy = policies[0]?.policy.resource ?? live;
    const missing = kind === 'BackendTLSPolicy' ? [] : missingTargets(key, live, snapshot);
    return [computePolicyStatus(kind, key, policy, policies, live.status, now, controllerName, missing)];
  };

  /** Of a Gateway and of its ListenerSets. */
  const ownStatuses = (key: string, snapshot: Snapshot, now: string): readonly StatusUpdate[] => {
    const { routed, outcome, desired } = memory.get(key) ?? {};
    const live = snapshot.gateways.get(key);
    if (!routed || !live) return [];
    const sets = routed.listenerSets.flatMap((set) => {
      const resource = snapshot.listenerSets.get(set.key);
      return resource ? [computeListenerSetStatus(set, routed, outcome, resource.status, now, desired)] : [];
    });
    return [computeGatewayStatus(routed, outcome, live.status, now, desired), ...sets];
  };

  return {
    gateway(key, pending = new Set<string>()) {
      const routed = memory.get(key)?.routed;
      const concerned = subjects.relate(key, routed);
      const snapshot = deps.state.snapshot();
      const now = isoTime(context.now());
      const orphaned = orphanedSets.left(key, routed, snapshot, now);
      if (!deps.isLeader()) return;
      const own = pending.has('') ? [] : ownStatuses(key, snapshot, now);
      const ready = pending.size === 0 ? concerned : concerned.filter((subject) => !pending.has(subjectId(subject)));
      deps.statuses.submit([...own, ...orphaned, ...changed(ready)]);
    },
    routes(ids) {
      if (deps.isLeader()) deps.statuses.submit(changed([...ids].map(parseSubject)));
    },
    policy(id) {
      // Before all Gateways have been routed it is not known which of them a policy concerns.
      if (settled && deps.isLeader()) deps.statuses.submit(changed([parseSubject(id)]));
    },
    leftovers() {
      const snapshot = deps.state.snapshot();
      const now = isoTime(context.now());
      settled = true;
      const unattached = policyKinds.flatMap((kind) =>
        [...snapshot.extensions[kind].keys()].map((key) => ({ kind, key })),
      );
      const all = [...subjectsWithEntriesOf(snapshot, controllerName), ...unattached];
      const stale = [...new Map(all.map((subject) => [subjectId(subject), subject])).values()].filter(
        (subject) => subjects.gatewaysOf(subject).length === 0,
      );
      const updates = stale.flatMap((subject) => {
        if (isPolicySubject(subject)) return policyStatus(subject, snapshot, now);
        const kind = subject.kind as RouteKind;
        const { key } = subject;
        const resource = routesOf(snapshot, kind).get(key);
        return resource ? [routeStatus(kind, key, resource, [], now)] : [];
      });
      deps.statuses.submit([...updates, ...orphanedSets.all(snapshot, now)]);
    },
    gatewayClass(name) {
      const snapshot = deps.state.snapshot();
      const resource = snapshot.gatewayClasses.get(name);
      if (!deps.isLeader() || !resource || !isOurs(resource, deps.settings.routing)) return;
      const routed = routeClass(resource, deps.bundleVersion(), snapshot.extensions.AviInfraSetting);
      deps.statuses.submit([computeGatewayClassStatus(routed, resource.status, isoTime(context.now()))]);
      const inUse = [...snapshot.gateways.values()].some((gateway) => gateway.spec?.gatewayClassName === name);
      deps.statuses.setClassInUse(name, inUse);
    },
  };
}

type PolicySubject = Subject & { readonly kind: PolicyStatusKind };

function policiesIn(
  routed: RoutedGateway | undefined,
  kind: PolicyStatusKind,
): readonly (RoutedPolicy | RoutedAviPolicy)[] {
  if (kind === 'BackendTLSPolicy') return routed?.policies ?? [];
  return (routed?.aviPolicies ?? []).filter((policy) => policy.kind === kind);
}

/** What a route's last status was computed from, and the status that the route had then. */
interface Said {
  readonly input: readonly unknown[];
  readonly status: unknown;
}

type ParentsByRoute = ReadonlyMap<RouteKind, ReadonlyMap<string, readonly RoutedParent[]>>;

/** For a Gateway that thousands of routes ask about in turn. */
const parentsByRoute = new WeakMap<RoutedGateway, ParentsByRoute>();

function parentsIn(routed: RoutedGateway | undefined, kind: RouteKind, key: string): readonly RoutedParent[] {
  if (!routed) return [];
  const known = parentsByRoute.get(routed) ?? groupParents(routed);
  parentsByRoute.set(routed, known);
  return known.get(kind)?.get(key) ?? [];
}

function groupParents({ parents }: RoutedGateway): ParentsByRoute {
  const kinds = Map.groupBy(parents, ({ kind }) => kind);
  return new Map([...kinds].map(([kind, some]) => [kind, Map.groupBy(some, ({ routeKey }) => routeKey)]));
}
