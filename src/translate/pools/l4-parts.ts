/** What of a Gateway is served below HTTP, by the virtual service that serves it. */
import { listenerId, type RoutedListener } from '../../routing/result/routed-listener.ts';
import type { L4Listener, L4Route } from '../../routing/result/routed-route.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { L4Part } from '../naming/names.ts';
import { backendsWithTraffic } from '../policies/rule-backends.ts';

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
export function listenersOf(
  routed: Pick<RoutedGateway, 'listeners'>,
  { listeners }: L4Listener,
): readonly RoutedListener[] {
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

/** Per cent of a route's connections that its invalid backends have and that are to be refused; 0 to 100. */
export function refusedShare({ backends }: L4Route): number {
  const weightOf = (some: L4Route['backends']): number =>
    some.reduce((sum, { weight }) => sum + Math.max(weight, 0), 0);
  const refused = weightOf(backends.filter(({ invalid }) => invalid));
  if (refused === 0) return 0;
  if (!hasTraffic({ backends })) return 100;
  // A share that rounds to nothing or to everything is still one.
  return Math.min(Math.max(Math.round((100 * refused) / weightOf(backends)), 1), 99);
}

/** Whether any backend takes connections; those of a route without are closed. */
export function hasTraffic({ backends }: Pick<L4Route, 'backends'>): boolean {
  return backendsWithTraffic(backends).length > 0;
}
