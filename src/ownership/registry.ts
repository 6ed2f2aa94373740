/**
 * Who owns which hostname, over all Gateways of ours (design section 3, "Hostname ownership"). A value: claiming and
 * releasing return a new registry and the Gateways whose outcome changed. Owners follow from the claims alone, so the
 * order in which claims arrive does not matter: claims are judged oldest first, and a claim loses when a claim that
 * won before it belongs to another owner and overlaps it. Claims that lost stand in nobody's way.
 */
import { isWildcard } from '../values/hostnames.ts';
import { compareAge, compareText, splitKey } from '../values/read.ts';

/** What counts as an owner, and what owners may share. */
export interface OwnershipSettings {
  /** Who may share a hostname: the Gateways of one namespace, one Gateway only, or everybody. */
  readonly scope: 'Namespace' | 'Gateway' | 'None';
  /** `shared` lets an exact name live under another owner's wildcard. */
  readonly wildcards: 'exclusive' | 'shared';
}

/** Everything that one Gateway claims. */
export interface GatewayClaims {
  /** `namespace/name`. */
  readonly gateway: string;
  /** RFC 3339; without it the Gateway counts as the youngest. */
  readonly createdAt?: string;
  /** Hostnames of listeners, lower case; `*.` for a wildcard. Listeners without hostname claim nothing. */
  readonly hostnames: readonly string[];
  /** Exact route hostnames on listeners without hostname: they claim the DNS name only. */
  readonly dnsNames: readonly string[];
}

/** The winning claim that a lost one met. */
export interface Winner {
  readonly gateway: string;
  readonly hostname: string;
}

/** What became of a Gateway's claims: by claimed name, the claim that it lost to; names that it owns are not here. */
export interface ClaimOutcome {
  readonly lostHostnames: ReadonlyMap<string, Winner>;
  readonly lostDnsNames: ReadonlyMap<string, Winner>;
}

export interface HostnameRegistry {
  readonly ownership: OwnershipSettings;
  readonly claims: ReadonlyMap<string, GatewayClaims>;
  readonly outcomes: ReadonlyMap<string, ClaimOutcome>;
}

/** A registry after an event, and the Gateways that must be looked at again because of it. */
export interface RegistryChange {
  readonly registry: HostnameRegistry;
  /** Gateways whose outcome differs, sorted; the one that claimed is among them only if its own outcome differs. */
  readonly changed: readonly string[];
}

const nothingLost: ClaimOutcome = { lostHostnames: new Map(), lostDnsNames: new Map() };

/** A registry with the given claims. */
export function createRegistry(ownership: OwnershipSettings, claims: Iterable<GatewayClaims> = []): HostnameRegistry {
  return judge(ownership, new Map([...claims].map((claim) => [claim.gateway, claim])));
}

/** Sets what a Gateway claims, in place of what it claimed before. */
export function claim(registry: HostnameRegistry, claims: GatewayClaims): RegistryChange {
  const before = registry.claims.get(claims.gateway);
  if (before && sameClaims(before, claims)) return { registry, changed: [] };
  return change(registry, new Map(registry.claims).set(claims.gateway, claims));
}

/** Forgets a Gateway; what it owned goes to the next oldest claim. */
export function release(registry: HostnameRegistry, gateway: string): RegistryChange {
  if (!registry.claims.has(gateway)) return { registry, changed: [] };
  const claims = new Map(registry.claims);
  claims.delete(gateway);
  return change(registry, claims);
}

/** What became of a Gateway's claims. A Gateway without claims has lost nothing. */
export function outcomeOf(registry: HostnameRegistry, gateway: string): ClaimOutcome {
  return registry.outcomes.get(gateway) ?? nothingLost;
}

function change(registry: HostnameRegistry, claims: ReadonlyMap<string, GatewayClaims>): RegistryChange {
  const next = judge(registry.ownership, claims);
  const changed = [...new Set([...registry.outcomes.keys(), ...next.outcomes.keys()])]
    .filter((gateway) => !sameOutcome(outcomeOf(registry, gateway), outcomeOf(next, gateway)))
    .sort(compareText);
  return { registry: next, changed };
}

function judge(ownership: OwnershipSettings, claims: ReadonlyMap<string, GatewayClaims>): HostnameRegistry {
  const lost = new Map<string, Losses>();
  const ownerOf = ({ gateway }: GatewayClaims): string =>
    ownership.scope === 'Namespace' ? splitKey(gateway).namespace : gateway;
  // Nobody loses to itself.
  const isDisputed = ownership.scope !== 'None' && new Set([...claims.values()].map(ownerOf)).size > 1;
  if (isDisputed) {
    const winners = createWinners(ownership.wildcards === 'shared');
    const oldestFirst = [...claims.values()].sort((a, b) =>
      compareAge({ createdAt: a.createdAt, key: a.gateway }, { createdAt: b.createdAt, key: b.gateway }),
    );
    // A listener says in the Gateway itself which host it serves, so a name that a route only adds never outranks it.
    for (const kind of ['hostnames', 'dnsNames'] as const) {
      for (const claimant of oldestFirst) {
        const owner = ownerOf(claimant);
        for (const hostname of [...new Set(claimant[kind])].sort(compareText)) {
          const winner = winners.against(hostname, owner);
          if (!winner) winners.add(hostname, owner, claimant.gateway);
          else lossesOf(lost, claimant.gateway)[kind].set(hostname, winner);
        }
      }
    }
  }
  const outcomes = new Map(
    [...lost].map(([gateway, { hostnames, dnsNames }]) => [
      gateway,
      { lostHostnames: hostnames, lostDnsNames: dnsNames },
    ]),
  );
  return { ownership, claims, outcomes };
}

interface Losses {
  readonly hostnames: Map<string, Winner>;
  readonly dnsNames: Map<string, Winner>;
}

function lossesOf(map: Map<string, Losses>, gateway: string): Losses {
  const entry = map.get(gateway) ?? { hostnames: new Map<string, Winner>(), dnsNames: new Map<string, Winner>() };
  map.set(gateway, entry);
  return entry;
}

interface Won extends Winner {
  readonly owner: string;
}

/** The claims that have won so far, found by what overlaps a hostname in as many steps as the name has labels. */
interface Winners {
  /** A claim of another owner that the hostname overlaps. */
  against(hostname: string, owner: string): Winner | undefined;
  add(hostname: string, owner: string, gateway: string): void;
}

function createWinners(sharedWildcards: boolean): Winners {
  const byName = new Map<string, Won[]>();
  /** Under the wildcard `*.s`: what won at or below it; of wildcards only where they are shared. */
  const below = new Map<string, Won[]>();
  // Two owners are enough to find one that is not the asking one.
  const keep = (map: Map<string, Won[]>, key: string, won: Won) => {
    const known = map.get(key);
    if (!known) map.set(key, [won]);
    else if (known.length === 1 && known[0]?.owner !== won.owner) known.push(won);
  };
  return {
    against: (hostname, owner) => {
      const wildcard = isWildcard(hostname);
      const candidates = [byName.get(hostname)];
      if (wildcard) candidates.push(below.get(hostname));
      if (wildcard || !sharedWildcards) {
        for (const wider of wildcardsOver(hostname)) candidates.push(byName.get(wider));
      }
      const other = candidates.flatMap((won) => won ?? []).find((won) => won.owner !== owner);
      return other && { gateway: other.gateway, hostname: other.hostname };
    },
    add: (hostname, owner, gateway) => {
      const won = { owner, gateway, hostname };
      keep(byName, hostname, won);
      if (!isWildcard(hostname) && sharedWildcards) return;
      for (const wider of wildcardsOver(hostname)) keep(below, wider, won);
    },
  };
}

/** The wildcards that strictly contain a hostname: for `a.b.c` these are `*.b.c` and `*.c`. */
function wildcardsOver(hostname: string): readonly string[] {
  const labels = (isWildcard(hostname) ? hostname.slice(2) : hostname).split('.');
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
}

function sameClaims(a: GatewayClaims, b: GatewayClaims): boolean {
  return a.createdAt === b.createdAt && sameList(a.hostnames, b.hostnames) && sameList(a.dnsNames, b.dnsNames);
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((entry, index) => entry === b[index]);
}

function sameOutcome(a: ClaimOutcome, b: ClaimOutcome): boolean {
  return sameWinners(a.lostHostnames, b.lostHostnames) && sameWinners(a.lostDnsNames, b.lostDnsNames);
}

function sameWinners(a: ReadonlyMap<string, Winner>, b: ReadonlyMap<string, Winner>): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([hostname, winner]) => {
    const other = b.get(hostname);
    return other?.gateway === winner.gateway && other.hostname === winner.hostname;
  });
}
