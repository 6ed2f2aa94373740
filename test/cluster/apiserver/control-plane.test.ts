import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../tools/control-plane.ts';

const minutes = 60_000;

describe('the control plane of the tests', () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane();
  }, 3 * minutes);
  afterAll(async () => {
    await cluster?.stop();
  }, minutes);

  it('serves the Gateway API and enforces its rules', async () => {
    const apply = cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'Gateway',
        metadata: { name: 'g', namespace: 'default' },
        spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'l', port: 80, protocol: 'HTTP', hostname: '*' }] },
      }),
    );
    await expect(apply).rejects.toThrow('spec.listeners[0].hostname');
  });

  it('gives service accounts tokens that RBAC limits', async () => {
    const kubeconfig = await cluster.serviceAccountKubeconfig('default', 'default');
    const asServiceAccount = cluster.kubectl(['--kubeconfig', kubeconfig, 'get', 'gateways', '-A']);
    await expect(asServiceAccount).rejects.toThrow('system:serviceaccount:default:default" cannot list');
  });

  it(
    'keeps its data and address when the API server is restarted',
    async () => {
      await cluster.kubectl(['create', 'namespace', 'kept']);
      await cluster.restartApiServer();
      expect(await cluster.kubectl(['get', 'namespace', 'kept', '-o', 'name'])).toBe('namespace/kept\n');
    },
    minutes,
  );

  it(
    'runs the controllers: EndpointSlices follow, and namespaces can go',
    async () => {
      await cluster.kubectl(['-n', 'kept', 'create', 'service', 'clusterip', 's', '--tcp=80:80']);
      const slices = ['-n', 'kept', 'get', 'endpointslices', '-l', 'kubernetes.io/service-name=s', '-o', 'name'];
      while ((await cluster.kubectl(slices)) === '') await sleep(100);
      await cluster.kubectl(['delete', 'namespace', 'kept', '--timeout=60s']);
    },
    minutes,
  );
});
