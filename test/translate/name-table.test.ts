import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameClaims, nameOf, resolveNames, type NameClaim } from '../../src/translate/naming/name-table.ts';
import { translateGateway } from '../../src/translate/translate-gateway.ts';
import { children, gateway, match, ofType, route, rule, translated } from './support/routed.ts';
import { settings } from './support/settings.ts';

function withAge(key: string, creationTimestamp: string) {
  const plain = gateway({ key });
  return {
    ...plain,
    resource: { metadata: { ...plain.resource.metadata, creationTimestamp } } as typeof plain.resource,
  };
}

describe('name table', () => {
  it('is empty as long as no names meet', () => {
    expect(resolveNames(nameClaims(gateway(), settings)).size).toBe(0);
    expect(nameClaims(gateway({ programmable: false }), settings)).toEqual([]);
  });

  it('leaves the name to the oldest of two Gateways, whatever the order of claims', () => {
    const young = withAge('a/b-gw', '2026-03-01T00:00:00Z');
    const old = withAge('a-b/gw', '2026-02-01T00:00:00Z');
    const claims = [young, old].flatMap((routed) => nameClaims(routed, settings));
    const names = resolveNames(claims);
    expect(resolveNames(claims.toReversed())).toEqual(names);
    const [oldNames, youngNames] = [old, young].map((routed) =>
      translateGateway(routed, settings, names).objects.map(({ type, name }) => `${type} ${name}`),
    );
    expect(oldNames).toContain('virtualservice ako-gw-cluster1--a-b-gw-EVH');
    expect(youngNames!.filter((name) => oldNames!.includes(name))).toEqual([]);
    expect(youngNames).toContainEqual(expect.stringMatching(/^vsvip ako-gw-cluster1--a-b-gw-EVH-[0-9a-f]{8}$/));
  });

  it('leaves names alone that meet in different tenants', () => {
    const young = { ...withAge('a/b-gw', '2026-03-01T00:00:00Z'), tenant: 'other' };
    const claims = [young, withAge('a-b/gw', '2026-02-01T00:00:00Z')].flatMap((routed) => nameClaims(routed, settings));
    expect(resolveNames(claims).size).toBe(0);
  });

  it('tells apart rules of one route that have equal matches', () => {
    const conditional = match('/', { method: 'GET' });
    const rules = [rule({ matches: [conditional] }), rule({ index: 1, matches: [conditional] }), rule({ index: 2 })];
    const state = translated(gateway({ routes: [route({ rules })] }));
    const names = ofType(state, 'poolgroup').map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    expect(children(state)).toHaveLength(1);
  });

  it('gives every claim a name of its own, and the oldest the plain one', () => {
    const claim: fc.Arbitrary<NameClaim> = fc.record({
      type: fc.constantFrom('virtualservice' as const, 'pool' as const),
      tenant: fc.constantFrom('admin', 't'),
      name: fc.constantFrom('n1', 'n2', 'x'.repeat(300)),
      identity: fc.constantFrom('a', 'b', 'c', 'd'),
      age: fc.constantFrom('1', '2', '3'),
    });
    const claims = fc.uniqueArray(claim, {
      selector: ({ type, tenant, name, identity }) => `${type} ${tenant} ${name} ${identity}`,
    });
    const check = fc.property(claims, (all) => {
      const names = resolveNames(all);
      const given = all.map((one) => `${one.type} ${one.tenant} ${nameOf(names, one)}`);
      expect(new Set(given).size).toBe(all.length);
      for (const one of all) expect(nameOf(names, one).length).toBeLessThanOrEqual(255);
      for (const group of Map.groupBy(all, ({ type, tenant, name }) => `${type} ${tenant} ${name}`).values()) {
        const [oldest] = group.toSorted((a, b) => a.age.localeCompare(b.age) || a.identity.localeCompare(b.identity));
        if (oldest!.name.length <= 255) expect(nameOf(names, oldest!)).toBe(oldest!.name);
      }
    });
    fc.assert(check, { seed: 3, numRuns: 500 });
  });
});
