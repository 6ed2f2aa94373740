import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createNameIndex } from '../../src/translate/naming/name-index.ts';
import { resolveNames, type NameClaim } from '../../src/translate/naming/name-table.ts';

const claim: fc.Arbitrary<NameClaim> = fc.record({
  type: fc.constantFrom('virtualservice', 'pool'),
  tenant: fc.constantFrom('admin', 'other'),
  name: fc.constantFrom('a', 'b'),
  identity: fc.constantFrom('one', 'two', 'three'),
  age: fc.constantFrom('1', '2'),
});
const step = fc.record({ gateway: fc.constantFrom('x/g', 'y/g', 'z/g'), claims: fc.array(claim, { maxLength: 4 }) });

/** An identity claims a name once, and it is a Gateway's own. */
function ofGateway(gateway: string, claims: readonly NameClaim[]): readonly NameClaim[] {
  const own = claims.map((one) => ({ ...one, identity: `${gateway} ${one.identity}` }));
  return [...new Map(own.map((one) => [JSON.stringify([one.type, one.tenant, one.name, one.identity]), one])).values()];
}

it('gives the names that all claims together give, and says whose names differ', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const index = createNameIndex();
      const all = new Map<string, readonly NameClaim[]>();
      for (const { gateway, claims } of steps) {
        const before = index.table();
        const own = ofGateway(gateway, claims);
        const told = index.set(gateway, own);
        all.set(gateway, own);
        const expected = resolveNames([...all.values()].flat());
        expect(new Map([...index.table()].sort())).toEqual(new Map([...expected].sort()));
        const differing = [...new Set([...before.keys(), ...expected.keys()])].filter(
          (id) => before.get(id) !== expected.get(id),
        );
        if (differing.length === 0) expect(index.table()).toBe(before);
        const names = differing.map((id) => id.split('\0')[0]);
        const concerned = [...all].filter(([, some]) =>
          some.some(({ type, tenant, name }) => names.includes(`${type} ${tenant}/${name}`)),
        );
        expect([...told].sort()).toEqual(concerned.map(([key]) => key).sort());
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});
