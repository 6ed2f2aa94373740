import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const script = fileURLToPath(new URL('script.py', import.meta.url));

interface Check {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: unknown;
}

/** The interpreter that has avisdk: $AVI_SDK_PYTHON or .cache/venv, made here when it is not there. */
async function pythonWithSdk(): Promise<string> {
  const python = process.env['AVI_SDK_PYTHON'] ?? join(root, '.cache/venv/bin/python');
  const usable = await run(python, ['-c', 'import avi.sdk.avi_api']).then(
    () => true,
    () => false,
  );
  if (usable) return python;
  await run('python3', ['-m', 'venv', dirname(dirname(python))]);
  const requirements = join(root, 'test/tools/python-requirements.txt');
  await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  return python;
}

describe("Avi's Python client", () => {
  let simulator: Simulator;
  let checks: readonly Check[];

  beforeAll(async () => {
    simulator = await startSimulator({ tls: false, dataPlane: false, password: 'sdk password' });
    const { stdout } = await run(await pythonWithSdk(), [script], {
      env: {
        ...process.env,
        AVI_URL: simulator.url,
        AVI_USERNAME: simulator.username,
        AVI_PASSWORD: simulator.password,
      },
    });
    checks = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Check);
  }, 300_000);

  afterAll(() => simulator.close());

  it('finds everything as on a real controller', () => {
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.length).toBeGreaterThan(30);
  });

  it('leaves its objects behind and nothing else', () => {
    const names = simulator.store.list('pool').map((pool) => `${pool.tenant}/${pool.name}`);
    expect(names.sort()).toEqual(['admin/sdk-forced', 'sdk-tenant/sdk-forced']);
  });
});
