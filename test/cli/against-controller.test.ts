import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAviClient } from '../../src/avi/client.ts';
import { composeStandalone } from '../../src/main/standalone.ts';
import { loadConfig } from '../../src/config.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { writeRoutes } from '../bench/routes.ts';

const entry = fileURLToPath(new URL('../../src/cli/avi-gateway.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-controller-'));
const manifests = join(directory, 'manifests');
const caFile = join(directory, 'ca.pem');

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false, vipPool: '10.50.0.0/16' });
  writeFileSync(caFile, simulator.ca);
  await writeRoutes(manifests, 1);
});
afterAll(() => simulator.close());

interface Ended {
  readonly code: unknown;
  readonly out: string;
  readonly err: string;
}

/** Runs a command against the simulator; the password is given by the environment. */
function avi(args: readonly string[], password = simulator.password): Promise<Ended> {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, ...args];
  const site = ['--controller', simulator.url, '--ca-file', caFile, '--cluster-name', 'c1'];
  const env = { PATH: process.env.PATH, AVI_USERNAME: simulator.username, AVI_PASSWORD: password };
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, ...site], { env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

/** Runs `render`, which contacts nothing. */
function render(paths: string, config: string): Promise<Ended> {
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, 'render', '-f', paths, '--config', config], (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    );
  });
}

async function program(): Promise<void> {
  const { url, username, password } = simulator;
  for (const [name, text] of Object.entries({ username, password })) writeFileSync(join(directory, name), text);
  const flags = {
    clusterName: 'c1',
    'controller.addresses': [url],
    'controller.credentialsDir': directory,
    'controller.tls.caFile': caFile,
  };
  const config = loadConfig({ flags });
  const standalone = await composeStandalone({ config, paths: [manifests], onProblems: () => undefined });
  await standalone.idle();
  await standalone.stop();
}

describe('diff and cleanup', () => {
  it('show what lacks, what is equal, what differs field by field, and delete it all', async () => {
    const before = await avi(['diff', '-f', manifests]);
    expect(before).toMatchObject({ code: 1, err: '' });
    expect(before.out).toMatch(/^\+ virtualservice admin\/ako-gw-c1--default-load-EVH$/m);

    await program();
    expect(await avi(['diff', '-f', manifests])).toEqual({ code: 0, out: '', err: '' });

    const [pool] = simulator.store.list('pool');
    const { url, ca, username, password } = simulator;
    const client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
    const body = { replace: { graceful_disable_timeout: 7 } };
    await client.request('PATCH', `/api/pool/${pool?.uuid ?? ''}`, { body });
    await client.close();
    const after = await avi(['diff', '-f', manifests]);
    expect(after.code).toBe(1);
    expect(after.out).toMatch(/^~ pool admin\/\S+\n {4}graceful_disable_timeout: 7 -> 1\n$/);

    const asked = await avi(['cleanup']);
    expect(asked).toMatchObject({ code: 1, err: 'avi-gateway: nothing was changed: confirm with --yes\n' });
    expect(simulator.store.list('pool')).toHaveLength(1);
    const cleaned = await avi(['cleanup', '--yes']);
    expect(cleaned).toMatchObject({ code: 0, err: '' });
    expect(cleaned.out).toContain('6 of 6 objects deleted');
    expect(simulator.store.list('pool')).toHaveLength(0);
    expect((await avi(['cleanup', '--yes'])).out).toBe('nothing on the controller belongs to cluster c1\n');
  }, 60_000);

  it('show the static routes to pods, those of others that are in the way, and those that are left over', async () => {
    const client = createAviClient({
      addresses: [simulator.url],
      tls: { ca: simulator.ca },
      credentials: () => ({ username: simulator.username, password: simulator.password }),
    });
    const nodes = join(directory, 'nodes');
    mkdirSync(nodes);
    const put = (number: number, address: string) =>
      writeFileSync(
        join(nodes, `node${number}.yaml`),
        `{apiVersion: v1, kind: Node, metadata: {name: n${number}}, spec: {podCIDRs: [10.244.${number}.0/24]},
          status: {addresses: [{type: InternalIP, address: ${address}}]}}`,
      );
    put(1, '10.9.0.1');
    put(2, '10.9.0.2');
    const config = join(directory, 'routes.yaml');
    writeFileSync(config, 'clusterName: c1\nstaticRoutes: {source: podCIDR}\n');
    const diff = () => avi(['diff', '-f', nodes, '--config', config]);
    const added = (await diff()).out;
    expect(
      added
        .replaceAll(/node-[0-9a-f]{12}/g, 'node-ID')
        .split('\n')
        .toSorted(),
    ).toEqual([
      '',
      '    static_routes[ako-gw-c1--node-ID]: (none) -> "10.244.1.0/24 by 10.9.0.1"',
      '    static_routes[ako-gw-c1--node-ID]: (none) -> "10.244.2.0/24 by 10.9.0.2"',
      '~ vrfcontext admin/global',
    ]);

    const { aviObjects } = JSON.parse((await render(nodes, config)).out) as {
      readonly aviObjects: readonly {
        readonly type: string;
        readonly body: { readonly static_routes: readonly object[] };
      }[];
    };
    const [first, second] = aviObjects.find(({ type }) => type === 'vrfcontext')?.body.static_routes ?? [];
    const write = async (static_routes: readonly (object | undefined)[]) => {
      const [now] = await client.list('/api/vrfcontext/', { query: { name: 'global' } });
      await client.request('PUT', `/api/vrfcontext/${String(now?.uuid)}`, {
        body: { ...now, static_routes },
      });
    };
    await write([first, second]);
    expect(await diff()).toEqual({ code: 0, out: '', err: '' });
    put(2, '10.9.0.22');
    const moved = await diff();
    expect(moved.code).toBe(1);
    expect(moved.out).toMatch(/: "10.244.2.0\/24 by 10.9.0.2" -> "10.244.2.0\/24 by 10.9.0.22"\n$/);
    await write([first, { ...second, route_id: 'theirs' }]);
    const taken = await diff();
    expect(taken.code).toBe(1);
    expect(taken.out).toMatch(/^! vrfcontext admin\/global\n {4}ako-gw-c1--node-\w{12}: somebody else has a route/);
    await write([first]);
    const left = await avi(['diff', '-f', nodes]);
    expect(left.out).toMatch(/^~ vrfcontext admin\/global\n {4}\S+: "10.244.1.0\/24 by 10.9.0.1" -> \(none\)\n$/);
    await write([]);
    await client.close();
  }, 60_000);

  it('end with 2 or 1 and one line when the controller cannot be used', async () => {
    const refused = await avi(['diff', '-f', manifests], 'wrong');
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^avi-gateway: .*401.*\n$/);
    expect(refused.err).not.toContain('wrong');
    const both = await avi(['diff', '-f', manifests, '--cluster']);
    expect(both).toMatchObject({ code: 2, err: 'avi-gateway: diff: give either -f PATH or --cluster\n' });
  }, 60_000);
});
