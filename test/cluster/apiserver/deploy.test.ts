import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bundleVersionAnnotation } from '../../../crds/bundle-version.ts';
import { root } from '../../../crds/generate/upstream.ts';
import { type ControlPlane, startControlPlane } from '../tools/control-plane.ts';
import { program } from '../tools/program.ts';

const minutes = 60_000;
const namespace = 'avi-gateway-system';
const account = `system:serviceaccount:${namespace}:avi-gateway-operator`;

describe('make install-crds, deploy and undeploy', () => {
  let cluster: ControlPlane;
  const make = (...words: readonly string[]) =>
    promisify(execFile)('make', words, {
      cwd: root,
      env: { ...process.env, KUBECONFIG: cluster.adminKubeconfigPath, KUBECTL: program('kubectl') },
    });
  const may = async (verb: string, resource: string, ...flags: readonly string[]) =>
    (await cluster.kubectl(['auth', 'can-i', verb, resource, `--as=${account}`, ...flags]).catch(() => 'no')).trim();

  beforeAll(async () => {
    cluster = await startControlPlane();
  }, 3 * minutes);
  afterAll(async () => {
    await cluster?.stop();
  }, minutes);

  it(
    'installs the CRDs again over the same bundle',
    async () => {
      const { stdout } = await make('install-crds');
      expect(stdout).toContain('gateways.gateway.networking.k8s.io serverside-applied');
    },
    minutes,
  );

  it(
    'refuses to downgrade a newer bundle',
    async () => {
      const crd = ['customresourcedefinition', 'httproutes.gateway.networking.k8s.io'];
      await cluster.kubectl(['annotate', '--overwrite', ...crd, `${bundleVersionAnnotation}=v99.0.0`]);
      await expect(make('install-crds')).rejects.toThrow('httproutes.gateway.networking.k8s.io is of bundle v99.0.0');
      expect(await cluster.kubectl(['get', ...crd, '-o', 'yaml'])).toContain(`${bundleVersionAnnotation}: v99.0.0`);
    },
    minutes,
  );

  it(
    'deploys two pods that the restricted Pod Security standard admits',
    async () => {
      const { stderr } = await make('deploy', 'IMG=registry.example.test/avi-gateway:1');
      expect(stderr).not.toContain('would violate PodSecurity');
      const pods = [
        '-n',
        namespace,
        'get',
        'pods',
        '-o',
        'jsonpath={range .items[*]}{.spec.containers[0].image}{"\\n"}{end}',
      ];
      while ((await cluster.kubectl(pods)).split('\n').length < 3) await sleep(200);
      expect(await cluster.kubectl(pods)).toBe(
        'registry.example.test/avi-gateway:1\nregistry.example.test/avi-gateway:1\n',
      );
      expect(await cluster.kubectl(['get', 'gatewayclass', 'avi-lb', '-o', 'jsonpath={.spec.controllerName}'])).toBe(
        'ako.vmware.com/avi-lb',
      );
    },
    minutes,
  );

  it('deploys them where any other pod is refused', async () => {
    const image = ['--image=registry.example.test/other:1', '--restart=Never'];
    await expect(cluster.kubectl(['-n', namespace, 'run', 'other', ...image])).rejects.toThrow(
      'violates PodSecurity "restricted',
    );
  });

  it(
    'grants the operator what it needs and no more',
    async () => {
      const granted = [
        may('watch', 'gateways.gateway.networking.k8s.io', '-A'),
        may('patch', 'httproutes.gateway.networking.k8s.io', '--subresource=status', '-n', 'default'),
        may('watch', 'secrets', '-A'),
        may('create', 'leases.coordination.k8s.io', '-n', namespace),
        may('create', 'events.events.k8s.io', '-n', 'default'),
        may('get', 'customresourcedefinitions/gatewayclasses.gateway.networking.k8s.io'),
      ];
      expect(await Promise.all(granted)).toEqual(granted.map(() => 'yes'));
      const denied = [
        may('update', 'gateways.gateway.networking.k8s.io', '-n', 'default'),
        may('delete', 'gatewayclasses.gateway.networking.k8s.io'),
        may('create', 'secrets', '-n', namespace),
        may('create', 'leases.coordination.k8s.io', '-n', 'default'),
        may('get', 'pods', '-n', 'default'),
        may('list', 'customresourcedefinitions'),
      ];
      expect(await Promise.all(denied)).toEqual(denied.map(() => 'no'));
    },
    minutes,
  );

  it(
    'lets a namespace editor write routes, and only an admin Gateways',
    async () => {
      await cluster.kubectl(['-n', 'default', 'create', 'rolebinding', 'e', '--clusterrole=edit', '--user=erin']);
      const edits = async (resource: string) =>
        (
          await cluster.kubectl(['auth', 'can-i', 'create', resource, '--as=erin', '-n', 'default']).catch(() => 'no')
        ).trim();
      while ((await edits('httproutes.gateway.networking.k8s.io')) !== 'yes') await sleep(200);
      expect(await edits('gateways.gateway.networking.k8s.io')).toBe('no');
    },
    minutes,
  );

  it(
    'undeploys without taking the GatewayClass, so that nothing stops serving',
    async () => {
      await make('undeploy');
      await expect(cluster.kubectl(['get', 'namespace', namespace])).rejects.toThrow('not found');
      expect(await cluster.kubectl(['get', 'clusterroles', '-o', 'name'])).not.toContain('avi-gateway');
      expect(await cluster.kubectl(['get', 'gatewayclass', 'avi-lb', '-o', 'name'])).toContain('avi-lb');
    },
    2 * minutes,
  );
});
