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
import { acceptedSpecs } from './accepted-specs.ts';
import { refusedSpecs } from './refused-specs.ts';

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

describe('the CRDs of the extensions', () => {
  it('take what AKO documents', async () => {
    for (const [place, [kind, spec]] of acceptedSpecs.entries()) await apply(object(kind, `good-${place}`, spec));
  });

  it('refuse what is malformed, and say why', async () => {
    for (const [kind, spec, message] of refusedSpecs)
      await expect(apply(object(kind, 'bad', spec))).rejects.toThrow(message);
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
