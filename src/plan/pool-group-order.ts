/**
 * A rule that moves may take its name, and so its pool group, along: the pool group is changed only when nothing serves
 * the rule's former requests from it any more, and its new requests begin after that.
 */
import { objectId, type JsonObject } from '../translate/desired.ts';
import type { Precedence } from './claim-order.ts';
import type { Inventory, InventoryObject } from './inventory.ts';
import { refsIn } from './refs.ts';
import type { Step } from './step.ts';

/** As for a child's own objects: a wrong rule for a moment. */
const weight = 3;
/** Less than that, since it is of fewer requests, and more than the parent's policy set, which answers few. */
const newUseWeight = 4;

/** Writes that stop using a pool group go before its change. */
export function poolGroupPrecedences(byId: ReadonlyMap<string, Step>, inventory: Inventory): readonly Precedence[] {
  const changed = [...byId.values()].filter((step) => step.type === 'poolgroup' && hasOtherPools(step, inventory));
  if (changed.length === 0) return [];
  const users = usersById(inventory);
  const changedIds = new Set(changed.map(({ id }) => id));
  const taken = [...byId.values()].flatMap((step) => newUses(step, changedIds, inventory));
  const dropped = changed.flatMap(({ id: then }) =>
    (users.get(then) ?? []).flatMap((user) =>
      droppersOf(user, then, byId, users).map((first): Precedence => ({ first, then, weight })),
    ),
  );
  return [...dropped, ...taken];
}

/** Who begins to use a pool group does so with its new members, where that is possible. */
function newUses(step: Step, changed: ReadonlySet<string>, { objects }: Inventory): readonly Precedence[] {
  if (step.verb === 'delete' || step.type === 'poolgroup') return [];
  const before = objects.get(step.id)?.body;
  const known = new Set(before ? referredIds(step.tenant, before) : []);
  return referredIds(step.tenant, step.body)
    .filter((id) => changed.has(id) && !known.has(id))
    .map((first) => ({ first, then: step.id, weight: newUseWeight, of: 'write' }));
}

function hasOtherPools(step: Step, { objects }: Inventory): boolean {
  if (step.verb !== 'update') return false;
  const names = (body: JsonObject | undefined): string =>
    refsIn(body ?? {})
      .flatMap(({ type, name }) => (type === 'pool' ? [name] : []))
      .sort()
      .join();
  return names(step.body) !== names(objects.get(step.id)?.body);
}

/** Virtual services, policy sets and scripts by what they refer to. */
function usersById({ objects }: Inventory): ReadonlyMap<string, readonly InventoryObject[]> {
  const users = new Map<string, InventoryObject[]>();
  for (const object of objects.values()) {
    if (!['virtualservice', 'httppolicyset', 'vsdatascriptset'].includes(object.type)) continue;
    for (const id of new Set(referredIds(object.tenant, object.body))) {
      const known = users.get(id);
      if (known) known.push(object);
      else users.set(id, [object]);
    }
  }
  return users;
}

function referredIds(tenant: string, body: JsonObject): readonly string[] {
  return refsIn(body).flatMap(({ type, name }) => (name === undefined ? [] : [objectId({ type, tenant, name })]));
}

/** Writes by which a user lets go: its own, or, of a policy set that goes, those of the virtual services that had it. */
function droppersOf(
  user: InventoryObject,
  target: string,
  byId: ReadonlyMap<string, Step>,
  users: ReadonlyMap<string, readonly InventoryObject[]>,
): readonly string[] {
  const id = objectId(user);
  const step = byId.get(id);
  if (!step) return [];
  if (step.verb !== 'delete') return referredIds(step.tenant, step.body).includes(target) ? [] : [id];
  if (user.type === 'virtualservice') return [id];
  return (users.get(id) ?? []).flatMap((service) => droppersOf(service, id, byId, users));
}
