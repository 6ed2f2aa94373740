/** The command itself: SIGINT in the middle leaves nothing behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { PROBE_PREFIX } from '../../../src/cli/probe/objects.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';

const entry = fileURLToPath(new URL('../../../src/cli/avi-gateway.ts', import.meta.url));

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

it('removes everything at SIGINT, prints what it has found and ends with 130', async () => {
  simulator = await startSimulator({ latencyMs: 20, dataPlane: false });
  const { url, ca, username, password, store } = simulator;
  const caFile = join(mkdtempSync(join(tmpdir(), 'avi-gateway-probe-')), 'ca.pem');
  writeFileSync(caFile, ca);
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, 'probe'];
  const child = spawn(process.execPath, [...flags, '--controller', url, '--ca-file', caFile], {
    env: { PATH: process.env.PATH, AVI_USERNAME: username, AVI_PASSWORD: password },
  });
  let out = '';
  let told = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => {
    const isFirst = !told.includes('stale-put');
    told += data.toString();
    // A second signal would end it at once.
    if (isFirst && told.includes('stale-put')) child.kill('SIGINT');
  });
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(130);
  expect(out).toMatch(/^\+ +stale-put +holds/m);
  expect(out).toMatch(/^\? +longest-prefix-first +not checked +interrupted$/m);
  const left = ['stringgroup', 'pool', 'poolgroup', 'httppolicyset', 'vsvip'].flatMap((type) => store.list(type));
  expect(left.filter(({ name }) => name.startsWith(PROBE_PREFIX))).toEqual([]);
}, 60_000);
