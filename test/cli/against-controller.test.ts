import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
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

  it('end with 2 or 1 and one line when the controller cannot be used', async () => {
    const refused = await avi(['diff', '-f', manifests], 'wrong');
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/^avi-gateway: .*401.*\n$/);
    expect(refused.err).not.toContain('wrong');
    const both = await avi(['diff', '-f', manifests, '--cluster']);
    expect(both).toMatchObject({ code: 2, err: 'avi-gateway: diff: give either -f PATH or --cluster\n' });
  }, 60_000);
});
