import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { failuresIn } from './failures.ts';
import { missingForNamespaces, runInNamespaces } from './namespace.ts';
import type { ConformanceOptions } from './options.ts';
import { buildPrograms } from './programs.ts';
import { countResults, type ConformanceResults } from './results.ts';

/** A finished run: its results, and where logs, results and report are. */
export interface ConformanceRun extends ConformanceResults {
  readonly folder: string;
  /** What the suite said about failed assertions. */
  readonly failures: readonly string[];
}

/**
 * Runs the official conformance suite against the operator and the embedded controller. Nothing of the run stays but its
 * folder with the logs. Needs root, and the control plane that `make control-plane` builds; takes some minutes.
 * @throws Error that says what is missing.
 */
export async function runConformance(options: ConformanceOptions, stop?: AbortSignal): Promise<ConformanceRun> {
  const missing = missingForNamespaces();
  if (missing !== undefined) throw new Error(missing);
  const programs = buildPrograms();
  const folder = join(
    root,
    '.cache',
    'conformance',
    options.run ?? `${options.profiles.join('+')}-${options.childOrder}`,
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'avi-gateway-conformance-'));
  try {
    const rig = [process.execPath, '--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'rig.ts')];
    const code = await runInNamespaces(
      [...rig, folder, JSON.stringify(options), JSON.stringify(programs)],
      { ...process.env, TMPDIR: scratch },
      stop,
    );
    const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '');
    return { ...countResults(read('results.jsonl'), code === 0), folder, failures: failuresIn(read('suite.log')) };
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}
