/**
 * What the routing and the names of all Gateways have in common, kept current Gateway by Gateway: who owns which
 * hostname, and who got which name. Holds no IO.
 */
import { claim, createRegistry, release, type HostnameRegistry } from '../ownership/registry.ts';
import type { ResolvedService } from '../routing/backends/backends.ts';
import { buildRegistry, gatewayClaims } from '../routing/listeners/claims.ts';
import { indexGrants, type GrantIndex } from '../routing/grants.ts';
import { createParentsMemory, type ParentsMemory } from '../routing/routes/parents.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { routeGateway } from '../routing/routes/route-gateway.ts';
import { compareAge } from '../values/read.ts';
import {
  indexRoutes,
  reindexRoutes,
  type AttachingRoute,
  type IndexedMaps,
  type RoutesByGateway,
} from '../routing/routes/route-index.ts';
import { routeKinds, routesOf } from '../routing/routes/route-kinds.ts';
import type { RoutingSettings } from '../routing/settings.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { DesiredState } from '../translate/desired.ts';
import { createNameIndex } from '../translate/naming/name-index.ts';
import { nameClaims, type NameTable } from '../translate/naming/name-table.ts';
import type { TranslateSettings } from '../translate/settings.ts';
import { createTranslateMemory, type TranslateMemory } from '../translate/translate-memory.ts';
import { translateGateway } from '../translate/translate-gateway.ts';
import type { PreviousVsVip } from '../translate/virtual-services/vsvip.ts';

export interface WorldSettings {
  readonly routing: RoutingSettings;
  readonly translate: TranslateSettings;
}

export interface World {
  /** Takes all Gateways in at once, so that the first plans already know every name and owner. @returns keys of ours. */
  prime(snapshot: Snapshot, now: string): readonly string[];
  /**
   * Takes one Gateway as it is now.
   *
   * @returns the Gateway, undefined when it is gone or not ours, and other Gateways that must be looked at again.
   */
  update(
    snapshot: Snapshot,
    key: string,
    now: string,
  ): { readonly routed?: RoutedGateway; readonly affected: readonly string[] };
  /** A Gateway with these routes only, by `kind/namespace/name`, without taking it in: enough where only endpoints have changed. */
  routeThose(snapshot: Snapshot, key: string, now: string, routes: readonly string[]): RoutedGateway | undefined;
  /** Says what of `RoutedGateway.named` the controller does not have. @returns whether that is news: then `update` again. */
  setMissing(key: string, missing: ReadonlySet<string>): boolean;
  names(): NameTable;
  /** All objects of a Gateway of ours as `update` gave it; `previous` as in `translateGateway`. */
  translate(routed: RoutedGateway, previous: PreviousVsVip | undefined): DesiredState;
}

export function createWorld(settings: WorldSettings): World {
  let registry: HostnameRegistry = createRegistry(settings.routing.ownership);
  const names = createNameIndex();
  const indexes = createIndexes();

  const memories = new Map<string, ParentsMemory>();
  const translations = new Map<string, TranslateMemory>();
  const missings = new Map<string, ReadonlySet<string>>();
  const missingOf = (key: string) => {
    const missing = missings.get(key);
    return missing ? { missing } : {};
  };

  const route = (snapshot: Snapshot, key: string, now: string): RoutedGateway | undefined => {
    const memory = memories.get(key) ?? createParentsMemory();
    const routed = routeGateway(snapshot, key, settings.routing, registry, {
      now,
      ...indexes(snapshot),
      ...missingOf(key),
      memory,
    });
    if (routed) memories.set(key, memory);
    else for (const known of [memories, translations, missings]) known.delete(key);
    return routed;
  };

  const setClaims = (key: string, routed: RoutedGateway | undefined): readonly string[] =>
    names.set(key, routed ? nameClaims(routed, settings.translate) : []);

  return {
    prime(snapshot, now) {
      registry = buildRegistry(snapshot, settings.routing, indexes(snapshot).routesByGateway);
      const ours = [...snapshot.gateways.keys()].filter((key) => {
        const routed = route(snapshot, key, now);
        setClaims(key, routed);
        return routed !== undefined;
      });
      return ours;
    },
    update(snapshot, key, now) {
      const own = gatewayClaims(snapshot, key, settings.routing, indexes(snapshot).routesByGateway);
      const change = own ? claim(registry, own) : release(registry, key);
      registry = change.registry;
      const affected = new Set(change.changed);
      const routed = route(snapshot, key, now);
      for (const other of setClaims(key, routed)) affected.add(other);
      affected.delete(key);
      return { ...(routed && { routed }), affected: [...affected].sort() };
    },
    routeThose(snapshot, key, now, routes) {
      const { grants, services, ...all } = indexes(snapshot);
      const known = byId(all.routesByGateway.get(key) ?? []);
      const those = routes.flatMap((id) => known.get(id) ?? []).sort(compareAge);
      const routesByGateway = new Map([[key, those]]);
      return routeGateway(snapshot, key, settings.routing, registry, {
        now,
        grants,
        services,
        routesByGateway,
        ...missingOf(key),
      });
    },
    setMissing(key, missing) {
      const before = missings.get(key) ?? new Set();
      if (before.size === missing.size && [...missing].every((id) => before.has(id))) return false;
      missings.set(key, missing);
      return true;
    },
    names: () => names.table(),
    translate: (routed, previous) => {
      const memory = translations.get(routed.key) ?? createTranslateMemory();
      translations.set(routed.key, memory);
      return translateGateway(routed, settings.translate, names.table(), previous, memory);
    },
  };
}

interface Indexes {
  readonly routesByGateway: RoutesByGateway;
  readonly grants: GrantIndex;
  readonly services: Map<string, ResolvedService>;
}

/** Indexes of a snapshot, made once for each state of what they index. */
function createIndexes(): (snapshot: Snapshot) => Indexes {
  const routesByGateway = createRouteIndex();
  const grants = new WeakMap<object, GrantIndex>();
  const services = new WeakMap<Snapshot, Map<string, ResolvedService>>();
  return (snapshot) => ({
    routesByGateway: routesByGateway(snapshot),
    grants: remember(grants, snapshot.referenceGrants, () => indexGrants(snapshot)),
    services: remember(services, snapshot, () => new Map<string, ResolvedService>()),
  });
}

/** An index of all routes, changed where one of the maps that it is made of is another. */
function createRouteIndex(): (maps: IndexedMaps) => RoutesByGateway {
  let last: { readonly maps: IndexedMaps; readonly made: RoutesByGateway } | undefined;
  return (maps) => {
    const isSame =
      last?.maps.listenerSets === maps.listenerSets &&
      routeKinds.every((kind) => last && routesOf(last.maps, kind) === routesOf(maps, kind));
    if (last && isSame) return last.made;
    // Nothing else of a snapshot, which would not be freed.
    const { httpRoutes, grpcRoutes, tlsRoutes, tcpRoutes, udpRoutes, listenerSets } = maps;
    const kept = { httpRoutes, grpcRoutes, tlsRoutes, tcpRoutes, udpRoutes, listenerSets };
    last = { maps: kept, made: last ? reindexRoutes(last.made, last.maps, kept) : indexRoutes(kept) };
    return last.made;
  };
}

function remember<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}

const routesById = new WeakMap<readonly AttachingRoute[], ReadonlyMap<string, AttachingRoute>>();

/** Routes by `kind/namespace/name`; the index lives as long as the list is the same. */
function byId(routes: readonly AttachingRoute[]): ReadonlyMap<string, AttachingRoute> {
  const known = routesById.get(routes) ?? new Map(routes.map((route) => [`${route.kind}/${route.key}`, route]));
  routesById.set(routes, known);
  return known;
}
