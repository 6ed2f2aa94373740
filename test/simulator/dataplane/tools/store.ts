import type { StoreChange, StoredObject, StoreReader } from '../../../../src/simulator/store/types.ts';

type Body = Readonly<Record<string, unknown>>;

/** A store without checks: objects are named, refs are made by `ref`, uuids are `<type>-<name>`. */
export interface TestStore extends StoreReader {
  /** Creates or replaces; returns the object's ref. */
  readonly put: (type: string, name: string, body: Body) => string;
  readonly remove: (type: string, name: string) => void;
}

export const uuid = (type: string, name: string): string => `${type}-${name}`;
export const ref = (type: string, name: string): string => `/api/${type}/${uuid(type, name)}`;

export function createTestStore(): TestStore {
  const objects = new Map<string, StoredObject>();
  const listeners = new Set<(change: StoreChange) => void>();
  let time = 0;
  const emit = (change: StoreChange): void => listeners.forEach((listener) => listener(change));
  return {
    get: (type, id) => (objects.get(id)?.type === type ? objects.get(id) : undefined),
    list: (type) => [...objects.values()].filter((object) => object.type === type),
    resolve: (value) => (typeof value === 'string' ? objects.get(value.slice(value.lastIndexOf('/') + 1)) : undefined),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    put: (type, name, body) => {
      const id = uuid(type, name);
      const previous = objects.get(id);
      const object = {
        type,
        name,
        uuid: id,
        tenant: 'admin',
        lastModified: String(++time),
        body: { name, uuid: id, ...body },
      };
      objects.set(id, object);
      emit(previous ? { kind: 'updated', object, previous } : { kind: 'created', object });
      return ref(type, name);
    },
    remove: (type, name) => {
      const object = objects.get(uuid(type, name));
      if (!object) return;
      objects.delete(object.uuid);
      emit({ kind: 'deleted', object });
    },
  };
}
