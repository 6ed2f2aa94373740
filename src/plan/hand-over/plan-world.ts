/** What the parts of the hand-over know of a plan. */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import type { Precedence } from './claim-order.ts';
import type { Inventory, InventoryObject } from '../inventory/inventory.ts';
import { indexOf } from '../inventory/inventory-index.ts';
import { parseRef, referredIds } from '../refs.ts';
import { withoutUnreachable } from './parent-policy.ts';
import type { Step } from '../step.ts';

export interface HandOver {
  /** All steps, those in between included. */
  readonly steps: readonly Step[];
  /** Pairs that hold whatever else is wanted: the writes of one object. */
  readonly sequences: readonly (readonly [first: string, then: string])[];
  readonly precedences: readonly Precedence[];
  /** Objects of its own name that a virtual service is written after, without waiting for an effect. */
  readonly writtenBefore: ReadonlyMap<string, readonly string[]>;
}

/** Bodies of a parent's policy set with the rules of all wildcards; undefined where it has them all (`DesiredState`). */
export interface WidePolicies {
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  /** False when nobody knows what was desired before. */
  readonly isBeforeKnown: boolean;
}

export const unknownPolicies: WidePolicies = { before: undefined, after: undefined, isBeforeKnown: false };

/** The body of an object after the plan, by id. */
export type BodyOf = (id: string) => JsonObject | undefined;

/** What is known of the plan. */
export interface World {
  readonly byId: ReadonlyMap<string, Step>;
  readonly inventory: Inventory;
  readonly bodyOf: BodyOf;
  readonly wide: WidePolicies;
  /** Virtual services, policy sets and scripts for HTTP on the controller that refer to an object, by its id. */
  readonly usersOf: (id: string) => readonly InventoryObject[];
  /** Whether a virtual service uses the pool group on the controller, for HTTP or not. */
  readonly isUsed: (group: string) => boolean;
}

/** A virtual service with children. */
export interface Parent {
  readonly tenant: string;
  readonly name: string;
}

/** @param byId the steps of a plan. */
export function bodiesAfter(byId: ReadonlyMap<string, Step>, inventory: Inventory): BodyOf {
  return (id) => {
    const step = byId.get(id);
    if (step?.verb === 'delete') return undefined;
    return step ? step.body : inventory.objects.get(id)?.body;
  };
}

/** @param steps of a plan. */
export function worldOf(steps: readonly Step[], inventory: Inventory, wide: WidePolicies): World {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const index = indexOf(inventory);
  return {
    byId,
    inventory,
    bodyOf: bodiesAfter(byId, inventory),
    wide,
    usersOf: (id) => index.usersOf(id).filter(({ type }) => type !== 'l4policyset'),
    isUsed: (group) => index.usersOf(group).some((user) => isReached(group, user)),
  };
}

/** Whether requests come to a pool group by what uses it: a plan that was cut short may have left it in use for its health only. */
function isReached(group: string, { type, tenant, body }: InventoryObject): boolean {
  return type !== 'httppolicyset' || referredIds(tenant, withoutUnreachable(body)).includes(group);
}

/** Virtual services on the controller that refer to an object, by its id. */
export function servicesOf(id: string, { usersOf }: Pick<World, 'usersOf'>): readonly InventoryObject[] {
  return usersOf(id).filter(({ type }) => type === 'virtualservice');
}

/** Whether an update is of a policy set or script that is not of one virtual service, as all children of a host may share one. */
export function isShared({ verb, type, tenant, name }: Step, { objects }: Inventory): boolean {
  if (verb !== 'update' || (type !== 'httppolicyset' && type !== 'vsdatascriptset')) return false;
  return !objects.has(objectId({ type: 'virtualservice', tenant, name }));
}

const parentNames = new WeakMap<JsonObject, { readonly name: string | undefined }>();

/** Name of a child's parent. */
export function parentName(body: JsonObject | undefined): string | undefined {
  if (!body) return undefined;
  const known = parentNames.get(body);
  if (known) return known.name;
  const ref = body.vh_parent_vs_ref;
  const name = typeof ref === 'string' ? parseRef(ref)?.name : undefined;
  parentNames.set(body, { name });
  return name;
}
