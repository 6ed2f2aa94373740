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

function diffCluster(): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, simulator.ca);
  const flags = ['diff', '--cluster', '--controller', simulator.url, '--ca-file', caFile, '--cluster-name', 'c1'];
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
  const { code, out, err } = await diffCluster();
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
