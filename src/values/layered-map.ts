/**
 * Maps of thousands of entries that are handed out as they are and then change in a few: a change costs a small layer over
 * what was handed out and not a copy of it, and two states of one map tell in what they differ without being walked through.
 */

export interface LayeredMap<T> {
  get(key: string): T | undefined;
  values(): Iterable<T>;
  /** Undefined removes. */
  set(key: string, value: T | undefined): void;
  /** The map as it is, in no particular order; it will not change any more. The same value until something changes. */
  share(): ReadonlyMap<string, T>;
}

interface Layers<T> {
  readonly base: ReadonlyMap<string, T>;
  /** Undefined: removed. */
  readonly over: ReadonlyMap<string, T | undefined>;
}

/** A layer is merged when it has more entries than this and than the root of those below it. */
const leastLayer = 32;

const layersOf = new WeakMap<ReadonlyMap<string, unknown>, Layers<unknown>>();

/** What a base was made of: the base before, which may be freed, with changes of these keys. */
interface Merge {
  readonly from: WeakRef<ReadonlyMap<string, unknown>>;
  readonly keys: ReadonlySet<string>;
}

const mergeOf = new WeakMap<ReadonlyMap<string, unknown>, Merge>();

export function layeredMap<T>(): LayeredMap<T> {
  let base = new Map<string, T>();
  let over = new Map<string, T | undefined>();
  let [isBaseShared, isOverShared] = [false, false];
  let shared: ReadonlyMap<string, T> | undefined;
  /** Keys in which the base differs from the one before. */
  let changedSince = new Set<string>();

  const merge = (): void => {
    const from = new WeakRef(base);
    base = new Map(base);
    changedSince = new Set(over.keys());
    mergeOf.set(base, { from, keys: changedSince });
    for (const [key, value] of over) put(base, key, value);
    over = new Map();
    isBaseShared = false;
  };

  return {
    get: (key) => (over.has(key) ? over.get(key) : base.get(key)),
    values: () => (over.size === 0 ? base.values() : layered({ base, over }).values()),
    set: (key, value) => {
      shared = undefined;
      if (!isBaseShared) {
        changedSince.add(key);
        return put(base, key, value);
      }
      if (isOverShared) over = new Map(over);
      isOverShared = false;
      if (value === undefined && !base.has(key)) over.delete(key);
      else over.set(key, value);
      if (over.size > Math.max(leastLayer, Math.sqrt(base.size))) merge();
    },
    share: () => {
      isBaseShared = true;
      isOverShared = true;
      return (shared ??= over.size === 0 ? base : layered({ base, over }));
    },
  };
}

/** Keys whose values differ between two states of one map; undefined where that is not known. */
export function changedKeys<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
): ReadonlySet<string> | undefined {
  if (before === after) return new Set();
  const [a, b] = [layersOf.get(before), layersOf.get(after)];
  const merged = keysBetween(a?.base ?? before, b?.base ?? after);
  if (!merged) return undefined;
  const keys = new Set([...merged, ...(a?.over.keys() ?? []), ...(b?.over.keys() ?? [])]);
  for (const key of keys) if (before.get(key) === after.get(key)) keys.delete(key);
  return keys;
}

/** Keys of which one base may differ from another that is the same or was made of it. */
function keysBetween(
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): Iterable<string> | undefined {
  if (before === after) return [];
  const merge = mergeOf.get(after);
  return merge?.from.deref() === before ? merge.keys : undefined;
}

function put<T>(map: Map<string, T>, key: string, value: T | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

function layered<T>(layers: Layers<T>): ReadonlyMap<string, T> {
  const { base, over } = layers;
  let size = base.size;
  for (const [key, value] of over) size += Number(value !== undefined) - Number(base.has(key));
  const get = (key: string): T | undefined => (over.has(key) ? over.get(key) : base.get(key));
  function* entries(): Generator<[string, T], undefined> {
    for (const entry of base) {
      const [key] = entry;
      if (!over.has(key)) yield entry;
    }
    for (const [key, value] of over) if (value !== undefined) yield [key, value];
  }
  function* keys(): Generator<string, undefined> {
    for (const [key] of entries()) yield key;
  }
  function* values(): Generator<T, undefined> {
    for (const [, value] of entries()) yield value;
  }
  const map: ReadonlyMap<string, T> = {
    size,
    get,
    has: (key) => (over.has(key) ? over.get(key) !== undefined : base.has(key)),
    entries,
    keys,
    values,
    forEach: (visit, self) => {
      for (const [key, value] of entries()) visit.call(self, value, key, map);
    },
    [Symbol.iterator]: entries,
  };
  layersOf.set(map, layers);
  return map;
}
