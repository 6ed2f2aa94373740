/**
 * All handlers by kind, over one context.
 */
import type { WatchedKind, WatchedObjects } from '../cluster/kinds.ts';
import type { Handler, HandlerContext, ResourceChange } from './context.ts';
import { createEndpointSliceHandler } from './endpoint-slice.ts';
import { createGatewayClassHandler } from './gateway-class.ts';
import { createGatewayHandler } from './gateway.ts';
import { createHttpRouteHandler } from './http-route.ts';
import { createNamespaceHandler } from './namespace.ts';
import { createNodeHandler } from './node.ts';
import { createReferenceGrantHandler } from './reference-grant.ts';
import { createSecretHandler } from './secret.ts';
import { createServiceHandler } from './service.ts';

export type Handlers = { readonly [K in WatchedKind]: Handler<K> };

export function createHandlers(context: HandlerContext): Handlers {
  return {
    GatewayClass: createGatewayClassHandler(context),
    Gateway: createGatewayHandler(context),
    HTTPRoute: createHttpRouteHandler(context),
    ReferenceGrant: createReferenceGrantHandler(context),
    Namespace: createNamespaceHandler(context),
    Service: createServiceHandler(context),
    EndpointSlice: createEndpointSliceHandler(context),
    Secret: createSecretHandler(context),
    Node: createNodeHandler(context),
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
