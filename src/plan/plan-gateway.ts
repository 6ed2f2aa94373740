/** Desired state against the inventory, by content: the operations that make the controller equal to it. */
import { objectId, type AviObject, type DesiredState, type JsonObject } from '../translate/desired.ts';
import { objectsById } from '../translate/desired-index.ts';
import { attribute } from './attribution.ts';
import { diffObject } from './diff.ts';
import { holdsDeletions, type GuardLimits } from './guard.ts';
import { gatewayOf, isOurs, type Identity } from './identity.ts';
import type { Inventory, InventoryObject } from './inventory.ts';
import type { FieldChange, Plan, Refusal } from './operation.ts';
import { orderSteps } from './order.ts';
import type { WidePolicies } from './plan-world.ts';
import { putBody } from './put-body.ts';
import type { AviSchema } from './schema.ts';
import type { Step } from './step.ts';
import type { Difference } from './verified.ts';

/** What every plan needs to know. */
export interface PlanContext {
  readonly inventory: Inventory;
  readonly identity: Identity;
  readonly schema: AviSchema;
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
  return assemble(compareAll(objects, context), [], [], context.inventory);
}

/** The plan for objects that belong to no Gateway; `surplus`, ids, is deleted, which its owner's end explains. */
export function planOwn(objects: readonly AviObject[], surplus: readonly string[], context: PlanContext): Plan {
  const deletions = { explained: () => true, limits: { percent: 100, minimum: 0 }, confirmed: true };
  return withDeletions(compareAll(objects, context), surplus, () => surplus.length, deletions, context);
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
  for (const [id, object] of inventory.objects) {
    if (wanted.has(id) || !isOurs(object, identity)) continue;
    const owner = gatewayOf(object.body);
    if ((owner === undefined || owner === gateway) && !claimed.has(id)) surplus.push({ id, owner });
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
  return withDeletions({ steps: [], refusals: [], unchanged: [] }, orphans, () => owners.size, deletions, context);
}

interface Compared {
  readonly wide?: WidePolicies;
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
  readonly unchanged: readonly string[];
}

function compareAll(objects: readonly AviObject[], context: PlanContext): Compared {
  const steps: Step[] = [];
  const refusals: Refusal[] = [];
  const unchanged: string[] = [];
  for (const object of objects) {
    const id = objectId(object);
    const current = context.inventory.objects.get(id);
    // What is known to be as desired bears our marks.
    if (current && isKnownEqual(object, current)) unchanged.push(id);
    else if (current && !isOurs(current, context.identity)) refusals.push(foreign(object));
    else {
      const step = current ? updateStep(object, current, context) : createStep(object);
      if (step) steps.push(step);
      else unchanged.push(id);
    }
  }
  return { steps, refusals, unchanged };
}

function createStep(object: AviObject): Step {
  const { type, tenant, name, body } = object;
  return { verb: 'create', id: objectId(object), type, tenant, name, body };
}

/** Desired bodies that objects were found equal to, so that most are not compared field by field again. */
const equalTo = new WeakMap<InventoryObject, JsonObject>();

/** Whether an object was found to be as desired. */
export function isKnownEqual({ body }: AviObject, current: InventoryObject): boolean {
  return equalTo.get(current) === body;
}

/** Takes note that an object is as desired, or as far as the controller lets it be. */
export function noteEqual({ body }: AviObject, current: InventoryObject): void {
  equalTo.set(current, body);
}

/** The update that makes an object of ours equal to the desired one; undefined when it already is. */
export function updateStep(
  object: AviObject,
  current: InventoryObject,
  context: Pick<PlanContext, 'schema'>,
): Extract<Step, { verb: 'update' }> | undefined {
  const { type, tenant, name, body } = object;
  if (isKnownEqual(object, current)) return undefined;
  const equal = equalTo.get(current);
  if (equal && JSON.stringify(equal) === JSON.stringify(body)) {
    noteEqual(object, current);
    return undefined;
  }
  const changes = diffObject(type, body, current.body, context.schema).filter(
    (change) => !current.settled?.has(settledKey(change)),
  );
  if (changes.length === 0) {
    noteEqual(object, current);
    return undefined;
  }
  const sent = putBody(type, body, current.body, context.schema);
  return { verb: 'update', id: objectId(object), type, tenant, name, uuid: current.uuid, body: sent, changes };
}

/** How a difference is remembered in `InventoryObject.settled`. */
export function settledKey(change: FieldChange): string {
  return JSON.stringify([change.path, change.before ?? null, change.after ?? null]);
}

function foreign(object: AviObject): Refusal {
  return {
    id: objectId(object),
    object,
    reason: 'Foreign',
    message:
      `${object.type} "${object.name}" in tenant "${object.tenant}" exists and is not ours (created_by or markers differ). ` +
      'Rename or remove it on the controller; it is left as it is.',
  };
}

function withDeletions(
  compared: Compared,
  surplus: readonly string[],
  owned: () => number,
  deletions: DeletionPolicy,
  context: PlanContext,
): Plan {
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
): Plan {
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
  return {
    operations,
    refusals: [...compared.refusals, ...refusedDeletions],
    unchanged: compared.unchanged,
    ...(compromises > 0 && { compromises }),
  };
}
