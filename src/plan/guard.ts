/**
 * The guard against mass deletion: what no observed deletion explains is held when it is too much at once, until
 * somebody confirms (design section 4).
 */

import { hash } from 'node:crypto';

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

/** Names a set of held deletions, so that a confirmation is of that set and of no other: 16 hex digits. */
export function heldPlanHash(ids: readonly string[]): string {
  return hash('sha256', ids.toSorted().join('\n')).slice(0, 16);
}

/** Deletions that the guard holds. */
export interface HeldDeletions {
  /** Of exactly this set; what confirms it. */
  readonly hash: string;
  /** Ids of the objects. */
  readonly objects: readonly string[];
  /** How many objects we own in all. */
  readonly owned: number;
}
