/** Who claims what before and after a plan, on the hosts that it touches. */
import { coveringHostnames } from '../../translate/policies/rule-match.ts';
import { chainOf, isIndexed, pathId, type Claim, type Claims } from './claims.ts';

/** A child virtual service in a plan; the names are ids of the writes that do it. */
export interface ClaimingChild {
  readonly id: string;
  readonly before: Claims;
  readonly after: Claims;
  /** Adds the claims that are new. */
  readonly takes?: string;
  /** Removes those that are gone. */
  readonly drops?: string;
  /** Change how those that stay are answered. */
  readonly refreshes: readonly string[];
}

/** One claim with the children that have it. */
export interface ClaimEntry {
  readonly claim: Claim;
  readonly before: ClaimingChild[];
  readonly after: ClaimingChild[];
}

/** The claims of one host on one port, by path. */
export type PathTable = ReadonlyMap<string, ClaimEntry>;

export interface ClaimMap {
  readonly entries: readonly ClaimEntry[];
  /** All of the claim's host. */
  readonly host: (claim: Claim) => PathTable;
  /** The entry itself and those of its host that take its requests too, narrowest first. */
  readonly chain: (claim: Claim) => readonly ClaimEntry[];
  /** Tables of the wildcards that cover the claim's host, longest first. */
  readonly wider: (claim: Claim) => readonly PathTable[];
  /** Hosts of children that stay as they are. */
  readonly stayingHosts: ReadonlySet<string>;
}

/**
 * All children of one parent that exist before or after the plan.
 *
 * @param changing those that it changes.
 * @param staying the others; of their claims only those are kept that a changing one may have to do with.
 */
export function claimMap(changing: readonly ClaimingChild[], staying: readonly ClaimingChild[]): ClaimMap {
  const tables = new Map<string, Map<string, ClaimEntry>>();
  const entryOf = (claim: Claim): ClaimEntry => {
    const place = placeOf(claim.host, claim.port);
    const table = tables.get(place) ?? new Map<string, ClaimEntry>();
    tables.set(place, table);
    const path = pathId(claim.criteria, claim.value);
    const entry = table.get(path) ?? { claim, before: [], after: [] };
    table.set(path, entry);
    return entry;
  };
  const places = new Set<string>();
  for (const child of changing) {
    for (const claim of child.before.values()) entryOf(claim).before.push(child);
    for (const claim of child.after.values()) entryOf(claim).after.push(child);
    for (const claim of [...child.before.values(), ...child.after.values()]) addPlaces(claim, places);
  }
  const stayingHosts = new Set<string>();
  for (const child of staying) {
    for (const claim of child.before.values()) {
      stayingHosts.add(claim.host);
      const place = placeOf(claim.host, claim.port);
      if (!places.has(place) && !places.has(`${place} ${pathId(claim.criteria, claim.value)}`)) continue;
      const entry = entryOf(claim);
      entry.before.push(child);
      entry.after.push(child);
    }
  }
  return {
    stayingHosts,
    entries: [...tables.values()].flatMap((table) => [...table.values()]),
    host: (claim) => tables.get(placeOf(claim.host, claim.port)) ?? new Map<string, ClaimEntry>(),
    chain: (claim) => entriesOn(tables.get(placeOf(claim.host, claim.port)), claim),
    wider: ({ host, port }) =>
      coveringHostnames(host).flatMap((covering) =>
        covering === undefined || covering === host ? [] : (tables.get(placeOf(covering, port)) ?? []),
      ),
  };
}

/** Where others may take the claim's requests: wider paths of its host, or all, and all of the wildcards that cover it. */
function addPlaces(claim: Claim, places: Set<string>): void {
  const own = placeOf(claim.host, claim.port);
  if (isIndexed(claim)) for (const path of chainOf(claim)) places.add(`${own} ${path}`);
  else places.add(own);
  for (const covering of coveringHostnames(claim.host)) {
    if (covering !== undefined && covering !== claim.host) places.add(placeOf(covering, claim.port));
  }
}

/** Entries of a table that take the claim's path, narrowest first. */
export function entriesOn(table: PathTable | undefined, claim: Claim): readonly ClaimEntry[] {
  return table ? chainOf(claim).flatMap((path) => table.get(path) ?? []) : [];
}

/** Writes that add the claim to somebody. */
export function takersOf({ before, after }: ClaimEntry): readonly string[] {
  return after.flatMap((child) => (before.includes(child) ? [] : (child.takes ?? [])));
}

/** Writes that take the claim from somebody. */
export function droppersOf({ before, after }: ClaimEntry): readonly string[] {
  return before.flatMap((child) => (after.includes(child) ? [] : (child.drops ?? [])));
}

/** Writes that change what somebody who keeps the claim answers. */
export function refreshersOf({ before, after }: ClaimEntry): readonly string[] {
  return before.flatMap((child) => (after.includes(child) ? child.refreshes : []));
}

/** Whether the child has the claim after the plan and had it not before, or the other way round. */
export function changesClaims({ before, after }: Pick<ClaimingChild, 'before' | 'after'>): {
  readonly adds: boolean;
  readonly removes: boolean;
} {
  return {
    adds: [...after.keys()].some((id) => !before.has(id)),
    removes: [...before.keys()].some((id) => !after.has(id)),
  };
}

function placeOf(host: string, port: string): string {
  return `${port} ${host}`;
}
