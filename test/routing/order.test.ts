import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { route } from '../../src/routing/routes/route.ts';
import { app, gateway, httpRoute, listener, settings, snapshotOf } from './world.ts';

const gateways = ['a', 'b', 'c'].flatMap((namespace, index) => [
  gateway(
    { listeners: [listener({ hostname: '*.x.y' }), listener({ name: 'open', port: 81 })] },
    { namespace, creationTimestamp: `2026-01-0${(index % 2) + 1}T00:00:00Z` },
  ),
  gateway(
    {
      listeners: [
        listener({ hostname: `${namespace}.x.y` }),
        listener({ name: 'own', port: 81, hostname: `${namespace}.z` }),
      ],
    },
    { namespace, name: 'second', creationTimestamp: '2026-01-01T00:00:00Z' },
  ),
]);
const routes = ['a', 'b', 'c'].flatMap((namespace) =>
  ['one', 'two', 'three'].map((name) =>
    httpRoute(
      { parentRefs: [{ name: 'gw' }, { name: 'second' }], hostnames: ['app.x.y', `${name}.z`] },
      { namespace, name },
    ),
  ),
);

function routing(orderedGateways: typeof gateways, orderedRoutes: typeof routes): string {
  const result = route(snapshotOf({ ...app, gateways: orderedGateways, routes: orderedRoutes }), settings);
  return JSON.stringify([...result.gateways.values()].map((entry) => ({ ...entry, resource: undefined })));
}

it('does not depend on the order in which objects were seen', () => {
  const expected = routing(gateways, routes);
  fc.assert(
    fc.property(
      fc.shuffledSubarray(gateways, { minLength: gateways.length }),
      fc.shuffledSubarray(routes, { minLength: routes.length }),
      (someGateways, someRoutes) => {
        expect(routing(someGateways, someRoutes)).toBe(expected);
      },
    ),
    { seed: 8, numRuns: 100 },
  );
});
