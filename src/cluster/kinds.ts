/**
 * The kinds that the operator watches, and how the API server addresses them.
 */
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
import { policyGroup } from '../routing/policies/policy-index.ts';
import { akoGroup, extensionKinds, type ExtensionObjects } from '../routing/extensions/extension-kinds.ts';
import type { PodNetworkSource } from '../routing/pod-networks.ts';
import type { ServiceType } from '../routing/settings.ts';
import type {
  BlockAffinity,
  ClusterTrustBundle,
  ConfigMap,
  EndpointSlice,
  Namespace,
  Node,
  Pod,
  Secret,
  Service,
} from '../routing/snapshot.ts';

/** The object type behind each watched kind. */
export interface WatchedObjects extends ExtensionObjects {
  readonly GatewayClass: GatewayClass;
  readonly Gateway: Gateway;
  readonly HTTPRoute: HTTPRoute;
  readonly GRPCRoute: GRPCRoute;
  readonly TLSRoute: TLSRoute;
  readonly TCPRoute: TCPRoute;
  readonly UDPRoute: UDPRoute;
  readonly ListenerSet: ListenerSet;
  readonly BackendTLSPolicy: BackendTLSPolicy;
  readonly ReferenceGrant: ReferenceGrant;
  readonly Namespace: Namespace;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly Secret: Secret;
  readonly ConfigMap: ConfigMap;
  readonly ClusterTrustBundle: ClusterTrustBundle;
  readonly Node: Node;
  readonly Pod: Pod;
  readonly BlockAffinity: BlockAffinity;
}

export type WatchedKind = keyof WatchedObjects;

/** Kinds of which only the objects that others name are watched, each by itself. */
export type FollowedKind = 'Secret' | 'ConfigMap';

export const followedKinds: readonly FollowedKind[] = ['Secret', 'ConfigMap'];

/** Kinds that Gateways and policies name certificates of, and authorities. */
export type NamedKind = FollowedKind | 'ClusterTrustBundle';

export function isFollowed(kind: WatchedKind): kind is FollowedKind {
  return kind === 'Secret' || kind === 'ConfigMap';
}

/**
 * Kinds that older bundles of the Gateway API do not have, or only in versions that are not read, those of AKO, whose CRDs
 * need not be installed, and one that most clusters do not serve. A cluster that never had one is complete without it.
 */
export const optionalKinds: ReadonlySet<WatchedKind> = new Set<WatchedKind>([
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'UDPRoute',
  'ListenerSet',
  'BackendTLSPolicy',
  'ClusterTrustBundle',
  'BlockAffinity',
  ...extensionKinds,
]);

/** Where the API server serves a kind. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const gatewayGroup = 'gateway.networking.k8s.io';

/** Each kind with the version that is asked for when discovery does not say otherwise. */
export const resources: Readonly<Record<WatchedKind, Resource>> = {
  GatewayClass: resource(gatewayGroup, 'v1', 'gatewayclasses', 'GatewayClass', false),
  Gateway: resource(gatewayGroup, 'v1', 'gateways', 'Gateway', true),
  HTTPRoute: resource(gatewayGroup, 'v1', 'httproutes', 'HTTPRoute', true),
  GRPCRoute: resource(gatewayGroup, 'v1', 'grpcroutes', 'GRPCRoute', true),
  TLSRoute: resource(gatewayGroup, 'v1', 'tlsroutes', 'TLSRoute', true),
  TCPRoute: resource(gatewayGroup, 'v1', 'tcproutes', 'TCPRoute', true),
  UDPRoute: resource(gatewayGroup, 'v1', 'udproutes', 'UDPRoute', true),
  ListenerSet: resource(gatewayGroup, 'v1', 'listenersets', 'ListenerSet', true),
  BackendTLSPolicy: resource(gatewayGroup, 'v1', 'backendtlspolicies', 'BackendTLSPolicy', true),
  ReferenceGrant: resource(gatewayGroup, 'v1beta1', 'referencegrants', 'ReferenceGrant', true),
  Namespace: resource('', 'v1', 'namespaces', 'Namespace', false),
  Service: resource('', 'v1', 'services', 'Service', true),
  EndpointSlice: resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', true),
  Secret: resource('', 'v1', 'secrets', 'Secret', true),
  ConfigMap: resource('', 'v1', 'configmaps', 'ConfigMap', true),
  ClusterTrustBundle: resource('certificates.k8s.io', 'v1beta1', 'clustertrustbundles', 'ClusterTrustBundle', false),
  Node: resource('', 'v1', 'nodes', 'Node', false),
  Pod: resource('', 'v1', 'pods', 'Pod', true),
  BlockAffinity: resource('crd.projectcalico.org', 'v1', 'blockaffinities', 'BlockAffinity', false),
  ApplicationProfile: resource(akoGroup, 'v1alpha1', 'applicationprofiles', 'ApplicationProfile', true),
  AviBackendPolicy: resource(policyGroup, 'v1alpha1', 'avibackendpolicies', 'AviBackendPolicy', true),
  AviFrontendPolicy: resource(policyGroup, 'v1alpha1', 'avifrontendpolicies', 'AviFrontendPolicy', true),
  AviInfraSetting: resource(akoGroup, 'v1beta1', 'aviinfrasettings', 'AviInfraSetting', false),
  HealthMonitor: resource(akoGroup, 'v1alpha1', 'healthmonitors', 'HealthMonitor', true),
  HTTPRule: resource(akoGroup, 'v1beta1', 'httprules', 'HTTPRule', true),
  HostRule: resource(akoGroup, 'v1beta1', 'hostrules', 'HostRule', true),
  L4Rule: resource(akoGroup, 'v1alpha2', 'l4rules', 'L4Rule', true),
  L7Rule: resource(akoGroup, 'v1alpha2', 'l7rules', 'L7Rule', true),
  PKIProfile: resource(akoGroup, 'v1alpha1', 'pkiprofiles', 'PKIProfile', true),
  RouteBackendExtension: resource(akoGroup, 'v1alpha1', 'routebackendextensions', 'RouteBackendExtension', true),
  SSORule: resource(akoGroup, 'v1alpha2', 'ssorules', 'SSORule', true),
};

export const watchedKinds = Object.keys(resources) as readonly WatchedKind[];

/** The part of the configuration that decides which kinds are watched. */
export interface WatchSettings {
  readonly serviceType: ServiceType;
  /** Where static routes to pods come from; absent or `none`: there are none. */
  readonly staticRoutes?: { readonly source: PodNetworkSource | 'none' };
}

/** The kinds that are watched: those that a cluster has many of, or that are others', only where they are needed. */
export function kindsFor({ serviceType, staticRoutes }: WatchSettings): readonly WatchedKind[] {
  const unneeded = new Set<WatchedKind>();
  if (serviceType !== 'NodePortLocal') unneeded.add('Pod');
  if (staticRoutes?.source !== 'calico') unneeded.add('BlockAffinity');
  return watchedKinds.filter((kind) => !unneeded.has(kind));
}

/** Whether a CRD defines the kind, which may go and take the objects along. */
export function hasDefinition({ group }: Pick<Resource, 'group'>): boolean {
  return group === gatewayGroup || group === akoGroup || group === policyGroup;
}

/** `v1` for the core group, else `group/version`. */
export function apiVersionOf(resource: Pick<Resource, 'group' | 'version'>): string {
  return resource.group ? `${resource.group}/${resource.version}` : resource.version;
}

/** REST path of a kind's collection, of one namespace where one is given. */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group ? `/apis/${resource.group}/${resource.version}` : `/api/${resource.version}`;
  return namespace
    ? `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`
    : `${root}/${resource.plural}`;
}

function resource(group: string, version: string, plural: string, kind: string, namespaced: boolean): Resource {
  return { group, version, plural, kind, namespaced };
}
