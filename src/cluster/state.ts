/**
 * The watched objects, mutable inside, handed out as immutable snapshots.
 *
 * A kind's map that was handed out does not change any more: later changes go into a layer over it, so a snapshot with
 * nothing changed costs nothing, and one after a few changes little.
 */
import { layeredMap, type LayeredMap } from '../values/layered-map.ts';
import { keyOf, type EndpointSlice, type Snapshot } from '../routing/snapshot.ts';
import { kindsFor, optionalKinds, type WatchedKind, type WatchedObjects } from './kinds.ts';

/** `absent` is a kind that the API server does not serve: nothing of it exists, but its source is not complete either. */
export type SourceState = 'pending' | 'synced' | 'absent';

export interface ClusterState {
  /** The objects as they are now. The same value is returned until something changes. */
  snapshot(): Snapshot;
  get<K extends WatchedKind>(kind: K, key: string): WatchedObjects[K] | undefined;
  /** Objects of one kind, in no particular order. */
  list<K extends WatchedKind>(kind: K): Iterable<WatchedObjects[K]>;
  /** Adds or replaces; returns what was there. */
  put<K extends WatchedKind>(kind: K, object: WatchedObjects[K]): WatchedObjects[K] | undefined;
  /** Removes by key (`namespace/name`); returns what was there. */
  remove<K extends WatchedKind>(kind: K, key: string): WatchedObjects[K] | undefined;
  setSource(kind: WatchedKind, source: SourceState): void;
  source(kind: WatchedKind): SourceState;
  /** Whether the kind has been listed completely. */
  synced(kind: WatchedKind): boolean;
  /** Whether no kind is still to be listed: work may start. Absent kinds do not hold it up. */
  started(): boolean;
  /**
   * Whether every kind has been listed completely: only then may anything be deleted for lack of an owner. A kind of
   * newer bundles (`optionalKinds`) that has never been served has nothing to list.
   */
  complete(): boolean;
}

/** Label that says which Service an EndpointSlice belongs to. */
export const serviceNameLabel = 'kubernetes.io/service-name';

/** Key of the Service that a slice belongs to; undefined for one that belongs to none. */
export function serviceOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[serviceNameLabel];
  return name ? keyOf({ ...slice.metadata, name }) : undefined;
}

type Maps = { readonly [K in WatchedKind]: LayeredMap<WatchedObjects[K]> };

/** @param kinds those that have a source; the others count as synced from the start. */
export function createClusterState(
  kinds: readonly WatchedKind[] = kindsFor({ serviceType: 'ClusterIP' }),
): ClusterState {
  const maps: Maps = {
    GatewayClass: layeredMap(),
    Gateway: layeredMap(),
    HTTPRoute: layeredMap(),
    GRPCRoute: layeredMap(),
    TLSRoute: layeredMap(),
    TCPRoute: layeredMap(),
    UDPRoute: layeredMap(),
    ListenerSet: layeredMap(),
    BackendTLSPolicy: layeredMap(),
    ReferenceGrant: layeredMap(),
    Namespace: layeredMap(),
    Service: layeredMap(),
    EndpointSlice: layeredMap(),
    Secret: layeredMap(),
    ConfigMap: layeredMap(),
    ClusterTrustBundle: layeredMap(),
    Node: layeredMap(),
    Pod: layeredMap(),
    BlockAffinity: layeredMap(),
    ApplicationProfile: layeredMap(),
    AviBackendPolicy: layeredMap(),
    AviFrontendPolicy: layeredMap(),
    AviInfraSetting: layeredMap(),
    HealthMonitor: layeredMap(),
    HTTPRule: layeredMap(),
    HostRule: layeredMap(),
    L4Rule: layeredMap(),
    L7Rule: layeredMap(),
    PKIProfile: layeredMap(),
    RouteBackendExtension: layeredMap(),
    SSORule: layeredMap(),
  };
  const everListed = new Set<WatchedKind>();
  const slices = layeredMap<readonly EndpointSlice[]>();
  const sources = new Map<WatchedKind, SourceState>(kinds.map((kind) => [kind, 'pending']));
  let current: Snapshot | undefined;

  const mapOf = <K extends WatchedKind>(kind: K): LayeredMap<WatchedObjects[K]> => maps[kind];
  const store = <K extends WatchedKind>(kind: K, key: string, object: WatchedObjects[K] | undefined) => {
    const map = mapOf(kind);
    const previous = map.get(key);
    map.set(key, object);
    if (kind === 'EndpointSlice') regroup(slices, previous as EndpointSlice, object as EndpointSlice);
    current = undefined;
    return previous;
  };

  return {
    snapshot: () =>
      (current ??= {
        gatewayClasses: maps.GatewayClass.share(),
        gateways: maps.Gateway.share(),
        httpRoutes: maps.HTTPRoute.share(),
        grpcRoutes: maps.GRPCRoute.share(),
        tlsRoutes: maps.TLSRoute.share(),
        tcpRoutes: maps.TCPRoute.share(),
        udpRoutes: maps.UDPRoute.share(),
        listenerSets: maps.ListenerSet.share(),
        backendTLSPolicies: maps.BackendTLSPolicy.share(),
        referenceGrants: maps.ReferenceGrant.share(),
        namespaces: maps.Namespace.share(),
        services: maps.Service.share(),
        endpointSlices: slices.share(),
        secrets: maps.Secret.share(),
        configMaps: maps.ConfigMap.share(),
        clusterTrustBundles: maps.ClusterTrustBundle.share(),
        nodes: maps.Node.share(),
        pods: maps.Pod.share(),
        blockAffinities: maps.BlockAffinity.share(),
        extensions: {
          ApplicationProfile: maps.ApplicationProfile.share(),
          AviBackendPolicy: maps.AviBackendPolicy.share(),
          AviFrontendPolicy: maps.AviFrontendPolicy.share(),
          AviInfraSetting: maps.AviInfraSetting.share(),
          HealthMonitor: maps.HealthMonitor.share(),
          HTTPRule: maps.HTTPRule.share(),
          HostRule: maps.HostRule.share(),
          L4Rule: maps.L4Rule.share(),
          L7Rule: maps.L7Rule.share(),
          PKIProfile: maps.PKIProfile.share(),
          RouteBackendExtension: maps.RouteBackendExtension.share(),
          SSORule: maps.SSORule.share(),
        },
      }),
    get: (kind, key) => mapOf(kind).get(key),
    list: (kind) => mapOf(kind).values(),
    put: (kind, object) => store(kind, keyOf(object.metadata ?? {}), object),
    remove: (kind, key) => (mapOf(kind).get(key) ? store(kind, key, undefined) : undefined),
    setSource: (kind, source) => {
      sources.set(kind, source);
      if (source === 'synced') everListed.add(kind);
    },
    source: (kind) => sources.get(kind) ?? 'synced',
    synced: (kind) => (sources.get(kind) ?? 'synced') === 'synced',
    started: () => [...sources.values()].every((source) => source !== 'pending'),
    complete: () =>
      [...sources].every(
        ([kind, source]) =>
          source === 'synced' || (source === 'absent' && optionalKinds.has(kind) && !everListed.has(kind)),
      ),
  };
}

/** Keeps the slices of a Service together, sorted by name. */
function regroup(slices: LayeredMap<readonly EndpointSlice[]>, before?: EndpointSlice, after?: EndpointSlice): void {
  for (const service of new Set([before && serviceOf(before), after && serviceOf(after)])) {
    if (!service) continue;
    const others = (slices.get(service) ?? []).filter((slice) => slice !== before);
    const members = after && serviceOf(after) === service ? [...others, after].sort(byName) : others;
    slices.set(service, members.length > 0 ? members : undefined);
  }
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}
