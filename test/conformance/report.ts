import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { allProfiles, type ConformanceOptions } from './options.ts';

/** Where reports of full runs are kept. */
const reportFolder = join(root, 'docs', 'conformance');

/** The command that repeats a run. */
export function commandOf({ profiles, childOrder, seed }: ConformanceOptions): string {
  const order = childOrder === 'longest' ? '' : ` EVH_ORDER=${childOrder}`;
  return `make conformance${isAll(profiles) ? '' : ` PROFILES=${profiles.join(',')}`}${order} SEED=${seed}`;
}

function isAll(profiles: readonly string[]): boolean {
  return allProfiles.every((profile) => profiles.includes(profile));
}

/** Whether a run says something about all of a profile's tests under the suite's own terms. */
export function isFull({ run, features, waitSeconds }: ConformanceOptions): boolean {
  return run === undefined && features === undefined && waitSeconds === undefined;
}

/** Copies the suite's report from the folder of a full run into docs/conformance, marked as what it is; returns its path. */
export function keepReport(folder: string, options: ConformanceOptions): string {
  const heading = [
    '# A development report, not a submitted one: the backend and three packages of helpers come from v1.6.3 of the suite',
    '# (test/conformance/tools), and the controller is the embedded one. Made by:',
    `#   ${commandOf(options)}`,
  ];
  const profiles = isAll(options.profiles) ? 'all' : options.profiles.join('-').toLowerCase();
  const name = `${profiles}-${options.childOrder}-report.yaml`;
  mkdirSync(reportFolder, { recursive: true });
  const path = join(reportFolder, name);
  writeFileSync(path, `${heading.join('\n')}\n${readFileSync(join(folder, 'report.yaml'), 'utf8')}`);
  return path;
}
