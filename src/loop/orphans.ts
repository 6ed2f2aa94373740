/** Leftovers: objects of ours that no Gateway desires, under the guard against mass deletion. */
import { applyPlan } from '../apply/apply.ts';
import { planOrphans } from '../plan/plan-gateway.ts';
import { applyContext, isClean, planningInventory, type EngineContext } from './engine-context.ts';

/**
 * Deletes leftovers. Call it only when every Gateway has been translated and no lane works.
 *
 * @param confirmed somebody confirmed: what the guard held goes too.
 * @returns `again` when something could not be deleted.
 */
export async function deleteOrphans(context: EngineContext, confirmed: boolean): Promise<'done' | 'again'> {
  const { deps, memory } = context;
  const inventory = planningInventory(context);
  if (!inventory.complete) return 'again';
  const claimed = { has: (id: string) => [...memory.values()].some(({ ids }) => ids.has(id)) };
  const plan = planOrphans(
    claimed,
    { explained: () => false, limits: deps.guard, confirmed },
    { inventory, identity: deps.identity, schema: deps.schema },
  );
  deps.metrics?.heldDeletions(plan.refusals.length);
  if (plan.refusals.length > 0) {
    deps.logger.warn('deletions are held until they are confirmed', {
      held: plan.refusals.length,
      objects: plan.refusals.slice(0, 20).map(({ id }) => id),
    });
  }
  if (plan.operations.length === 0) return 'done';
  deps.logger.info('deleting leftovers', { objects: plan.operations.length });
  const outcome = await applyPlan(plan, [], applyContext(context));
  return isClean(outcome) ? 'done' : 'again';
}
