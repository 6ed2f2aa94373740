import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const entry = fileURLToPath(new URL('../../../src/cli/avi-gateway.ts', import.meta.url));

it('demo --once serves the application over real sockets, checks it and ends with 0', async () => {
  const { code, out } = await new Promise<{ code: unknown; out: string }>((resolve) => {
    const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, 'demo', '--once'];
    execFile(process.execPath, flags, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, out: stdout + stderr }),
    );
  });
  expect(out).toMatch(/(\d+) of \1 checks passed/);
  expect(out).not.toContain('FAILED');
  expect(code).toBe(0);
}, 90_000);
