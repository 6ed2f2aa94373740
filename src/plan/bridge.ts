/** Make before break inside one object: what serves stays until what replaces it does (design section 4). */
import type { AviType, Json, JsonObject } from '../translate/desired.ts';
import { pairElements } from './content/sets.ts';

const servingList: Readonly<Partial<Record<AviType, string>>> = { pool: 'servers', poolgroup: 'members' };

/**
 * The body to write first when an update replaces every server of a pool, or every member of a pool group: the new
 * ones and the old ones. New servers take no requests before their first health check, so for that long there would
 * be none. Undefined when one that serves stays.
 */
export function bridgeBody(type: AviType, desired: JsonObject, current: JsonObject): JsonObject | undefined {
  const field = servingList[type];
  if (field === undefined) return undefined;
  const [wanted, existing] = [list(desired[field]), list(current[field])];
  if (wanted.length === 0 || existing.length === 0) return undefined;
  const stays = pairElements(field, wanted, existing).some(
    (pair) => pair.desired !== undefined && pair.current !== undefined,
  );
  return stays ? undefined : { ...desired, [field]: [...wanted, ...existing] };
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
