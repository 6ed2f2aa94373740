/** Small cluster states for the routing's tests: objects with the fields that a case is about, the rest filled in. */
import type {
  BackendTLSPolicy,
  GRPCRoute,
  Gateway,
  GatewayClass,
  HTTPRoute,
  ListenerSet,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  UDPRoute,
} from '../../generated/gateway-api.ts';
import { noExtensions, type Extensions } from '../../src/routing/extensions/extension-kinds.ts';
import { route, type Routing } from '../../src/routing/routes/route.ts';
import type { RoutingSettings } from '../../src/routing/settings.ts';
import {
  keyOf,
  type ClusterTrustBundle,
  type ConfigMap,
  type EndpointSlice,
  type Namespace,
  type Node,
  type Pod,
  type Secret,
  type Service,
  type Snapshot,
} from '../../src/routing/snapshot.ts';
import type { ConditionDraft } from '../../src/routing/result/findings.ts';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import type { RoutedListener } from '../../src/routing/result/routed-listener.ts';
import type { RoutedParent } from '../../src/routing/result/routed-route.ts';

export const controllerName = 'ako.vmware.com/avi-lb';

export const settings: RoutingSettings = {
  controllerName,
  ownership: { scope: 'Namespace', wildcards: 'exclusive' },
  serviceType: 'ClusterIP',
  defaultTenant: 'admin',
  dnsDomains: [],
};

export interface World {
  readonly classes?: readonly GatewayClass[];
  readonly gateways?: readonly Gateway[];
  readonly routes?: readonly HTTPRoute[];
  readonly grpcRoutes?: readonly GRPCRoute[];
  readonly tlsRoutes?: readonly TLSRoute[];
  readonly tcpRoutes?: readonly TCPRoute[];
  readonly udpRoutes?: readonly UDPRoute[];
  readonly listenerSets?: readonly ListenerSet[];
  readonly policies?: readonly BackendTLSPolicy[];
  readonly grants?: readonly ReferenceGrant[];
  readonly namespaces?: readonly Namespace[];
  readonly services?: readonly Service[];
  readonly slices?: readonly EndpointSlice[];
  readonly secrets?: readonly Secret[];
  readonly configMaps?: readonly ConfigMap[];
  readonly clusterTrustBundles?: readonly ClusterTrustBundle[];
  readonly nodes?: readonly Node[];
  readonly pods?: readonly Pod[];
  readonly extensions?: Partial<Extensions>;
  /** What the controller is known not to have (`aviNameId`). */
  readonly missing?: readonly string[];
}

type Spec<T extends { readonly spec?: unknown }> = NonNullable<T['spec']>;
export type Listener = Spec<Gateway>['listeners'][number];
export type Rule = NonNullable<Spec<HTTPRoute>['rules']>[number];
export type ParentRef = NonNullable<Spec<HTTPRoute>['parentRefs']>[number];

/** What a test gives where the types would not allow it: whatever may stand in a file. */
export function malformed<T>(value: unknown): T {
  return value as T;
}

export const avi: GatewayClass = { metadata: { name: 'avi-lb' }, spec: { controllerName } };

export function snapshotOf(world: World): Snapshot {
  const byKey = <T extends { readonly metadata?: { readonly namespace?: string; readonly name?: string } }>(
    objects: readonly T[] = [],
  ) => new Map(objects.map((object) => [keyOf(object.metadata ?? {}), object]));
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of world.slices ?? []) {
    const name = slice.metadata.labels?.['kubernetes.io/service-name'] ?? '';
    const key = `${slice.metadata.namespace ?? ''}/${name}`;
    slices.set(key, [...(slices.get(key) ?? []), slice]);
  }
  return {
    gatewayClasses: byKey(world.classes ?? [avi]),
    gateways: byKey(world.gateways),
    httpRoutes: byKey(world.routes),
    grpcRoutes: byKey(world.grpcRoutes),
    tlsRoutes: byKey(world.tlsRoutes),
    tcpRoutes: byKey(world.tcpRoutes),
    udpRoutes: byKey(world.udpRoutes),
    listenerSets: byKey(world.listenerSets),
    backendTLSPolicies: byKey(world.policies),
    referenceGrants: byKey(world.grants),
    namespaces: byKey(world.namespaces),
    services: byKey(world.services),
    endpointSlices: slices,
    secrets: byKey(world.secrets),
    configMaps: byKey(world.configMaps),
    clusterTrustBundles: byKey(world.clusterTrustBundles),
    nodes: byKey(world.nodes),
    pods: byKey(world.pods),
    blockAffinities: new Map(),
    extensions: { ...noExtensions, ...world.extensions },
  };
}

/** A listener; HTTP on port 80 unless said otherwise. */
export function listener(part: Partial<Listener> = {}): Listener {
  return { name: 'http', port: 80, protocol: 'HTTP', ...part };
}

/** A Gateway `default/gw` with one HTTP listener unless said otherwise. */
export function gateway(spec: Partial<Spec<Gateway>> = {}, metadata: Partial<Gateway['metadata']> = {}): Gateway {
  return {
    metadata: {
      name: 'gw',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { gatewayClassName: 'avi-lb', listeners: [listener()], ...spec },
  };
}

/** An HTTPRoute `default/route` on Gateway `gw` with one rule to Service `app` unless said otherwise. */
export function httpRoute(
  spec: Partial<Spec<HTTPRoute>> = {},
  metadata: Partial<HTTPRoute['metadata']> = {},
): HTTPRoute {
  return {
    metadata: {
      name: 'route',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-02T00:00:00Z',
      ...metadata,
    },
    spec: { parentRefs: [{ name: 'gw' }], rules: [rule()], ...spec },
  };
}

/** A rule to Service `app` port 8080 unless said otherwise. */
export function rule(part: Partial<Rule> = {}): Rule {
  return { backendRefs: [{ name: 'app', port: 8080 }], ...part };
}

/** Service `default/app` with port 8080 unless said otherwise. */
export function service(spec: Service['spec'] = {}, metadata: Partial<Service['metadata']> = {}): Service {
  return {
    metadata: { name: 'app', namespace: 'default', ...metadata },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.10', ports: [{ port: 8080, protocol: 'TCP' }], ...spec },
  };
}

type SliceEndpoints = NonNullable<EndpointSlice['endpoints']>;

/** An EndpointSlice of Service `default/app` with port 8080 unless said otherwise. */
export function slice(endpoints: SliceEndpoints, part: Partial<EndpointSlice> = {}, of = 'default/app'): EndpointSlice {
  const [namespace, name] = of.split('/') as [string, string];
  return {
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints,
    ...part,
  };
}

/** Service `app` with one ready pod: the backend of `rule()`. */
export const app: Pick<World, 'services' | 'slices'> = {
  services: [service()],
  slices: [slice([{ addresses: ['10.1.0.1'], conditions: { ready: true } }])],
};

export function grant(
  namespace: string,
  from: Spec<ReferenceGrant>['from'][number],
  to: Spec<ReferenceGrant>['to'][number],
): ReferenceGrant {
  return { metadata: { name: `grant-${from.namespace}-${to.kind}`, namespace }, spec: { from: [from], to: [to] } };
}

export function routeWorld(world: World, part: Partial<RoutingSettings> = {}, now = '2026-06-01T00:00:00Z'): Routing {
  const missing = new Set(world.missing);
  return route(snapshotOf(world), { ...settings, ...part }, { now, missing });
}

/** The routed Gateway `default/gw` unless said otherwise; fails the test when it is not ours. */
export function routed(world: World, part: Partial<RoutingSettings> = {}, key = 'default/gw'): RoutedGateway {
  const result = routeWorld(world, part).gateways.get(key);
  if (!result) throw new Error(`Gateway ${key} was not routed`);
  return result;
}

/** `True/Accepted` and the like; undefined when the condition is absent. */
export function verdict(conditions: readonly ConditionDraft[], type: string): string | undefined {
  const condition = conditions.find((entry) => entry.type === type);
  return condition && `${condition.status}/${condition.reason}`;
}

export function messageOf(conditions: readonly ConditionDraft[], type: string): string | undefined {
  return conditions.find((entry) => entry.type === type)?.message;
}

export function listenerOf(gatewayResult: RoutedGateway, name = 'http'): RoutedListener {
  const found = gatewayResult.listeners.find((entry) => entry.name === name);
  if (!found) throw new Error(`no listener ${name}`);
  return found;
}

export function parentOf(gatewayResult: RoutedGateway, routeKey = 'default/route', index = 0): RoutedParent {
  const found = gatewayResult.parents.find((entry) => entry.routeKey === routeKey && entry.parentRefIndex === index);
  if (!found) throw new Error(`no parent ${index} of ${routeKey}`);
  return found;
}
