/** One Gateway, from the snapshot to the controller and back into statuses. */
import { isClean, isWorthRetrying, type Outcome } from '../apply/outcome.ts';
import { attribute } from '../plan/inventory/attribution.ts';
import { planGateway, type DeletionPolicy } from '../plan/plan-gateway.ts';
import { previousVsVip } from '../plan/inventory/previous-vsvip.ts';
import { differenceSince, type Difference } from '../plan/inventory/verified.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { objectId, type AviObject, type DesiredState } from '../translate/desired.ts';
import { gatewayClaim, nameOf } from '../translate/naming/name-table.ts';
import { announce, forgetCertificates, tell } from './announce.ts';
import {
  applyContext,
  claimedByOthers,
  isoTime,
  planningInventory,
  remember,
  type EngineContext,
} from './engine-context.ts';
import { lookAgainAtForeign } from './extensions.ts';
import { keepUnchanged } from './kept-objects.ts';
import { keepPublishedNames } from './published-names.ts';
import { restingBetweenCalls } from './lane-rest.ts';
import { recordPlan } from './plan-record.ts';
import { applyAndTell } from './progress.ts';
import { reconcilePools } from './reconcile-pools.ts';
import type { Place, RunResult, Work } from './queue.ts';
import type { Statuses } from './statuses.ts';

/**
 * Makes the controller equal to what one Gateway asks for, and says so in statuses. Works also for a Gateway that is
 * gone: its objects are deleted.
 *
 * @returns `retry` when a later try may get further, or when to look again at what was put off.
 */
export async function reconcileGateway(
  key: string,
  work: Work,
  context: EngineContext,
  statuses: Statuses,
  place: Place,
): Promise<RunResult> {
  const known = context.memory.get(key);
  if (work.reason !== 'all' && known?.routed && isClean(known.outcome)) {
    return reconcilePools(key, work.reason, context, statuses, place);
  }
  const { deps, memory } = context;
  const { routed, missing } = await updateWorld(key, context);
  if (routed?.held) return hold(key, routed, context, statuses);
  // A Gateway that somebody saw go takes all that was its own along.
  const wasThere = known ? known.routed !== undefined : context.primed.has(key);
  const seenGone = !routed && (known?.seenGone === true || (work.explained && wasThere));
  // Before the first apply, what is missing may be missing for a reason that nobody observed.
  const explained = seenGone || (work.explained && known?.outcome !== undefined);
  if (!explained) context.unexplained.add(key);
  const desired = routed
    ? keepUnchanged(desire(key, routed, context), known?.desired)
    : { gateway: key, tenant: '', objects: [] };
  memory.set(key, remember(routed, desired, known?.outcome, seenGone));
  if (routed) tell(key, routed, desired, context);
  forgetCertificates(known?.routed, context);
  if (!deps.isLeader() || !context.inventoryReady()) {
    statuses.gateway(key);
    return 'done';
  }

  const { verified } = context;
  const differenceNow = (): Difference | undefined =>
    isClean(known?.outcome)
      ? differenceSince(verified.get(key), desired.objects, planningInventory(context))
      : undefined;
  await lookAgainAtForeign(differenceNow()?.objects ?? desired.objects, context);
  if (wantedAgain(desired.objects, context) || !explained) context.lookForOrphans();
  const inventory = planningInventory(context);
  const difference = differenceNow();
  const at = inventory.changes?.now();
  verified.delete(key);
  const wasInterim = context.interim.has(key);
  const whole = planGateway(
    desired,
    seenGone ? claimedByOthers(context, key) : kept(context, key),
    allDeletions(context),
    {
      inventory,
      identity: deps.identity,
      schema: deps.schema,
      ...(known && isClean(known.outcome) && !wasInterim && { previous: known.desired }),
    },
    difference,
  );
  const settleMs = context.settling.remaining(key, whole);
  if (settleMs > 0) return { againMs: settleMs };
  context.interim.delete(key);
  const paced = context.publishing.pace(whole);
  const { plan } = paced;
  const againMs = plan.interim ? 0 : paced.againMs;
  if (plan.interim) context.interim.add(key);
  const record = recordPlan(plan, isoTime(context.now()));
  if (record) context.plans.set(key, record);
  if (plan.refusals.some(({ reason }) => reason === 'IncompleteInventory')) context.lookForOrphans();
  const say = (outcome: Outcome | undefined, pending?: ReadonlySet<string>): void => {
    memory.set(key, remember(routed, desired, outcome ?? known?.outcome, seenGone));
    statuses.gateway(key, pending);
  };
  const outcome = await restingBetweenCalls(place, context, (client) =>
    applyAndTell(
      plan,
      desired.objects,
      { ...applyContext(context), client },
      {
        say,
        routes: (routes) => statuses.routes(routes),
        before: known?.outcome,
        isPartial: difference !== undefined,
        answers: context.answers,
      },
    ),
  );
  const isWhole =
    againMs === undefined && plan.refusals.length === 0 && inventory.complete && isUnsuspected(key, context);
  if (routed && at !== undefined && isWhole && isClean(outcome)) verified.set(key, { objects: desired.objects, at });
  context.settling.applied(key, outcome, !plan.interim);
  say(outcome);
  announce(key, plan, known?.outcome, outcome, context);
  if (!routed && isClean(outcome)) forget(key, context);
  if (isWorthRetrying(outcome)) return 'retry';
  if (againMs !== undefined) return { againMs };
  return missing ? 'retry' : 'done';
}

/** What the controller has for a Gateway stays as it is, and nobody takes it for left over. */
function hold(key: string, routed: RoutedGateway, context: EngineContext, statuses: Statuses): RunResult {
  const { deps, memory } = context;
  const known = memory.get(key);
  const owners = attribute(deps.inventory.current(), deps.identity);
  const ids = new Set([...owners].flatMap(([id, gateways]) => (gateways.has(key) ? [id] : [])));
  const desired = { gateway: key, tenant: routed.tenant, objects: [] };
  memory.set(key, { ...known, routed, desired: known?.desired ?? desired, ids });
  tell(key, routed, desired, context);
  statuses.gateway(key);
  return routed.named.length > 0 && context.inventoryReady() ? 'retry' : 'done';
}

/** The Gateway as it is now, with what the controller has of what it names. */
async function updateWorld(
  key: string,
  context: EngineContext,
): Promise<{ readonly routed?: RoutedGateway; readonly missing: boolean }> {
  const { world, deps } = context;
  const update = () => {
    const { routed, affected } = world.update(deps.state.snapshot(), key, isoTime(context.now()));
    context.mark(affected, true);
    return routed;
  };
  const routed = update();
  if (!routed || routed.named.length === 0 || !context.inventoryReady())
    return { ...(routed && { routed }), missing: false };
  const missing = await context.named.missing(routed.tenant, routed.named);
  const latest = world.setMissing(key, missing) ? update() : routed;
  return { ...(latest && { routed: latest }), missing: missing.size > 0 };
}

/** What this lane does not delete, beside what others desire: what nobody saw go is for the search for leftovers. */
function kept(context: EngineContext, key: string): { has(id: string): boolean } {
  if (context.unexplained.has(key)) return { has: () => true };
  const others = claimedByOthers(context, key);
  return { has: (id) => context.held.has(id) || others.has(id) };
}

/** Whether nothing of a Gateway is left over for want of an explanation. */
function isUnsuspected(key: string, { unexplained, held }: EngineContext): boolean {
  return !unexplained.has(key) && held.size === 0;
}

/** What is desired is under no suspicion; says whether something was. */
function wantedAgain(objects: readonly AviObject[], { held }: EngineContext): boolean {
  const before = held.size;
  if (before > 0) for (const object of objects) held.delete(objectId(object));
  return held.size < before;
}

/** The lane's own deletions are explained, so the guard has nothing to hold. */
function allDeletions({ deps }: EngineContext): DeletionPolicy {
  return { explained: () => true, limits: deps.guard, confirmed: false };
}

function desire(key: string, routed: RoutedGateway, context: EngineContext): DesiredState {
  const desired = translate(routed, context);
  context.keepingNames.delete(key);
  if (!context.unexplained.has(key) && !context.heldOf.has(key)) return desired;
  const kept = keepPublishedNames(desired, context.deps.inventory.current());
  if (kept !== desired) context.keepingNames.add(key);
  return kept;
}

function translate(routed: RoutedGateway, context: EngineContext): DesiredState {
  const { deps, world } = context;
  const { translate: settings } = deps.settings;
  const parent = nameOf(world.names(), gatewayClaim(routed, settings));
  const previous = previousVsVip(deps.inventory.current(), routed.tenant, parent, routed.address?.family);
  return world.translate(routed, previous);
}

function forget(key: string, { deps, memory, plans, verified, settling }: EngineContext): void {
  memory.delete(key);
  verified.delete(key);
  plans.delete(key);
  settling.forget(key);
  deps.metrics?.gateway(key, 0, 0);
}
