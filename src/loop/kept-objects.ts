/** Objects that a new translation made as they were: the earlier values stay, so that what is known of them stays known. */
import { compareText } from '../values/read.ts';
import type { AviObject, DesiredState, Json } from '../translate/desired.ts';
import { noteSuccession } from '../translate/desired-index.ts';

/**
 * The desired state with the earlier object in the place of each one that says the same. A body's checksum, which the
 * translation makes of everything else in it, tells; objects of types without one are new.
 */
export function keepUnchanged(next: DesiredState, before: DesiredState | undefined): DesiredState {
  if (!before || before.tenant !== next.tenant) return next;
  const [gone, come]: [AviObject[], AviObject[]] = [[], []];
  let place = 0;
  const objects = next.objects.map((object) => {
    let earlier = before.objects[place];
    while (earlier && earlier !== object && compareObjects(earlier, object) < 0) {
      gone.push(earlier);
      earlier = before.objects[(place += 1)];
    }
    const isThere = earlier !== undefined && (earlier === object || compareObjects(earlier, object) === 0);
    if (isThere) place += 1;
    if (earlier && isThere && (earlier === object || isSame(earlier, object))) return earlier;
    if (earlier && isThere) gone.push(earlier);
    come.push(object);
    return object;
  });
  for (const earlier of before.objects.slice(place)) gone.push(earlier);
  noteSuccession(objects, { before: before.objects, gone, come });
  return { ...next, objects };
}

/**
 * The desired state with these objects in the place of those of the same type and name; others of them are left out.
 * Takes time by the number of replacements, not of objects.
 */
export function replaceObjects(desired: DesiredState, replacements: readonly AviObject[]): DesiredState {
  const objects = desired.objects.slice();
  const [gone, come]: [AviObject[], AviObject[]] = [[], []];
  for (const object of replacements) {
    const place = placeOf(objects, object);
    const earlier = place === undefined ? undefined : objects[place];
    if (place === undefined || !earlier) continue;
    objects[place] = object;
    gone.push(earlier);
    come.push(object);
  }
  noteSuccession(objects, { before: desired.objects, gone, come });
  return { ...desired, objects };
}

function placeOf(objects: readonly AviObject[], wanted: AviObject): number | undefined {
  let [low, high] = [0, objects.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = objects[middle];
    const order = found ? compareObjects(found, wanted) : 0;
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** The order of a desired state. */
function compareObjects(a: AviObject, b: AviObject): number {
  return compareText(a.type, b.type) || compareText(a.name, b.name);
}

function isSame(a: AviObject, b: AviObject): boolean {
  if (a.type !== b.type || a.name !== b.name || a.tenant !== b.tenant) return false;
  const checksum = checksumOf(a);
  return checksum !== undefined && checksum === checksumOf(b) && JSON.stringify(a.origin) === JSON.stringify(b.origin);
}

function checksumOf({ body }: AviObject): Json | undefined {
  return body.cloud_config_cksum ?? body.vsvip_cloud_config_cksum;
}
