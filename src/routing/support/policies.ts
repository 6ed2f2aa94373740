/** Fields of ReferenceGrants and BackendTLSPolicies, and of the Services behind routes. */
import { no, partly, yes, type Features } from './feature.ts';

const validation = 'spec.validation';
const authorities = `${validation}.caCertificateRefs[]`;
const names = `${validation}.subjectAltNames[]`;

export const referenceGrantFeatures = {
  referenceGrant: yes('spec', {
    name: 'ReferenceGrant',
    reason: 'checked before a reference is followed; none of them is an Avi object',
  }),
  grantFrom: yes('spec.from[]', { reason: 'routes of every kind, Gateway and ListenerSet' }),
  grantTo: yes('spec.to[]', {
    reason:
      'Service for routes, Secret for Gateway and ListenerSet, ConfigMap for Gateway; without name all of the kind',
    says: 'what refers without a grant has `ResolvedRefs=False/RefNotPermitted`',
  }),
} as const satisfies Features;

export const backendTLSPolicyFeatures = {
  backendTLSPolicy: yes('spec', {
    name: 'BackendTLSPolicy',
    avi: '`Pool.ssl_profile_ref` System-Standard of the pools of HTTPRoutes, GRPCRoutes, and TLSRoutes of mode Terminate',
    reason:
      'with an invalid policy the backend answers 500 and is never reached in plain text; the health monitor stays TCP',
    says: 'routes that use the backend have `ResolvedRefs=False/UnsupportedValue`',
  }),
  policyTargets: yes(['spec.targetRefs[].group', 'spec.targetRefs[].kind', 'spec.targetRefs[].name'], {
    reason: 'Services; others are left alone. A policy has a status entry for each Gateway with routes to its Services',
    says: '`Accepted=False/Conflicted` where an older policy has the same target',
  }),
  policySection: yes('spec.targetRefs[].sectionName', {
    reason: 'name of the Service’s port; goes before a policy for the whole Service',
  }),
  policyAuthorities: yes([`${authorities}.group`, `${authorities}.kind`, `${authorities}.name`], {
    avi: '`PKIProfile.ca_certs[].certificate` without revocation lists, `Pool.pki_profile_ref`',
    reason: 'ca.crt of ConfigMaps and Secrets; all that resolve count',
    says: '`ResolvedRefs=False/InvalidCACertificateRef`, `ResolvedRefs=False/InvalidKind`; `Accepted=False/NoValidCACertificate` where none is left',
  }),
  clusterTrustBundle: yes(`${authorities}.kind`, {
    name: 'ClusterTrustBundle',
    when: 'ClusterTrustBundle, also for Gateways',
    avi: '`PKIProfile.ca_certs[].certificate`',
    reason: 'where the cluster serves certificates.k8s.io v1 or v1beta1',
  }),
  wellKnownAuthorities: partly(`${validation}.wellKnownCACertificates`, {
    avi: '`PKIProfile.ca_certs[].certificate`, one profile for all such policies of a Gateway',
    reason: 'System only: the authorities that come with Node.js',
    says: '`Accepted=False/Invalid`',
  }),
  policyHostname: yes(`${validation}.hostname`, {
    avi: '`Pool.server_name`, `Pool.sni_enabled`, `Pool.host_check_enabled`, `Pool.domain_name`',
  }),
  subjectAltNames: yes([`${names}.hostname`, `${names}.type`], {
    values: ['Hostname'],
    avi: '`Pool.domain_name`, in place of the hostname',
  }),
  subjectAltNameUri: no([`${names}.type`, `${names}.uri`], {
    name: 'BackendTLSPolicySANValidation',
    values: ['URI'],
    reason: 'Avi compares DNS names of server certificates only',
    says: '`Accepted=False/Invalid`',
  }),
  policyOptions: no('spec.options', {
    reason: 'no option is known to this implementation',
    says: 'the message of Accepted names it',
  }),
  policyStatus: yes('status', {
    reason:
      'conditions Accepted and ResolvedRefs for each Gateway; at most 16 entries, those of other controllers stay',
  }),
} as const satisfies Features;

export const serviceFeatures = {
  serviceTypes: partly('spec.type', {
    avi: '`Pool.servers[]`',
    reason:
      'ClusterIP, NodePort, LoadBalancer and headless: the addresses of EndpointSlices, or the nodes’ where the configuration says NodePort: then a Service without node port has an empty pool, which answers 503. ExternalName names no endpoints and answers 500',
    says: '`ResolvedRefs=False/UnsupportedValue`',
  }),
  appProtocols: partly('spec.ports[].appProtocol', {
    reason:
      'http, tcp, kubernetes.io/ws, kubernetes.io/h2c and grpc, which is h2c too; https and kubernetes.io/wss with a BackendTLSPolicy',
    says: '`ResolvedRefs=False/UnsupportedProtocol`',
  }),
  webSocket: yes('spec.ports[].appProtocol', {
    name: 'HTTPRouteBackendProtocolWebSocket',
    values: ['kubernetes.io/ws'],
    avi: '`VirtualService.application_profile_ref` System-HTTP, whose websockets_enabled is true',
  }),
  h2c: yes('spec.ports[].appProtocol', {
    name: 'HTTPRouteBackendProtocolH2C',
    values: ['kubernetes.io/h2c'],
    avi: '`Pool.enable_http2` without TLS, and `VirtualService.services[].enable_http2`',
    reason: 'unverified on Avi',
  }),
} as const satisfies Features;
