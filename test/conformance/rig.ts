/** Runs inside the namespaces that run.ts makes: `node rig.ts <folder> <options as JSON> <programs as JSON>`. */
import { startControlPlane } from '../cluster/tools/control-plane.ts';
import { startController } from './controller.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setUpNetwork } from './network.ts';
import { startOperators } from './operator.ts';
import type { ConformanceOptions } from './options.ts';
import { startNode } from './pods.ts';
import type { ProgramName } from './programs.ts';
import { runSuite } from './suite.ts';

const stopping = new AbortController();
const stop = () => stopping.abort();
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// Ends with whoever started the run.
process.stdin.on('end', stop).resume();

function step(text: string, since: number): void {
  process.stderr.write(`${text} (${((Date.now() - since) / 1000).toFixed(1)} s)\n`);
}

async function main(
  folder: string,
  options: ConformanceOptions,
  programs: Readonly<Record<ProgramName, string>>,
): Promise<boolean> {
  const started = Date.now();
  setUpNetwork();
  const cluster = await startControlPlane();
  try {
    step('control plane is ready', started);
    const credentials = join(cluster.folder, 'credentials');
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, 'username'), 'admin');
    const [controller] = await Promise.all([
      startController(folder, credentials, options),
      startNode(folder, cluster, programs),
    ]);
    await startOperators(folder, cluster, controller, options);
    step('operator, node and controller are ready', started);
    stopping.signal.throwIfAborted();
    const succeeded = await runSuite(programs.suite, folder, cluster.adminKubeconfigPath, options, stopping.signal);
    step('the suite has ended', started);
    return succeeded;
  } finally {
    await cluster.stop();
  }
}

const [folder = '', options = '{}', programs = '{}'] = process.argv.slice(2);
try {
  const succeeded = await main(
    folder,
    JSON.parse(options) as ConformanceOptions,
    JSON.parse(programs) as Record<ProgramName, string>,
  );
  process.exit(succeeded ? 0 : 1);
} catch (error) {
  process.stderr.write(`${stopping.signal.aborted ? 'stopped' : ((error as Error).stack ?? String(error))}\n`);
  process.exit(2);
}
