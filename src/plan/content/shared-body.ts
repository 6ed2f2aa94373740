/** One copy in memory of what the controller returned and what we asked for, which is mostly the same. */
import type { Json, JsonObject } from '../../translate/desired.ts';

/** The body as returned, made of the desired body's values wherever these are equal. Equal to `returned` in content. */
export function sharedBody(returned: JsonObject, desired: JsonObject): JsonObject {
  return shared(returned, desired) as JsonObject;
}

function shared(returned: Json, desired: Json | undefined): Json {
  if (returned === desired || desired === undefined) return returned === desired ? desired : returned;
  if (isList(returned)) return isList(desired) ? sharedList(returned, desired) : returned;
  if (isObject(returned)) return isObject(desired) && !isList(desired) ? sharedObject(returned, desired) : returned;
  return returned;
}

function sharedList(returned: readonly Json[], desired: readonly Json[]): readonly Json[] {
  const items = returned.map((item, place) => shared(item, desired[place]));
  return items.length === desired.length && items.every((item, place) => item === desired[place]) ? desired : items;
}

function sharedObject(returned: JsonObject, desired: JsonObject): JsonObject {
  const made: Record<string, Json> = { ...returned };
  let isSame = true;
  for (const [name, value] of Object.entries(returned)) {
    const item = shared(value, desired[name]);
    made[name] = item;
    isSame &&= item === desired[name];
  }
  return isSame && Object.keys(returned).length === Object.keys(desired).length ? desired : made;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null;
}
