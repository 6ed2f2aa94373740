/** One object of each kind that the operator watches, all of them in use, in the namespace `default`. */
import type { Manifest } from '../cluster/tools/manifest.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';

const group = 'gateway.networking.k8s.io';
const ako = 'ako.vmware.com';
const own = 'avi.gateway-operator.io';
const namespace = 'default';

const of = (apiVersion: string, kind: string, name: string, spec: object): Manifest => ({
  apiVersion,
  kind,
  metadata: { name, ...(!['GatewayClass', 'AviInfraSetting'].includes(kind) && { namespace }) },
  spec,
});
const parentRefs = (sectionName: string): object => ({ parentRefs: [{ name: 'gw', sectionName }] });
const backendRefs = [{ name: 'web', port: 80 }];
const extension = (kind: string): object => ({
  type: 'ExtensionRef',
  extensionRef: { group: ako, kind, name: 'one' },
});

export async function everyKind(): Promise<readonly Manifest[]> {
  const { certificate, key } = await selfSigned(['secure.example.test']);
  const tls = { mode: 'Terminate', certificateRefs: [{ name: 'cert' }] };
  const everywhere = { allowedRoutes: { namespaces: { from: 'All' } } };
  const listeners = [
    { name: 'http', port: 80, protocol: 'HTTP', hostname: 'www.example.test' },
    { name: 'https', port: 443, protocol: 'HTTPS', hostname: 'secure.example.test', tls },
    { name: 'tls', port: 8443, protocol: 'TLS', hostname: 'tls.example.test', tls: { mode: 'Passthrough' } },
    { name: 'tcp', port: 9000, protocol: 'TCP' },
    { name: 'udp', port: 9001, protocol: 'UDP' },
  ].map((listener) => ({ ...listener, ...everywhere }));
  const { metadata, data, type } = tlsSecret('cert', { 'tls.crt': certificate, 'tls.key': key });
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: metadata.name, namespace }, type, data },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'authority', namespace },
      data: { 'ca.crt': certificate },
    },
    of('v1', 'Service', 'web', { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
    of(`${group}/v1`, 'Gateway', 'gw', {
      gatewayClassName: 'avi-lb',
      listeners,
      allowedListeners: { namespaces: { from: 'All' } },
    }),
    of(`${group}/v1`, 'ListenerSet', 'set', {
      parentRef: { name: 'gw' },
      listeners: [{ name: 'more', port: 81, protocol: 'HTTP', hostname: 'more.example.test' }],
    }),
    of(`${group}/v1`, 'HTTPRoute', 'http', {
      ...parentRefs('http'),
      rules: [
        {
          filters: [extension('L7Rule'), extension('ApplicationProfile')],
          backendRefs: [{ ...backendRefs[0], filters: [extension('RouteBackendExtension')] }],
        },
      ],
    }),
    of(`${group}/v1`, 'GRPCRoute', 'grpc', { ...parentRefs('https'), rules: [{ backendRefs }] }),
    of(`${group}/v1`, 'TLSRoute', 'tls', {
      ...parentRefs('tls'),
      hostnames: ['tls.example.test'],
      rules: [{ backendRefs }],
    }),
    of(`${group}/v1`, 'TCPRoute', 'tcp', { ...parentRefs('tcp'), rules: [{ backendRefs }] }),
    of(`${group}/v1`, 'UDPRoute', 'udp', { ...parentRefs('udp'), rules: [{ backendRefs }] }),
    of(`${group}/v1`, 'BackendTLSPolicy', 'policy', {
      targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
      validation: {
        hostname: 'web.example.test',
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'authority' }],
      },
    }),
    of(`${ako}/v1alpha1`, 'HealthMonitor', 'one', {
      type: 'HEALTH_MONITOR_PING',
      send_interval: 5,
      receive_timeout: 2,
    }),
    of(`${ako}/v1alpha1`, 'PKIProfile', 'one', { ca_certs: [{ certificate }] }),
    of(`${ako}/v1alpha1`, 'ApplicationProfile', 'one', {
      type: 'APPLICATION_PROFILE_TYPE_HTTP',
      http_profile: { xff_enabled: true },
    }),
    of(`${ako}/v1alpha1`, 'RouteBackendExtension', 'one', {
      healthMonitor: [{ kind: 'AVIREF', name: 'System-HTTP' }],
    }),
    of(`${ako}/v1alpha2`, 'L7Rule', 'one', { analyticsPolicy: { logAllHeaders: true } }),
    of(`${ako}/v1beta1`, 'HostRule', 'one', {
      virtualhost: { fqdn: 'www.example.test', analyticsPolicy: { logAllHeaders: true } },
    }),
    of(`${ako}/v1beta1`, 'HTTPRule', 'one', {
      fqdn: 'www.example.test',
      paths: [{ target: '/', healthMonitors: ['System-HTTP'] }],
    }),
    of(`${ako}/v1alpha2`, 'L4Rule', 'one', {}),
    of(`${ako}/v1alpha2`, 'SSORule', 'one', {
      fqdn: 'www.example.test',
      ssoPolicyRef: 'sso',
      oauthVsConfig: {
        oauthSettings: [
          {
            authProfileRef: 'auth',
            resourceServer: { accessType: 'ACCESS_TOKEN_TYPE_JWT', jwtParams: { audience: 'everybody' } },
          },
        ],
      },
    }),
    of(`${own}/v1alpha1`, 'AviBackendPolicy', 'one', {
      targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
      rampMinutes: 5,
    }),
    of(`${own}/v1alpha1`, 'AviFrontendPolicy', 'one', {
      targetRefs: [{ group, kind: 'HTTPRoute', name: 'http' }],
      analyticsPolicy: { logAllHeaders: true },
    }),
    of(`${ako}/v1beta1`, 'AviInfraSetting', 'one', { seGroup: { name: 'Default-Group' } }),
  ];
}

/** What Calico brings: the kind that says which networks nodes have for their pods. */
export const blockAffinityDefinition: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'blockaffinities.crd.projectcalico.org' },
  spec: {
    group: 'crd.projectcalico.org',
    scope: 'Cluster',
    names: { kind: 'BlockAffinity', plural: 'blockaffinities', singular: 'blockaffinity' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
