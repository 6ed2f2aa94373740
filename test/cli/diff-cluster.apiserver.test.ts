import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.ts';
import { readCluster } from '../../src/main.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';
import { writeRoutes } from '../bench/routes.ts';

const entry = fileURLToPath(new URL('../../src/cli/avi-gateway.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-diff-'));

let cluster: ControlPlane;
let simulator: Simulator;
beforeAll(async () => {
  [cluster, simulator] = await Promise.all([startControlPlane(), startSimulator({ dataPlane: false })]);
}, 120_000);
afterAll(async () => {
  await simulator?.close();
  await cluster?.stop();
});

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

function site(): readonly string[] {
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, simulator.ca);
  return ['--controller', simulator.url, '--ca-file', caFile, '--cluster-name', 'c1'];
}

/** Runs a command with `--cluster`. */
function inCluster(...args: readonly string[]): Promise<Ended> {
  const flags = [...args, '--cluster'];
  const env = {
    PATH: process.env.PATH,
    KUBECONFIG: cluster.adminKubeconfigPath,
    AVI_USERNAME: simulator.username,
    AVI_PASSWORD: simulator.password,
  };
  const node = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry];
  return new Promise((resolve) => {
    execFile(process.execPath, [...node, ...flags], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

it('diff --cluster compares the objects of a cluster with the controller', async () => {
  const manifests = join(directory, 'manifests');
  await writeRoutes(manifests, 2);
  const gatewayClass = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'avi-lb' },
    spec: { controllerName: 'ako.vmware.com/avi-lb' },
  };
  writeFileSync(join(manifests, 'class.json'), JSON.stringify(gatewayClass));
  await cluster.kubectl(['apply', '-f', manifests]);
  const { code, out, err } = await inCluster('diff', ...site());
  expect({ code, err }).toEqual({ code: 1, err: '' });
  const types = out
    .trim()
    .split('\n')
    .map((line) => /^\+ (\w+) admin\/ako-gw-c1--/.exec(line)?.[1] ?? line);
  expect(types).toEqual([
    'httppolicyset',
    'pool',
    'pool',
    'poolgroup',
    'poolgroup',
    'virtualservice',
    'virtualservice',
    'virtualservice',
    'vsvip',
  ]);
}, 120_000);

it('explain --cluster says what a request meets there', async () => {
  const { code, out, err } = await inCluster('explain', 'http://nobody.example/', '-o', 'json', '--cluster-name', 'c1');
  expect({ code, err }).toEqual({ code: 1, err: '' });
  expect(JSON.parse(out)).toMatchObject([{ gateway: 'default/load', answer: { kind: 'error', status: 404 } }]);
}, 60_000);

it('adopt --cluster reads the settings of AKO, and does nothing while its Gateway part runs', async () => {
  const file = join(directory, 'ako.json');
  const metadata = (name: string) => ({ name, namespace: 'avi-system' });
  const containers = [{ name: 'ako-gateway-api', image: 'ako-gateway-api:2.2.1' }];
  const labels = { app: 'ako' };
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'avi-system' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('avi-k8s-config'),
      data: { clusterName: 'c1', controllerIP: '192.0.2.1' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('avi-secret'),
      stringData: { username: 'u', password: 'p' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata('ako'),
      spec: {
        serviceName: 'ako',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    },
  ];
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await cluster.kubectl(['apply', '-f', file]);
  const replicas = (count: number) =>
    cluster.kubectl(
      ['patch', 'statefulset', 'ako', '-n', 'avi-system', '--subresource=status', '--type=merge', '-p'].concat(
        JSON.stringify({ status: { replicas: count } }),
      ),
    );

  const printed = await inCluster('adopt', '--from-ako', '--print-config');
  expect(printed).toMatchObject({ code: 0, err: '' });
  expect(printed.out).toMatch(/addresses:\n\s+- 192\.0\.2\.1\n/);
  expect(printed.out).toContain('no certificateAuthorityData');

  await replicas(1);
  const refused = await inCluster('adopt', '--from-ako', '--yes', ...site());
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('StatefulSet avi-system/ako runs');
  expect(simulator.store.list('vsvip')).toEqual([]);

  await replicas(0);
  const done = await inCluster('adopt', '--from-ako', '--yes', ...site());
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(simulator.store.list('vsvip').map(({ name }) => name)).toEqual(['ako-gw-c1--default-load-EVH']);
}, 120_000);

it('a cluster that does not answer ends in a message', async () => {
  const before = process.env.KUBECONFIG;
  process.env.KUBECONFIG = join(directory, 'kubeconfig');
  const nowhere = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  };
  writeFileSync(process.env.KUBECONFIG, JSON.stringify(nowhere));
  try {
    const config = loadConfig({ flags: { clusterName: 'c1' } });
    await expect(readCluster(config, {}, 1500)).rejects.toThrow(/could not be read within 1.5 s: .*API server/);
  } finally {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
  }
}, 30_000);
