/** The kinds of routes, and where a snapshot holds them. */
import type { AnyRoute, RouteKind } from '../result/routed-route.ts';
import type { Snapshot } from '../snapshot.ts';

export const routeKinds: readonly RouteKind[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'];

/** As much of a snapshot as holds routes. */
export type RouteMaps = Pick<Snapshot, 'httpRoutes' | 'grpcRoutes' | 'tlsRoutes' | 'tcpRoutes' | 'udpRoutes'>;

/** The routes of one kind, by `namespace/name`. */
export function routesOf(snapshot: RouteMaps, kind: RouteKind): ReadonlyMap<string, AnyRoute> {
  switch (kind) {
    case 'HTTPRoute':
      return snapshot.httpRoutes;
    case 'GRPCRoute':
      return snapshot.grpcRoutes;
    case 'TLSRoute':
      return snapshot.tlsRoutes;
    case 'TCPRoute':
      return snapshot.tcpRoutes;
    case 'UDPRoute':
      return snapshot.udpRoutes;
  }
}
