/** Leftovers: objects of ours that no Gateway desires, under the guard against mass deletion. */
import { applyPlan } from '../apply/apply.ts';
import { isClean } from '../apply/outcome.ts';
import { heldPlanHash } from '../plan/guard.ts';
import type { Plan } from '../plan/operation.ts';
import { gatewayOf } from '../plan/inventory/identity.ts';
import { planOrphans } from '../plan/plan-gateway.ts';
import { applyContext, planningInventory, type EngineContext } from './engine-context.ts';

export interface Orphans {
  /**
   * Deletes leftovers. Call it only when every Gateway has been translated and no lane works.
   *
   * @returns `again` when something could not be deleted.
   */
  sweep(): Promise<'done' | 'again'>;
  /** Lets held deletions through: those of the plan with this hash, now or when they come to be held; or all that are. */
  confirm(hash?: string): void;
}

export function createOrphans(context: EngineContext): Orphans {
  const { deps, memory } = context;
  let confirmed: string | true | undefined;
  let told = '';

  const plan = (allow: boolean): Plan => {
    const claimed = { has: (id: string) => [...memory.values()].some(({ ids }) => ids.has(id)) };
    return planOrphans(
      claimed,
      { explained: () => false, limits: deps.guard, held: context.held, confirmed: allow },
      { inventory: planningInventory(context), identity: deps.identity, schema: deps.schema },
    );
  };

  /** The plan with what was confirmed. */
  const confirmedPlan = (): Plan => {
    const planned = plan(false);
    const held = planned.refusals.map(({ id }) => id);
    if (held.length === 0 || confirmed === undefined) return planned;
    if (confirmed !== true && confirmed !== heldPlanHash(held)) return planned;
    confirmed = undefined;
    return plan(true);
  };

  const hold = (ids: readonly string[]): void => {
    const { objects } = deps.inventory.current();
    const { unexplained, held, heldOf, keepingNames } = context;
    for (const known of [unexplained, held, heldOf]) known.clear();
    for (const id of ids) {
      held.add(id);
      const owner = gatewayOf(objects.get(id)?.body ?? {});
      if (owner !== undefined) heldOf.add(owner);
    }
    context.mark(
      [...keepingNames].filter((key) => !heldOf.has(key)),
      true,
    );
  };

  const tell = (held: readonly string[]): void => {
    deps.metrics?.heldDeletions(held.length);
    const hash = held.length > 0 ? heldPlanHash(held) : '';
    if (hash === told) return;
    told = hash;
    if (hash === '') return;
    const owned = deps.inventory.current().objects.size;
    deps.logger.warn('deletions are held until they are confirmed', {
      held: held.length,
      owned,
      plan: hash,
      objects: held.slice(0, 20),
    });
    deps.onHeld?.({ hash, objects: held, owned });
  };

  return {
    async sweep() {
      if (!planningInventory(context).complete) return 'again';
      const planned = confirmedPlan();
      const held = planned.refusals.map(({ id }) => id);
      hold(held);
      tell(held);
      if (planned.operations.length === 0) return 'done';
      deps.logger.info('deleting leftovers', { objects: planned.operations.length });
      const outcome = await applyPlan(planned, [], applyContext(context));
      return isClean(outcome) ? 'done' : 'again';
    },
    confirm: (hash) => (confirmed = hash ?? true),
  };
}
