/** Filters of HTTPRoutes: those of rules, and those of backendRefs. */
import { dropped, no, partly, yes, type Features } from './feature.ts';

const filter = 'spec.rules[].filters[]';
const ofBackend = 'spec.rules[].backendRefs[].filters[]';
const requestRule = 'HTTPPolicySet.http_request_policy.rules[]';
const script = '`VSDataScriptSet.datascript[].script`';
const onlyOfRules = 'only as a filter of the rule';

export const httpFilterFeatures = {
  filterTypes: yes(`${filter}.type`, {
    reason: 'RequestMirror and ExtensionRef may be repeated; RequestRedirect and URLRewrite exclude each other',
    says: dropped,
  }),
  requestHeaders: yes(`${filter}.requestHeaderModifier`, {
    avi: `\`${requestRule}.hdr_action[]\``,
    reason: 'Content-Length and Transfer-Encoding cannot be changed, and a header by one action only',
    says: dropped,
  }),
  responseHeaders: yes(`${filter}.responseHeaderModifier`, {
    name: 'HTTPRouteResponseHeaderModification',
    avi: `\`HTTPPolicySet.http_response_policy.rules[].hdr_action[]\`; ${script} where the rule stands in an ordered list`,
    reason: 'as for requests; answers that Avi gives itself are not changed',
    says: dropped,
  }),
  requestMirror: yes(`${filter}.requestMirror.backendRef`, {
    name: 'HTTPRouteRequestMirror',
    avi: `${script}, avi.requests to a pool of \`VSDataScriptSet.pool_refs\`, with the rule’s header changes`,
    reason:
      'requests with other methods than GET, HEAD, POST and PUT and bodies over 32 KB are not copied, since scripts cannot; the client waits for the copy’s answer',
    says: '`ResolvedRefs=False/BackendNotFound`, `ResolvedRefs=False/RefNotPermitted` or `ResolvedRefs=False/InvalidKind`; the rule is served without the copy',
  }),
  requestMultipleMirrors: yes(`${filter}.requestMirror`, {
    name: 'HTTPRouteRequestMultipleMirrors',
    when: 'several in a rule',
    reason: 'one after the other',
  }),
  requestPercentageMirror: yes([`${filter}.requestMirror.percent`, `${filter}.requestMirror.fraction`], {
    name: 'HTTPRouteRequestPercentageMirror',
    avi: `${script}, avi.vs.table`,
    reason: 'counted by each Service Engine, evenly spread',
  }),
  schemeRedirect: yes(`${filter}.requestRedirect.scheme`, {
    name: 'HTTPRouteSchemeRedirect',
    avi: `\`${requestRule}.redirect_action.protocol\``,
  }),
  hostRedirect: yes(`${filter}.requestRedirect.hostname`, { avi: `\`${requestRule}.redirect_action.host.tokens[]\`` }),
  pathRedirect: yes(`${filter}.requestRedirect.path`, {
    name: 'HTTPRoutePathRedirect',
    avi: `\`${requestRule}.redirect_action.path.tokens[]\``,
    reason: 'replacements without blanks, ? and #; ReplacePrefixMatch in rules whose one match is a PathPrefix',
    says: dropped,
  }),
  portRedirect: yes(`${filter}.requestRedirect.port`, {
    name: 'HTTPRoutePortRedirect',
    avi: `\`${requestRule}.redirect_action.port\`, always set: else the scheme’s, else the listener’s`,
  }),
  redirect307: yes(`${filter}.requestRedirect.statusCode`, {
    name: 'HTTPRoute307RedirectStatusCode',
    values: ['301', '302', '307'],
    avi: `\`${requestRule}.redirect_action.status_code\``,
  }),
  redirect303: yes(`${filter}.requestRedirect.statusCode`, {
    name: 'HTTPRoute303RedirectStatusCode',
    values: ['303'],
    avi: `${script}, avi.http.response with Location`,
  }),
  redirect308: no(`${filter}.requestRedirect.statusCode`, {
    name: 'HTTPRoute308RedirectStatusCode',
    values: ['308'],
    reason: 'Avi policies redirect with 301, 302 and 307, and its DataScripts are not documented to answer 308',
    says: dropped,
  }),
  redirectBackends: no('spec.rules[].backendRefs', {
    when: 'beside a RequestRedirect',
    reason: 'must be empty in a rule with a RequestRedirect filter',
    says: dropped,
  }),
  hostRewrite: yes(`${filter}.urlRewrite.hostname`, {
    name: 'HTTPRouteHostRewrite',
    avi: `\`${requestRule}.rewrite_url_action.host_hdr.tokens[]\``,
  }),
  pathRewrite: yes(`${filter}.urlRewrite.path`, {
    name: 'HTTPRoutePathRewrite',
    avi: `\`${requestRule}.rewrite_url_action.path.tokens[]\``,
    reason: 'as for redirects',
    says: dropped,
  }),
  cors: yes(`${filter}.cors`, {
    name: 'HTTPRouteCORS',
    avi: `${script}, HTTP_REQ and HTTP_RESP`,
    reason:
      'answers that Avi gives itself (404, 500, 503) have no CORS headers. A preflight is answered by the rule that the OPTIONS request matches. With credentials, exposeHeaders leaves out *',
    says: dropped,
  }),
  extensionRef: partly(`${filter}.extensionRef`, {
    avi: 'the child `VirtualService`: `VirtualService.application_profile_ref`, `VirtualService.waf_policy_ref` and others',
    reason:
      'L7Rule and ApplicationProfile of group ako.vmware.com (docs/policies.md); what does not resolve answers 500',
    says: '`ResolvedRefs=False/BackendNotFound`, `ResolvedRefs=False/InvalidKind` or `ResolvedRefs=False/UnsupportedValue`',
  }),
  externalAuth: no(`${filter}.externalAuth`, {
    experimental: true,
    reason: 'Avi policies do not call an authorization service',
    says: dropped,
  }),
  unknownValue: no(`${filter}.type`, {
    when: 'a value of a newer version of the API, here and in every other enumeration',
    reason: 'the value is not known to this version',
    says: dropped,
  }),
  backendFilterTypes: partly(`${ofBackend}.type`, {
    reason:
      'a policy acts on the rule, so filters other than RequestHeaderModifier must be the same for every backend of the rule that gets traffic; they may not change what a filter of the rule changes',
    says: dropped,
  }),
  backendFilters: partly(ofBackend, {
    when: 'differing between backends',
    reason:
      'a policy acts on the rule, so filters other than RequestHeaderModifier must be the same for every backend of the rule that gets traffic',
    says: dropped,
  }),
  backendRequestHeaders: yes(`${ofBackend}.requestHeaderModifier`, {
    name: 'HTTPRouteBackendRequestHeaderModification',
    avi: `\`${requestRule}.hdr_action[]\` where all backends of the rule have the same filters; else ${script} when Avi has chosen the pool, as AKO does`,
  }),
  backendResponseHeaders: partly(`${ofBackend}.responseHeaderModifier`, {
    avi: 'as that of the rule',
    reason: 'where all backends of the rule have the same filters',
    says: dropped,
  }),
  backendUrlRewrite: yes(`${ofBackend}.urlRewrite`, {
    name: 'HTTPRouteBackendURLRewrite',
    avi: 'as that of the rule',
    reason: 'where all backends of the rule have the same filters',
    says: dropped,
  }),
  backendMirror: partly(`${ofBackend}.requestMirror`, {
    avi: 'as that of the rule',
    reason: 'where all backends of the rule have the same filters',
    says: dropped,
  }),
  backendRedirect: no(`${ofBackend}.requestRedirect`, { reason: onlyOfRules, says: dropped }),
  backendCors: no(`${ofBackend}.cors`, { reason: onlyOfRules, says: dropped }),
  backendExtensionRef: partly(`${ofBackend}.extensionRef`, {
    avi: '`Pool.health_monitor_refs`, `Pool.lb_algorithm`, `Pool.application_persistence_profile_ref`, `Pool.ssl_profile_ref`',
    reason:
      'HealthMonitor and RouteBackendExtension of group ako.vmware.com (docs/policies.md); what does not resolve answers 500',
    says: '`ResolvedRefs=False/BackendNotFound`, `ResolvedRefs=False/InvalidKind` or `ResolvedRefs=False/UnsupportedValue`',
  }),
  extensionClash: no(`${ofBackend}.extensionRef`, {
    when: 'differing for one Service and port',
    reason: 'backendRefs of a rule to the same Service and port are one pool, so they must have the same extensions',
    says: dropped,
  }),
} as const satisfies Features;
