/** Fields of Gateways but for their listeners. */
import { ignored, no, partly, yes, type Features } from './feature.ts';

const frontend = 'spec.tls.frontend';
const validations = [`${frontend}.default.validation`, `${frontend}.perPort[].tls.validation`];
const below = (field: string): readonly string[] => validations.map((validation) => `${validation}.${field}`);

export const gatewayFeatures = {
  gateway: yes('spec', {
    name: 'Gateway',
    avi: 'an EVH parent `VirtualService` for HTTP and HTTPS, one each for TCP with UDP, TLS passed through and TLS terminated where there are such listeners, and one `VsVip` for all',
  }),
  gatewayClassName: yes('spec.gatewayClassName', {
    reason: 'a Gateway without a class of ours is not served and gets no status',
  }),
  gatewayStaticAddresses: yes('spec.addresses[].value', {
    name: 'GatewayStaticAddresses',
    avi: '`VsVip.vip[].ip_address`, `VsVip.vip[].ip6_address`',
    reason: 'Avi does not let a VIP change its address, so another address is another VsVip',
    says: '`Programmed=False/AddressNotUsable` for what is no address of a host or is taken',
  }),
  gatewayAddressEmpty: yes('spec.addresses[].value', {
    name: 'GatewayAddressEmpty',
    when: 'absent or empty',
    avi: '`VsVip.vip[].auto_allocate_ip`',
  }),
  severalAddresses: no('spec.addresses', {
    when: 'more than one',
    reason: 'a Gateway has one VIP',
    says: '`Programmed=False/AddressNotUsable`',
  }),
  addressTypes: partly('spec.addresses[].type', {
    reason: 'IPAddress only',
    says: '`Accepted=False/UnsupportedAddress`',
  }),
  infrastructure: partly('spec.infrastructure.labels', {
    name: 'GatewayInfrastructure',
    avi: '`VirtualService.markers[]`, and markers of all other objects of the Gateway',
    reason: 'the feature is not claimed, since it asks for labelled objects in the cluster',
  }),
  infrastructureReserved: no('spec.infrastructure.labels', {
    when: 'a key that the operator uses itself',
    reason: 'the operator knows its own objects by a marker of this name',
    says: ignored,
  }),
  infrastructureAnnotations: no('spec.infrastructure.annotations', {
    reason: 'Avi objects have no annotations',
    says: ignored,
  }),
  parametersRef: partly('spec.infrastructure.parametersRef', {
    avi: 'as the GatewayClass’s, and `VirtualService.services[].enable_http2`',
    reason:
      'AviInfraSetting of group ako.vmware.com only (docs/policies.md); goes before the GatewayClass’s, field by field',
    says: '`Accepted=False/InvalidParameters`; what the Gateway has stays as it is',
  }),
  backendClientCertificate: yes('spec.tls.backend.clientCertificateRef', {
    name: 'GatewayBackendClientCertificate',
    avi: '`Pool.ssl_key_and_certificate_ref` of pools with TLS',
    reason: 'Secrets of the core group; while it does not resolve, backends with TLS answer 500',
    says: '`ResolvedRefs=False/InvalidClientCertificateRef`, `ResolvedRefs=False/RefNotPermitted`',
  }),
  frontendValidation: yes(below('caCertificateRefs[]'), {
    name: 'GatewayFrontendClientCertificateValidation',
    avi: '`PKIProfile.ca_certs[].certificate` without revocation lists, `ApplicationProfile.http_profile.pki_profile_ref`',
    reason: 'HTTPS listeners; ca.crt of ConfigMaps and Secrets, and ClusterTrustBundles',
    says: 'listener `ResolvedRefs=False/InvalidCACertificateRef`, `ResolvedRefs=False/InvalidCACertificateKind` or `ResolvedRefs=False/RefNotPermitted`; `Accepted=False/NoValidCACertificate` where none is left',
  }),
  frontendStrict: yes(below('mode'), {
    values: ['AllowValidOnly'],
    avi: '`ApplicationProfile.http_profile.ssl_client_certificate_mode` REQUIRE',
  }),
  frontendFallback: yes(below('mode'), {
    name: 'GatewayFrontendClientCertificateValidationInsecureFallback',
    values: ['AllowInsecureFallback'],
    avi: '`ApplicationProfile.http_profile.ssl_client_certificate_mode` REQUEST, and `VirtualService.allow_invalid_client_cert`',
    reason:
      'Avi decides it for all ports of a virtual service: beside a port with AllowValidOnly such listeners are refused',
    says: 'listener `Accepted=False/UnsupportedValue`; where it holds, Gateway `InsecureFrontendValidationMode=True/ConfigurationChanged`',
  }),
  frontendPort: yes(`${frontend}.perPort[].port`, {
    avi: '`VirtualService.services[].override_application_profile_ref`',
  }),
  allowedListeners: yes('spec.allowedListeners.namespaces', {
    reason: 'None is the default; a ListenerSet that is not let in says so',
  }),
  gatewayStatus: yes('status', {
    reason:
      'conditions Accepted, Programmed, ResolvedRefs and InsecureFrontendValidationMode; addresses are those of the VIP, and stay while the controller is away; listeners have Accepted, Programmed, ResolvedRefs, Conflicted and OverlappingTLSConfig',
  }),
  addressRoutability: no('spec.addresses[].routability', {
    name: 'GatewayAddressRoutability',
    experimental: true,
    reason: 'the networks of VIPs are those of the configuration; the Gateway is refused',
    says: '`Accepted=False/UnsupportedAddress`',
  }),
  defaultScope: no('spec.defaultScope', {
    experimental: true,
    reason: 'default Gateways are not supported',
    says: ignored,
  }),
  dedicatedMode: no('metadata.annotations[ako.vmware.com/dedicated-gateway-mode]', {
    reason: 'the Gateway is served by an EVH parent with children',
    says: ignored,
  }),
} as const satisfies Features;
