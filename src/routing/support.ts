/**
 * What of the Gateway API is expressed on Avi, one row a field or value: the only place that says so. Conditions quote
 * the reasons, GatewayClass status lists the supported names, and the docs print the tables.
 */
import type { Feature, Features } from './support/feature.ts';
import { gatewayClassFeatures } from './support/gateway-class.ts';
import { gatewayFeatures } from './support/gateway.ts';
import { grpcRouteFeatures } from './support/grpc-route.ts';
import { httpFilterFeatures } from './support/http-filters.ts';
import { httpRouteFeatures } from './support/http-route.ts';
import { tcpRouteFeatures, tlsRouteFeatures, udpRouteFeatures } from './support/l4-routes.ts';
import { listenerSetFeatures } from './support/listener-set.ts';
import { listenerFeatures } from './support/listener.ts';
import { backendTLSPolicyFeatures, referenceGrantFeatures, serviceFeatures } from './support/policies.ts';

/** By the short key under which the routing refers to a row. */
export const support = {
  ...gatewayClassFeatures,
  ...gatewayFeatures,
  ...listenerFeatures,
  ...listenerSetFeatures,
  ...httpRouteFeatures,
  ...httpFilterFeatures,
  ...grpcRouteFeatures,
  ...tlsRouteFeatures,
  ...tcpRouteFeatures,
  ...udpRouteFeatures,
  ...referenceGrantFeatures,
  ...backendTLSPolicyFeatures,
  ...serviceFeatures,
} as const satisfies Features;

/** The rows of each kind, in the order of the page. */
export const supportByKind: Readonly<Record<string, Features>> = {
  GatewayClass: gatewayClassFeatures,
  Gateway: { ...gatewayFeatures, ...listenerFeatures },
  ListenerSet: listenerSetFeatures,
  HTTPRoute: { ...httpRouteFeatures, ...httpFilterFeatures },
  GRPCRoute: grpcRouteFeatures,
  TLSRoute: tlsRouteFeatures,
  TCPRoute: tcpRouteFeatures,
  UDPRoute: udpRouteFeatures,
  ReferenceGrant: referenceGrantFeatures,
  BackendTLSPolicy: backendTLSPolicyFeatures,
  Service: serviceFeatures,
};

/** Key of a row of the table. */
export type FeatureKey = keyof typeof support;

/** `status.supportedFeatures` of a GatewayClass: "MUST be sorted in ascending alphabetical order by the Name key". */
export const supportedFeatures: readonly { readonly name: string }[] = Object.values<Feature>(support)
  .flatMap((feature) => (feature.support === 'yes' && feature.name ? [{ name: feature.name }] : []))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Why a feature is refused. */
export function reasonOf(feature: FeatureKey): string {
  const { reason }: Feature = support[feature];
  return reason ?? 'not expressed on Avi';
}
