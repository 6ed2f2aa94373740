/**
 * Remembers values by object without growing for ever: when it has doubled, objects that no longer exist are forgotten.
 */
export interface ObjectMemory<T> {
  get(id: string): T | undefined;
  set(id: string, value: T): void;
  delete(id: string): void;
  size(): number;
}

/**
 * @param exists whether an object still exists.
 * @param least how many entries are kept without looking.
 */
export function createObjectMemory<T>(exists: (id: string) => boolean, least = 1_000): ObjectMemory<T> {
  const values = new Map<string, T>();
  let limit = least;
  return {
    get: (id) => values.get(id),
    set: (id, value) => {
      values.set(id, value);
      if (values.size <= limit) return;
      for (const known of [...values.keys()]) if (!exists(known)) values.delete(known);
      limit = Math.max(least, values.size * 2);
    },
    delete: (id) => void values.delete(id),
    size: () => values.size,
  };
}
