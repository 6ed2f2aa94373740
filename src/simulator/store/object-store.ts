import type { Catalogue, ObjectType } from './catalogue.ts';
import { referencedUuids, uuidOf } from './references.ts';
import type { StoreChange, StoredObject, StoreReader } from './types.ts';

/**
 * The controller's objects with the indexes that requests need: by type, by name, and who refers to whom.
 * It checks nothing; `writer.ts` does. Bodies are never copied and must not be changed after `put`.
 */
export interface ObjectStore extends StoreReader {
  readonly catalogue: Catalogue;
  /** The type's objects, oldest first. */
  values(type: string): Iterable<StoredObject>;
  count(type: string): number;
  /** All objects of a type with that name, in any tenant and cloud. */
  named(type: string, name: string): readonly StoredObject[];
  byUuid(uuid: string): StoredObject | undefined;
  /** Objects whose body refers to this one. */
  referrers(uuid: string): readonly StoredObject[];
  /** Creates or replaces. */
  put(object: StoredObject): void;
  remove(uuid: string): void;
  /** Runs writes as one: listeners hear of them after all of it, and an error undoes all of it. */
  transaction<T>(write: () => T): T;
  /** The next write's time stamp: microseconds, strictly growing. */
  nextTimestamp(): string;
  all(): Iterable<StoredObject>;
}

/** Creates an empty store. `now` is in milliseconds since the epoch. */
export function createObjectStore(catalogue: Catalogue, now: () => number = Date.now): ObjectStore {
  const byType = new Map<string, Map<string, StoredObject>>();
  const byUuid = new Map<string, StoredObject>();
  const byName = new Map<string, Set<string>>();
  const referrers = new Map<string, Set<string>>();
  const references = new Map<string, Set<string>>();
  const lists = new Map<string, readonly StoredObject[]>();
  const listeners = new Set<(change: StoreChange) => void>();
  let pending: StoreChange[] | undefined;
  let lastTimestamp = 0;

  const nameKey = (type: string, name: string): string => `${type}/${name}`;

  function link(object: StoredObject): void {
    const shape = catalogue.types.get(object.type)?.shape;
    const targets = shape ? referencedUuids(object.body, shape) : new Set<string>();
    targets.delete(object.uuid);
    references.set(object.uuid, targets);
    for (const target of targets) entry(referrers, target).add(object.uuid);
    entry(byName, nameKey(object.type, object.name)).add(object.uuid);
  }

  function unlink(object: StoredObject): void {
    for (const target of references.get(object.uuid) ?? []) drop(referrers, target, object.uuid);
    references.delete(object.uuid);
    drop(byName, nameKey(object.type, object.name), object.uuid);
  }

  function set(object: StoredObject): StoredObject | undefined {
    const previous = byUuid.get(object.uuid);
    if (previous) unlink(previous);
    byUuid.set(object.uuid, object);
    let siblings = byType.get(object.type);
    if (!siblings) byType.set(object.type, (siblings = new Map<string, StoredObject>()));
    siblings.set(object.uuid, object);
    lists.delete(object.type);
    link(object);
    return previous;
  }

  function unset(object: StoredObject): void {
    unlink(object);
    byUuid.delete(object.uuid);
    byType.get(object.type)?.delete(object.uuid);
    lists.delete(object.type);
  }

  function commit(change: StoreChange): void {
    if (pending) pending.push(change);
    else for (const listener of [...listeners]) listener(change);
  }

  function undo(changes: readonly StoreChange[]): void {
    for (const { object, previous } of [...changes].reverse()) {
      if (previous) set(previous);
      else unset(object);
    }
  }

  function put(object: StoredObject): void {
    const previous = set(object);
    commit(previous ? { kind: 'updated', object, previous } : { kind: 'created', object });
  }

  function remove(uuid: string): void {
    const object = byUuid.get(uuid);
    if (!object) return;
    unset(object);
    commit({ kind: 'deleted', object, previous: object });
  }

  function transaction<T>(write: () => T): T {
    if (pending) return write();
    const changes: StoreChange[] = (pending = []);
    let result: T;
    try {
      result = write();
    } catch (error) {
      undo(changes);
      throw error;
    } finally {
      pending = undefined;
    }
    changes.forEach(commit);
    return result;
  }

  return {
    catalogue,
    get: (type, uuid) => byType.get(type)?.get(uuid),
    byUuid: (uuid) => byUuid.get(uuid),
    values: (type) => byType.get(type)?.values() ?? [],
    count: (type) => byType.get(type)?.size ?? 0,
    list(type) {
      let list = lists.get(type);
      if (!list) lists.set(type, (list = [...(byType.get(type)?.values() ?? [])]));
      return list;
    },
    named: (type, name) => pick(byUuid, byName.get(nameKey(type, name))),
    referrers: (uuid) => pick(byUuid, referrers.get(uuid)),
    resolve(ref) {
      const uuid = uuidOf(ref);
      return uuid === undefined ? undefined : byUuid.get(uuid);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    put,
    remove,
    transaction,
    nextTimestamp() {
      lastTimestamp = Math.max(lastTimestamp + 1, Math.floor(now() * 1000));
      return String(lastTimestamp);
    },
    all: () => byUuid.values(),
  };
}

/** The type of an object; every stored object has one. */
export function typeOf(store: ObjectStore, object: StoredObject): ObjectType {
  const type = store.catalogue.types.get(object.type);
  if (!type) throw new Error(`No type '${object.type}' in the catalogue`);
  return type;
}

function entry(index: Map<string, Set<string>>, key: string): Set<string> {
  let found = index.get(key);
  if (!found) index.set(key, (found = new Set()));
  return found;
}

function drop(index: Map<string, Set<string>>, key: string, value: string): void {
  const found = index.get(key);
  if (!found) return;
  found.delete(value);
  if (found.size === 0) index.delete(key);
}

function pick(
  objects: ReadonlyMap<string, StoredObject>,
  uuids: Iterable<string> | undefined,
): readonly StoredObject[] {
  const found: StoredObject[] = [];
  for (const uuid of uuids ?? []) {
    const object = objects.get(uuid);
    if (object) found.push(object);
  }
  return found;
}
