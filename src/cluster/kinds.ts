/**
 * The kinds that the operator watches, and how the API server addresses them.
 */
import type { Gateway, GatewayClass, HTTPRoute, ReferenceGrant } from '../../generated/gateway-api.ts';
import type { EndpointSlice, Namespace, Node, Secret, Service } from '../routing/snapshot.ts';

/** The object type behind each watched kind. */
export interface WatchedObjects {
  readonly GatewayClass: GatewayClass;
  readonly Gateway: Gateway;
  readonly HTTPRoute: HTTPRoute;
  readonly ReferenceGrant: ReferenceGrant;
  readonly Namespace: Namespace;
  readonly Service: Service;
  readonly EndpointSlice: EndpointSlice;
  readonly Secret: Secret;
  readonly Node: Node;
}

export type WatchedKind = keyof WatchedObjects;

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
  ReferenceGrant: resource(gatewayGroup, 'v1beta1', 'referencegrants', 'ReferenceGrant', true),
  Namespace: resource('', 'v1', 'namespaces', 'Namespace', false),
  Service: resource('', 'v1', 'services', 'Service', true),
  EndpointSlice: resource('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice', true),
  Secret: resource('', 'v1', 'secrets', 'Secret', true),
  Node: resource('', 'v1', 'nodes', 'Node', false),
};

export const watchedKinds = Object.keys(resources) as readonly WatchedKind[];

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
