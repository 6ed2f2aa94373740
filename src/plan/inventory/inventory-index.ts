/** Who refers to whom on the controller, and what belongs to a Gateway, without a look at every object for each plan. */
import { gatewayOf } from './identity.ts';
import type { Inventory, InventoryIndex, InventoryObject } from './inventory.ts';
import { referredIds } from '../refs.ts';

/** An index that is kept while objects change. */
export interface KeptIndex extends InventoryIndex {
  /** To be called before `objects` changes; undefined: it goes. */
  note(id: string, next: InventoryObject | undefined): void;
  /** Everything may have changed. */
  reset(): void;
}

const usingTypes: ReadonlySet<string> = new Set(['virtualservice', 'httppolicyset', 'l4policyset', 'vsdatascriptset']);

/** @param objects may change when `note` has been told. */
export function createIndex(objects: Inventory['objects']): KeptIndex {
  const users = lazily(objects, targetsOf);
  const gateways = lazily(objects, ({ body }) => [gatewayOf(body)]);
  return {
    usersOf: (id) => [...users.of(id)].flatMap((user) => objects.get(user) ?? []),
    ofGateway: (gateway) => gateways.of(gateway),
    note(id, next) {
      const before = objects.get(id);
      users.note(id, before, next);
      gateways.note(id, before, next);
    },
    reset() {
      users.reset();
      gateways.reset();
    },
  };
}

/** The index that comes with an inventory, else one of it as it is now. */
export function indexOf({ index, objects }: Inventory): InventoryIndex {
  return index ?? createIndex(objects);
}

function targetsOf({ type, tenant, body }: InventoryObject): readonly string[] {
  return usingTypes.has(type) ? referredIds(tenant, body) : [];
}

interface Grouping<K> {
  of(key: K): Iterable<string>;
  note(id: string, before: InventoryObject | undefined, next: InventoryObject | undefined): void;
  reset(): void;
}

/** Ids of objects by keys that their bodies have; made when it is first asked for. */
function lazily<K>(objects: Inventory['objects'], keysOf: (object: InventoryObject) => readonly K[]): Grouping<K> {
  let groups: Map<K, Set<string>> | undefined;
  const add = (id: string, keys: readonly K[], to: Map<K, Set<string>>): void => {
    for (const key of keys) {
      const known = to.get(key);
      if (known) known.add(id);
      else to.set(key, new Set([id]));
    }
  };
  const drop = (id: string, keys: readonly K[], from: Map<K, Set<string>>): void => {
    for (const key of keys) {
      const known = from.get(key);
      known?.delete(id);
      if (known?.size === 0) from.delete(key);
    }
  };
  const made = (): Map<K, Set<string>> => {
    if (groups) return groups;
    groups = new Map();
    for (const [id, object] of objects) add(id, keysOf(object), groups);
    return groups;
  };
  return {
    of: (key) => made().get(key) ?? [],
    note(id, before, next) {
      if (!groups || before?.body === next?.body) return;
      if (before) drop(id, keysOf(before), groups);
      if (next) add(id, keysOf(next), groups);
    },
    reset: () => (groups = undefined),
  };
}
