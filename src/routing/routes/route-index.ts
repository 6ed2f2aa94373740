/** Which routes name which Gateway as their parent, for all Gateways at once: routing one Gateway reads its own only. */
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { gatewayOfSet } from '../listeners/listener-sets.ts';
import { changedKeys } from '../../values/layered-map.ts';
import { compareAge, list, splitKey, text } from '../../values/read.ts';
import type { AnyRoute, RouteKind } from '../result/routed-route.ts';
import { routeKinds, routesOf, type RouteMaps } from './route-kinds.ts';
import type { Snapshot } from '../snapshot.ts';

export type ParentRef = NonNullable<NonNullable<HTTPRoute['spec']>['parentRefs']>[number];

/** A parentRef that leads to a Gateway, by way of a ListenerSet (`namespace/name`) where it names one. */
export interface AttachingRef {
  readonly index: number;
  readonly ref: ParentRef;
  readonly set?: string;
}

/** A route and its parentRefs that name one Gateway. */
export interface AttachingRoute {
  readonly kind: RouteKind;
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt?: string;
  readonly route: AnyRoute;
  readonly refs: readonly AttachingRef[];
}

/** By key of the Gateway, which need not exist; oldest route first, then by `namespace/name`. */
export type RoutesByGateway = ReadonlyMap<string, readonly AttachingRoute[]>;

const group = 'gateway.networking.k8s.io';

/** As much of a snapshot as decides which routes lead where. */
export type IndexedMaps = RouteMaps & Pick<Snapshot, 'listenerSets'>;

export function indexRoutes(snapshot: IndexedMaps): RoutesByGateway {
  const index = new Map<string, AttachingRoute[]>();
  for (const kind of routeKinds) {
    for (const [key, route] of routesOf(snapshot, kind)) {
      for (const [gateway, entry] of entriesOf(kind, key, route, snapshot.listenerSets)) {
        const others = index.get(gateway);
        if (others) others.push(entry);
        else index.set(gateway, [entry]);
      }
    }
  }
  for (const routes of index.values()) routes.sort(compareAge);
  return index;
}

/** More changes than this are not worked in one by one. */
const mostChanges = 500;

/** What `indexRoutes` makes of a snapshot, by way of what it made of an earlier one. */
export function reindexRoutes(index: RoutesByGateway, before: IndexedMaps, now: IndexedMaps): RoutesByGateway {
  if (before.listenerSets !== now.listenerSets) return indexRoutes(now);
  const changes: { readonly kind: RouteKind; readonly key: string }[] = [];
  for (const kind of routeKinds) {
    const keys = changedKeys<AnyRoute>(routesOf(before, kind), routesOf(now, kind));
    if (!keys || keys.size > mostChanges) return indexRoutes(now);
    for (const key of keys) changes.push({ kind, key });
  }
  const lists = new Map<string, AttachingRoute[]>();
  const listOf = (gateway: string): AttachingRoute[] => {
    const found = lists.get(gateway) ?? [...(index.get(gateway) ?? [])];
    lists.set(gateway, found);
    return found;
  };
  for (const { kind, key } of changes) {
    const [earlier, later] = [routesOf(before, kind).get(key), routesOf(now, kind).get(key)];
    for (const [gateway, entry] of earlier ? entriesOf(kind, key, earlier, before.listenerSets) : []) {
      const routes = listOf(gateway);
      const place = placeOf(entry, routes);
      if (routes[place]?.key === key && routes[place].kind === kind) routes.splice(place, 1);
    }
    for (const [gateway, entry] of later ? entriesOf(kind, key, later, now.listenerSets) : []) {
      const routes = listOf(gateway);
      routes.splice(placeOf(entry, routes), 0, entry);
    }
  }
  const next = new Map(index);
  for (const [gateway, routes] of lists) {
    if (routes.length > 0) next.set(gateway, routes);
    else next.delete(gateway);
  }
  return next;
}

/** Where the route stands or is to stand: of routes of the same age and name, by the order of the kinds. */
function placeOf(entry: AttachingRoute, routes: readonly AttachingRoute[]): number {
  const order = (other: AttachingRoute): number =>
    compareAge(other, entry) || routeKinds.indexOf(other.kind) - routeKinds.indexOf(entry.kind);
  let [low, high] = [0, routes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = routes[middle];
    if (found && order(found) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface RouteEntries {
  readonly kind: RouteKind;
  readonly key: string;
  readonly listenerSets: Snapshot['listenerSets'];
  readonly entries: readonly (readonly [gateway: string, entry: AttachingRoute])[];
}

/** A route that did not change is the same object. */
const known = new WeakMap<AnyRoute, RouteEntries>();

function entriesOf(
  kind: RouteKind,
  key: string,
  route: AnyRoute,
  listenerSets: Snapshot['listenerSets'],
): RouteEntries['entries'] {
  const earlier = known.get(route);
  if (earlier?.kind === kind && earlier.key === key && earlier.listenerSets === listenerSets) return earlier.entries;
  const createdAt = text(route.metadata?.creationTimestamp);
  const entries = [...refsByGateway(key, route, listenerSets)].map(
    ([gateway, refs]) => [gateway, { kind, key, ...splitKey(key), createdAt, route, refs }] as const,
  );
  // Only objects can be remembered; what else stands in a route's place names no Gateway.
  if (Object(route) === route) known.set(route, { kind, key, listenerSets, entries });
  return entries;
}

function refsByGateway(
  key: string,
  route: AnyRoute,
  listenerSets: Snapshot['listenerSets'],
): ReadonlyMap<string, AttachingRoute['refs']> {
  const { namespace } = splitKey(key);
  const refs = new Map<string, AttachingRef[]>();
  if (route.metadata?.deletionTimestamp) return refs;
  for (const [index, ref] of list(route.spec?.parentRefs).entries()) {
    if ((ref.group ?? group) !== group) continue;
    const target = `${text(ref.namespace) ?? namespace}/${text(ref.name) ?? ''}`;
    const set = ref.kind === 'ListenerSet' ? listenerSets.get(target) : undefined;
    const gateway = set ? gatewayOfSet(target, set) : target;
    if (gateway === undefined || (!set && (ref.kind ?? 'Gateway') !== 'Gateway')) continue;
    refs.set(gateway, [...(refs.get(gateway) ?? []), { index, ref, ...(set ? { set: target } : {}) }]);
  }
  return refs;
}
