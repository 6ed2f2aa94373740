/** `make conformance`: runs the suite as the environment says, prints the results, exits 0 when everything passed. */
import { randomInt } from 'node:crypto';
import { relative } from 'node:path';
import { parseOptions } from './options.ts';
import { commandOf, isFull, keepReport } from './report.ts';
import { resultsTable } from './results.ts';
import { runConformance } from './run.ts';

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());

try {
  const options = parseOptions(process.env, () => randomInt(1, 1_000_000));
  console.log(`conformance: ${commandOf(options)}${options.run === undefined ? '' : ` RUN=${options.run}`}`);
  const run = await runConformance(options, stopping.signal);
  console.log([...run.failures, resultsTable(run)].join('\n\n'));
  console.log(`logs: ${relative('', run.folder)}; seed ${options.seed}`);
  if (isFull(options) && run.tests.length > 0 && !stopping.signal.aborted) {
    console.log(`report: ${relative('', keepReport(run.folder, options))}`);
  }
  process.exitCode = run.succeeded ? 0 : 1;
} catch (error) {
  console.error(`conformance: ${(error as Error).message}`);
  process.exitCode = 2;
}
