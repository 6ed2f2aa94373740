/** Runs every check and test of the repository. Its last line is `N passed, N failed`; it exits 1 when anything failed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Count {
  readonly passed: number;
  readonly failed: number;
}
interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const reports = join(root, '.cache', 'test');
mkdirSync(reports, { recursive: true });

function run(title: string, command: readonly string[]): boolean {
  const started = Date.now();
  console.log(`\n== ${title}`);
  const [program = '', ...args] = command;
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.log(error.message);
  console.log(`-- ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  return status === 0;
}

/** A check that counts as one. */
function check(title: string, ...command: readonly string[]): Count {
  return run(title, command) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** A Jest run counts its tests, and test files that could not be loaded as failures. */
function jest(title: string, script: string, ...args: readonly string[]): Count {
  const report = join(reports, `${script.replace(':', '-')}.json`);
  rmSync(report, { force: true });
  const succeeded = run(title, ['npm', 'run', '-s', script, '--', '--json', `--outputFile=${report}`, ...args]);
  if (!existsSync(report)) return { passed: 0, failed: 1 };
  const result = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
  if (result.numPendingTests > 0) console.log(`-- ${title}: ${result.numPendingTests} skipped, see above`);
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return { passed: result.numPassedTests, failed: succeeded ? failed : Math.max(failed, 1) };
}

const counts = [
  check('types', 'npm', 'run', '-s', 'typecheck'),
  check('lint', 'npm', 'run', '-s', 'lint'),
  check('format', 'npm', 'run', '-s', 'format:check'),
  check('python environment', 'make', 'venv'),
  check('control plane', 'make', 'control-plane'),
  jest('unit and kube tests', 'test:unit', '--maxWorkers=2'),
  jest('tests against an API server', 'test:apiserver'),
];

const sum = (pick: (count: Count) => number) => counts.map(pick).reduce((total, each) => total + each, 0);
const failed = sum((count) => count.failed);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`\n${sum((count) => count.passed)} passed, ${failed} failed`);
