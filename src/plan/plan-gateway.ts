/** Desired state against the inventory, by content: the operations that make the controller equal to it. */
import { objectId, type AviObject, type DesiredState } from '../translate/desired.ts';
import { objectsById } from '../translate/desired-index.ts';
import { attribute } from './inventory/attribution.ts';
import type { Precedence } from './hand-over/claim-order.ts';
import { compareAll, type CompareContext, type Compared } from './content/compare.ts';
import { holdsDeletions, type GuardLimits } from './guard.ts';
import { isOurs } from './inventory/identity.ts';
import type { Inventory, InventoryObject } from './inventory/inventory.ts';
import { indexOf } from './inventory/inventory-index.ts';
import type { Plan, Refusal } from './operation.ts';
import { orderSteps } from './order.ts';
import { withStandIns, type WithStandIns } from './hand-over/stand-in-groups.ts';
import type { Step } from './step.ts';
import type { Difference } from './inventory/verified.ts';

/** What every plan needs to know. */
export interface PlanContext extends CompareContext {
  /** What was desired before, if it is what the controller has. */
  readonly previous?: Pick<DesiredState, 'wideParentPolicy'>;
}

/** How objects that are not desired any more are treated. */
export interface DeletionPolicy {
  /** Whether something that was observed (an event, not a gap) explains the deletion. */
  readonly explained: (object: InventoryObject) => boolean;
  readonly limits: GuardLimits;
  /** Ids of what is held already: it stays so, however little is left of it. */
  readonly held?: { has(id: string): boolean };
  /** Somebody confirmed: held deletions go ahead. */
  readonly confirmed: boolean;
}

/** Creates and updates for some objects, and no deletion: what a change of endpoints needs. */
export function planObjects(objects: readonly AviObject[], context: PlanContext): Plan {
  return assemble(compareAll(objects, context), [], [], context.inventory).plan;
}

/** The plan for objects that belong to no Gateway; `surplus`, ids, is deleted, which its owner's end explains. */
export function planOwn(objects: readonly AviObject[], surplus: readonly string[], context: PlanContext): Plan {
  const deletions = { explained: () => true, limits: { percent: 100, minimum: 0 }, confirmed: true };
  return withDeletions(compareAll(objects, context), surplus, () => surplus.length, deletions, context).plan;
}

/**
 * The whole plan for one Gateway.
 *
 * @param desired the Gateway's objects; empty when it is gone.
 * @param claimed ids that other Gateways desire; never deleted here.
 * @param difference what is to be looked at, where it is known to be less than everything; the plan then says nothing of the
 *   rest.
 */
export function planGateway(
  desired: DesiredState,
  claimed: Pick<ReadonlySet<string>, 'has'>,
  deletions: DeletionPolicy,
  context: PlanContext,
  difference: Difference = { objects: desired.objects, mayHaveSurplus: true },
): Plan {
  const first = planOnce(desired, claimed, deletions, context, difference);
  let best = first;
  const groups = new Set<string>();
  for (let round = 0; round < standInRounds && best.compromises.length > 0; round += 1) {
    for (const id of groupsOf(best, first.plan)) groups.add(id);
    const standIns = withStandIns(desired, [...groups], context.inventory);
    if (!standIns) break;
    const next = withInterim(desired, standIns, claimed, deletions, context, difference);
    if (next.compromises.length < best.compromises.length) best = next;
  }
  return best.plan;
}

/** How often more pool groups get a stand-in, because what is left of the compromises is about others. */
const standInRounds = 3;

interface Planned {
  readonly plan: Plan;
  readonly compromises: readonly Precedence[];
}

/** Ids of the pool groups that compromises are about, or that have the names of what they are about, where a plan changes them. */
function groupsOf({ compromises }: Planned, { operations }: Plan): readonly string[] {
  const changed = new Set(operations.flatMap(({ verb, id }) => (verb === 'update' ? [id] : [])));
  return compromises
    .flatMap(({ first, then }) => [first, then])
    .map((id) => id.replace(/^\S+/, 'poolgroup').replace(/#.*$/, ''))
    .filter((id) => changed.has(id));
}

function withInterim(
  { objects }: DesiredState,
  { desired, interim, kept }: WithStandIns,
  claimed: Pick<ReadonlySet<string>, 'has'>,
  deletions: DeletionPolicy,
  context: PlanContext,
  difference: Difference,
): Planned {
  const wanted = objectsById(desired.objects);
  const looked = new Set([...difference.objects.flatMap((object) => wanted.get(objectId(object)) ?? []), ...interim]);
  const { plan, compromises } = planOnce(
    desired,
    { has: (id) => claimed.has(id) || kept.has(id) },
    deletions,
    context,
    { ...difference, objects: [...looked] },
  );
  const replaced = objectsById(objects);
  const putOff = [...kept].filter((id) => replaced.has(id) && !wanted.has(id));
  return { plan: { ...plan, unchanged: [...plan.unchanged, ...putOff], interim }, compromises };
}

function planOnce(
  desired: DesiredState,
  claimed: Pick<ReadonlySet<string>, 'has'>,
  deletions: DeletionPolicy,
  context: PlanContext,
  difference: Difference,
): Planned {
  const wide = { before: context.previous?.wideParentPolicy, after: desired.wideParentPolicy };
  const compared = {
    ...compareAll(difference.objects, context),
    wide: { ...wide, isBeforeKnown: context.previous !== undefined },
  };
  const wanted = objectsById(desired.objects);
  const surplus = difference.mayHaveSurplus ? surplusOf(desired.gateway, wanted, claimed, context) : [];
  return withDeletions(compared, surplus, () => countOurs(context), deletions, context);
}

/**
 * Ids of what is left of a Gateway. Whom an object exists for is mostly said by its markers; only for one that names no
 * Gateway all references are followed.
 */
function surplusOf(
  gateway: string,
  wanted: Pick<ReadonlySet<string>, 'has'>,
  claimed: Pick<ReadonlySet<string>, 'has'>,
  { inventory, identity }: PlanContext,
): readonly string[] {
  const surplus: { readonly id: string; readonly owner: string | undefined }[] = [];
  const index = indexOf(inventory);
  for (const owner of [gateway, undefined]) {
    for (const id of index.ofGateway(owner)) {
      const object = inventory.objects.get(id);
      if (object && !wanted.has(id) && isOurs(object, identity) && !claimed.has(id)) surplus.push({ id, owner });
    }
  }
  const isMarked = surplus.every(({ owner }) => owner !== undefined);
  const owners = isMarked ? undefined : attribute(inventory, identity);
  const isOnlyOf = (gateways: ReadonlySet<string> | undefined) => gateways?.size === 1 && gateways.has(gateway);
  return surplus.flatMap(({ id, owner }) => (owner === gateway || isOnlyOf(owners?.get(id)) ? [id] : []));
}

function countOurs({ inventory, identity }: PlanContext): number {
  let count = 0;
  for (const object of inventory.objects.values()) if (isOurs(object, identity)) count += 1;
  return count;
}

/**
 * Deletes what no Gateway desires: leftovers of Gateways and routes that are gone. Only for when all Gateways have been
 * translated.
 *
 * @param claimed ids that any Gateway desires.
 */
export function planOrphans(
  claimed: Pick<ReadonlySet<string>, 'has'>,
  deletions: DeletionPolicy,
  context: PlanContext,
): Plan {
  const owners = attribute(context.inventory, context.identity);
  const orphans = [...owners.keys()].filter((id) => !claimed.has(id));
  return withDeletions({ steps: [], refusals: [], unchanged: [] }, orphans, () => owners.size, deletions, context).plan;
}

function withDeletions(
  compared: Compared,
  surplus: readonly string[],
  owned: () => number,
  deletions: DeletionPolicy,
  context: PlanContext,
): Planned {
  const { inventory } = context;
  const objects = surplus.flatMap((id) => inventory.objects.get(id) ?? []);
  if (!inventory.complete) {
    const refusals = objects.map((object) => refuseDeletion(object, 'IncompleteInventory'));
    return assemble(compared, [], refusals, inventory);
  }
  const unexplained = objects.filter((object) => !deletions.explained(object));
  const refused = new Set(deletions.confirmed ? [] : heldOf(unexplained, owned, deletions));
  return assemble(
    compared,
    objects.filter((object) => !refused.has(object)),
    [...refused].map((object) => refuseDeletion(object, 'HeldDeletion')),
    inventory,
  );
}

/** What of unexplained deletions is held: all where they are too many, else what was held before. */
function heldOf(
  unexplained: readonly InventoryObject[],
  owned: () => number,
  { held, limits }: DeletionPolicy,
): readonly InventoryObject[] {
  if (unexplained.length === 0 || holdsDeletions(unexplained.length, owned(), limits)) return unexplained;
  return unexplained.filter((object) => held?.has(objectId(object)));
}

function refuseDeletion(object: InventoryObject, reason: 'HeldDeletion' | 'IncompleteInventory'): Refusal {
  const why =
    reason === 'HeldDeletion'
      ? 'too many deletions at once that nothing observed explains; confirm to go ahead'
      : 'the inventory is not complete yet';
  return { id: objectId(object), reason, message: `${object.type} "${object.name}" is not deleted: ${why}` };
}

function assemble(
  compared: Compared,
  deleted: readonly InventoryObject[],
  refusedDeletions: readonly Refusal[],
  inventory: Inventory,
): Planned {
  const deletes = deleted.map(({ type, tenant, name, uuid }): Step => ({
    verb: 'delete',
    id: objectId({ type, tenant, name }),
    type,
    tenant,
    name,
    uuid,
  }));
  const refused = new Set(compared.refusals.map((refusal) => refusal.id));
  const { operations, compromises } = orderSteps([...compared.steps, ...deletes], inventory, refused, compared.wide);
  const plan: Plan = {
    operations,
    refusals: [...compared.refusals, ...refusedDeletions],
    unchanged: compared.unchanged,
    ...(compromises.length > 0 && { compromises: compromises.length }),
  };
  return { plan, compromises };
}
