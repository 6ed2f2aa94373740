/**
 * Writes whose effect nobody has waited for: those of the replica before, of a plan that has failed in part, or of one
 * that leaves the rest to the next. Service Engines may not have them yet, so what they stand in for must stay a while.
 */
import type { Outcome } from '../apply/outcome.ts';
import { isClean } from '../apply/outcome.ts';
import type { Plan } from '../plan/operation.ts';

export interface Settling {
  /** The controller's objects have just been read. */
  read(): void;
  /** A Gateway's plan has been carried out. @param isLast false where it leaves the rest to the next plan. */
  applied(key: string, outcome: Outcome, isLast: boolean): void;
  /** Milliseconds to wait before a plan of the Gateway may change or delete anything; 0 when it only creates. */
  remaining(key: string, plan: Pick<Plan, 'operations'>): number;
  forget(key: string): void;
}

/** @param graceMs how long a write may take to reach all Service Engines. */
export function createSettling(now: () => number, graceMs: number): Settling {
  /** When writes were made whose effect nobody waited for; undefined: there are none. */
  const writtenAt = new Map<string, number | undefined>();
  let readAt = -Infinity;
  return {
    read: () => void (readAt = now()),
    applied: (key, outcome, isLast) => void writtenAt.set(key, isLast && isClean(outcome) ? undefined : now()),
    remaining(key, { operations }) {
      const since = writtenAt.has(key) ? writtenAt.get(key) : readAt;
      if (since === undefined || operations.every(({ verb }) => verb === 'create')) return 0;
      return Math.max(0, since + graceMs - now());
    },
    forget: (key) => void writtenAt.delete(key),
  };
}
