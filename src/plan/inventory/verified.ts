/** What is known to be as desired needs no second look: a plan then looks at what has changed on either side only. */
import { objectId, type AviObject } from '../../translate/desired.ts';
import { objectsById, successionOf } from '../../translate/desired-index.ts';
import type { Inventory } from './inventory.ts';

/**
 * A moment (`Inventory.changes`) at which all desired objects were on the controller as desired, or were written after it,
 * and nothing was left over.
 */
export interface Verified {
  readonly objects: readonly AviObject[];
  readonly at: number;
}

/** What is to be looked at. */
export interface Difference {
  /** Desired objects that are new, or of which something has changed on the controller. */
  readonly objects: readonly AviObject[];
  /** Whether an object that is not desired may exist. */
  readonly mayHaveSurplus: boolean;
}

/** @returns undefined when everything is to be looked at. */
export function differenceSince(
  verified: Verified | undefined,
  desired: readonly AviObject[],
  { changes, complete }: Inventory,
): Difference | undefined {
  const touched = verified && complete ? changes?.since(verified.at) : undefined;
  const succession = successionOf(desired);
  if (!verified || !touched) return undefined;
  const isSame = verified.objects === desired;
  if (!isSame && succession?.before !== verified.objects) return undefined;
  const { come, gone } = isSame || !succession ? { come: [], gone: [] } : succession;
  const wanted = objectsById(desired);
  const objects = new Set(come);
  let mayHaveSurplus = false;
  for (const id of touched) {
    const object = wanted.get(id);
    if (object) objects.add(object);
    else mayHaveSurplus = true;
  }
  for (const object of gone) mayHaveSurplus ||= !wanted.has(objectId(object));
  return { objects: [...objects], mayHaveSurplus };
}
