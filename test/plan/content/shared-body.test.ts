import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sharedBody } from '../../../src/plan/content/shared-body.ts';
import type { JsonObject } from '../../../src/translate/desired.ts';

const body = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 })) as fc.Arbitrary<JsonObject>;

it('holds what was returned', () => {
  fc.assert(
    fc.property(body, body, fc.boolean(), (returned, other, alike) => {
      const desired = alike ? { ...structuredClone(returned), ...other } : other;
      expect(JSON.stringify(sharedBody(returned, desired))).toBe(JSON.stringify(returned));
    }),
    { seed: 4, numRuns: 500 },
  );
});

it('takes equal parts from what is desired', () => {
  const desired = { name: 'p', servers: [{ ip: { addr: '10.0.0.1' } }], markers: [{ key: 'k', values: ['v'] }] };
  const returned = {
    ...structuredClone(desired),
    uuid: 'pool-1',
    servers: [...structuredClone(desired.servers), { ip: {} }],
  };
  const shared = sharedBody(returned, desired);
  expect(shared).toEqual(returned);
  expect(shared.markers).toBe(desired.markers);
  expect((shared.servers as readonly unknown[])[0]).toBe(desired.servers[0]);
  expect(sharedBody(structuredClone(desired), desired)).toBe(desired);
});
