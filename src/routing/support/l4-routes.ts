/** Fields of TLSRoutes, TCPRoutes and UDPRoutes. */
import { partly, yes, type Feature, type Features } from './feature.ts';

const rule = 'spec.rules[]';
const backend = `${rule}.backendRefs[]`;
const perCent = 'the share of invalid backends is closed, in whole per cent, by the client’s port';
const notFound =
  '`ResolvedRefs=False/BackendNotFound`, `ResolvedRefs=False/RefNotPermitted`, `ResolvedRefs=False/UnsupportedProtocol`';

const parents: Feature = yes('spec.parentRefs[]', { sameAs: 'HTTPRoute' });
const ruleName: Feature = yes(`${rule}.name`, { reason: 'there is one rule; nothing on Avi is named after it' });
const kinds: Feature = partly([`${backend}.group`, `${backend}.kind`], {
  reason: 'Services only',
  says: '`ResolvedRefs=False/InvalidKind`',
});
const names: Feature = yes([`${backend}.name`, `${backend}.namespace`, `${backend}.port`], {
  avi: '`PoolGroup.members[].pool_ref`, `Pool.servers[]`; `Pool.fail_action` closes the connection while no server is up',
  says: notFound,
});
const status: Feature = yes('status', {
  reason: 'conditions Accepted, ResolvedRefs and Programmed for each parentRef',
});
const ratio = '`PoolGroup.members[].ratio`';

export const tlsRouteFeatures = {
  tlsRoute: yes('spec', {
    name: 'TLSRoute',
    avi: 'a `VirtualService` of type L4 (listeners with mode Passthrough) or SSL (mode Terminate), a `PoolGroup` for each route',
  }),
  tlsParents: parents,
  tlsHostnames: yes('spec.hostnames[]', {
    avi: '`VSDataScriptSet.datascript[].script`: the name in the client’s hello, exact names before wildcards; `VsVip.dns_info[].fqdn`',
    reason: 'of routes that come to one name the one with the most specific hostname has it, then the oldest',
    says: '`Accepted=False/NoMatchingListenerHostname`',
  }),
  tlsRuleName: ruleName,
  tlsBackendKinds: kinds,
  tlsBackends: names,
  tlsWeights: yes(`${backend}.weight`, { avi: `${ratio}, \`VSDataScriptSet.datascript[].script\``, reason: perCent }),
  tlsStatus: status,
} as const satisfies Features;

export const tcpRouteFeatures = {
  tcpRoute: yes('spec', {
    name: 'TCPRoute',
    avi: '`L4PolicySet.l4_connection_policy.rules[]` of one `VirtualService` for all TCP and UDP ports, a `PoolGroup` for each route',
    reason: 'of several routes on a port the oldest is served',
  }),
  tcpParents: parents,
  tcpRuleName: ruleName,
  tcpBackendKinds: kinds,
  tcpBackends: names,
  tcpWeights: yes(`${backend}.weight`, {
    avi: `${ratio}, \`VSDataScriptSet.datascript[].script\` at TCP_CLIENT_ACCEPT`,
    reason: perCent,
  }),
  tcpStatus: status,
} as const satisfies Features;

export const udpRouteFeatures = {
  udpRoute: yes('spec', {
    name: 'UDPRoute',
    avi: 'a rule of the same `L4PolicySet`, and `VirtualService.services[].override_network_profile_ref` System-UDP-Fast-Path',
    reason:
      'a flow, that is one address and port of a client, has one server until nothing has come for 10 s; flows for which no server is known are dropped. Of several routes on a port the oldest is served',
  }),
  udpParents: parents,
  udpRuleName: ruleName,
  udpBackendKinds: kinds,
  udpBackends: yes([`${backend}.name`, `${backend}.namespace`, `${backend}.port`], {
    avi: '`PoolGroup.members[].pool_ref`, `Pool.servers[]` without health monitor',
    says: notFound,
  }),
  udpWeights: yes(`${backend}.weight`, { avi: ratio }),
  udpMixedBackends: partly(backend, {
    when: 'invalid, beside valid ones',
    reason: 'flows of an invalid backend’s share go to the other backends: Avi documents no script event for UDP',
    says: notFound,
  }),
  udpStatus: status,
} as const satisfies Features;
