/** Which Gateways our objects on the controller exist for. */
import { objectId } from '../../translate/desired.ts';
import { gatewayOf, isOurs, type Identity } from './identity.ts';
import type { Inventory, InventoryObject } from './inventory.ts';
import { refsIn } from '../refs.ts';

/**
 * Gateways by object id: the one that the markers name, else those of the objects that refer to it, directly or not (a
 * VsVip, certificate or shared policy set names no Gateway). Ours only; an object with no Gateway has an empty set.
 */
export function attribute(inventory: Inventory, identity: Identity): ReadonlyMap<string, ReadonlySet<string>> {
  const ours = [...inventory.objects.values()].filter((object) => isOurs(object, identity));
  const owners = new Map<string, Set<string>>(ours.map((object) => [objectId(object), marked(object)]));
  const pending = ours.filter((object) => (owners.get(objectId(object))?.size ?? 0) > 0);
  for (let object = pending.pop(); object; object = pending.pop()) {
    const from = owners.get(objectId(object)) ?? new Set();
    for (const target of referredObjects(object, inventory)) {
      const known = owners.get(objectId(target));
      if (!known || gatewayOf(target.body) !== undefined || isSubset(from, known)) continue;
      for (const gateway of from) known.add(gateway);
      pending.push(target);
    }
  }
  return owners;
}

/** Objects of the inventory that an object's references mean. */
export function referredObjects(object: InventoryObject, inventory: Inventory): readonly InventoryObject[] {
  return refsIn(object.body).flatMap((ref) => {
    const found =
      ref.name === undefined
        ? undefined
        : inventory.objects.get(objectId({ ...object, type: ref.type, name: ref.name }));
    return found ? [found] : [];
  });
}

function marked(object: InventoryObject): Set<string> {
  const gateway = gatewayOf(object.body);
  return new Set(gateway === undefined ? [] : [gateway]);
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((item) => whole.has(item));
}
