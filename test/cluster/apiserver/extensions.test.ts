/** Our CRDs of AKO's kinds, as a real API server takes them: what AKO documents passes, what is malformed does not. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { extensionFolder } from '../../../crds/generate/extensions.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../../src/cluster/kube-config.ts';
import { discover } from '../../../src/cluster/discovery.ts';
import { createTransport } from '../../../src/cluster/transport.ts';
import { createClusterState } from '../../../src/cluster/state.ts';
import type { HealthMonitor } from '../../../generated/extensions.ts';
import { computeObjectStatus } from '../../../src/status/compute-extension.ts';
import { createStatusWriter } from '../../../src/status/write.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';

jest.setTimeout(60_000);

const minutes = 60_000;
let cluster: ControlPlane;
let kubeConfig: PooledKubeConfig;

const versions: Readonly<Record<string, string>> = {
  L7Rule: 'v1alpha2',
  AviInfraSetting: 'v1beta1',
  HostRule: 'v1beta1',
  HTTPRule: 'v1beta1',
  L4Rule: 'v1alpha2',
  SSORule: 'v1alpha2',
};
const object = (kind: string, name: string, spec: object) => ({
  apiVersion: `ako.vmware.com/${versions[kind] ?? 'v1alpha1'}`,
  kind,
  metadata: { name, namespace: 'default' },
  spec,
});
const apply = (resource: object) => cluster.kubectl(['apply', '-f', '-'], JSON.stringify(resource));
const tls = { kind: 'CRD', name: 'authorities' };

beforeAll(async () => {
  cluster = await startControlPlane();
  kubeConfig = loadKubeConfig(cluster.adminKubeconfigPath);
  await cluster.kubectl(['apply', '--server-side', '-k', extensionFolder]);
  await cluster.kubectl([
    'wait',
    '--for=condition=Established',
    '--timeout=60s',
    'crd',
    '-l',
    'app.kubernetes.io/part-of=avi-gateway-operator',
  ]);
}, 10 * minutes);
afterAll(async () => {
  await kubeConfig.close();
  await cluster.stop();
});

const good: readonly (readonly [kind: string, spec: object])[] = [
  ['HealthMonitor', { type: 'HEALTH_MONITOR_TCP', tcp_monitor: { tcp_half_open: true } }],
  ['HealthMonitor', { type: 'HEALTH_MONITOR_PING', send_interval: 5, receive_timeout: 2 }],
  [
    'HealthMonitor',
    {
      type: 'HEALTH_MONITOR_HTTP',
      monitor_port: 8080,
      authentication: { secret_ref: 'login' },
      http_monitor: {
        http_request: 'GET /healthz HTTP/1.1',
        http_response_code: ['HTTP_2XX', 'HTTP_3XX'],
        maintenance_code: [503],
        auth_type: 'AUTH_BASIC',
      },
    },
  ],
  ['RouteBackendExtension', {}],
  [
    'RouteBackendExtension',
    {
      lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
      lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
      lbAlgorithmConsistentHashHdr: 'X-User',
      persistenceProfile: 'System-Persistence-Client-IP',
      healthMonitor: [{ kind: 'AVIREF', name: 'System-HTTP' }],
      backendTLS: { pkiProfile: tls, hostCheckEnabled: true, domainName: ['a.example.com'] },
    },
  ],
  [
    'L7Rule',
    {
      wafPolicy: { kind: 'AviRef', name: 'System-WAF-Policy' },
      analyticsPolicy: { fullClientLogs: { enabled: true, throttle: 'MEDIUM' }, logAllHeaders: true },
      httpPolicy: { policySets: ['set'], overwrite: false },
    },
  ],
  [
    'HostRule',
    {
      virtualhost: {
        fqdn: 'foo.region1.com',
        fqdnType: 'Exact',
        enableVirtualHost: true,
        tls: {
          sslKeyCertificate: {
            name: 'key-cert',
            type: 'ref',
            alternateCertificate: { name: 'key-cert-2', type: 'ref' },
          },
          sslProfile: 'ssl-profile',
          termination: 'edge',
        },
        gslb: { fqdn: 'foo.com' },
        httpPolicy: { policySets: ['secure-policy'], overwrite: false },
        datascripts: ['redirect-app1'],
        wafPolicy: 'waf-policy',
        applicationProfile: 'app-profile',
        icapProfile: ['icap-profile'],
        analyticsProfile: 'analytics-profile',
        errorPageProfile: 'error-pages',
        networkSecurityPolicy: 'network-policy',
        l7Rule: 'l7-rule',
        analyticsPolicy: { fullClientLogs: { enabled: true, throttle: 'HIGH', duration: 30 }, logAllHeaders: true },
        tcpSettings: { listeners: [{ port: 8081 }, { port: 6443, enableSSL: true }], loadBalancerIP: '10.10.10.1' },
        aliases: ['bar.com', 'baz.com'],
      },
    },
  ],
  ['HostRule', { virtualhost: { fqdn: '*.alb.vmware.com', fqdnType: 'Wildcard', enableVirtualHost: false } }],
  ['HostRule', { virtualhost: { fqdn: 'Shared-VS-L7-1', fqdnType: 'Contains', useRegex: true } }],
  [
    'HTTPRule',
    {
      fqdn: 'foo.avi.internal',
      paths: [
        {
          target: '/foo',
          applicationPersistence: 'cookie-userid-persistence',
          healthMonitors: ['my-health-monitor-1', 'my-health-monitor-2'],
          enableHTTP2: true,
          loadBalancerPolicy: {
            algorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
            hash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
            hostHeader: 'foo',
          },
          tls: { type: 'reencrypt', sslProfile: 'ssl-profile', destinationCA: 'PEM' },
        },
        { target: '/bar', tls: { type: 'reencrypt', sslProfile: 'ssl-profile', pkiProfile: 'pki-profile' } },
      ],
    },
  ],
  [
    'SSORule',
    {
      fqdn: 'my-ssorule.test.com',
      ssoPolicyRef: 'oauth',
      oauthVsConfig: {
        cookieName: 'OAUTH_XYZ',
        cookieTimeout: 120,
        logoutURI: 'https://my-ssorule.test.com/oauth/logout',
        redirectURI: 'https://my-ssorule.test.com/oauth/callback',
        postLogoutRedirectURI: 'https://my-ssorule.test.com/oauth/postLogoutRedirectURI',
        oauthSettings: [
          {
            authProfileRef: 'okta-oauth',
            appSettings: {
              clientID: 'my-client-id',
              clientSecret: 'my-oauth-secret',
              oidcConfig: { oidcEnable: true, profile: true, userinfo: true },
              scopes: ['scope1'],
            },
            resourceServer: {
              accessType: 'ACCESS_TOKEN_TYPE_OPAQUE',
              introspectionDataTimeout: 60,
              opaqueTokenParams: { serverID: 'my-server-id', serverSecret: 'my-oauth-secret' },
            },
          },
        ],
      },
    },
  ],
  [
    'SSORule',
    {
      fqdn: 'my-ssorule.test.com',
      ssoPolicyRef: 'saml-app',
      samlSpConfig: {
        authnReqAcsType: 'SAML_AUTHN_REQ_ACS_TYPE_INDEX',
        acsIndex: 64,
        cookieName: 'saml-cookie',
        cookieTimeout: 120,
        entityID: 'my-ssorule.test.com',
        singleSignonURL: 'https://my-ssorule.test.com/sso/acs/',
        signingSslKeyAndCertificateRef: 'my-test-app-secret',
        useIdpSessionTimeout: false,
      },
    },
  ],
  [
    'L4Rule',
    {
      analyticsProfileRef: 'Custom-Analytics-Profile',
      analyticsPolicy: { fullClientLogs: { enabled: true, duration: 0, throttle: 30 } },
      applicationProfileRef: 'Custom-L4-Application-Profile',
      loadBalancerIP: '49.20.193.207',
      performanceLimits: { maxConcurrentConnections: 105, maxThroughput: 100 },
      networkProfileRef: 'Custom-Network-Profile',
      networkSecurityPolicyRef: 'Custom-Network-Security-Policy',
      securityPolicyRef: 'Custom-Security-Policy',
      vsDatascriptRefs: ['Custom-DS-01', 'Custom-DS-02'],
      revokeVipRoute: true,
      sslProfileRef: 'Custom-SSL-Profile',
      sslKeyAndCertificateRefs: ['Custom-Certificate'],
      listenerProperties: [{ port: 443, protocol: 'TCP', enableSsl: true }],
      backendProperties: [
        {
          port: 80,
          protocol: 'TCP',
          enabled: true,
          applicationPersistenceProfileRef: 'Custom-Application-Persistence-Profile',
          healthMonitorRefs: ['Custom-HM-01', 'Custom-HM-02'],
          lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
          lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
          lbAlgorithmConsistentHashHdr: 'custom-string',
          sslProfileRef: 'Custom-SSL-Profile',
          sslKeyAndCertificateRef: 'Custom-Key-And-Certificate',
          pkiProfileRef: 'Custom-PKI-Profile',
          analyticsPolicy: { enableRealtimeMetrics: true },
          minServersUp: 1,
        },
      ],
    },
  ],
  [
    'AviInfraSetting',
    {
      seGroup: { name: 'group' },
      network: {
        vipNetworks: [{ networkName: 'vip', cidr: '10.0.0.0/24', v6cidr: '2001:db8::/64' }],
        nodeNetworks: [{ networkUUID: 'network-1', cidrs: ['10.1.0.0/24'] }],
        enableRhi: true,
        bgpPeerLabels: ['a'],
        listeners: [{ port: 443, enableHTTP2: true }],
      },
      l7Settings: { shardSize: 'SMALL' },
    },
  ],
  ['PKIProfile', { ca_certs: [{ certificate: 'PEM' }] }],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { xff_enabled: true, xff_update: 'REPLACE_XFF_HEADERS' } },
  ],
];

const bad: readonly (readonly [kind: string, spec: object, message: RegExp])[] = [
  ['HealthMonitor', { type: 'HEALTH_MONITOR_UDP' }, /supported values/],
  ['HealthMonitor', { type: 'HEALTH_MONITOR_TCP', send_interval: 0 }, /greater than or equal to 1/],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_TCP', http_monitor: { http_response_code: ['HTTP_2XX'] } },
    /http_monitor is for type HEALTH_MONITOR_HTTP only/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_PING', tcp_monitor: {} },
    /tcp_monitor is for type HEALTH_MONITOR_TCP only/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_TCP', tcp_monitor: { tcp_half_open: true, tcp_request: 'x' } },
    /tcp_half_open sends nothing/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_HTTP', http_monitor: { http_response_code: ['HTTP_2XX'], auth_type: 'AUTH_NTLM' } },
    /auth_type needs authentication/,
  ],
  [
    'HealthMonitor',
    {
      type: 'HEALTH_MONITOR_HTTP',
      authentication: { secret_ref: 'a' },
      http_monitor: { http_response_code: ['HTTP_2XX'], auth_type: 'AUTH_NTLM', exact_http_request: true },
    },
    /exact_http_request must be false/,
  ],
  ['RouteBackendExtension', { lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_URI' }, /lbAlgorithmHash belongs to/],
  [
    'RouteBackendExtension',
    { lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH', lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER' },
    /lbAlgorithmConsistentHashHdr belongs to/,
  ],
  ['RouteBackendExtension', { backendTLS: { domainName: ['a'] } }, /domainName needs hostCheckEnabled/],
  ['RouteBackendExtension', { healthMonitor: [{ kind: 'CRD', name: 'a' }] }, /supported values/],
  ['HostRule', {}, /spec.virtualhost: Required/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', fqdnType: 'Prefix' } }, /supported values/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', fqdnType: 'Wildcard' } }, /fqdn must begin with \*/],
  [
    'HostRule',
    { virtualhost: { fqdn: '*.a.com', fqdnType: 'Wildcard', aliases: ['b.com'] } },
    /aliases need fqdnType Exact/,
  ],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['a.com'] } }, /aliases must not contain fqdn itself/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['b.com', 'b.com'] } }, /Duplicate value/],
  [
    'HostRule',
    { virtualhost: { fqdn: 'a.com', aliases: ['g.com'], gslb: { fqdn: 'g.com' } } },
    /aliases must not contain gslb.fqdn/,
  ],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['*.b.com'] } }, /should match/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', tls: { sslProfile: 'a' } } }, /sslKeyCertificate: Required/],
  ['HTTPRule', { fqdn: 'a.com', paths: [{ target: 'foo' }] }, /should match/],
  [
    'HTTPRule',
    { fqdn: 'a.com', paths: [{ target: '/', loadBalancerPolicy: { algorithm: 'LB_ALGORITHM_RANDOM' } }] },
    /supported values/,
  ],
  [
    'HTTPRule',
    { fqdn: 'a.com', paths: [{ target: '/', tls: { type: 'reencrypt', pkiProfile: 'a', destinationCA: 'PEM' } }] },
    /at most one of pkiProfile and destinationCA/,
  ],
  ['SSORule', { fqdn: 'a.com', ssoPolicyRef: 'a' }, /exactly one of oauthVsConfig and samlSpConfig/],
  ['SSORule', { fqdn: '*.a.com', ssoPolicyRef: 'a', oauthVsConfig: {} }, /fqdn must not be a wildcard/],
  [
    'SSORule',
    {
      fqdn: 'a.com',
      ssoPolicyRef: 'a',
      oauthVsConfig: {
        oauthSettings: [{ authProfileRef: 'a', resourceServer: { accessType: 'ACCESS_TOKEN_TYPE_OPAQUE' } }],
      },
    },
    /opaqueTokenParams belongs to accessType/,
  ],
  [
    'SSORule',
    {
      fqdn: 'a.com',
      ssoPolicyRef: 'a',
      samlSpConfig: {
        authnReqAcsType: 'SAML_AUTHN_REQ_ACS_TYPE_URL',
        acsIndex: 1,
        entityID: 'a',
        singleSignonURL: 'https://a.com/acs',
      },
    },
    /acsIndex belongs to authnReqAcsType/,
  ],
  ['L4Rule', { backendProperties: [{ port: 80 }] }, /protocol: Required/],
  [
    'L4Rule',
    {
      backendProperties: [{ port: 80, protocol: 'TCP', lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CALLID' }],
    },
    /lbAlgorithmHash belongs to lbAlgorithm/,
  ],
  [
    'L4Rule',
    { backendProperties: [{ port: 80, protocol: 'TCP', healthMonitorRefs: ['a'], healthMonitorCrdRefs: ['b'] }] },
    /at most one of healthMonitorRefs and healthMonitorCrdRefs/,
  ],
  ['L7Rule', { wafPolicy: { kind: 'CRD', name: 'a' } }, /supported values/],
  ['L7Rule', { sslSessCacheAvgSize: 1 }, /greater than or equal to 1024/],
  [
    'AviInfraSetting',
    { network: { vipNetworks: [{ cidr: '10.0.0.0/24' }] } },
    /exactly one of networkName and networkUUID/,
  ],
  ['AviInfraSetting', { network: { vipNetworks: [{ networkName: 'a', cidr: '10.0.0.0/40' }] } }, /should match/],
  ['AviInfraSetting', { network: { bgpPeerLabels: ['a'] } }, /bgpPeerLabels needs enableRhi/],
  ['AviInfraSetting', { l7Settings: { shardSize: 'HUGE' } }, /supported values/],
  ['PKIProfile', { ca_certs: [] }, /at least 1/],
  ['ApplicationProfile', {}, /spec.type: Required/],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { xff_update: 'REPLACE_XFF_HEADERS' } },
    /xff_update needs xff_enabled/,
  ],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { true_client_ip: {} } },
    /true_client_ip needs use_true_client_ip/,
  ],
];

describe('the CRDs of the extensions', () => {
  it('take what AKO documents', async () => {
    for (const [place, [kind, spec]] of good.entries()) await apply(object(kind, `good-${place}`, spec));
  });

  it('refuse what is malformed, and say why', async () => {
    for (const [kind, spec, message] of bad) await expect(apply(object(kind, 'bad', spec))).rejects.toThrow(message);
  });

  it('do not let what identifies a monitor change', async () => {
    await apply(object('HealthMonitor', 'fixed', { type: 'HEALTH_MONITOR_TCP' }));
    await expect(apply(object('HealthMonitor', 'fixed', { type: 'HEALTH_MONITOR_PING' }))).rejects.toThrow(
      /type cannot be changed/,
    );
    await expect(
      apply(object('HealthMonitor', 'fixed', { type: 'HEALTH_MONITOR_TCP', monitor_port: 1 })),
    ).rejects.toThrow(/monitor_port cannot be added/);
    await apply(object('HealthMonitor', 'fixed', { type: 'HEALTH_MONITOR_TCP', send_interval: 20 }));
  });

  it('are found, and take statuses and finalizers', async () => {
    const { served } = await discover(createTransport(kubeConfig), AbortSignal.timeout(30_000));
    expect(served.get('HealthMonitor')).toMatchObject({ group: 'ako.vmware.com', version: 'v1alpha1' });

    await apply(object('HealthMonitor', 'told', { type: 'HEALTH_MONITOR_TCP' }));
    const read = async () => JSON.parse(await cluster.kubectl(['get', 'hm', 'told', '-o', 'json'])) as HealthMonitor;
    const state = createClusterState();
    const live = await read();
    state.put('HealthMonitor', live);
    const failures: string[] = [];
    const writer = createStatusWriter({
      kubeConfig,
      state,
      controllerName: 'ako.vmware.com/avi-lb',
      mayWrite: () => true,
      onFailure: (resource, error) => void failures.push(`${resource}: ${error.message}`),
    });
    const progress = { tenant: 'admin', name: 'told', uuid: 'u-1', progress: { kind: 'written' } } as const;
    writer.submit([computeObjectStatus('HealthMonitor', 'default/told', live, progress, '2026-01-01T00:00:00Z')]);
    writer.setFinalizer?.('HealthMonitor', 'default/told', true);
    await writer.idle();
    expect(failures).toEqual([]);
    const told = await read();
    expect(told.status).toMatchObject({
      uuid: 'u-1',
      conditions: [{ type: 'Programmed', status: 'True', reason: 'Created' }],
    });
    expect(told.metadata.finalizers).toEqual(['healthmonitor.ako.vmware.com/finalizer']);
    state.put('HealthMonitor', told);
    writer.setFinalizer?.('HealthMonitor', 'default/told', false);
    await writer.idle();
    expect((await read()).metadata.finalizers).toBeUndefined();
    writer.stop();
  });
});
