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

const versions: Readonly<Record<string, string>> = { L7Rule: 'v1alpha2', AviInfraSetting: 'v1beta1' };
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
