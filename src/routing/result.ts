/**
 * What the routing found: for one Gateway the listeners, the routes attached to them with every reference resolved,
 * and the conditions that follow. `translate` turns it into Avi objects, `status/compute` into statuses, `explain`
 * into an answer; all three read this one value, so they cannot disagree.
 */
import type {
  BackendTLSPolicy,
  GRPCRoute,
  Gateway,
  GatewayClass,
  HTTPRoute,
  ListenerSet,
  TCPRoute,
  TLSRoute,
  UDPRoute,
} from '../../generated/gateway-api.ts';
import type { AviBackendPolicy, AviFrontendPolicy } from '../../generated/extensions.ts';
import type { AviName, PoolSettings, VirtualServiceSettings } from './extensions/avi-settings.ts';
import type { Infrastructure } from './listeners/infrastructure.ts';

export type { AviName } from './extensions/avi-settings.ts';

/** The kinds of routes. */
export type RouteKind = 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute' | 'UDPRoute';

/** A route of any kind. */
export type AnyRoute = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute;

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

/** Validation of client certificates (Gateway.spec.tls.frontend). */
export interface ClientValidation {
  /** PEM, one certificate each; never empty. */
  readonly caCertificates: readonly string[];
  readonly mode: 'AllowValidOnly' | 'AllowInsecureFallback';
}

/** One listener of a Gateway, or of a ListenerSet that is attached to it. */
export interface RoutedListener {
  /** Unique among the listeners with the same `set`. */
  readonly name: string;
  /** The ListenerSet that it is from, `namespace/name`; absent for the Gateway's own. */
  readonly set?: string;
  readonly port: number;
  readonly protocol: string;
  /** Lower case; absent when the listener takes every host. */
  readonly hostname?: string;
  /** Whether the listener is valid, has won its conflicts and is to be programmed. */
  readonly serving: boolean;
  readonly tls: boolean;
  /** Of a listener with protocol TLS: whether it passes TLS through or ends it. */
  readonly mode?: 'Passthrough' | 'Terminate';
  /** In the order of certificateRefs, the resolved ones only. */
  readonly certificates: readonly Certificate[];
  /** Of HTTPS listeners: how client certificates are validated; absent: none is asked for. */
  readonly clientValidation?: ClientValidation;
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
  /**
   * Of a GRPCRoute's match: what the path was made of, by which its precedence is judged. Absent for HTTPRoutes; empty
   * for a GRPCRoute's match of every method. Types other than Exact are RegularExpression.
   */
  readonly grpc?: { readonly service?: string; readonly method?: string };
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

/** TLS towards a backend (BackendTLSPolicy). */
export interface BackendTls {
  /** `namespace/name` of the policy. */
  readonly policy: string;
  /** For SNI, and for the certificate where there are no `dnsNames`. */
  readonly hostname: string;
  /** PEM, one certificate each; empty where `system` is true. */
  readonly caCertificates: readonly string[];
  /** Whether the system's certificate authorities are trusted (wellKnownCACertificates: System). */
  readonly system: boolean;
  /** subjectAltNames of type Hostname; where there are any, one of them must be in the certificate. */
  readonly dnsNames: readonly string[];
  /** What the Gateway shows to backends (Gateway.spec.tls.backend). */
  readonly clientCertificate?: Certificate;
}

/** By field of settings: what it is from, as `Kind namespace/name`. What ExtensionRefs say is not in it. */
export type SettingsOrigins = Readonly<Record<string, string>>;

/** One backendRef of a rule. */
export interface RoutedBackend {
  readonly namespace: string;
  readonly name: string;
  /** 0 when the backendRef has no port. */
  readonly port: number;
  readonly weight: number;
  /** Sorted by address and port, without duplicates. Empty for an invalid backend. */
  readonly endpoints: readonly Endpoint[];
  /** What is changed for this backend after the rule's own changes; absent where all backends are treated the same. */
  readonly requestHeaders?: HeaderModifier;
  /** Absent: HTTP/1.1. `h2c` is HTTP/2 without TLS and without upgrade. */
  readonly protocol?: 'h2c';
  /** Present: TLS to the backend; absent: plaintext. */
  readonly tls?: BackendTls;
  /** What is said of its pool by extensions, policies and rules by FQDN. */
  readonly settings?: PoolSettings;
  readonly settingsFrom?: SettingsOrigins;
  /** Why its share is answered with 500; absent for a valid backend. */
  readonly invalid?: { readonly reason: string; readonly message: string };
  /** Why a valid backend can have no server; its pool is empty, as AKO has it. */
  readonly unserved?: { readonly reason: string; readonly message: string };
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
  /** What is said of the virtual service that answers its requests; never empty. */
  readonly settings?: VirtualServiceSettings;
  readonly settingsFrom?: SettingsOrigins;
  readonly timeouts?: { readonly requestMs?: number; readonly backendRequestMs?: number };
  /**
   * `forward` to the backends (of which at least one is valid and has weight), `redirect`, or `fail` with 500
   * (no backend is valid, all weights are zero, or a filter cannot be resolved).
   */
  readonly action: 'forward' | 'redirect' | 'fail';
  /** Why policies let it fail; absent where none does. */
  readonly unmet?: readonly string[];
  readonly backends: readonly RoutedBackend[];
}

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

/** What tells a listener from all others of a Gateway: its name, after that of its ListenerSet where it has one. */
export function listenerId({ set, name }: Pick<RoutedListener, 'set' | 'name'>): string {
  return set === undefined ? name : `${set}/${name}`;
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

/** A ListenerSet that names a Gateway of ours as its parent. */
export interface RoutedListenerSet {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: ListenerSet;
  /** Whether the Gateway allows it; its listeners are not among the Gateway's where it does not. */
  readonly attached: boolean;
  /** Accepted, and Programmed where it is decided before the apply. */
  readonly conditions: readonly ConditionDraft[];
  /** Its own listeners, as they are among the Gateway's. */
  readonly listeners: readonly RoutedListener[];
}

/** A BackendTLSPolicy that concerns a Service which routes of a Gateway use. */
export interface RoutedPolicy {
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: BackendTLSPolicy;
  /** Accepted and ResolvedRefs, with the Gateway as ancestor. */
  readonly conditions: readonly ConditionDraft[];
}

/** An AviBackendPolicy or AviFrontendPolicy that targets the Gateway, its listeners, routes or their Services. */
export interface RoutedAviPolicy {
  readonly kind: 'AviBackendPolicy' | 'AviFrontendPolicy';
  /** `namespace/name`. */
  readonly key: string;
  readonly resource: AviBackendPolicy | AviFrontendPolicy;
  /** Accepted, with the Gateway as ancestor. */
  readonly conditions: readonly ConditionDraft[];
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
  /** What exists on the controller is to stay as it is: it is not known what it should be. */
  readonly held?: true;
  /** Requested static address, at most one; absent: allocated by Avi. */
  readonly address?: { readonly family: 'V4' | 'V6'; readonly value: string };
  /** False while the annotation `ako.vmware.com/disable-traffic` is true. */
  readonly trafficEnabled: boolean;
  /** `spec.infrastructure.labels`, for everything that exists for the Gateway; absent when there are none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What is said of its virtual services that belong to no rule; absent when nothing. */
  readonly settings?: VirtualServiceSettings;
  readonly settingsFrom?: SettingsOrigins;
  /** What its parameters say in place of the configuration; absent when nothing. */
  readonly infrastructure?: Infrastructure;
  readonly listeners: readonly RoutedListener[];
  /** Of listeners with protocol HTTP and HTTPS; oldest first, then by namespace and name. */
  readonly routes: readonly RoutedRoute[];
  /** Ports that are served below HTTP, in the order of the listeners. */
  readonly l4: readonly L4Listener[];
  /** Oldest first, then by `namespace/name`. */
  readonly listenerSets: readonly RoutedListenerSet[];
  /** Sorted by key. */
  readonly policies: readonly RoutedPolicy[];
  /** Sorted by kind and key. */
  readonly aviPolicies: readonly RoutedAviPolicy[];
  readonly parents: readonly RoutedParent[];
  /** Hostnames to publish in DNS: exact names of attached routes and listeners that this Gateway owns, sorted. */
  readonly dnsNames: readonly string[];
  /** Accepted, and Programmed where it is decided before the apply (for example AddressNotUsable). */
  readonly conditions: readonly ConditionDraft[];
  readonly events: readonly RoutingEvent[];
  readonly problems: readonly Problem[];
  /** Objects on the controller that routes depend on by name, present or not; each once, sorted. */
  readonly named: readonly AviName[];
  /** Keys of the Services whose EndpointSlices decide pool members, for incremental work. */
  readonly services: readonly string[];
}
