import { describe, expect, it } from '@jest/globals';
import { breaches } from './bars.ts';
import type { Measurement } from './measure.ts';

function measured(scenario: string, more: Partial<Measurement>): Measurement {
  return {
    scenario,
    what: scenario,
    calls: 0,
    writes: 0,
    byCall: {},
    byStatus: {},
    inFlightMax: 8,
    reconciles: 1,
    routeStatusWrites: 0,
    gatewayStatusWrites: 0,
    cpu: {},
    limit: { ms: 0, by: 'cpu' },
    ...more,
  };
}

describe('the bars of a run', () => {
  const byCall = { 'POST pool': 100, 'POST poolgroup': 100, 'POST virtualservice': 100, 'PUT vsvip': 3 };
  const bulk = { calls: 303, byCall, lastWriteMs: 2_500, routeStatusWrites: 100, gatewayStatusWrites: 3 };

  it('are kept by three calls a route, one status each and the names once a second', () => {
    const good = [measured('bulk', bulk), measured('endpoints', { calls: 1 }), measured('restart', { calls: 46 })];
    expect(breaches(good, 100)).toEqual([]);
  });

  it('name what was done too often', () => {
    const worse = { ...bulk, routeStatusWrites: 190, byCall: { ...byCall, 'PUT virtualservice': 4, 'PUT vsvip': 9 } };
    expect(breaches([measured('bulk', worse)], 100)).toEqual([
      'bulk: 4 writes of a parent or child again, at most 0 expected',
      'bulk: 9 writes of names, at most 4 expected',
      'bulk: 190 route statuses, at most 100 expected',
    ]);
    expect(breaches([measured('restart', { writes: 1 }), measured('unrelated', { reconciles: 2 })], 100)).toEqual([
      'restart: 1 writes, at most 0 expected',
      'unrelated: 2 reconciles, at most 0 expected',
    ]);
  });
});
