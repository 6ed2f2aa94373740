/** Runs inside the namespaces that main.ts makes: sets the network up, then runs Jest with the arguments given. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { setUpNetwork } from '../conformance/network.ts';

setUpNetwork();
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(root, 'node_modules/jest/bin/jest.js'),
  '--selectProjects=integration',
  '--runInBand',
  '--testTimeout=60000',
];
const child = spawn(process.execPath, [...jest, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['ignore', 'inherit', 'inherit'],
});
// Ends with whoever started the run.
process.stdin.on('end', () => child.kill('SIGTERM')).resume();
const [code] = (await once(child, 'exit')) as [number | null];
process.exit(code ?? 1);
