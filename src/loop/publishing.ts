/**
 * How often the names of a Gateway are published. A VsVip holds all of them, so each new hostname writes it again; while
 * many come, that is done once a second at most.
 */
import type { Operation, Plan } from '../plan/operation.ts';

export interface Publishing {
  /**
   * The plan without the update of a VsVip's names that comes too early. `againMs` says when to look again; absent: the
   * plan is whole.
   */
  pace(plan: Plan): { readonly plan: Plan; readonly againMs?: number };
}

/** From one write of the names to the next, in milliseconds. */
const intervalMs = 1_000;

/** @param now milliseconds. */
export function createPublishing(now: () => number): Publishing {
  const published = new Map<string, number>();
  return {
    pace(plan) {
      const update = plan.operations.find(isPublishing);
      if (!update) return { plan };
      const rest = (published.get(update.id) ?? -Infinity) + intervalMs - now();
      if (rest > 0) return { plan: without(plan, update.id), againMs: rest };
      published.set(update.id, now());
      return { plan };
    },
  };
}

/** Whether an operation only adds or removes names, which traffic does not depend on. */
function isPublishing(operation: Operation): boolean {
  return (
    operation.type === 'vsvip' &&
    operation.verb === 'update' &&
    operation.changes.every(({ path }) => path.startsWith('dns_info') || path === 'vsvip_cloud_config_cksum')
  );
}

function without(plan: Plan, id: string): Plan {
  return {
    ...plan,
    operations: plan.operations.filter((operation) => operation.id !== id),
    unchanged: [...plan.unchanged, id],
  };
}
