/** The command itself: what it prints, what it refuses, and its exit codes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runsGatewayPart } from '../../../src/cli/adopt/ako-source.ts';
import { installAko, startServers, type Installation, type Servers } from '../../takeover/support/installation.ts';

const entry = fileURLToPath(new URL('../../../src/cli/avi-gateway.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-adopt-'));

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

function avi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { env: { PATH: process.env.PATH, ...env } }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

let servers: Servers;
let regular: Installation;
let dedicated: Installation;
beforeAll(async () => {
  servers = await startServers();
  regular = await installAko('01-http-basic', servers);
  dedicated = await installAko('36-dedicated-gateway', servers);
}, 30_000);
afterAll(async () => {
  await regular.close();
  await dedicated.close();
  await servers.close();
});

function adopt({ simulator, manifests }: Installation, ...args: readonly string[]): Promise<Ended> {
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, simulator.ca);
  const configFile = join(directory, 'config.yaml');
  writeFileSync(configFile, 'clusterName: cluster1\nvipNetworks: [{networkName: net-vip, cidr: 127.50.0.0/16}]\n');
  const site = ['--controller', simulator.url, '--ca-file', caFile, '--config', configFile];
  const env = { AVI_USERNAME: simulator.username, AVI_PASSWORD: simulator.password };
  return avi(['adopt', ...args, ...(args.includes('--hand-back') ? [] : ['-f', manifests]), ...site], env);
}

describe('adopt', () => {
  it('shows the plan, asks for AKO to be stopped and for a confirmation, and then does it', async () => {
    const plan = await adopt(regular, '--from-ako', '--plan');
    expect(plan).toMatchObject({ code: 0, err: '' });
    expect(plan.out).toMatch(/^Kept, with their uuid:\n {2}pool admin\/\S+ \(pool-/);
    expect(plan.out).toMatch(
      /^Removed:\n {2}httppolicyset admin\/ako-gw-cluster1--default-backend .*\n {4}after virtual/m,
    );
    expect(plan.out).toMatch(/^5 kept \(\d with changed fields\), 1 created, 1 removed$/m);
    expect(plan.out).not.toMatch(/created_by|markers/);

    expect(await adopt(regular, '--from-ako', '--yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--ako-is-stopped'),
    });
    expect(await adopt(regular, '--from-ako', '--ako-is-stopped')).toMatchObject({
      code: 1,
      err: expect.stringContaining('confirm with --yes'),
    });
    expect(regular.simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/'))).toEqual([]);

    const done = await adopt(regular, '--from-ako', '--ako-is-stopped', '--yes');
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toContain('taken over');

    const back = await adopt(regular, '--hand-back', '--yes');
    expect(back).toMatchObject({ code: 0, err: '' });
    expect(back.out).toContain('handed back');
  }, 60_000);

  it('refuses Gateways in dedicated mode without the flag', async () => {
    const refused = await adopt(dedicated, '--from-ako', '--ako-is-stopped', '--yes');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--recreate-dedicated') });
    expect(refused.out).toContain('Dedicated mode: made anew, with a new address:\n  default/gw1');
    expect(dedicated.simulator.store.list('vsvip').map(({ name }) => name)).toEqual([
      'ako-gw-cluster1--default-gw1-L7-dedicated-EVH',
    ]);
  }, 30_000);

  it('names the namespace to set when AKO ran in another one', async () => {
    const other = await adopt(dedicated, '--from-ako', '--plan', '--ako-namespace', 'elsewhere');
    expect(other.err).toContain('made by ako-gw-cluster1-avi-system; set akoNamespace');
  }, 30_000);

  it('prints the configuration of a ConfigMap, and names what it lacks', async () => {
    const file = join(directory, 'ako.yaml');
    const configMap = { kind: 'ConfigMap', metadata: { name: 'avi-k8s-config' }, data: { clusterName: 'c7' } };
    writeFileSync(file, JSON.stringify({ kind: 'List', items: [configMap] }));
    const printed = await avi(['adopt', '--from-ako', '--print-config', '-f', file]);
    expect(printed).toMatchObject({ code: 0, err: '' });
    expect(printed.out).toContain('clusterName: c7');
    writeFileSync(file, 'kind: Secret');
    expect(await avi(['adopt', '--from-ako', '--print-config', '-f', file])).toMatchObject({ code: 2 });
  }, 30_000);
});

describe('runsGatewayPart', () => {
  const set = (names: readonly string[], replicas: number) => ({
    spec: { template: { spec: { containers: names.map((name) => ({ name })) } }, selector: {}, serviceName: 'ako' },
    status: { replicas },
  });

  it('looks for the container, and for pods that are still there', () => {
    expect(runsGatewayPart(set(['ako', 'ako-gateway-api'], 1))).toBe(true);
    expect(runsGatewayPart(set(['ako', 'ako-gateway-api'], 0))).toBe(false);
    expect(runsGatewayPart(set(['ako'], 1))).toBe(false);
  });
});
