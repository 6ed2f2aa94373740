/** Runs every check and test of the repository. Its last line is `N passed, N failed`; it exits 1 when anything failed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomInt } from 'node:crypto';
import { allProfiles, type ConformanceOptions } from '../conformance/options.ts';
import { resultsTable } from '../conformance/results.ts';
import { runConformance } from '../conformance/run.ts';
import {
  type Count,
  type JestReport,
  closingLine,
  countCheck,
  countConformance,
  countJest,
  jestFailures,
  total,
} from './tally.ts';

type Report = JestReport & { readonly numPendingTests: number };

const root = fileURLToPath(new URL('../..', import.meta.url));
const reports = join(root, '.cache', 'test');
mkdirSync(reports, { recursive: true });
const failures: string[] = [];

function run(title: string, command: readonly string[]): boolean {
  const started = Date.now();
  console.log(`\n== ${title}`);
  const [program = '', ...args] = command;
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) console.log(error.message);
  console.log(`-- ${title}: ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  return status === 0;
}

function check(title: string, ...command: readonly string[]): Count {
  const succeeded = run(title, command);
  if (!succeeded) failures.push(title);
  return countCheck(succeeded);
}

function jest(title: string, script: string, ...args: readonly string[]): Count {
  const file = join(reports, `${title.replaceAll(' ', '-')}.json`);
  rmSync(file, { force: true });
  const succeeded = run(title, ['npm', 'run', '-s', script, '--', '--json', `--outputFile=${file}`, ...args]);
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined;
  if (!succeeded) failures.push(...(report ? jestFailures(report) : [`${title}: no report`]));
  if (report?.numPendingTests) console.log(`-- ${title}: ${report.numPendingTests} skipped, see above`);
  return countJest(report, succeeded);
}

async function conformance(childOrder: ConformanceOptions['childOrder']): Promise<Count> {
  const options = { profiles: allProfiles, childOrder, seed: randomInt(1, 1_000_000) };
  console.log(`\n== conformance, child order ${childOrder}, seed ${options.seed}`);
  try {
    const results = await runConformance(options);
    console.log(resultsTable(results));
    failures.push(...results.failures);
    return countConformance(results);
  } catch (error) {
    failures.push(`conformance, child order ${childOrder}: ${(error as Error).message}`);
    return { passed: 0, failed: 1 };
  }
}

const counts = [
  check('types', 'npm', 'run', '-s', 'typecheck'),
  check('lint', 'npm', 'run', '-s', 'lint'),
  check('format', 'npm', 'run', '-s', 'format:check'),
  check('python environment', 'make', 'venv'),
  check('control plane', 'make', 'control-plane'),
  jest('unit and kube tests', 'test:unit', '--maxWorkers=2', '--testPathIgnorePatterns=/test/chaos/'),
  // Their requests and changes have a pace to keep, which a neighbour would take from them.
  jest('faults under traffic', 'test:unit', '--runInBand', 'test/chaos/'),
  check('load', process.execPath, '--disable-warning=ExperimentalWarning', 'test/bench/load.ts'),
  // Fails on counts (calls, writes, reconciles), never on time.
  check('benchmark, counts', 'make', 'bench', 'QUICK=1'),
  jest('tests against an API server', 'test:apiserver'),
  await conformance('longest'),
  await conformance('random'),
];

const sum = total(counts);
process.exitCode = sum.failed === 0 ? 0 : 1;
for (const failure of failures) console.log(`\n== failed: ${failure}`);
console.log(`\n${closingLine(sum)}`);
