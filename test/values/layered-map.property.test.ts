import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changedKeys, layeredMap } from '../../src/values/layered-map.ts';

const key = fc.nat(60).map((number) => `k${number}`);
const step = fc.record({ key, value: fc.option(fc.nat(3), { nil: undefined }), isShared: fc.boolean() });

it('is a map whose handed out states stay as they were, and which tells in what two of them differ', () => {
  let told = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 200, size: 'max' }), (steps) => {
      const map = layeredMap<number>();
      const model = new Map<string, number>();
      const states: { readonly shared: ReadonlyMap<string, number>; readonly copy: ReadonlyMap<string, number> }[] = [];
      for (const { key: at, value, isShared } of steps) {
        map.set(at, value);
        if (value === undefined) model.delete(at);
        else model.set(at, value);
        expect(map.get(at)).toBe(value);
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
        if (isShared) states.push({ shared: map.share(), copy: new Map(model) });
      }
      expect(map.share()).toBe(map.share());
      for (const { shared, copy } of states) {
        expect(shared.size).toBe(copy.size);
        expect([...shared].sort()).toEqual([...copy].sort());
        expect([...shared.keys()].sort()).toEqual([...copy.keys()].sort());
        expect([...shared.values()].sort()).toEqual([...copy.values()].sort());
        const visited: [string, number][] = [];
        shared.forEach((value, at) => visited.push([at, value]));
        expect(visited.sort()).toEqual([...copy].sort());
        expect(steps.filter((one) => shared.has(one.key) !== copy.has(one.key))).toEqual([]);
      }
      for (const [place, after] of states.slice(1).entries()) {
        const before = states[place];
        const changed = before && changedKeys(before.shared, after.shared);
        if (!before || !changed) continue;
        told += 1;
        const keys = new Set([...before.copy.keys(), ...after.copy.keys()]);
        expect([...changed].sort()).toEqual(
          [...keys].filter((at) => before.copy.get(at) !== after.copy.get(at)).sort(),
        );
      }
    }),
    { seed: 6, numRuns: 100 },
  );
  expect(told).toBeGreaterThan(4_500);
});
