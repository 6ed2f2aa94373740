/**
 * What the routing found: for one Gateway the listeners, the routes attached to them with every reference resolved,
 * and the conditions that follow. `translate` turns it into Avi objects, `status/compute` into statuses, `explain`
 * into an answer; all three read this one value, so they cannot disagree.
 */
import type { Gateway, GatewayClass, HTTPRoute } from '../../generated/gateway-api.ts';

/** A condition without the times and generations that the status writer adds. */
export interface ConditionDraft {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Something to tell the user by a Kubernetes Event (and a metric where one exists). */
export interface RoutingEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
  };
}

/** A field that is refused or ignored, for `render`: the resource as `Kind/namespace/name`, the field's path, and why. */
export interface Problem {
  readonly resource: string;
  readonly field: string;
  readonly message: string;
}

/** A serving certificate, verified to be PEM and to match its key. */
export interface Certificate {
  readonly secretNamespace: string;
  readonly secretName: string;
  /** PEM, leaf first. */
  readonly certificate: string;
  /** PEM. Never to be logged. */
  readonly key: string;
  /** DNS names of the leaf (SANs, else the CN), lower case. */
  readonly dnsNames: readonly string[];
  /** RFC 3339. */
  readonly notAfter: string;
}

/** One listener of a Gateway. */
export interface RoutedListener {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; absent when the listener takes every host. */
  readonly hostname?: string;
  /** Whether the listener is valid, has won its conflicts and is to be programmed. */
  readonly serving: boolean;
  readonly tls: boolean;
  /** In the order of certificateRefs, the resolved ones only. */
  readonly certificates: readonly Certificate[];
  readonly supportedKinds: readonly { readonly group: string; readonly kind: string }[];
  readonly attachedRoutes: number;
  /** Accepted, ResolvedRefs, Conflicted, OverlappingTLSConfig as they apply. Programmed is added after the apply. */
  readonly conditions: readonly ConditionDraft[];
}

export interface PathMatch {
  readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression';
  readonly value: string;
}

export interface ValueMatch {
  readonly type: string;
  readonly name: string;
  readonly value: string;
}

/** One entry of `rules[].matches`, with the API's defaults. */
export interface RuleMatch {
  readonly path: PathMatch;
  readonly method?: string;
  readonly headers: readonly ValueMatch[];
  readonly queryParams: readonly ValueMatch[];
}

export interface HeaderModifier {
  readonly set: readonly { readonly name: string; readonly value: string }[];
  readonly add: readonly { readonly name: string; readonly value: string }[];
  readonly remove: readonly string[];
}

export type PathModifier =
  | { readonly type: 'ReplaceFullPath'; readonly value: string }
  | { readonly type: 'ReplacePrefixMatch'; readonly value: string };

export interface Redirect {
  readonly scheme?: 'http' | 'https';
  readonly hostname?: string;
  readonly path?: PathModifier;
  readonly port?: number;
  readonly statusCode: number;
}

export interface Rewrite {
  readonly hostname?: string;
  readonly path?: PathModifier;
}

/** Cross-origin policy of a rule (HTTPCORSFilter). `*` stands alone in its list. */
export interface Cors {
  /** Lower case, each with its scheme's default port left out; a host may begin with `*.` or be `*`. */
  readonly allowOrigins: readonly string[];
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly allowCredentials: boolean;
  /** Seconds. */
  readonly maxAge: number;
}

/** A valid backend that gets a copy of a share of the rule's requests: `numerator` of each `denominator`. */
export interface Mirror {
  readonly backend: RoutedBackend;
  /** From 1 to the denominator. */
  readonly numerator: number;
  readonly denominator: number;
}

/** A server of a pool. */
export interface Endpoint {
  readonly address: string;
  readonly family: 'V4' | 'V6';
  readonly port: number;
  /** False: known but to receive no new connections (not ready, or terminating). */
  readonly enabled: boolean;
  readonly nodeName?: string;
}

/** One backendRef of a rule. */
export interface RoutedBackend {
  readonly namespace: string;
  readonly name: string;
  /** 0 when the backendRef has no port. */
  readonly port: number;
  readonly weight: number;
  /** Sorted by address and port, without duplicates. Empty for an invalid backend. */
  readonly endpoints: readonly Endpoint[];
  /** Absent: HTTP/1.1. `h2c` is HTTP/2 without TLS and without upgrade. */
  readonly protocol?: 'h2c';
  /** Why its share is answered with 500; absent for a valid backend. */
  readonly invalid?: { readonly reason: string; readonly message: string };
}

/** One rule of an attached route. Dropped rules are not here. */
export interface RoutedRule {
  /** Index in `spec.rules`. */
  readonly index: number;
  readonly name?: string;
  /** Never empty; in the order of the manifest. */
  readonly matches: readonly RuleMatch[];
  readonly requestHeaders?: HeaderModifier;
  readonly responseHeaders?: HeaderModifier;
  readonly redirect?: Redirect;
  readonly rewrite?: Rewrite;
  readonly cors?: Cors;
  /** Never empty. */
  readonly mirrors?: readonly Mirror[];
  /** How often a request that no connection could be made for is sent to another server; at least once. */
  readonly retry?: { readonly attempts: number };
  readonly timeouts?: { readonly requestMs?: number; readonly backendRequestMs?: number };
  /**
   * `forward` to the backends (of which at least one is valid and has weight), `redirect`, or `fail` with 500
   * (no backend is valid, all weights are zero, or a filter cannot be resolved).
   */
  readonly action: 'forward' | 'redirect' | 'fail';
  readonly backends: readonly RoutedBackend[];
}

/** A route that is attached to at least one serving listener of the Gateway. */
export interface RoutedRoute {
  readonly kind: 'HTTPRoute';
  readonly namespace: string;
  readonly name: string;
  /** RFC 3339; what "oldest" is judged by. */
  readonly creationTimestamp: string;
  /** `spec.hostnames`, lower case, as written: precedence looks at these, not at the intersection. */
  readonly hostnames: readonly string[];
  /** Names of the serving listeners that it is attached to, in the Gateway's order. */
  readonly listeners: readonly string[];
  readonly rules: readonly RoutedRule[];
}

/** The outcome for one parentRef of one route that points at this Gateway, attached or not. */
export interface RoutedParent {
  readonly route: HTTPRoute;
  /** `namespace/name` of the route. */
  readonly routeKey: string;
  /** Index in `spec.parentRefs`. */
  readonly parentRefIndex: number;
  readonly attached: boolean;
  /** Accepted, ResolvedRefs, PartiallyInvalid as they apply. */
  readonly conditions: readonly ConditionDraft[];
}

/** One GatewayClass of ours. */
export interface RoutedClass {
  readonly resource: GatewayClass;
  /** Accepted and SupportedVersion. */
  readonly conditions: readonly ConditionDraft[];
  /** For `status.supportedFeatures`, sorted; empty where the installed CRD has no such field. */
  readonly supportedFeatures: readonly { readonly name: string }[];
}

/** One Gateway of ours, routed. */
export interface RoutedGateway {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: Gateway;
  readonly tenant: string;
  /** Whether it has a serving listener and so has Avi objects. */
  readonly programmable: boolean;
  /** Requested static address, at most one; absent: allocated by Avi. */
  readonly address?: { readonly family: 'V4' | 'V6'; readonly value: string };
  /** False while the annotation `ako.vmware.com/disable-traffic` is true. */
  readonly trafficEnabled: boolean;
  readonly listeners: readonly RoutedListener[];
  /** Oldest first, then by namespace and name. */
  readonly routes: readonly RoutedRoute[];
  readonly parents: readonly RoutedParent[];
  /** Hostnames to publish in DNS: exact names of attached routes and listeners that this Gateway owns, sorted. */
  readonly dnsNames: readonly string[];
  /** Accepted, and Programmed where it is decided before the apply (for example AddressNotUsable). */
  readonly conditions: readonly ConditionDraft[];
  readonly events: readonly RoutingEvent[];
  readonly problems: readonly Problem[];
  /** Keys of the Services whose EndpointSlices decide pool members, for incremental work. */
  readonly services: readonly string[];
}
