/**
 * What a list-watch has reported so far, so that a new list can be told as changes.
 */
import { isDeepStrictEqual } from 'node:util';
import { keyOf } from '../routing/snapshot.ts';
import { sharedStrings } from '../values/shared-strings.ts';

/** Any Kubernetes object. */
export interface WatchedObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
  };
}

export interface ObjectChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: WatchedObject;
  /** False for an object that was missing in a new list and that nobody had asked to delete: nobody saw its end. */
  readonly explained: boolean;
}

export interface KnownObjects {
  /** Takes one event of a watch. */
  apply(type: string, object: WatchedObject): void;
  /** Takes a complete list and reports what is different. */
  replace(objects: readonly WatchedObject[]): void;
}

/**
 * @param defaults `apiVersion` and `kind` of objects that come without.
 * @param initial objects that have been reported before, by an earlier watch.
 */
export function createKnownObjects(
  defaults: { readonly apiVersion: string; readonly kind: string },
  report: (change: ObjectChange) => void,
  initial: Iterable<WatchedObject> = [],
): KnownObjects {
  const known = new Map<string, WatchedObject>();
  const shareStrings = sharedStrings();
  for (const object of initial) known.set(keyOf(object.metadata ?? {}), object);

  const remove = (key: string, last: WatchedObject, explained: boolean) => {
    known.delete(key);
    report({ type: 'DELETED', object: last, explained });
  };
  const put = (raw: WatchedObject) => {
    const key = keyOf(raw.metadata ?? {});
    const before = known.get(key);
    // What a Secret holds is kept nowhere else.
    const shared = defaults.kind === 'Secret' ? raw : shareStrings(raw);
    const object = keepEqual(trim(shared, defaults), before);
    if (before && before.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
    // Deleted and created again while nobody watched.
    if (before && before.metadata?.uid !== object.metadata?.uid) remove(key, before, false);
    const type = known.has(key) ? 'MODIFIED' : 'ADDED';
    known.set(key, object);
    report({ type, object, explained: true });
  };

  return {
    apply: (type, raw) => {
      if (type !== 'DELETED') return put(raw);
      const object = trim(raw, defaults);
      const key = keyOf(object.metadata ?? {});
      if (known.has(key)) remove(key, object, true);
    },
    replace: (objects) => {
      const listed = new Set(objects.map((object) => keyOf(object.metadata ?? {})));
      for (const [key, object] of [...known])
        if (!listed.has(key)) remove(key, object, object.metadata?.deletionTimestamp !== undefined);
      for (const object of objects) put(object);
    },
  };
}

/** With the earlier values of fields that say the same: mostly only the status is new, and the rest is kept once. */
function keepEqual(object: WatchedObject, before: WatchedObject | undefined): WatchedObject {
  if (!before) return object;
  const earlier = before as Readonly<Record<string, unknown>>;
  const kept = Object.entries(object).map(([field, value]: [string, unknown]) => {
    const isEqual = value !== null && typeof value === 'object' && isDeepStrictEqual(value, earlier[field]);
    return [field, isEqual ? earlier[field] : value] as const;
  });
  return Object.fromEntries(kept);
}

/** Without `managedFields`, which nobody reads and which are a tenth of the memory. */
function trim(object: WatchedObject, defaults: { readonly apiVersion: string; readonly kind: string }): WatchedObject {
  const { managedFields: _, ...metadata } = { managedFields: undefined, ...object.metadata };
  return {
    ...object,
    apiVersion: object.apiVersion ?? defaults.apiVersion,
    kind: object.kind ?? defaults.kind,
    metadata,
  };
}
