import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { planStaticRoutes } from '../../src/plan/static-routes.ts';
import type { JsonObject } from '../../src/translate/desired.ts';
import { routeIdPrefix, staticRoutes } from '../../src/translate/static-routes.ts';

const prefix = routeIdPrefix('c1');
const limits = { percent: 30, minimum: 2 };

const wanted = (count: number): readonly JsonObject[] =>
  staticRoutes(
    Array.from({ length: count }, (_, number) => ({
      node: `n${number}`,
      address: `10.244.${number}.0`,
      mask: 24,
      family: 'V4' as const,
      nextHop: `10.9.0.${number}`,
    })),
    'c1',
  );
const foreign = (number: number, id = `c1-${number}`): JsonObject => ({
  route_id: id,
  prefix: { ip_addr: { addr: `10.244.${number}.0`, type: 'V4' }, mask: 24 },
  next_hop: { addr: '192.0.2.1', type: 'V4' },
});
const plan = (current: readonly JsonObject[], next: readonly JsonObject[], explained = true) =>
  planStaticRoutes(current, next, { prefix, explained, limits });
const hops = (routes: readonly JsonObject[] = []) => routes.map(({ next_hop: hop }) => (hop as JsonObject).addr);

describe('static routes', () => {
  it('are added behind those of others, which keep their places', () => {
    expect(plan([foreign(100)], wanted(1)).routes).toEqual([foreign(100), ...wanted(1)]);
  });

  it('are not written when they are there', () => {
    const { routes } = plan([foreign(100)], wanted(3));
    expect(plan(routes ?? [], wanted(3))).toEqual({ held: [], taken: [] });
    const filled = (routes ?? []).map((route) => ({ ...route, disable_gateway_monitor: false }));
    expect(plan(filled, wanted(3)).routes).toBeUndefined();
  });

  it('follow the address of a node', () => {
    const [first] = wanted(1);
    const moved = { ...first, next_hop: { addr: '10.9.0.99', type: 'V4' } } as JsonObject;
    expect(hops(plan(wanted(1), [moved]).routes)).toEqual(['10.9.0.99']);
  });

  it('of nodes that went are removed, also with all nodes', () => {
    expect(plan([...wanted(5), foreign(100)], wanted(4)).routes).toHaveLength(5);
    expect(plan([...wanted(5), foreign(100)], []).routes).toEqual([foreign(100)]);
  });

  it('of many nodes that nobody saw go are kept', () => {
    const { routes, held } = plan(wanted(5), wanted(1), false);
    expect(routes).toBeUndefined();
    expect(held).toHaveLength(4);
    expect(plan(wanted(5), wanted(3), false).routes).toHaveLength(3);
  });

  it('are not written for a network that somebody else has a route to', () => {
    const { routes, taken } = plan([foreign(0)], wanted(2));
    expect(hops(routes)).toEqual(['192.0.2.1', '10.9.0.1']);
    expect(taken).toHaveLength(1);
  });

  it('never touch those of others, and come to rest after one write', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });
    const all = wanted(10);
    const pick = (chosen: readonly number[]) => all.filter((_, place) => chosen.includes(place));
    fc.assert(
      fc.property(numbers, numbers, numbers, fc.boolean(), (others, before, after, explained) => {
        const strangers = others.map((number) => foreign(number + (number % 2) * 100));
        const current = [...strangers, ...pick(before)];
        const next = plan(current, pick(after), explained).routes ?? current;
        expect(next.filter(({ route_id: id }) => !String(id).startsWith(prefix))).toEqual(strangers);
        expect(plan(next, pick(after), explained).routes).toBeUndefined();
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
