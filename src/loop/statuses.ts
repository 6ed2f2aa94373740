/** Statuses of a Gateway, of the routes that name it, and of GatewayClasses. */
import { isOurs, routeClass } from '../routing/classes.ts';
import type { AnyRoute, RoutedGateway, RoutedParent } from '../routing/result.ts';
import {
  computeGatewayClassStatus,
  computeGatewayStatus,
  computeHTTPRouteStatus,
  routeStatusInput,
  type RouteParent,
} from '../status/compute.ts';
import type { StatusUpdate } from '../status/update.ts';
import { isoTime, type EngineContext } from './engine-context.ts';

/** Submits statuses; remembers which Gateways each route has a parentRef to. */
export interface Statuses {
  /**
   * The status of a Gateway and those of its routes, also of routes that have left it; what cannot have changed since
   * the last time is left out.
   *
   * @param pending what is not said yet: routes, and `''` for the Gateway itself.
   */
  gateway(key: string, pending?: Pick<ReadonlySet<string>, 'has'>): void;
  /** Only those of some routes of a Gateway that `gateway` has been called for. */
  routes(keys: Iterable<string>): void;
  /** Of a class, and whether it is in use. */
  gatewayClass(name: string): void;
  /** Of routes whose status speaks of Gateways of ours that are gone. Only for when all Gateways have been routed. */
  leftovers(): void;
}

export function createStatuses(context: EngineContext): Statuses {
  const { deps, memory } = context;
  const gatewaysOfRoute = new Map<string, Set<string>>();
  const routesOfGateway = new Map<string, ReadonlySet<string>>();

  /** @returns routes that name the Gateway now or did before. */
  const relate = (key: string, routed: RoutedGateway | undefined): ReadonlySet<string> => {
    const before = routesOfGateway.get(key) ?? new Set<string>();
    const after = new Set(routed?.parents.map(({ routeKey }) => routeKey));
    for (const route of before) if (!after.has(route)) gatewaysOfRoute.get(route)?.delete(key);
    for (const route of after) {
      const gateways = gatewaysOfRoute.get(route) ?? new Set<string>();
      gatewaysOfRoute.set(route, gateways.add(key));
    }
    if (after.size > 0) routesOfGateway.set(key, after);
    else routesOfGateway.delete(key);
    return new Set([...before, ...after]);
  };

  const parentsOf = (route: string): readonly RouteParent[] =>
    [...(gatewaysOfRoute.get(route) ?? [])].flatMap((gateway) =>
      parentsIn(memory.get(gateway)?.routed, route).map((parent) => ({ gateway, parent })),
    );

  /** What each route's last status was computed from, and the status that the route had then. */
  const said = new Map<string, { readonly input: string; readonly status: unknown }>();

  const changedRoutes = (routes: Iterable<string>): readonly StatusUpdate[] => {
    const now = isoTime(context.now());
    const { httpRoutes } = deps.state.snapshot();
    const updates: StatusUpdate[] = [];
    for (const key of routes) {
      const live = httpRoutes.get(key);
      if (!live) {
        said.delete(key);
        continue;
      }
      const parents = parentsOf(key);
      const input = routeStatusInput(key, live, parents, memory);
      const before = said.get(key);
      if (before?.input === input && before.status === live.status) continue;
      said.set(key, { input, status: live.status });
      updates.push(routeStatus(key, live, parents, now));
    }
    return updates;
  };

  const routeStatus = (key: string, live: AnyRoute, parents: readonly RouteParent[], now: string): StatusUpdate => {
    // The status is about the route as it was routed; a later generation is routed again, and says so then.
    const route = parents[0]?.parent.route ?? live;
    return computeHTTPRouteStatus(key, route, parents, memory, live.status, now, deps.settings.routing.controllerName);
  };

  return {
    gateway(key, pending = new Set()) {
      const known = memory.get(key);
      const routes = relate(key, known?.routed);
      if (!deps.isLeader()) return;
      const now = isoTime(context.now());
      const snapshot = deps.state.snapshot();
      const updates: StatusUpdate[] = [];
      const live = snapshot.gateways.get(key);
      if (known?.routed && live && !pending.has('')) {
        updates.push(computeGatewayStatus(known.routed, known.outcome, live.status, now, known.desired));
      }
      updates.push(...changedRoutes([...routes].filter((route) => !pending.has(route))));
      deps.statuses.submit(updates);
    },
    routes(keys) {
      if (deps.isLeader()) deps.statuses.submit(changedRoutes(keys));
    },
    leftovers() {
      const now = isoTime(context.now());
      const { httpRoutes } = deps.state.snapshot();
      const { controllerName } = deps.settings.routing;
      const stale = [...httpRoutes].filter(
        ([key, { status }]) =>
          !gatewaysOfRoute.get(key)?.size &&
          status?.parents?.some((parent) => parent.controllerName === controllerName),
      );
      deps.statuses.submit(stale.map(([key, resource]) => routeStatus(key, resource, [], now)));
    },
    gatewayClass(name) {
      const snapshot = deps.state.snapshot();
      const resource = snapshot.gatewayClasses.get(name);
      if (!deps.isLeader() || !resource || !isOurs(resource, deps.settings.routing)) return;
      const routed = routeClass(resource, deps.bundleVersion());
      deps.statuses.submit([computeGatewayClassStatus(routed, resource.status, isoTime(context.now()))]);
      const inUse = [...snapshot.gateways.values()].some((gateway) => gateway.spec?.gatewayClassName === name);
      deps.statuses.setClassInUse(name, inUse);
    },
  };
}

/** By route, for a Gateway that thousands of routes ask about in turn. */
const parentsByRoute = new WeakMap<RoutedGateway, ReadonlyMap<string, readonly RoutedParent[]>>();

function parentsIn(routed: RoutedGateway | undefined, route: string): readonly RoutedParent[] {
  if (!routed) return [];
  const known = parentsByRoute.get(routed) ?? Map.groupBy(routed.parents, ({ routeKey }) => routeKey);
  parentsByRoute.set(routed, known);
  return known.get(route) ?? [];
}
