/** The move itself: plans for every Gateway, and their operations one Gateway after the other. */
import { applyPlan, failures } from '../../apply/apply.ts';
import type { Outcome } from '../../apply/outcome.ts';
import type { AviClient } from '../../avi/client.ts';
import type { InventoryStore } from '../../avi/inventory.ts';
import type { Config } from '../../config.ts';
import type { Plan } from '../../plan/operation.ts';
import { planGateway, planOrphans, type DeletionPolicy, type PlanContext } from '../../plan/plan-gateway.ts';
import { takeoverPlan, type TakeoverPlan } from '../../takeover/takeover-plan.ts';
import { objectId, type DesiredState } from '../../translate/desired.ts';
import { objectsById } from '../../translate/desired-index.ts';
import { extensionPrefix } from '../../translate/naming/names.ts';
import { controllerSchema, identityOf } from '../../main/controller.ts';

/** What the move needs; `config` has `takeover: ako`. */
export interface Move {
  readonly config: Config;
  readonly client: AviClient;
  /** Loaded. */
  readonly inventory: InventoryStore;
  readonly desired: readonly DesiredState[];
  /** How long a write may take to reach all Service Engines, in milliseconds; default 1000. */
  readonly graceMs?: number;
}

/** Reads only. */
export async function planMove(move: Move): Promise<TakeoverPlan> {
  const { config, desired, inventory } = move;
  await findForeign(move);
  const context = contextOf(move);
  const plans = [...desired.map((state) => planState(state, desired, context)), planRest(desired, context)];
  return takeoverPlan(plans, inventory.current(), identityOf(config));
}

/**
 * Does it, object by object, and goes on with the next Gateway where one fails.
 *
 * @param onGateway called before each, with its key.
 * @returns one line for each object that did not become as it should be.
 */
export async function runMove(move: Move, onGateway: (key: string) => void): Promise<readonly string[]> {
  const { desired } = move;
  const failed: string[] = [];
  const run = async (plan: Plan, state?: DesiredState) => {
    failed.push(...describeFailures(await apply(move, plan, state)));
  };
  for (const state of desired) {
    onGateway(state.gateway);
    await run(planState(state, desired, contextOf(move)), state);
  }
  await run(planRest(desired, contextOf(move)));
  return failed;
}

/** The user has seen the plan, so nothing is held. */
const confirmed = { explained: () => true, confirmed: true } as const;

function contextOf({ config, inventory }: Move): PlanContext & { readonly deletions: DeletionPolicy } {
  const deletions = { ...confirmed, limits: config.deletionGuard };
  return { inventory: inventory.current(), identity: identityOf(config), schema: controllerSchema(), deletions };
}

function planState(state: DesiredState, all: readonly DesiredState[], context: ReturnType<typeof contextOf>): Plan {
  const others = all.filter((other) => other !== state);
  return planGateway(state, spared(others, context), context.deletions, context);
}

function planRest(all: readonly DesiredState[], context: ReturnType<typeof contextOf>): Plan {
  return planOrphans(spared(all, context), context.deletions, context);
}

/**
 * What is not deleted: what the Gateways want, and the objects of extensions, which are there as long as the extension
 * is, used or not.
 */
function spared(wanting: readonly DesiredState[], { identity }: PlanContext): { has(id: string): boolean } {
  const prefix = extensionPrefix(identity.clusterName);
  const isExtensions = (id: string) => id.slice(id.indexOf('/') + 1).startsWith(prefix);
  return { has: (id) => isExtensions(id) || wanting.some(({ objects }) => objectsById(objects).has(id)) };
}

/** What stands under a wanted name and is neither ours nor AKO's is in no list. */
async function findForeign({ desired, inventory }: Move): Promise<void> {
  const { objects } = inventory.current();
  const unknown = desired.flatMap((state) => state.objects).filter((object) => !objects.has(objectId(object)));
  await Promise.all(unknown.map((object) => inventory.reread(object)));
}

function apply({ config, client, inventory, graceMs }: Move, plan: Plan, state?: DesiredState): Promise<Outcome> {
  return applyPlan(plan, state?.objects ?? [], {
    client,
    inventory,
    identity: identityOf(config),
    schema: controllerSchema(),
    mayWrite: () => true,
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    ...(graceMs !== undefined && { graceMs }),
  });
}

function describeFailures(outcome: Outcome): readonly string[] {
  return failures(outcome).map(({ id, outcome: end }) => {
    if (end.state === 'blocked') return `${id}: waits for ${end.by}`;
    return `${id}: ${'message' in end ? end.message : end.state}`;
  });
}
