/** Names of all Gateways, kept current Gateway by Gateway: the work follows what a Gateway claims anew or no more. */
import { losers, type NameClaim, type NameTable } from './name-table.ts';

export interface NameIndex {
  /**
   * Sets what a Gateway claims, in place of what it claimed before.
   *
   * @returns Gateways, this one included, that claim a name about which the table before and after differ.
   */
  set(gateway: string, claims: readonly NameClaim[]): readonly string[];
  /** What `resolveNames` makes of all claims; the same value as long as it is equal. */
  table(): NameTable;
}

interface Claimed {
  readonly gateway: string;
  readonly claim: NameClaim;
}

export function createNameIndex(): NameIndex {
  const claims = new Map<string, readonly NameClaim[]>();
  /** By type and tenant, then by name: mostly one. */
  const claimants = new Map<string, Map<string, readonly Claimed[]>>();
  /** Names that losers got, by type, tenant and name that they lost. */
  const disputes = new Map<string, readonly (readonly [string, string])[]>();
  let table: NameTable = new Map();

  const namesOf = ({ type, tenant }: NameClaim): Map<string, readonly Claimed[]> => {
    const scope = `${type} ${tenant}`;
    const names = claimants.get(scope) ?? new Map<string, readonly Claimed[]>();
    claimants.set(scope, names);
    return names;
  };
  const add = (gateway: string, claim: NameClaim): void => {
    const names = namesOf(claim);
    names.set(claim.name, [...(names.get(claim.name) ?? []), { gateway, claim }]);
  };
  const remove = (gateway: string, claim: NameClaim): void => {
    const names = namesOf(claim);
    const before = names.get(claim.name) ?? [];
    const left = before.filter((other) => other.gateway !== gateway || other.claim !== claim);
    if (left.length > 0) names.set(claim.name, left);
    else names.delete(claim.name);
  };
  /** @returns whether other claims lose than before. */
  const judge = (claim: NameClaim): boolean => {
    const id = `${claim.type} ${claim.tenant}/${claim.name}`;
    const before = disputes.get(id) ?? [];
    const rivals = namesOf(claim).get(claim.name) ?? [];
    const after = rivals.length < 2 ? [] : losers(distinct(rivals));
    if (after.length > 0) disputes.set(id, after);
    else disputes.delete(id);
    return before.length !== after.length || before.some(([lost, name], place) => !isPair(after[place], lost, name));
  };

  return {
    table: () => table,
    set: (gateway, next) => {
      const before = claims.get(gateway) ?? [];
      const [gone, come] = difference(before, next);
      for (const claim of gone) remove(gateway, claim);
      for (const claim of come) add(gateway, claim);
      if (next.length > 0) claims.set(gateway, next);
      else claims.delete(gateway);
      const changed = [...gone, ...come].filter(judge);
      if (changed.length === 0) return [];
      table = new Map([...disputes.values()].flat());
      const gateways = changed.flatMap((claim) => (namesOf(claim).get(claim.name) ?? []).map((one) => one.gateway));
      return [...new Set(gateways)];
    },
  };
}

/** What is only in the one and what is only in the other. Claims of a route that did not change are the same objects. */
function difference(
  before: readonly NameClaim[],
  next: readonly NameClaim[],
): readonly [gone: readonly NameClaim[], come: readonly NameClaim[]] {
  let start = 0;
  while (start < before.length && before[start] === next[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, next.length) - start;
  while (end < most && before[before.length - 1 - end] === next[next.length - 1 - end]) end += 1;
  const known = new Set(before.slice(start, before.length - end));
  const wanted = new Set(next.slice(start, next.length - end));
  return [[...known].filter((claim) => !wanted.has(claim)), [...wanted].filter((claim) => !known.has(claim))];
}

function distinct(rivals: readonly Claimed[]): readonly NameClaim[] {
  return [...new Map(rivals.map(({ claim }) => [claim.identity, claim])).values()];
}

function isPair(pair: readonly [string, string] | undefined, lost: string, name: string): boolean {
  return pair?.[0] === lost && pair[1] === name;
}
