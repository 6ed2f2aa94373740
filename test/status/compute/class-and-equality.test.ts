import { describe, expect, it } from '@jest/globals';
import { routeClass } from '../../../src/routing/listeners/classes.ts';
import { supportedFeatures } from '../../../src/routing/support.ts';
import { computeGatewayClassStatus, sameStatus } from '../../../src/status/compute.ts';
import { avi } from '../../routing/world.ts';
import { before, conditionsOf, now, said } from './world.ts';

describe('computeGatewayClassStatus', () => {
  const gatewayClass = { ...avi, metadata: { name: 'avi-lb', generation: 2 } };

  it('has the conditions and the features', () => {
    const update = computeGatewayClassStatus(routeClass(gatewayClass, 'v1.7.0'), undefined, now);
    expect(update).toMatchObject({ kind: 'GatewayClass', metadata: { name: 'avi-lb', generation: 2 } });
    expect(said(update.status, 'Accepted')).toBe('True/Accepted: GatewayClass is valid');
    expect(said(update.status, 'SupportedVersion')).toMatch(/^True\/SupportedVersion/);
    expect(conditionsOf(update.status).map(({ observedGeneration }) => observedGeneration)).toEqual([2, 2]);
    expect(update.status['supportedFeatures']).toEqual(supportedFeatures);
  });

  it('keeps foreign conditions, and leaves features out where the CRD has none', () => {
    const foreign = { type: 'x.io/Y', status: 'True', reason: 'A', message: '', lastTransitionTime: before };
    const update = computeGatewayClassStatus(routeClass(gatewayClass, 'v1.2.0'), { conditions: [foreign] }, now);
    expect(conditionsOf(update.status)[0]).toEqual(foreign);
    expect(update.status).not.toHaveProperty('supportedFeatures');
  });
});

describe('sameStatus', () => {
  const condition = {
    type: 'A',
    status: 'True',
    reason: 'B',
    message: 'c',
    observedGeneration: 1,
    lastTransitionTime: now,
  };
  it.each<[string, unknown, unknown, boolean]>([
    ['equal', { conditions: [condition] }, { conditions: [condition] }, true],
    ['another time', { conditions: [condition] }, { conditions: [{ ...condition, lastTransitionTime: before }] }, true],
    ['another order of fields', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['an empty list and none', { parents: [] }, {}, true],
    ['nothing and nothing', undefined, {}, true],
    ['another message', { conditions: [condition] }, { conditions: [{ ...condition, message: 'd' }] }, false],
    [
      'another generation',
      { conditions: [condition] },
      { conditions: [{ ...condition, observedGeneration: 2 }] },
      false,
    ],
    ['one more entry', { parents: [{}] }, { parents: [{}, {}] }, false],
    ['zero and none', { listeners: [{ attachedRoutes: 0 }] }, { listeners: [{}] }, false],
  ])('%s', (_, a, b, same) => {
    expect(sameStatus(a, b)).toBe(same);
    expect(sameStatus(b, a)).toBe(same);
  });
});
