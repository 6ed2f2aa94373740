/**
 * The order in which claims move, so that each request is answered as before the plan or as after it, whenever Service
 * Engines learn of each write:
 *
 * * a claim is taken by its new child before the old one drops it;
 * * of claims that take the same request, the narrower is taken first and dropped last, since the wider one's child
 *   knows nothing of the narrower one's rule;
 * * a child that keeps a wider claim is changed in between: after the narrower ones are taken, before they are dropped;
 * * the parent's policy set is the widest of all.
 */
import {
  droppersOf,
  entriesOn,
  refreshersOf,
  takersOf,
  type ClaimEntry,
  type ClaimMap,
  type PathTable,
} from './claim-map.ts';
import { isIndexed, takesInside, type Claim } from './claims.ts';

/**
 * `first` must have an effect, or only be written, before `then` is written. Of two that contradict each other the lower
 * weight counts.
 */
export interface Precedence {
  readonly first: string;
  readonly then: string;
  readonly weight: number;
  /** Default: the effect. */
  readonly of?: 'write';
}

/** Of what is only better so: no compromise when it cannot be had. */
export const leastWeight = 9;

/** What is worse to get wrong has the lower weight: an error before a wrong rule for a moment. */
const weights = { handOver: 0, uncovered: 1, widerTaken: 2, widerChanged: 3, widerDropped: 4, parent: 5 } as const;

/** The write after which the parent's policy set answers as desired. */
export interface ParentPolicy {
  readonly write: string;
  /** Whether it answers requests for the host otherwise than before. */
  readonly changesFor: (host: string) => boolean;
}

/** @param policy absent: it does not change. */
export function claimPrecedences(map: ClaimMap, policy: ParentPolicy | undefined): readonly Precedence[] {
  return map.entries.flatMap((entry) => {
    const parentPolicy = policy?.changesFor(entry.claim.host) ? policy.write : undefined;
    return [
      ...crossingPrecedences(entry, map),
      ...takenPrecedences(entry, map, parentPolicy),
      ...droppedPrecedences(entry, map, parentPolicy),
    ];
  });
}

/**
 * Where a host has a regular expression, Avi may hand a request to it or to a path, and all of the host's children know
 * all of its rules: only one of them has to be there.
 */
function crossingPrecedences(entry: ClaimEntry, map: ClaimMap): readonly Precedence[] {
  const [takers, droppers] = [takersOf(entry), droppersOf(entry)];
  if (takers.length + droppers.length === 0) return [];
  return [...map.host(entry.claim).values()]
    .filter((other) => other !== entry && (!isIndexed(entry.claim) || !isIndexed(other.claim)))
    .flatMap((other) => [
      ...pairs(takers, droppersOf(other), weights.uncovered),
      ...pairs(takersOf(other), droppers, weights.uncovered),
    ]);
}

function takenPrecedences(entry: ClaimEntry, map: ClaimMap, parentPolicy: string | undefined): readonly Precedence[] {
  const takers = takersOf(entry);
  if (takers.length === 0) return [];
  if (entry.before.length > 0) return pairs(takers, droppersOf(entry), weights.handOver);
  const found: Precedence[] = [];
  const visit = (wider: ClaimEntry): boolean => {
    found.push(...pairs(takers, takersOf(wider), weights.widerTaken));
    if (wider.before.length === 0) return takersOf(wider).length > 0;
    found.push(...pairs(takers, droppersOf(wider), weights.uncovered));
    found.push(...pairs(takers, refreshersOf(wider), weights.widerChanged));
    return true;
  };
  const isCovered = visitWider(entry, map, visit, (inside) => {
    found.push(...pairs(takers, takersOf(inside), weights.widerTaken));
    found.push(...pairs(takers, droppersOf(inside), weights.uncovered));
    found.push(...pairs(takers, refreshersOf(inside), weights.widerChanged));
  });
  if (!isCovered && parentPolicy !== undefined) found.push(...pairs(takers, [parentPolicy], weights.parent));
  return found;
}

function droppedPrecedences(entry: ClaimEntry, map: ClaimMap, parentPolicy: string | undefined): readonly Precedence[] {
  const droppers = droppersOf(entry);
  if (droppers.length === 0 || entry.after.length > 0) return [];
  const found: Precedence[] = [];
  const visit = (wider: ClaimEntry): boolean => {
    found.push(...pairs(droppersOf(wider), droppers, weights.widerDropped));
    if (wider.after.length === 0) return droppersOf(wider).length > 0;
    found.push(...pairs(takersOf(wider), droppers, weights.uncovered));
    found.push(...pairs(refreshersOf(wider), droppers, weights.widerChanged));
    return true;
  };
  const isCovered = visitWider(entry, map, visit, (inside) => {
    found.push(...pairs(droppersOf(inside), droppers, weights.widerDropped));
    found.push(...pairs(takersOf(inside), droppers, weights.uncovered));
    found.push(...pairs(refreshersOf(inside), droppers, weights.widerChanged));
  });
  if (!isCovered && parentPolicy !== undefined) found.push(...pairs([parentPolicy], droppers, weights.parent));
  return found;
}

/**
 * Visits the claims that take requests of this one too, until one says that it takes all of them. On a wider host a
 * claim of any path inside is wider too, since the more specific host goes first.
 *
 * @returns whether one of the claim's own host said so; else a request may also come to the parent.
 */
function visitWider(
  { claim }: ClaimEntry,
  map: ClaimMap,
  visit: (wider: ClaimEntry) => boolean,
  visitInside: (inside: ClaimEntry) => void,
): boolean {
  if (map.chain(claim).slice(1).some(visit)) return true;
  map.wider(claim).some((table: PathTable) => {
    for (const inside of table.values()) {
      if (isStrictlyInside(inside, claim)) visitInside(inside);
    }
    return entriesOn(table, claim).some(visit);
  });
  return false;
}

function isStrictlyInside(inside: ClaimEntry, claim: Claim): boolean {
  if (inside.claim.criteria === claim.criteria && inside.claim.value === claim.value) return false;
  if (!isIndexed(claim) || !isIndexed(inside.claim)) return true;
  return takesInside(claim, inside.claim);
}

function pairs(first: readonly string[], then: readonly string[], weight: number): readonly Precedence[] {
  return first.flatMap((before) =>
    then.flatMap((after) => (before === after ? [] : [{ first: before, then: after, weight }])),
  );
}
