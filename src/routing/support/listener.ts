/** Fields of listeners, as Gateways and ListenerSets have them. */
import { no, partly, yes, type Features } from './feature.ts';

const listener = 'spec.listeners[]';
const certificates = `${listener}.tls.certificateRefs[]`;
const routes = `${listener}.allowedRoutes`;

export const listenerFeatures = {
  listenerName: yes(`${listener}.name`, { reason: 'for parentRefs and statuses; no Avi object is named after it' }),
  gatewayPort8080: yes(`${listener}.port`, {
    name: 'GatewayPort8080',
    avi: '`VirtualService.services[].port`, and `VirtualService.vh_matches[].rules[].matches.vs_port` of children',
  }),
  listenerProtocols: yes(`${listener}.protocol`, {
    avi: '`VirtualService.services[].enable_ssl`; UDP: `VirtualService.services[].override_network_profile_ref` System-UDP-Fast-Path',
    reason: 'HTTP, HTTPS, TLS, TCP and UDP',
    says: '`Accepted=False/UnsupportedProtocol` for others',
  }),
  protocolConflict: no(`${listener}.protocol`, {
    when: 'another one on the same port',
    reason:
      'listeners that cannot be told apart are all refused; of HTTPS and TLS, and of UDP and others than TCP, the later is, since Avi has one virtual service for a port',
    says: '`Conflicted=True/ProtocolConflict`, `Accepted=False/PortUnavailable`',
  }),
  listenerIsolation: yes(`${listener}.hostname`, {
    name: 'GatewayHTTPListenerIsolation',
    avi: '`VirtualService.vh_matches[].host` of children, `HTTPPolicySet.http_request_policy.rules[].match.host_hdr` where a wider child or the parent has to answer 404, `VsVip.dns_info[].fqdn`',
    reason: 'has no effect on TCP and UDP, and says so',
    says: '`Accepted=False/UnsupportedValue` for what is no hostname',
  }),
  hostnameOwnership: partly(`${listener}.hostname`, {
    when: 'claimed by another Gateway too',
    reason: 'belongs to the oldest claim, as the configuration’s ownership says; the next one takes over',
    says: '`Conflicted=True/HostnameConflict`',
  }),
  tlsTerminateHttps: yes(`${listener}.tls.mode`, {
    values: ['Terminate'],
    avi: '`VirtualService.services[].enable_ssl`, `VirtualService.ssl_key_and_certificate_refs`',
    reason:
      'HTTPS and TLS; with Passthrough an HTTPS listener is refused. tls has no effect on HTTP, TCP and UDP, and says so',
    says: '`ResolvedRefs=False/InvalidCertificateRef`',
  }),
  tlsPassthrough: yes(`${listener}.tls.mode`, {
    values: ['Passthrough'],
    avi: 'a `VirtualService` whose `VSDataScriptSet.datascript[].script` reads the name in the client’s hello, with `VSDataScriptSet.protocol_parser_refs`',
    reason: 'protocol TLS, for TLSRoutes',
  }),
  tlsTerminate: yes(`${listener}.tls.mode`, {
    name: 'TLSRouteModeTerminate',
    values: ['Terminate'],
    when: 'protocol TLS, for TLSRoutes',
    avi: 'a `VirtualService` with System-SSL-Application, `L4PolicySet.l4_connection_policy.rules[]` where each port has one pool group, else `VSDataScriptSet.datascript[].script`',
    reason:
      'with one pool group a port a script at the end of the handshake closes other names; with several on any of its ports the script chooses when the client has sent something, so that servers cannot speak first, which is unverified on Avi',
  }),
  tlsMixed: no(`${listener}.tls.mode`, {
    name: 'TLSRouteModeMixed',
    when: 'both on one port',
    reason: 'TLS that ends at the Gateway and TLS that is passed through cannot share a port: enable_ssl is the port’s',
    says: '`Conflicted=True/ProtocolConflict`',
  }),
  certificateRefs: yes([`${certificates}.name`, `${certificates}.namespace`], {
    avi: '`SSLKeyAndCertificate.certificate.certificate`, `SSLKeyAndCertificate.key`, one for each Secret and Gateway',
    reason:
      'certificate and key are checked; those of a listener for every hostname are first, which is Avi’s fallback',
    says: '`ResolvedRefs=False/InvalidCertificateRef`, `ResolvedRefs=False/RefNotPermitted`; `Accepted=False/Invalid` where none is left',
  }),
  certificateKinds: partly([`${certificates}.group`, `${certificates}.kind`], {
    reason: 'Secrets of the core group with tls.crt and tls.key',
    says: '`ResolvedRefs=False/InvalidCertificateRef`',
  }),
  tlsOptions: partly(`${listener}.tls.options`, {
    avi: '`VirtualService.ssl_profile_ref`, `SSLProfile.accepted_versions[]`, `SSLProfile.accepted_ciphers`, `SSLProfile.ciphersuites`',
    reason:
      'avi.gateway-operator.io/ssl-profile, or avi.gateway-operator.io/min-tls-version and avi.gateway-operator.io/ciphers, of listeners that end TLS (docs/policies.md); others are refused, since what is meant to protect must not be left out. Listeners with one protocol have one virtual service, so they have the same',
    says: '`Accepted=False/UnsupportedValue`; listener `ResolvedRefs=False/InvalidSSLProfileRef` with `Accepted=False/Invalid` while the controller has no such profile',
  }),
  misdirectedRequests: no(`${listener}.tls`, {
    name: 'GatewayHTTPSListenerDetectMisdirectedRequests',
    when: '421 for requests of another listener',
    reason:
      'Avi answers a Host that is not the server name by itself, with a status that is not documented; 421 by DataScript is not documented either, and comes after the answers of policies',
    says: '`OverlappingTLSConfig=True/OverlappingHostnames`',
  }),
  allowedKinds: yes(`${routes}.kinds[]`, {
    reason: 'HTTPRoute and GRPCRoute on HTTP and HTTPS, TLSRoute on TLS, TCPRoute on TCP, UDPRoute on UDP',
    says: '`ResolvedRefs=False/InvalidRouteKinds` for other kinds; routes of kinds that are not listed get `Accepted=False/NotAllowedByListeners`',
  }),
  allowedNamespaces: yes([`${routes}.namespaces.from`, `${routes}.namespaces.selector`], {
    says: 'routes of other namespaces get `Accepted=False/NotAllowedByListeners`; a selector that is not sound: `Accepted=False/UnsupportedValue`',
  }),
  listenerFilters: no(`${listener}.filters`, {
    name: 'GatewayListenerFilters',
    experimental: true,
    reason:
      'a policy belongs to a virtual service, and requests of one listener are answered by many; the listener is refused',
    says: '`Accepted=False/UnsupportedValue`',
  }),
} as const satisfies Features;
