import type { InventoryObject } from '../plan/inventory/inventory.ts';
import type { Operation, Plan } from '../plan/operation.ts';
import { objectId, type AviObject } from '../translate/desired.ts';
import { objectsById, successionOf } from '../translate/desired-index.ts';

/** What became of one object. */
export type ObjectOutcome =
  | { readonly state: 'done'; readonly object?: InventoryObject }
  | { readonly state: 'unchanged'; readonly object: InventoryObject }
  | { readonly state: 'failed'; readonly message: string; readonly code?: number; readonly retryable: boolean }
  | { readonly state: 'blocked'; readonly by: string }
  | { readonly state: 'refused'; readonly message: string };

/** What became of a Gateway's objects, by `objectId`. */
export type Outcome = ReadonlyMap<string, ObjectOutcome>;

/** What would take a walk over thousands of objects to find out. */
interface Tally {
  /** The desired objects that it is about. */
  readonly objects: readonly AviObject[];
  /** Ids of desired objects of which nothing is known yet. */
  readonly missing: Set<string>;
  /** Ids of objects that are not as desired. */
  readonly unclean: Set<string>;
  /** Ids of which nothing is to be known after this plan: of deletions and of writes in between. */
  readonly passing: ReadonlySet<string>;
}

const tallies = new WeakMap<Outcome, Tally>();

/**
 * The outcome of a plan that has not begun. Change it by `setOutcome` only.
 *
 * @param before what is known of the objects that the plan says nothing of.
 */
export function createOutcome(
  { operations, unchanged, refusals }: Plan,
  objects: readonly AviObject[],
  before?: Outcome,
): Map<string, ObjectOutcome> {
  const outcome = new Map(before);
  const known = before && tallies.get(before);
  for (const id of known?.passing ?? []) outcome.delete(id);
  if (before) forgetGone(outcome, objects);
  const writes = operations.filter(({ verb, stage }) => verb !== 'delete' && stage === undefined).map(({ id }) => id);
  const missing = new Set([...writes, ...unchanged, ...refusals.flatMap(({ object, id }) => (object ? [id] : []))]);
  for (const id of missing) outcome.delete(id);
  const unclean = new Set<string>();
  for (const [id, end] of known?.unclean.size === 0 ? [] : outcome) if (!isDone(end)) unclean.add(id);
  const isPassing = ({ verb, stage }: Operation) => verb === 'delete' || stage !== undefined;
  const passing = new Set(operations.filter(isPassing).map(({ id }) => id));
  tallies.set(outcome, { objects, missing, unclean, passing });
  return outcome;
}

function forgetGone(outcome: Map<string, ObjectOutcome>, objects: readonly AviObject[]): void {
  const wanted = objectsById(objects);
  for (const object of successionOf(objects)?.gone ?? []) {
    const id = objectId(object);
    if (!wanted.has(id)) outcome.delete(id);
  }
}

/** Says what became of an object. */
export function setOutcome(outcome: Map<string, ObjectOutcome>, id: string, end: ObjectOutcome): void {
  outcome.set(id, end);
  const tally = tallies.get(outcome);
  tally?.missing.delete(id);
  if (isDone(end)) tally?.unclean.delete(id);
  else tally?.unclean.add(id);
}

/** Whether the controller has an object as desired. */
export function isDone(outcome: ObjectOutcome | undefined): boolean {
  return outcome?.state === 'done' || outcome?.state === 'unchanged';
}

/** Whether nothing failed so far; false for no outcome. */
export function isClean(outcome: Outcome | undefined): boolean {
  if (!outcome) return false;
  const tally = tallies.get(outcome);
  if (tally) return tally.unclean.size === 0;
  for (const end of outcome.values()) if (!isDone(end)) return false;
  return true;
}

/** Whether the controller has all of these objects as desired. */
export function isComplete(outcome: Outcome, objects: readonly AviObject[]): boolean {
  const tally = tallies.get(outcome);
  if (tally?.objects === objects) return tally.missing.size === 0 && tally.unclean.size === 0;
  for (const id of objectsById(objects).keys()) if (!isDone(outcome.get(id))) return false;
  return true;
}

/** Whether a later try may get further. */
export function isWorthRetrying(outcome: Outcome): boolean {
  return [...outcome.values()].some((one) => one.state === 'refused' || (one.state === 'failed' && one.retryable));
}
