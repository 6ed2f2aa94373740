/**
 * What of the Gateway API is expressed on Avi, one row a feature: the only place that says so. Conditions quote the
 * reasons, GatewayClass status lists the supported names, and the docs print the table.
 */

/** A feature of the Gateway API, or a value of one of its fields. */
export interface Feature {
  /** Name in the specification's list (pkg/features), where it has one. */
  readonly name?: string;
  readonly field: string;
  readonly support: 'yes' | 'partly' | 'no';
  /** What is missing and why; for supported ones how Avi expresses it. */
  readonly reason: string;
}

const rule = 'HTTPRoute.spec.rules[]';
const filter = `${rule}.filters[]`;
const grpcRule = 'GRPCRoute.spec.rules[]';
const yes = (name: string | undefined, field: string, reason: string): Feature => ({
  ...(name === undefined ? {} : { name }),
  field,
  support: 'yes',
  reason,
});
const no = (field: string, reason: string, name?: string): Feature => ({
  ...(name ? { name } : {}),
  field,
  support: 'no',
  reason,
});
const partly = (field: string, reason: string, name?: string): Feature => ({
  ...no(field, reason, name),
  support: 'partly',
});

/** By the short key under which the routing refers to a row. */
export const support = {
  gateway: yes('Gateway', 'Gateway', 'EVH parent virtual service and VsVip'),
  gatewayPort8080: yes('GatewayPort8080', 'Gateway.spec.listeners[].port', 'services[] of the parent'),
  gatewayStaticAddresses: yes('GatewayStaticAddresses', 'Gateway.spec.addresses[].value', 'vip[].ip_address'),
  gatewayAddressEmpty: yes('GatewayAddressEmpty', 'Gateway.spec.addresses[]', 'vip[].auto_allocate_ip'),
  listenerIsolation: yes(
    'GatewayHTTPListenerIsolation',
    'Gateway.spec.listeners[].hostname',
    '404 guards, design section 3',
  ),
  hostnamePrecedence: yes('GatewayRouteHostnameIntersectionPrecedence', 'HTTPRoute.spec.hostnames', 'order of rules'),
  httpRoute: yes('HTTPRoute', 'HTTPRoute', 'EVH children, pool groups and pools'),
  referenceGrant: yes('ReferenceGrant', 'ReferenceGrant', 'checked before a reference is followed'),
  destinationPortMatching: yes(
    'HTTPRouteDestinationPortMatching',
    'HTTPRoute.spec.parentRefs[].port',
    'a parentRef whose port no listener has is refused',
  ),
  parentRefPort: yes('HTTPRouteParentRefPort', 'HTTPRoute.spec.parentRefs[].port', 'vs_port of the match'),
  methodMatching: yes('HTTPRouteMethodMatching', `${rule}.matches[].method`, 'method criterion of a policy rule'),
  queryParamMatching: yes(
    'HTTPRouteQueryParamMatching',
    `${rule}.matches[].queryParams`,
    'query criterion of a policy rule',
  ),
  responseHeaders: yes(
    'HTTPRouteResponseHeaderModification',
    `${filter}.responseHeaderModifier`,
    'HTTP response policy; a DataScript where the rule stands in an ordered list',
  ),
  schemeRedirect: yes('HTTPRouteSchemeRedirect', `${filter}.requestRedirect.scheme`, 'redirect_action.protocol'),
  portRedirect: yes('HTTPRoutePortRedirect', `${filter}.requestRedirect.port`, 'redirect_action.port'),
  pathRedirect: yes('HTTPRoutePathRedirect', `${filter}.requestRedirect.path`, 'redirect_action.path'),
  redirect307: yes(
    'HTTPRoute307RedirectStatusCode',
    `${filter}.requestRedirect.statusCode`,
    'redirect_action.status_code',
  ),
  redirect303: yes(
    'HTTPRoute303RedirectStatusCode',
    `${filter}.requestRedirect.statusCode`,
    'DataScript, avi.http.response with Location',
  ),
  cors: yes(
    'HTTPRouteCORS',
    `${filter}.cors`,
    'DataScript; answers that Avi gives itself (404, 500, 503) have no CORS headers. A preflight is answered by the rule that the OPTIONS request matches. With credentials, exposeHeaders leaves out *',
  ),
  requestMirror: yes(
    'HTTPRouteRequestMirror',
    `${filter}.requestMirror`,
    'DataScript, avi.requests to a pool, with the rule’s header changes. Requests with other methods than GET, HEAD, POST and PUT and bodies over 32 KB are not copied, since scripts cannot; the client waits for the copy’s answer',
  ),
  requestMultipleMirrors: yes('HTTPRouteRequestMultipleMirrors', `${filter}.requestMirror`, 'one after the other'),
  requestPercentageMirror: yes(
    'HTTPRouteRequestPercentageMirror',
    `${filter}.requestMirror.percent, fraction`,
    'counted by each Service Engine (avi.vs.table), evenly spread',
  ),
  hostRewrite: yes('HTTPRouteHostRewrite', `${filter}.urlRewrite.hostname`, 'rewrite_url_action.host_hdr'),
  pathRewrite: yes('HTTPRoutePathRewrite', `${filter}.urlRewrite.path`, 'rewrite_url_action.path'),
  requestTimeout: yes('HTTPRouteRequestTimeout', `${rule}.timeouts.request`, 'server_timeout of the pools'),
  backendTimeout: yes('HTTPRouteBackendTimeout', `${rule}.timeouts.backendRequest`, 'server_timeout of the pools'),
  retryConnectionError: yes(
    'HTTPRouteRetryConnectionError',
    `${rule}.retry.attempts`,
    'server_reselect of the pools: each server is tried once at most, and idempotent requests only',
  ),
  webSocket: yes(
    'HTTPRouteBackendProtocolWebSocket',
    'Service.spec.ports[].appProtocol: kubernetes.io/ws',
    'websockets_enabled of the application profile',
  ),
  h2c: yes(
    'HTTPRouteBackendProtocolH2C',
    'Service.spec.ports[].appProtocol: kubernetes.io/h2c',
    'enable_http2 of the pool without TLS, and of the listener. **Unverified on Avi**',
  ),
  namedRouteRule: yes('HTTPRouteNamedRouteRule', `${rule}.name`, 'in names and service_metadata'),

  regexPath: partly(`${rule}.matches[].path`, 'RE2 syntax, at most 1024 characters; judged after every prefix'),
  backendRequestHeaders: yes(
    'HTTPRouteBackendRequestHeaderModification',
    `${rule}.backendRefs[].filters[].requestHeaderModifier`,
    'a policy where all backends of the rule have the same filters, else a DataScript when Avi has chosen the pool, as AKO does',
  ),
  backendUrlRewrite: yes(
    'HTTPRouteBackendURLRewrite',
    `${rule}.backendRefs[].filters[].urlRewrite`,
    'as that of the rule, where all backends of the rule have the same filters',
  ),
  backendFilters: partly(
    `${rule}.backendRefs[].filters`,
    'a policy acts on the rule, so filters other than RequestHeaderModifier must be the same for every backend of the rule that gets traffic',
  ),
  mixedBackends: partly(
    `${rule}.backendRefs[]`,
    'its requests go to the other backends of the rule, since a pool group cannot answer 500 for a share; a rule without any valid backend answers 500',
  ),
  misdirectedRequests: no(
    'Gateway.spec.listeners[].tls: 421 for requests of another listener',
    'Avi answers a Host that is not the server name by itself, with a status that is not documented; 421 by DataScript is not documented either, and comes after the answers of policies',
    'GatewayHTTPSListenerDetectMisdirectedRequests',
  ),
  redirect308: no(
    `${filter}.requestRedirect.statusCode`,
    'Avi policies redirect with 301, 302 and 307, and its DataScripts are not documented to answer 308',
    'HTTPRoute308RedirectStatusCode',
  ),
  externalAuth: no(`${filter}.externalAuth`, 'Avi policies do not call an authorization service'),
  retryCodes: no(
    `${rule}.retry.codes`,
    'Avi never retries the server that failed, so with fewer servers than attempts the attempts asked for cannot be promised',
    'HTTPRouteRetryCodes',
  ),
  retryBackoff: no(`${rule}.retry.backoff`, 'Avi retries at once'),
  sessionPersistence: no(`${rule}.sessionPersistence`, 'session persistence is not translated yet'),
  headerRegex: no(`${rule}.matches[].headers[].type`, 'Avi policies compare header values with plain strings only'),
  queryRegex: no(`${rule}.matches[].queryParams[].type`, 'only whole query parameter values can be compared'),
  grpcRoute: yes(
    'GRPCRoute',
    'GRPCRoute',
    'as an HTTPRoute, with enable_http2 on the ports of its listeners and on its pools; cleartext HTTP/2 is **unverified on Avi**. Of an HTTPRoute and a GRPCRoute that share a host of a listener, the younger is refused',
  ),
  grpcMethod: partly(
    `${grpcRule}.matches[].method`,
    'service and method are EQUALS, a service alone is BEGINS_WITH, a method alone is REGEX_MATCH of the path',
  ),
  grpcHeaders: partly(
    `${grpcRule}.matches[].headers[]`,
    'header criteria of a policy rule, of type Exact; values are compared as they are sent',
  ),
  grpcNamedRule: yes('GRPCRouteNamedRouteRule', `${grpcRule}.name`, 'in names and service_metadata'),
  grpcRequestHeaders: yes(
    'GRPCRouteRequestHeaderModifier',
    `${grpcRule}.filters[].requestHeaderModifier`,
    'hdr_action of a policy rule',
  ),
  grpcResponseHeaders: yes(
    undefined,
    `${grpcRule}.filters[].responseHeaderModifier`,
    'as an HTTPRoute’s; trailers are not changed',
  ),
  grpcMethodRegex: no(
    `${grpcRule}.matches[].method.type`,
    'services and methods are compared as they are written; use type Exact',
  ),
  tcpRoute: yes(
    'TCPRoute',
    'TCPRoute',
    'a rule of the L4 policy of one virtual service for all TCP and UDP ports; a pool group spreads connections by weight. Of several routes on a port the oldest is served',
  ),
  udpRoute: yes(
    'UDPRoute',
    'UDPRoute',
    'a rule of the same L4 policy, and System-UDP-Fast-Path on the port: a flow, that is one address and port of a client, has one server until nothing has come for 10 s; a pool group spreads flows by weight. Flows for which no server is known are dropped',
  ),
  udpMixedBackends: partly(
    'UDPRoute.spec.rules[].backendRefs[]',
    'flows of an invalid backend’s share go to the other backends: Avi documents no script event for UDP',
  ),
  tlsRoute: yes(
    'TLSRoute',
    'TLSRoute',
    'an L4 virtual service, whose L4_REQUEST DataScript chooses the pool group by the name in the client’s hello',
  ),
  tlsTerminate: yes(
    'TLSRouteModeTerminate',
    'Gateway.spec.listeners[].tls.mode',
    'Terminate, for TLSRoutes: an SSL virtual service. With one pool group a port the L4 policy chooses, and a DataScript at the end of the handshake closes other names; with several on any of its ports a DataScript chooses by name when the client has sent something, so that servers cannot speak first (**unverified on Avi**)',
  ),
  tlsMixed: no(
    'Gateway.spec.listeners[].tls.mode',
    'TLS that ends at the Gateway and TLS that is passed through cannot share a port: enable_ssl is the port’s',
    'TLSRouteModeMixed',
  ),
  l4Weights: yes(
    undefined,
    'TLSRoute, TCPRoute: spec.rules[].backendRefs[].weight',
    'ratios of the pool group. The share of invalid backends is closed by DataScript, in whole per cent, by the client’s port; connections without any valid backend are closed',
  ),
  grpcMirror: no(`${grpcRule}.filters[].requestMirror`, 'DataScripts copy HTTP/1.1 requests, not gRPC streams'),
  extensionRef: partly(
    `${filter}.extensionRef`,
    'on rules L7Rule and ApplicationProfile, on backendRefs HealthMonitor and RouteBackendExtension of group ako.vmware.com (docs/policies.md); what does not resolve answers 500, and ResolvedRefs says so',
  ),
  extensionClash: no(
    `${rule}.backendRefs[].filters[].extensionRef`,
    'backendRefs of a rule to the same Service and port are one pool, so they must have the same extensions',
  ),
  unknownValue: no('any enumeration', 'the value is not known to this version'),

  listenerProtocols: {
    field: 'Gateway.spec.listeners[].protocol',
    support: 'yes',
    reason: 'HTTP, HTTPS, TLS, TCP and UDP',
  },
  addresses: partly('Gateway.spec.addresses', 'at most one, of type IPAddress'),
  tlsOptions: no('Gateway.spec.listeners[].tls.options', 'no option is known to this implementation'),
  frontendValidation: yes(
    'GatewayFrontendClientCertificateValidation',
    'Gateway.spec.tls.frontend',
    'ApplicationProfile with ssl_client_certificate_mode REQUIRE and a PKIProfile without revocation lists, as override_application_profile_ref of the port',
  ),
  frontendFallback: yes(
    'GatewayFrontendClientCertificateValidationInsecureFallback',
    'Gateway.spec.tls.frontend: mode AllowInsecureFallback',
    'mode REQUEST, and allow_invalid_client_cert of the virtual service, which concerns all its ports: beside a port with AllowValidOnly such listeners are refused',
  ),
  backendClientCertificate: yes(
    'GatewayBackendClientCertificate',
    'Gateway.spec.tls.backend',
    'ssl_key_and_certificate_ref of pools with TLS; while it does not resolve, those backends answer 500',
  ),
  infrastructure: partly(
    'Gateway.spec.infrastructure.labels',
    'markers of all Avi objects of the Gateway. The feature is not claimed, since it asks for labelled objects in the cluster',
    'GatewayInfrastructure',
  ),
  infrastructureReserved: no(
    'Gateway.spec.infrastructure.labels',
    'the operator knows its own objects by a marker of this name',
  ),
  infrastructureAnnotations: no('Gateway.spec.infrastructure.annotations', 'Avi objects have no annotations'),
  parametersRef: partly(
    'Gateway.spec.infrastructure.parametersRef, GatewayClass.spec.parametersRef',
    'AviInfraSetting of group ako.vmware.com (docs/policies.md)',
  ),
  listenerSets: yes(
    'ListenerSet',
    'Gateway.spec.allowedListeners',
    'listeners of ListenerSets are served as the Gateway’s own, on its VIP',
  ),
  backendTLSPolicy: yes(
    'BackendTLSPolicy',
    'BackendTLSPolicy',
    'ssl_profile_ref, pki_profile_ref, server_name and host_check_enabled of the pool; an invalid policy answers 500',
  ),
  clusterTrustBundle: yes(
    'ClusterTrustBundle',
    'BackendTLSPolicy and Gateway: caCertificateRefs[].kind ClusterTrustBundle',
    'ca_certs of the PKIProfile, where the cluster serves certificates.k8s.io v1 or v1beta1',
  ),
  subjectAltNameUri: no(
    'BackendTLSPolicy.spec.validation.subjectAltNames[].type',
    'Avi compares DNS names of server certificates only',
    'BackendTLSPolicySANValidation',
  ),
  listenerFilters: no(
    'Gateway.spec.listeners[].filters',
    'a policy belongs to a virtual service, and requests of one listener are answered by many; the listener is refused',
    'GatewayListenerFilters',
  ),
  addressRoutability: no(
    'Gateway.spec.addresses[].routability',
    'the networks of VIPs are those of the configuration; the Gateway is refused',
    'GatewayAddressRoutability',
  ),
  defaultScope: no('Gateway.spec.defaultScope', 'default Gateways are not supported'),
  dedicatedMode: no(
    'Gateway annotation ako.vmware.com/dedicated-gateway-mode',
    'the Gateway is served by an EVH parent with children',
  ),
  backendKinds: partly(
    `${rule}.backendRefs[]`,
    'Service only, of type ClusterIP, NodePort or LoadBalancer, and headless',
  ),
  appProtocols: partly(
    'Service.spec.ports[].appProtocol',
    'http, kubernetes.io/ws, kubernetes.io/h2c and grpc, which is h2c too',
  ),
} as const satisfies Readonly<Record<string, Feature>>;

/** What lies beyond HTTPRoutes on HTTP and HTTPS listeners. */
export type Expressible =
  | 'GRPCRoute'
  | 'TLSPassthrough'
  | 'TLSTerminate'
  | 'TCPRoute'
  | 'UDPRoute'
  | 'ListenerSet'
  | 'BackendTLSPolicy'
  | 'FrontendValidation'
  | 'BackendClientCertificate';

export type Expressed = Readonly<Record<Expressible, boolean>>;

/** What the translation expresses; what is false here is refused in status, never accepted in silence. */
export const expressed: Expressed = {
  GRPCRoute: true,
  TLSPassthrough: true,
  TLSTerminate: true,
  TCPRoute: true,
  UDPRoute: true,
  ListenerSet: true,
  BackendTLSPolicy: true,
  FrontendValidation: true,
  BackendClientCertificate: true,
};

/** Key of a row of the table. */
export type FeatureKey = keyof typeof support;

/** `status.supportedFeatures` of a GatewayClass: "MUST be sorted in ascending alphabetical order by the Name key". */
export const supportedFeatures: readonly { readonly name: string }[] = Object.values<Feature>(support)
  .flatMap((feature) => (feature.support === 'yes' && feature.name ? [{ name: feature.name }] : []))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Why a feature is refused. */
export function reasonOf(feature: FeatureKey): string {
  return support[feature].reason;
}
