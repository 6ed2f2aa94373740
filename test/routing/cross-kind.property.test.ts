/** Attachment of HTTPRoutes and GRPCRoutes with hosts in common, judged by the model that the translation is judged by. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { GRPCRoute, HTTPRoute } from '../../generated/gateway-api.ts';
import { config } from '../translate/support/arbitraries.ts';
import { attachments, kindOf } from '../translate/support/model-hosts.ts';
import type { ModelConfig, ModelRoute } from '../translate/support/model.ts';
import { gateway, listener, routed, verdict } from './world.ts';

function manifest({ name, age, parents, hostnames }: ModelRoute): HTTPRoute & GRPCRoute {
  return {
    metadata: { name, namespace: 'default', generation: 1, creationTimestamp: `2026-01-01T00:00:0${age}Z` },
    spec: {
      parentRefs: parents.map(({ section, port }) => ({
        name: 'gw',
        ...(section !== null && { sectionName: section }),
        ...(port !== null && { port }),
      })),
      hostnames: [...hostnames],
      rules: [{}],
    },
  };
}

function routedModel(model: ModelConfig) {
  const listeners = model.listeners.map(({ name, port, hostname }) =>
    listener({ name, port, ...(hostname !== null && { hostname }) }),
  );
  const ofKind = (kind: ModelRoute['kind']) => model.routes.filter((one) => kindOf(one) === kind).map(manifest);
  return routed({
    gateways: [gateway({ listeners })],
    routes: ofKind('HTTPRoute'),
    grpcRoutes: ofKind('GRPCRoute'),
  });
}

it('puts routes on the listeners that the specification says, and says so of those that are on none', () => {
  let refused = 0;
  const check = fc.property(config, (model) => {
    const result = routedModel(model);
    const expected = attachments(model);
    const listenersOf = (route: ModelRoute) => result.routes.find(({ name }) => name === route.name)?.listeners ?? [];
    for (const route of model.routes) {
      const names = (expected.get(route) ?? []).map(({ name }) => name);
      expect({ route, on: listenersOf(route) }).toEqual({ route, on: names });
      if (names.length > 0) continue;
      const parents = result.parents.filter(({ routeKey }) => routeKey === `default/${route.name}`);
      const verdicts = parents.map(({ conditions }) => verdict(conditions, 'Accepted'));
      for (const one of verdicts) expect(one).toMatch(/^False/);
      if (verdicts.includes('False/HostnameConflict')) refused += 1;
    }
  });
  fc.assert(check, { seed: 5, numRuns: 400 });
  expect(refused).toBeGreaterThan(50);
});
