import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { translateGateway } from '../../src/translate/translate-gateway.ts';
import { config, request } from './support/arbitraries.ts';
import { aviMatcher } from './support/avi-matcher.ts';
import { expectedAnswer, routedGateway } from './support/model.ts';
import { settings } from './support/settings.ts';

const runs = Number(process.env.TRANSLATE_PROPERTY_RUNS ?? 1000);
const seed = Number(process.env.TRANSLATE_PROPERTY_SEED ?? 20260722);

describe.each([
  { trustChildOrder: true, numRuns: runs },
  { trustChildOrder: false, numRuns: Math.ceil(runs / 3) },
])('random Gateways, trustChildOrder $trustChildOrder', ({ trustChildOrder, numRuns }) => {
  it('answer every request as the specification says, whatever Avi is free to do', () => {
    let decisions = 0;
    const check = fc.property(config, fc.array(request, { minLength: 30, maxLength: 30 }), (gateway, requests) => {
      const routed = routedGateway(gateway);
      const chosen = { ...settings, trustChildOrder };
      const { objects } = translateGateway(routed, chosen, resolveNames(nameClaims(routed, chosen)));
      const avi = aviMatcher(objects, { anyChild: !trustChildOrder });
      for (const asked of requests) {
        if (!gateway.listeners.some(({ port }) => port === asked.port)) continue;
        const want = expectedAnswer(gateway, asked);
        if (want === undefined) continue;
        const got = avi.outcomes(asked);
        if (got.size !== 1 || !got.has(want)) expect({ asked, got: [...got] }).toEqual({ asked, got: [want] });
        decisions += 1;
      }
    });
    fc.assert(check, { seed, numRuns });
    expect(decisions).toBeGreaterThan(trustChildOrder ? (20_000 * runs) / 1000 : 0);
  });
});
