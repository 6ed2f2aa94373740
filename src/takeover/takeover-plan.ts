/** What taking over an AKO installation does to its objects, in the words of Avi. Pure. */
import { gatewayOf, isOurs, ownIdentity, type Identity } from '../plan/inventory/identity.ts';
import type { Inventory, InventoryObject } from '../plan/inventory/inventory.ts';
import type { FieldChange, Operation, Plan, Refusal } from '../plan/operation.ts';
import { objectId, type AviType } from '../translate/desired.ts';
import { isDedicatedName } from './ako.ts';

/** An object of AKO's that becomes ours as it is or changed; its uuid stays. */
export interface KeptObject {
  readonly id: string;
  readonly type: AviType;
  readonly uuid: string;
  /** Fields that change besides those that say whose it is. */
  readonly changes: readonly FieldChange[];
}

/** An object that nobody wants any more. */
export interface RemovedObject {
  readonly id: string;
  readonly type: AviType;
  readonly uuid: string;
  /** Ids of objects that serve in its place first. */
  readonly after: readonly string[];
  /** `namespace/name` of the Gateway that its markers name. */
  readonly gateway?: string;
}

/** The whole move. */
export interface TakeoverPlan {
  readonly kept: readonly KeptObject[];
  readonly created: readonly string[];
  readonly removed: readonly RemovedObject[];
  /** Objects that are ours already and change; the operator would do the same. */
  readonly own: readonly string[];
  /** Names that we want and somebody else has. */
  readonly foreign: readonly Refusal[];
  /** Keys (`namespace/name`) of Gateways in AKO's dedicated mode: they are made anew, with a new address. */
  readonly dedicated: readonly string[];
}

/** Fields that say whose an object is, and what is computed from the others. */
const marks = /^(created_by|markers(\[.*)?|cloud_config_cksum|vsvip_cloud_config_cksum|service_metadata)$/;

/** Whether the field only says whose the object is. */
export function isMark({ path }: FieldChange): boolean {
  return marks.test(path);
}

/**
 * Describes plans.
 *
 * @param plans of all Gateways and of what nobody wants; an object may be in several.
 * @param identity under which AKO's objects count as ours.
 */
export function takeoverPlan(plans: readonly Plan[], inventory: Inventory, identity: Identity): TakeoverPlan {
  const { clusterName } = identity;
  const own = ownIdentity(clusterName);
  // Of an object in several plans the first says most: it knows what the object is removed after.
  const operations = new Map(
    plans
      .toReversed()
      .flatMap((plan) => plan.operations.filter(isLastWrite))
      .map((operation) => [operation.id, operation]),
  );
  const unchanged = new Set(plans.flatMap((plan) => plan.unchanged));
  const akos = [...inventory.objects.values()].filter((object) => isOurs(object, identity) && !isOurs(object, own));
  const isAko = new Set(akos.map(objectId));
  const verbs = [...operations.values()];
  return {
    kept: akos.flatMap((object) => kept(object, operations.get(objectId(object)), unchanged)),
    created: verbs.filter(({ verb }) => verb === 'create').map(({ id }) => id),
    removed: verbs.flatMap((operation) => removed(operation, operations, inventory)),
    own: verbs.filter(({ verb, id }) => verb === 'update' && !isAko.has(id)).map(({ id }) => id),
    foreign: plans.flatMap((plan) => plan.refusals.filter(({ reason }) => reason === 'Foreign')),
    dedicated: dedicatedGateways(akos, clusterName),
  };
}

/** Not one in between, of which the others are a part of the way only. */
function isLastWrite({ stage }: Operation): boolean {
  return stage === undefined;
}

function kept(
  object: InventoryObject,
  operation: Operation | undefined,
  unchanged: ReadonlySet<string>,
): readonly KeptObject[] {
  const { type, uuid } = object;
  const id = objectId(object);
  if (operation?.verb === 'update') {
    return [{ id, type, uuid, changes: operation.changes.filter((change) => !isMark(change)) }];
  }
  return unchanged.has(id) ? [{ id, type, uuid, changes: [] }] : [];
}

function removed(
  operation: Operation,
  operations: ReadonlyMap<string, Operation>,
  inventory: Inventory,
): readonly RemovedObject[] {
  if (operation.verb !== 'delete') return [];
  const { id, type, uuid, dependsOn } = operation;
  const body = inventory.objects.get(id)?.body;
  const gateway = body && gatewayOf(body);
  const writes = dependsOn.map((other) => other.replace(/#[a-z]+$/, ''));
  const after = [...new Set(writes)].filter((other) => operations.get(other)?.verb !== 'delete');
  return [{ id, type, uuid, after, ...(gateway !== undefined && { gateway }) }];
}

function dedicatedGateways(objects: readonly InventoryObject[], clusterName: string): readonly string[] {
  const services = objects.filter(({ type, name }) => type === 'virtualservice' && isDedicatedName(clusterName, name));
  return [...new Set(services.map(({ name, body }) => gatewayOf(body) ?? name))].sort();
}
