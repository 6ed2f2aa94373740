/** `make integration`: builds the neighbours, and runs the tests in Linux namespaces of their own. Arguments go to Jest. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingForNamespaces, runInNamespaces } from '../conformance/namespace.ts';
import { buildNeighbours } from './programs.ts';

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());

async function main(): Promise<number> {
  const missing = missingForNamespaces('integration');
  if (missing !== undefined) throw new Error(missing);
  const neighbours = buildNeighbours();
  const scratch = mkdtempSync(join(tmpdir(), 'avi-gateway-integration-'));
  try {
    const inside = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'inside.ts')];
    return await runInNamespaces(
      [...inside, ...process.argv.slice(2)],
      { ...process.env, TMPDIR: scratch, NEIGHBOURS: JSON.stringify(neighbours) },
      stopping.signal,
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`integration: ${(error as Error).message}`);
  process.exitCode = 2;
}
