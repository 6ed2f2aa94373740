/** Desired objects against the inventory, one by one: what has to be created, updated, or left. */
import { objectId, type AviObject, type JsonObject } from '../../translate/desired.ts';
import { diffObject } from './diff.ts';
import { isOurs, type Identity } from '../inventory/identity.ts';
import type { Inventory, InventoryObject } from '../inventory/inventory.ts';
import type { FieldChange, Refusal } from '../operation.ts';
import type { WidePolicies } from '../hand-over/plan-world.ts';
import { putBody } from './put-body.ts';
import type { AviSchema } from './schema.ts';
import type { Step } from '../step.ts';

/** What a comparison needs to know. */
export interface CompareContext {
  readonly inventory: Inventory;
  readonly identity: Identity;
  readonly schema: AviSchema;
}

/** Desired objects held against the inventory. */
export interface Compared {
  readonly wide?: WidePolicies;
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
  readonly unchanged: readonly string[];
}

/** What has to be created and updated for some objects. */
export function compareAll(objects: readonly AviObject[], context: CompareContext): Compared {
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
  context: Pick<CompareContext, 'schema'>,
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
