/**
 * The guard against mass deletion: what no observed deletion explains is held when it is too much at once, until
 * somebody confirms (design section 4).
 */

/** When unexplained deletions are too many: more than `minimum`, and more than `percent` of what we own. */
export interface GuardLimits {
  readonly percent: number;
  readonly minimum: number;
}

export const defaultGuardLimits: GuardLimits = { percent: 30, minimum: 10 };

/** Whether that many unexplained deletions are held. */
export function holdsDeletions(unexplained: number, owned: number, limits: GuardLimits = defaultGuardLimits): boolean {
  return unexplained > limits.minimum && unexplained * 100 > owned * limits.percent;
}
