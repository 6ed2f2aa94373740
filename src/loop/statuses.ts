/** Statuses of a Gateway, of the routes that name it, and of GatewayClasses. */
import { isOurs, routeClass } from '../routing/classes.ts';
import type { AnyRoute, RoutedGateway } from '../routing/result.ts';
import {
  computeGatewayClassStatus,
  computeGatewayStatus,
  computeHTTPRouteStatus,
  type RouteParent,
} from '../status/compute.ts';
import type { StatusUpdate } from '../status/update.ts';
import { isoTime, type EngineContext } from './engine-context.ts';

/** Submits statuses; remembers which Gateways each route has a parentRef to. */
export interface Statuses {
  /** After a reconcile of a Gateway: its status and those of its routes, also of routes that have left it. */
  gateway(key: string): void;
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
      (memory.get(gateway)?.routed?.parents ?? [])
        .filter((parent) => parent.routeKey === route)
        .map((parent) => ({ gateway, parent })),
    );

  const routeStatus = (key: string, live: AnyRoute, parents: readonly RouteParent[], now: string): StatusUpdate => {
    // The status is about the route as it was routed; a later generation is routed again, and says so then.
    const route = parents[0]?.parent.route ?? live;
    return computeHTTPRouteStatus(key, route, parents, memory, live.status, now, deps.settings.routing.controllerName);
  };

  return {
    gateway(key) {
      const known = memory.get(key);
      const routes = relate(key, known?.routed);
      if (!deps.isLeader()) return;
      const now = isoTime(context.now());
      const snapshot = deps.state.snapshot();
      const updates: StatusUpdate[] = [];
      const live = snapshot.gateways.get(key);
      if (known?.routed && live) {
        updates.push(computeGatewayStatus(known.routed, known.outcome, live.status, now, known.desired));
      }
      for (const route of routes) {
        const resource = snapshot.httpRoutes.get(route);
        if (resource) updates.push(routeStatus(route, resource, parentsOf(route), now));
      }
      deps.statuses.submit(updates);
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
