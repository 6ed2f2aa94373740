/** Which routes name which Gateway as their parent, for all Gateways at once: routing one Gateway reads its own only. */
import type { HTTPRoute } from '../../../generated/gateway-api.ts';
import { gatewayOfSet } from '../listeners/listener-sets.ts';
import { compareAge, list, splitKey, text } from '../read.ts';
import type { AnyRoute, RouteKind } from '../result.ts';
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
