import { isDeepStrictEqual } from 'node:util';
import { isObject, type Draft } from '../store/document.ts';
import { refuse } from '../store/errors.ts';

/** A PATCH body: operations with the fields they touch (avi-model.md 4.6). */
export type Patch = Readonly<Partial<Record<'add' | 'replace' | 'delete', Draft>>>;

const operations = ['add', 'replace', 'delete'] as const;

/**
 * Reads a PATCH body.
 * @throws ApiError 400 when it has anything but add, replace and delete objects.
 */
export function parsePatch(body: unknown): Patch {
  if (!isObject(body)) throw refuse(400, 'PATCH needs an object with add, replace or delete.');
  const unknown = Object.keys(body).find((key) => !(operations as readonly string[]).includes(key));
  if (unknown !== undefined) throw refuse(400, `Invalid patch operation '${unknown}', use add, replace or delete.`);
  const wrong = operations.find((operation) => body[operation] !== undefined && !isObject(body[operation]));
  if (wrong !== undefined) throw refuse(400, `Patch operation '${wrong}' needs an object of fields.`);
  return body;
}

/** The body after the patch, one level deep: lists are extended or thinned, everything else set or unset. */
export function applyPatch(body: Readonly<Record<string, unknown>>, patch: Patch): Draft {
  const result: Draft = { ...body };
  for (const [field, value] of Object.entries(patch.add ?? {})) result[field] = added(result[field], value);
  for (const [field, value] of Object.entries(patch.replace ?? {})) result[field] = value;
  for (const [field, value] of Object.entries(patch.delete ?? {})) {
    const left = removed(result[field], value);
    if (left === undefined) delete result[field];
    else result[field] = left;
  }
  return result;
}

function added(current: unknown, value: unknown): unknown {
  if (!Array.isArray(current) || !Array.isArray(value)) return value;
  const fresh = (value as unknown[]).filter((entry) => !current.some((known) => isDeepStrictEqual(known, entry)));
  return [...(current as unknown[]), ...fresh];
}

function removed(current: unknown, value: unknown): unknown {
  if (!Array.isArray(current) || !Array.isArray(value)) return undefined;
  return (current as unknown[]).filter((entry) => !value.some((wanted) => isPartOf(wanted, entry)));
}

/** Every value that `part` gives is in `whole`: `{ip: …}` finds the server with that address. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (!isObject(part) || !isObject(whole)) return isDeepStrictEqual(part, whole);
  return Object.entries(part).every(([field, value]) => isPartOf(value, whole[field]));
}
