/**
 * Measures everything that is published: `make bench-published [MINUTES=…] [RUNS=name,…]`. Writes the results into
 * docs/benchmarks, then the plots, the tables of its README and the calculation of docs/scale.md.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { environmentOf, publishedRuns, within, type PublishedRun } from './published-runs.ts';

const folder = join(root, 'docs/benchmarks');

function chosen(): readonly PublishedRun[] {
  const { MINUTES, RUNS } = process.env;
  const names = RUNS?.split(',').filter(Boolean) ?? [];
  const unknown = names.find((name) => !publishedRuns.some((run) => run.name === name));
  if (unknown !== undefined) throw new Error(`RUNS: there is no "${unknown}" in test/bench/published-runs.ts`);
  const named = publishedRuns.filter(({ name }) => names.length === 0 || names.includes(name));
  return MINUTES ? within(named, Number(MINUTES) * 60) : named;
}

function script(name: string, env: Readonly<Record<string, string>> = {}): number {
  const flags = ['--disable-warning=ExperimentalWarning', join(root, 'test/bench', name)];
  const { status } = spawnSync(process.execPath, flags, { env: { ...process.env, ...env }, stdio: 'inherit' });
  return status ?? 1;
}

const runs = chosen();
const left = publishedRuns.filter((run) => !runs.includes(run)).map(({ name }) => name);
const planned = runs.reduce((sum, { seconds }) => sum + seconds, 0);
console.log(`${runs.length} runs, about ${Math.round(planned / 60)} min; left out: ${left.join(', ') || 'none'}`);

const failed: string[] = [];
for (const run of runs) {
  const started = performance.now();
  // A count that is too high, or an end before the time, is told at the end; the other runs still count.
  if (script('main.ts', environmentOf(run, join(folder, run.name))) !== 0) failed.push(run.name);
  console.log(`${run.name}: ${Math.round((performance.now() - started) / 1000)} s of ${run.seconds}`);
}
for (const file of readdirSync(folder)) {
  const name = file.replace(/\.(json|md)$/, '');
  // What no run makes any more would stand in the tables for ever.
  if (/^n\d+-/.test(file) && !publishedRuns.some((run) => run.name === name)) rmSync(join(folder, file));
}
for (const name of ['plots.ts', 'scale.ts', 'bar-table.ts']) if (script(name) !== 0) failed.push(name);
const prettier = [join(root, 'node_modules/prettier/bin/prettier.cjs'), '--write', '--log-level=warn', folder];
if (spawnSync(process.execPath, prettier, { cwd: root, stdio: 'inherit' }).status !== 0) failed.push('prettier');
if (failed.length > 0) {
  console.log(`FAILED: ${failed.join(', ')}`);
  process.exitCode = 1;
}
