import { objects, text } from './fields.ts';
import type { Resolve } from './resolve.ts';

/** The keys of StringGroups; none of those that do not exist. */
export function stringKeys(refs: readonly unknown[], resolve: Resolve): readonly string[] {
  return refs.flatMap((ref) => objects(resolve(ref)?.body, 'kv').map((entry) => text(entry, 'key') ?? ''));
}
