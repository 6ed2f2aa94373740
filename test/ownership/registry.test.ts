import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  claim,
  createRegistry,
  outcomeOf,
  release,
  type GatewayClaims,
  type HostnameRegistry,
} from '../../src/ownership/registry.ts';
import { meet } from '../../src/values/hostnames.ts';
import type { RoutingSettings } from '../../src/routing/settings.ts';

type Ownership = RoutingSettings['ownership'];

const byNamespace: Ownership = { scope: 'Namespace', wildcards: 'exclusive' };

function claims(
  gateway: string,
  day: number,
  hostnames: readonly string[],
  dnsNames: readonly string[] = [],
): GatewayClaims {
  return { gateway, createdAt: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`, hostnames, dnsNames };
}

/** Lost hostnames as `gateway hostname < winner's hostname of winner`. */
function losses(registry: HostnameRegistry): readonly string[] {
  return [...registry.outcomes].flatMap(([gateway, outcome]) => [
    ...[...outcome.lostHostnames].map(
      ([name, winner]) => `${gateway} ${name} < ${winner.hostname} of ${winner.gateway}`,
    ),
    ...[...outcome.lostDnsNames].map(
      ([name, winner]) => `${gateway} dns ${name} < ${winner.hostname} of ${winner.gateway}`,
    ),
  ]);
}

describe('owners', () => {
  it.each<[string, Partial<Ownership>, readonly GatewayClaims[], readonly string[]]>([
    [
      'equal names: the oldest wins',
      {},
      [claims('b/g', 2, ['a.x']), claims('a/g', 3, ['a.x'])],
      ['a/g a.x < a.x of b/g'],
    ],
    [
      'equal age: the first name wins',
      {},
      [claims('b/g', 2, ['a.x']), claims('a/g', 2, ['a.x'])],
      ['b/g a.x < a.x of a/g'],
    ],
    ['different names live together', {}, [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['b.x'])], []],
    [
      'an exact name under an older wildcard',
      {},
      [claims('a/g', 1, ['*.x']), claims('b/g', 2, ['a.x'])],
      ['b/g a.x < *.x of a/g'],
    ],
    [
      'a deep name under an older wildcard',
      {},
      [claims('a/g', 1, ['*.x']), claims('b/g', 2, ['c.b.a.x'])],
      ['b/g c.b.a.x < *.x of a/g'],
    ],
    [
      'a wildcard over an older exact name',
      {},
      [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['*.x'])],
      ['b/g *.x < a.x of a/g'],
    ],
    [
      'a wildcard under an older wildcard',
      {},
      [claims('a/g', 1, ['*.x']), claims('b/g', 2, ['*.b.x'])],
      ['b/g *.b.x < *.x of a/g'],
    ],
    ['the apex is not under the wildcard', {}, [claims('a/g', 1, ['*.x.y']), claims('b/g', 2, ['x.y'])], []],
    ['one namespace may share', {}, [claims('a/g', 1, ['a.x']), claims('a/h', 2, ['a.x', '*.x'])], []],
    [
      'one namespace may not share under scope Gateway',
      { scope: 'Gateway' },
      [claims('a/g', 1, ['a.x']), claims('a/h', 2, ['a.x'])],
      ['a/h a.x < a.x of a/g'],
    ],
    ['one Gateway never conflicts with itself', { scope: 'Gateway' }, [claims('a/g', 1, ['*.x', 'a.x', 'a.x'])], []],
    ['nobody owns under scope None', { scope: 'None' }, [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['a.x'])], []],
    [
      'shared wildcards let an exact name in',
      { wildcards: 'shared' },
      [claims('a/g', 1, ['*.x']), claims('b/g', 2, ['a.x'])],
      [],
    ],
    [
      'shared wildcards come over an exact name',
      { wildcards: 'shared' },
      [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['*.x'])],
      [],
    ],
    [
      'shared wildcards do not share wildcards',
      { wildcards: 'shared' },
      [claims('a/g', 1, ['*.x']), claims('b/g', 2, ['*.a.x']), claims('c/g', 3, ['*.x'])],
      ['b/g *.a.x < *.x of a/g', 'c/g *.x < *.x of a/g'],
    ],
    [
      'a claim that lost stands in nobody’s way',
      {},
      [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['*.x']), claims('c/g', 3, ['c.x'])],
      ['b/g *.x < a.x of a/g'],
    ],
    [
      'a Gateway loses one name and keeps another',
      {},
      [claims('a/g', 1, ['a.x']), claims('b/g', 2, ['a.x', 'b.x']), claims('c/g', 3, ['b.x'])],
      ['b/g a.x < a.x of a/g', 'c/g b.x < b.x of b/g'],
    ],
    [
      'DNS names: the oldest publishes',
      {},
      [claims('a/g', 1, [], ['a.x']), claims('b/g', 2, [], ['a.x'])],
      ['b/g dns a.x < a.x of a/g'],
    ],
    [
      'a listener outranks an older DNS name',
      {},
      [claims('a/g', 1, [], ['a.x']), claims('b/g', 2, ['a.x'])],
      ['a/g dns a.x < a.x of b/g'],
    ],
    [
      'a DNS name never refuses a listener',
      {},
      [claims('a/g', 1, [], ['a.x']), claims('b/g', 2, ['*.x'])],
      ['a/g dns a.x < *.x of b/g'],
    ],
  ])('%s', (_, ownership, given, expected) => {
    expect(losses(createRegistry({ ...byNamespace, ...ownership }, given))).toEqual(expected);
  });

  it('takes a Gateway without creation time for the youngest', () => {
    const registry = createRegistry(byNamespace, [
      { gateway: 'a/g', hostnames: ['a.x'], dnsNames: [] },
      claims('b/g', 28, ['a.x']),
    ]);
    expect(losses(registry)).toEqual(['a/g a.x < a.x of b/g']);
  });
});

describe('events', () => {
  it('promotes the next oldest when the owner goes, and says who is touched', () => {
    const registry = createRegistry(byNamespace, [
      claims('a/g', 1, ['a.x']),
      claims('b/g', 2, ['a.x']),
      claims('c/g', 3, ['a.x']),
      claims('d/g', 4, ['d.x']),
    ]);
    const after = release(registry, 'a/g');
    expect(after.changed).toEqual(['b/g', 'c/g']);
    expect(losses(after.registry)).toEqual(['c/g a.x < a.x of b/g']);
    expect(losses(registry)).toEqual(['b/g a.x < a.x of a/g', 'c/g a.x < a.x of a/g']);
  });

  it('touches nobody when nothing changes', () => {
    const registry = createRegistry(byNamespace, [claims('a/g', 1, ['a.x'])]);
    expect(claim(registry, claims('a/g', 1, ['a.x']))).toEqual({ registry, changed: [] });
    expect(claim(registry, claims('b/g', 2, ['b.x'])).changed).toEqual([]);
    expect(release(registry, 'z/z')).toEqual({ registry, changed: [] });
  });

  it('lets an older Gateway that appears late take the name over', () => {
    const registry = createRegistry(byNamespace, [claims('b/g', 2, ['a.x'])]);
    const after = claim(registry, claims('a/g', 1, ['*.x']));
    expect(after.changed).toEqual(['b/g']);
    expect(outcomeOf(after.registry, 'b/g').lostHostnames.get('a.x')).toEqual({ gateway: 'a/g', hostname: '*.x' });
  });
});

const ownership: fc.Arbitrary<Ownership> = fc.record({
  scope: fc.constantFrom('Namespace' as const, 'Gateway' as const, 'None' as const),
  wildcards: fc.constantFrom('exclusive' as const, 'shared' as const),
});
const hostname = fc.constantFrom('x', 'a.x', 'b.x', '*.x', 'c.a.x', '*.a.x', '*.c.a.x', 'd.c.a.x');
const someClaims = fc
  .tuple(
    fc.constantFrom('a/g', 'a/h', 'b/g', 'b/h', 'c/g'),
    fc.integer({ min: 1, max: 3 }),
    fc.array(hostname, { maxLength: 3 }),
  )
  .map(([gateway, day, names]) =>
    claims(gateway, day, names, names.filter((name) => !name.startsWith('*')).slice(0, 1)),
  );
const event = fc.oneof(someClaims, fc.constantFrom('a/g', 'a/h', 'b/g', 'b/h', 'c/g'));

function play(settings: Ownership, events: readonly (GatewayClaims | string)[]): HostnameRegistry {
  return events.reduce<HostnameRegistry>(
    (registry, entry) => (typeof entry === 'string' ? release(registry, entry) : claim(registry, entry)).registry,
    createRegistry(settings),
  );
}

describe('properties', () => {
  it('any order of events ends in the same owners', () => {
    fc.assert(
      fc.property(
        ownership,
        fc.array(event, { maxLength: 12 }),
        fc.infiniteStream(fc.nat()),
        (settings, events, random) => {
          const registry = play(settings, events);
          const final = [...registry.claims.values()];
          const shuffled = [...final].sort(() => ((random.next().value ?? 0) % 3) - 1);
          expect(new Map(play(settings, shuffled).outcomes)).toEqual(new Map(registry.outcomes));
          expect(new Map(createRegistry(settings, final.reverse()).outcomes)).toEqual(new Map(registry.outcomes));
        },
      ),
      { seed: 4, numRuns: 500 },
    );
  });

  it('names exactly the Gateways whose outcome changed', () => {
    fc.assert(
      fc.property(ownership, fc.array(event, { maxLength: 8 }), event, (settings, events, last) => {
        const before = play(settings, events);
        const { registry, changed } = typeof last === 'string' ? release(before, last) : claim(before, last);
        for (const gateway of ['a/g', 'a/h', 'b/g', 'b/h', 'c/g']) {
          const same =
            JSON.stringify(losses({ ...before, outcomes: pick(before, gateway) })) ===
            JSON.stringify(losses({ ...registry, outcomes: pick(registry, gateway) }));
          expect(changed.includes(gateway)).toBe(!same);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('never lets two owners hold names that overlap, and loses only to a winner that does', () => {
    fc.assert(
      fc.property(ownership, fc.array(someClaims, { maxLength: 8 }), (settings, given) => {
        const registry = play(settings, given);
        const ownerOf = (gateway: string) => (settings.scope === 'Namespace' ? gateway.split('/')[0] : gateway);
        const overlap = (a: string, b: string) =>
          meet(a, b) !== false &&
          (settings.wildcards === 'exclusive' || a === b || (a.startsWith('*') && b.startsWith('*')));
        const won = [...registry.claims.values()].flatMap(({ gateway, hostnames }) =>
          hostnames
            .filter((name) => !outcomeOf(registry, gateway).lostHostnames.has(name))
            .map((name) => ({ gateway, name })),
        );
        if (settings.scope !== 'None') {
          for (const a of won) {
            for (const b of won) {
              if (ownerOf(a.gateway) !== ownerOf(b.gateway)) expect(overlap(a.name, b.name)).toBe(false);
            }
          }
        }
        for (const [gateway, { lostHostnames }] of registry.outcomes) {
          for (const [name, winner] of lostHostnames) {
            expect(won).toContainEqual({ gateway: winner.gateway, name: winner.hostname });
            expect(overlap(name, winner.hostname)).toBe(true);
            expect(ownerOf(winner.gateway)).not.toBe(ownerOf(gateway));
          }
        }
      }),
      { seed: 6, numRuns: 1000 },
    );
  });
});

function pick(registry: HostnameRegistry, gateway: string): HostnameRegistry['outcomes'] {
  return new Map([[gateway, outcomeOf(registry, gateway)]]);
}
