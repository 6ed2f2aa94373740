import type { Target } from './requests.ts';

/** One line of the table that `demo --once` prints. */
export interface CheckResult {
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
  readonly ok: boolean;
}

/** Something that has to be so when the demo runs. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  /** Returns what happened; equal to `expected` when it is as it should be. */
  readonly run: (target: Target) => Promise<string>;
}
