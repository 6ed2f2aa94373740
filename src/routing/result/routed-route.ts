/** Routes of every kind, as routed. */
import type { GRPCRoute, HTTPRoute, TCPRoute, TLSRoute, UDPRoute } from '../../../generated/gateway-api.ts';
import type { VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { ConditionDraft } from './findings.ts';
import type { RoutedBackend } from './routed-backend.ts';
import type { Certificate } from './routed-listener.ts';
import type { RoutedRule } from './routed-rule.ts';

/** The kinds of routes. */
export type RouteKind = 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute' | 'UDPRoute';

/** A route of any kind. */
export type AnyRoute = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute;

/** An HTTPRoute or GRPCRoute that is attached to at least one serving listener of the Gateway. */
export interface RoutedRoute {
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339; what "oldest" is judged by. */
  readonly creationTimestamp: string;
  /** `spec.hostnames`, lower case, as written: precedence looks at these, not at the intersection. */
  readonly hostnames: readonly string[];
  /** Ids (`listenerId`) of the serving listeners that it is attached to, in the Gateway's order. */
  readonly listeners: readonly string[];
  /** Tells the parts of a route under rules by FQDN from one another; absent for the first, and where there are no parts. */
  readonly part?: string;
  readonly rules: readonly RoutedRule[];
}

/** A route of a layer 4 listener: connections or datagrams go to its backends by weight. */
export interface L4Route {
  readonly kind: 'TLSRoute' | 'TCPRoute' | 'UDPRoute';
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339; what "oldest" is judged by. */
  readonly creationTimestamp: string;
  /**
   * Of a TLSRoute, lower case: the intersections with its listeners' hostnames that are its own by precedence, most
   * specific first; undefined stands for every host. Always empty for other kinds.
   */
  readonly hostnames: readonly (string | undefined)[];
  /** Of its one rule. */
  readonly backends: readonly RoutedBackend[];
}

/** A port that is served below HTTP: all serving listeners with this port, protocol and mode. */
export interface L4Listener {
  /** Ids (`listenerId`) of the listeners. */
  readonly listeners: readonly string[];
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'TLS';
  /** Of protocol TLS only. */
  readonly mode?: 'Passthrough' | 'Terminate';
  /** Of mode Terminate: the listeners' certificates, each once. */
  readonly certificates: readonly Certificate[];
  /** What its virtual service is told by L4Rules; the same for all listeners that one serves. Never empty. */
  readonly settings?: VirtualServiceSettings;
  /** Network profile of a UDP port. */
  readonly networkProfile?: string;
  /** Oldest first, then by namespace and name; for TCP and UDP at most one. */
  readonly routes: readonly L4Route[];
}

/** The outcome for one parentRef of one route that points at this Gateway, attached or not. */
export interface RoutedParent {
  readonly kind: RouteKind;
  readonly route: AnyRoute;
  /** `namespace/name` of the route. */
  readonly routeKey: string;
  /** Index in `spec.parentRefs`. */
  readonly parentRefIndex: number;
  readonly attached: boolean;
  /** Accepted, ResolvedRefs, PartiallyInvalid as they apply. */
  readonly conditions: readonly ConditionDraft[];
}
