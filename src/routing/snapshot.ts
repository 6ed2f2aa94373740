/**
 * What the routing reads: every watched object, as one immutable value.
 *
 * Keys are `namespace/name`, or `name` for cluster-scoped kinds. Objects are as the API server serves them, that is
 * with the CRD's defaults applied; the file provider applies the same defaults. Core kinds are narrowed to the fields
 * that the routing reads.
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
import type { Extensions } from './extensions/extension-kinds.ts';

/** Metadata of a core kind; `creationTimestamp` is RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** core/v1 Namespace. */
export interface Namespace {
  readonly metadata: ObjectMeta;
}

/** core/v1 ServicePort. */
export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number | string;
  readonly nodePort?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

/** core/v1 Service. */
export interface Service {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly ports?: readonly ServicePort[];
    readonly externalTrafficPolicy?: string;
    readonly publishNotReadyAddresses?: boolean;
  };
}

/** discovery/v1 EndpointSlice; it belongs to the Service that the label `kubernetes.io/service-name` names. */
export interface EndpointSlice {
  readonly metadata: ObjectMeta;
  readonly addressType: string;
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
    readonly nodeName?: string;
    readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  }[];
}

/** core/v1 Secret; `data` values are base64. */
export interface Secret {
  readonly metadata: ObjectMeta;
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** core/v1 ConfigMap. */
export interface ConfigMap {
  readonly metadata: ObjectMeta;
  readonly data?: Readonly<Record<string, string>>;
}

/** certificates.k8s.io ClusterTrustBundle, cluster-scoped. */
export interface ClusterTrustBundle {
  readonly metadata: ObjectMeta;
  /** `trustBundle`: PEM certificates. */
  readonly spec?: { readonly signerName?: string; readonly trustBundle?: string };
}

/** core/v1 Pod, watched for service type NodePortLocal only, of which only the metadata is read. */
export interface Pod {
  readonly metadata: ObjectMeta;
}

/** core/v1 Node. */
export interface Node {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly podCIDR?: string;
    readonly podCIDRs?: readonly string[];
  };
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** crd.projectcalico.org/v1 BlockAffinity: a network that Calico gave a node for its pods. */
export interface BlockAffinity {
  readonly metadata: ObjectMeta;
  /** `deleted` is text, as Calico writes it. */
  readonly spec?: { readonly cidr?: string; readonly node?: string; readonly deleted?: string };
}

/** All watched objects at one moment. */
export interface Snapshot {
  readonly gatewayClasses: ReadonlyMap<string, GatewayClass>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly httpRoutes: ReadonlyMap<string, HTTPRoute>;
  readonly grpcRoutes: ReadonlyMap<string, GRPCRoute>;
  readonly tlsRoutes: ReadonlyMap<string, TLSRoute>;
  readonly tcpRoutes: ReadonlyMap<string, TCPRoute>;
  readonly udpRoutes: ReadonlyMap<string, UDPRoute>;
  readonly listenerSets: ReadonlyMap<string, ListenerSet>;
  readonly backendTLSPolicies: ReadonlyMap<string, BackendTLSPolicy>;
  readonly referenceGrants: ReadonlyMap<string, ReferenceGrant>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly services: ReadonlyMap<string, Service>;
  /** EndpointSlices by the key of the Service that they belong to, oldest name first. */
  readonly endpointSlices: ReadonlyMap<string, readonly EndpointSlice[]>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  /** By name; empty where the cluster does not serve the kind. */
  readonly clusterTrustBundles: ReadonlyMap<string, ClusterTrustBundle>;
  readonly nodes: ReadonlyMap<string, Node>;
  /** Empty unless the service type is NodePortLocal. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** Empty unless static routes come from Calico. */
  readonly blockAffinities: ReadonlyMap<string, BlockAffinity>;
  readonly extensions: Extensions;
}

/** `namespace/name` of a namespaced object, `name` of a cluster-scoped one. */
export function keyOf(metadata: { readonly namespace?: string; readonly name?: string }): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name ?? ''}` : (metadata.name ?? '');
}
