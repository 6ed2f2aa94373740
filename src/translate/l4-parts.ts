/** What of a Gateway is served below HTTP, by the virtual service that serves it. */
import {
  listenerId,
  type L4Listener,
  type L4Route,
  type RoutedGateway,
  type RoutedListener,
} from '../routing/result.ts';
import type { L4Part } from './names.ts';
import { backendsWithTraffic } from './rule-backends.ts';

/** The virtual service that serves a listener. */
export function partOf({ protocol, mode }: L4Listener): L4Part {
  if (protocol !== 'TLS') return 'L4';
  return mode === 'Terminate' ? 'TLS' : 'TLS-passthrough';
}

/** The listeners of each virtual service that there is. */
export function l4Parts(routed: RoutedGateway): ReadonlyMap<L4Part, readonly L4Listener[]> {
  return Map.groupBy(routed.l4, partOf);
}

/** The listeners of the Gateway that a port below HTTP stands for. */
export function listenersOf(routed: RoutedGateway, { listeners }: L4Listener): readonly RoutedListener[] {
  return routed.listeners.filter((listener) => listeners.includes(listenerId(listener)));
}

/** A route with a virtual service that it is on; it has one pool group there. */
export interface L4RouteRef {
  readonly part: L4Part;
  readonly route: L4Route;
}

/** Every route with a pool group, once for each virtual service. */
export function l4Routes(routed: RoutedGateway): readonly L4RouteRef[] {
  const refs = routed.l4.flatMap((listener) =>
    listener.routes.filter(hasTraffic).map((route) => ({ part: partOf(listener), route })),
  );
  const byIdentity = refs.map(
    (ref) => [[ref.part, ref.route.kind, ref.route.namespace, ref.route.name].join(' '), ref] as const,
  );
  return [...new Map(byIdentity).values()];
}

/** Whether any backend takes connections; those of a route without are closed. */
export function hasTraffic({ backends }: L4Route): boolean {
  return backendsWithTraffic(backends).length > 0;
}
