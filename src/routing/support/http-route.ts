/** Fields of HTTPRoutes but for their filters. */
import { dropped, no, partly, yes, type Features } from './feature.ts';

const rule = 'spec.rules[]';
const match = `${rule}.matches[]`;
const parent = 'spec.parentRefs[]';
const backend = `${rule}.backendRefs[]`;
const claimed = 'VirtualService.vh_matches[].rules[].matches';
const asked = 'HTTPPolicySet.http_request_policy.rules[].match';

export const httpRouteFeatures = {
  httpRoute: yes('spec', {
    name: 'HTTPRoute',
    avi: 'for each rule an EVH child `VirtualService`, a `PoolGroup` and a `Pool` for each Service; an `HTTPPolicySet` and a `VSDataScriptSet` where it needs them (docs/translation.md)',
  }),
  parentKinds: yes([`${parent}.group`, `${parent}.kind`], {
    reason: 'Gateway and ListenerSet; others are left alone',
  }),
  parentNames: yes([`${parent}.name`, `${parent}.namespace`], {
    avi: '`VirtualService.vh_parent_vs_ref`',
    reason: 'parents that are not of a class of ours get no entry in the status',
  }),
  parentSection: yes(`${parent}.sectionName`, { says: '`Accepted=False/NoMatchingParent`' }),
  parentRefPort: yes(`${parent}.port`, {
    name: 'HTTPRouteParentRefPort',
    avi: `\`${claimed}.vs_port\`, \`${asked}.vs_port\``,
  }),
  destinationPortMatching: yes(`${parent}.port`, {
    name: 'HTTPRouteDestinationPortMatching',
    when: 'a port that no listener has',
    reason: 'the parentRef is refused',
    says: '`Accepted=False/NoMatchingParent`',
  }),
  hostnamePrecedence: yes('spec.hostnames[]', {
    name: 'GatewayRouteHostnameIntersectionPrecedence',
    avi: `\`VirtualService.vh_matches[].host\`, \`${asked}.host_hdr\`, \`VsVip.dns_info[].fqdn\``,
    reason: 'what is no hostname is left out, and Accepted says so',
    says: '`Accepted=False/NoMatchingListenerHostname`',
  }),
  namedRouteRule: yes(`${rule}.name`, {
    name: 'HTTPRouteNamedRouteRule',
    avi: 'hashed into names; `VirtualService.markers[]` HTTPRouteRuleName, `VirtualService.service_metadata`',
  }),
  plainPath: yes(`${match}.path.type`, {
    values: ['Exact', 'PathPrefix'],
    avi: `\`${claimed}.path\` EQUALS; a prefix also BEGINS_WITH with a slash behind it; \`${asked}.path\` where a rule stands in an ordered list`,
  }),
  regexPath: partly([`${match}.path.type`, `${match}.path.value`], {
    values: ['RegularExpression'],
    avi: `\`${claimed}.path\` REGEX_MATCH`,
    reason: 'RE2 syntax; judged after every prefix, and searched for, not matched whole',
    says: dropped,
  }),
  pathValue: yes(`${match}.path.value`, {
    avi: `\`${claimed}.path.match_str\``,
    reason: 'at most 1024 characters; compared decoded, unless the value has an escape itself',
    says: dropped,
  }),
  methodMatching: yes(`${match}.method`, { name: 'HTTPRouteMethodMatching', avi: `\`${asked}.method\`` }),
  headerMatching: yes([`${match}.headers[].name`, `${match}.headers[].value`], {
    avi: `\`${asked}.hdrs[]\``,
    reason: 'of a name that is repeated the first counts; values of at most 4096 characters without control characters',
    says: dropped,
  }),
  headerExact: yes(`${match}.headers[].type`, {
    values: ['Exact'],
    avi: `\`${asked}.hdrs[].match_criteria\` HDR_EQUALS`,
  }),
  headerRegex: no(`${match}.headers[].type`, {
    values: ['RegularExpression'],
    reason: 'Avi policies compare header values with plain strings only',
    says: dropped,
  }),
  queryParamMatching: yes([`${match}.queryParams[].name`, `${match}.queryParams[].value`], {
    name: 'HTTPRouteQueryParamMatching',
    avi: `\`${asked}.query\`, one regular expression over the raw query`,
    reason: 'at most 3 parameters in a match',
    says: dropped,
  }),
  queryExact: yes(`${match}.queryParams[].type`, {
    values: ['Exact'],
    avi: `\`${asked}.query.match_criteria\` QUERY_MATCH_REGEX_MATCH`,
  }),
  queryRegex: no(`${match}.queryParams[].type`, {
    values: ['RegularExpression'],
    reason: 'only whole query parameter values can be compared',
    says: dropped,
  }),
  requestTimeout: yes(`${rule}.timeouts.request`, {
    name: 'HTTPRouteRequestTimeout',
    avi: '`Pool.server_timeout`, the shorter of both',
    reason: 'at most 6h. With retries each attempt has that time, not all of them together',
    says: dropped,
  }),
  backendTimeout: yes(`${rule}.timeouts.backendRequest`, {
    name: 'HTTPRouteBackendTimeout',
    avi: '`Pool.server_timeout`; with retries also `Pool.server_reselect.retry_timeout`',
    reason: 'at most 6h, and no longer than timeouts.request',
    says: dropped,
  }),
  retryConnectionError: yes(`${rule}.retry.attempts`, {
    name: 'HTTPRouteRetryConnectionError',
    avi: '`Pool.server_reselect.num_retries`',
    reason: 'each server is tried once at most, and idempotent requests only',
  }),
  retryCodes: no(`${rule}.retry.codes`, {
    name: 'HTTPRouteRetryCodes',
    reason:
      'Avi never retries the server that failed, so with fewer servers than attempts the attempts asked for cannot be promised',
    says: dropped,
  }),
  retryBackoff: no(`${rule}.retry.backoff`, { reason: 'Avi retries at once', says: dropped }),
  backendKinds: partly([`${backend}.group`, `${backend}.kind`], {
    reason: 'Services only',
    says: '`ResolvedRefs=False/InvalidKind`; its share answers 500 where no backend of the rule is valid',
  }),
  backendNames: yes([`${backend}.name`, `${backend}.namespace`, `${backend}.port`], {
    avi: '`PoolGroup.members[].pool_ref`, `Pool.servers[]`',
    says: '`ResolvedRefs=False/BackendNotFound`, `ResolvedRefs=False/RefNotPermitted`',
  }),
  backendWeights: yes(`${backend}.weight`, {
    avi: '`PoolGroup.members[].ratio`',
    reason:
      'weights over 1000 are scaled to 1 to 1000; 0 is no member; the same Service twice is one pool with the weights added',
  }),
  mixedBackends: partly(backend, {
    when: 'invalid, beside valid ones',
    reason:
      'its requests go to the other backends of the rule, since a pool group cannot answer 500 for a share; a rule without any valid backend answers 500',
    says: '`ResolvedRefs=False/BackendNotFound` or what else is wrong',
  }),
  noBackends: yes(backend, {
    when: 'none, or none that is valid and has a weight',
    avi: '`HTTPPolicySet.http_request_policy.rules[].switching_action.other_status_code` 500',
  }),
  httpRouteStatus: yes('status', {
    reason:
      'conditions Accepted, ResolvedRefs, PartiallyInvalid and Programmed for each parentRef to a Gateway of ours; entries of other controllers stay',
  }),
  sessionPersistence: partly(
    ['type', 'sessionName', 'absoluteTimeout', 'cookieConfig.lifetimeType'].map(
      (field) => `${rule}.sessionPersistence.${field}`,
    ),
    {
      experimental: true,
      avi: '`Pool.application_persistence_profile_ref`, `ApplicationPersistenceProfile.http_cookie_persistence_profile`, `ApplicationPersistenceProfile.hdr_persistence_profile`',
      reason:
        'a client stays with a server of the backend that its request was given to by weight; timeouts count whole minutes',
    },
  ),
  sessionHeader: partly(`${rule}.sessionPersistence.type`, {
    experimental: true,
    when: 'Header',
    avi: '`Pool.servers[].prst_hdr_val`',
    reason:
      'a client stays with the server whose `address:port` it sends; the application has to tell it, for Avi does not',
  }),
  sessionTimeout: no(`${rule}.sessionPersistence.absoluteTimeout`, {
    experimental: true,
    when: 'below a minute or above 240h',
    reason: 'must be from 1m to 240h, which is what Avi takes',
    says: dropped,
  }),
  sessionHeaderTimeout: no(`${rule}.sessionPersistence.absoluteTimeout`, {
    experimental: true,
    when: 'type Header',
    reason: 'persistence by header has no timeout on Avi',
    says: dropped,
  }),
  sessionIdleTimeout: no(`${rule}.sessionPersistence.idleTimeout`, {
    experimental: true,
    reason: 'Avi has no idle timeout for session persistence',
    says: dropped,
  }),
} as const satisfies Features;
