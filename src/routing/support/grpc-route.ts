/** Fields of GRPCRoutes. */
import { dropped, no, partly, yes, type Features } from './feature.ts';

const rule = 'spec.rules[]';
const match = `${rule}.matches[]`;
const backend = `${rule}.backendRefs[]`;
const claimed = 'VirtualService.vh_matches[].rules[].matches';
const likeHttp = { sameAs: 'HTTPRoute' } as const;

export const grpcRouteFeatures = {
  grpcRoute: yes('spec', {
    name: 'GRPCRoute',
    avi: 'as an HTTPRoute, with `VirtualService.services[].enable_http2` and `Pool.enable_http2`',
    reason:
      'cleartext HTTP/2 is unverified on Avi. A call that no rule matches gets 404, which clients read as UNIMPLEMENTED',
  }),
  grpcBesideHttp: partly('spec', {
    when: 'an HTTPRoute with a host of the same listener',
    reason: 'the younger of both is not on that listener',
    says: '`Accepted=False/HostnameConflict` where no listener is left',
  }),
  grpcParents: yes('spec.parentRefs[]', likeHttp),
  grpcHostnames: yes('spec.hostnames[]', likeHttp),
  grpcNamedRule: yes(`${rule}.name`, {
    name: 'GRPCRouteNamedRouteRule',
    avi: 'hashed into names; `VirtualService.markers[]` RouteRuleName, `VirtualService.service_metadata`',
  }),
  grpcMethod: yes([`${match}.method.service`, `${match}.method.method`], {
    avi: `\`${claimed}.path\`: both EQUALS, a service alone EQUALS and BEGINS_WITH, a method alone REGEX_MATCH`,
    reason: 'at most 1024 characters',
    says: dropped,
  }),
  grpcMethodExact: yes(`${match}.method.type`, { values: ['Exact'] }),
  grpcMethodRegex: no(`${match}.method.type`, {
    values: ['RegularExpression'],
    reason: 'services and methods are compared as they are written; use type Exact',
    says: dropped,
  }),
  grpcHeaders: partly(`${match}.headers[]`, {
    sameAs: 'HTTPRoute',
    reason: 'of type Exact; values are compared as they are sent',
    says: dropped,
  }),
  grpcFilterTypes: yes(`${rule}.filters[].type`, {
    reason: 'RequestHeaderModifier, ResponseHeaderModifier and ExtensionRef; see below',
  }),
  grpcRequestHeaders: yes(`${rule}.filters[].requestHeaderModifier`, {
    name: 'GRPCRouteRequestHeaderModifier',
    sameAs: 'HTTPRoute',
  }),
  grpcResponseHeaders: yes(`${rule}.filters[].responseHeaderModifier`, {
    sameAs: 'HTTPRoute',
    reason: 'trailers are not changed',
  }),
  grpcMirror: no([`${rule}.filters[].requestMirror`, `${backend}.filters[].requestMirror`], {
    reason: 'DataScripts copy HTTP/1.1 requests, not gRPC streams',
    says: dropped,
  }),
  grpcExtensionRef: partly(`${rule}.filters[].extensionRef`, {
    sameAs: 'HTTPRoute',
    reason: 'as an HTTPRoute’s',
  }),
  grpcBackends: partly(
    ['group', 'kind', 'name', 'namespace', 'port', 'weight'].map((field) => `${backend}.${field}`),
    {
      sameAs: 'HTTPRoute',
      reason: 'Services, which are spoken to by HTTP/2 whatever their appProtocol',
    },
  ),
  grpcBackendFilters: partly(
    ['type', 'requestHeaderModifier', 'responseHeaderModifier', 'extensionRef'].map(
      (field) => `${backend}.filters[].${field}`,
    ),
    { sameAs: 'HTTPRoute', reason: 'as an HTTPRoute’s', says: dropped },
  ),
  grpcStatus: yes('status', likeHttp),
  grpcSessionPersistence: partly(`${rule}.sessionPersistence`, {
    experimental: true,
    sameAs: 'HTTPRoute',
    reason: 'as an HTTPRoute’s',
    says: dropped,
  }),
} as const satisfies Features;
