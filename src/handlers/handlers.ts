/**
 * All handlers by kind, over one context.
 */
import type { WatchedKind, WatchedObjects } from '../cluster/kinds.ts';
import type { Handler, HandlerContext, ResourceChange } from './context.ts';
import { createBackendTlsPolicyHandler } from './backend-tls-policy.ts';
import { createBlockAffinityHandler } from './block-affinity.ts';
import { createClusterTrustBundleHandler } from './cluster-trust-bundle.ts';
import { createEndpointSliceHandler } from './endpoint-slice.ts';
import { createExtensionHandler } from './extension.ts';
import { createFollowedHandler } from './followed.ts';
import { createGatewayClassHandler } from './gateway-class.ts';
import { createGatewayHandler } from './gateway.ts';
import { createListenerSetHandler } from './listener-set.ts';
import { createNamespaceHandler } from './namespace.ts';
import { createNodeHandler } from './node.ts';
import { createPodHandler } from './pod.ts';
import { createReferenceGrantHandler } from './reference-grant.ts';
import { createRouteHandler } from './route.ts';
import { createServiceHandler } from './service.ts';

export type Handlers = { readonly [K in WatchedKind]: Handler<K> };

export function createHandlers(context: HandlerContext): Handlers {
  return {
    GatewayClass: createGatewayClassHandler(context),
    Gateway: createGatewayHandler(context),
    HTTPRoute: createRouteHandler(context, 'HTTPRoute'),
    GRPCRoute: createRouteHandler(context, 'GRPCRoute'),
    TLSRoute: createRouteHandler(context, 'TLSRoute'),
    TCPRoute: createRouteHandler(context, 'TCPRoute'),
    UDPRoute: createRouteHandler(context, 'UDPRoute'),
    ListenerSet: createListenerSetHandler(context),
    BackendTLSPolicy: createBackendTlsPolicyHandler(context),
    ReferenceGrant: createReferenceGrantHandler(context),
    Namespace: createNamespaceHandler(context),
    Service: createServiceHandler(context),
    EndpointSlice: createEndpointSliceHandler(context),
    Secret: createFollowedHandler(context, 'Secret'),
    ConfigMap: createFollowedHandler(context, 'ConfigMap'),
    ClusterTrustBundle: createClusterTrustBundleHandler(context),
    Node: createNodeHandler(context),
    Pod: createPodHandler(context),
    BlockAffinity: createBlockAffinityHandler(context),
    ApplicationProfile: createExtensionHandler(context, 'ApplicationProfile'),
    AviBackendPolicy: createExtensionHandler(context, 'AviBackendPolicy'),
    AviFrontendPolicy: createExtensionHandler(context, 'AviFrontendPolicy'),
    AviInfraSetting: createExtensionHandler(context, 'AviInfraSetting'),
    HealthMonitor: createExtensionHandler(context, 'HealthMonitor'),
    HTTPRule: createExtensionHandler(context, 'HTTPRule'),
    HostRule: createExtensionHandler(context, 'HostRule'),
    L4Rule: createExtensionHandler(context, 'L4Rule'),
    L7Rule: createExtensionHandler(context, 'L7Rule'),
    PKIProfile: createExtensionHandler(context, 'PKIProfile'),
    RouteBackendExtension: createExtensionHandler(context, 'RouteBackendExtension'),
    SSORule: createExtensionHandler(context, 'SSORule'),
  };
}

/** Gives a change to its kind's handler. */
export function dispatch<K extends WatchedKind>(
  handlers: Handlers,
  kind: K,
  change: ResourceChange<WatchedObjects[K]>,
): void {
  handlers[kind](change);
}
