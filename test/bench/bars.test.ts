import { describe, expect, it } from '@jest/globals';
import { breaches, verdict } from './bars.ts';
import { changesEach, writesEach } from './hour.ts';
import type { Measurement } from './measure.ts';
import { readOptions, scenarioNames } from './options.ts';

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
    apiServerWrites: 0,
    cpu: {},
    limit: { ms: 0, by: 'cpu' },
    ...more,
  };
}

const options = { routes: 100 };

describe('the bars of a run', () => {
  const byCall = { 'POST pool': 100, 'POST poolgroup': 100, 'POST virtualservice': 100, 'PUT vsvip': 3 };
  const bulk = { calls: 303, byCall, lastWriteMs: 2_500, routeStatusWrites: 100, gatewayStatusWrites: 3 };

  it('are kept by three calls a route, one status each and the names once a second', () => {
    const good = [measured('bulk', bulk), measured('endpoints', { calls: 1 }), measured('restart', { calls: 46 })];
    expect(breaches(good, options)).toEqual([]);
  });

  it('name what was done too often', () => {
    const worse = { ...bulk, routeStatusWrites: 190, byCall: { ...byCall, 'PUT virtualservice': 4, 'PUT vsvip': 9 } };
    expect(breaches([measured('bulk', worse)], options)).toEqual([
      'bulk: 4 writes of a parent or child again, at most 0 expected',
      'bulk: 9 writes of names, at most 4 expected',
      'bulk: 190 route statuses, at most 100 expected',
    ]);
    expect(breaches([measured('restart', { writes: 1 }), measured('unrelated', { reconciles: 2 })], options)).toEqual([
      'restart: 1 writes, at most 0 expected',
      'unrelated: 2 reconciles, at most 0 expected',
    ]);
  });

  it('are broken in every scenario by doing far too much', () => {
    const most = { calls: 9_999, writes: 9_999, routeStatusWrites: 9_999, byCall: { 'PUT virtualservice': 9 } };
    for (const scenario of scenarioNames) {
      expect(breaches([measured(scenario, most)], options).length).toBeGreaterThan(1);
    }
  });

  it('fail the quick run of CI by one call too many in any of its scenarios, and by nothing else', () => {
    const { scenarios, routes } = readOptions({ QUICK: '1' });
    const slow = { reconciles: 0, lastWriteMs: 0, lastAcceptedMs: 9_999_999, cpu: { operator: 9_999 } };
    for (const scenario of scenarios) {
      expect(verdict([measured(scenario, slow)], { routes })).toEqual({ exitCode: 0, lines: [] });
      const again = measured(scenario, { ...slow, byCall: { 'PUT virtualservice': 1 } });
      const line = `FAILED: ${scenario}: 1 writes of a parent or child again, at most 0 expected`;
      expect(verdict([again], { routes })).toEqual({ exitCode: 1, lines: [line] });
    }
  });

  it('of a load by macro calls are one call a route, and few that read', () => {
    const macro = { ...options, macro: true };
    const load = {
      ...bulk,
      calls: 125,
      byCall: { 'POST macro': 100, 'GET pool': 11, 'GET poolgroup': 11, 'PUT vsvip': 3 },
    };
    expect(breaches([measured('bulk', load)], macro)).toEqual([]);
    expect(breaches([measured('bulk', bulk)], macro)).toContain('bulk: 300 creations, at most 100 expected');
    expect(breaches([measured('bulk', { ...load, calls: 300 })], macro)).toHaveLength(1);
  });

  it('of an idle time are one list a type and sweep, and no write to either server', () => {
    const idle = { figures: { sweeps: 2 }, byCall: { 'GET pool': 6, 'GET vsvip': 3 } };
    expect(breaches([measured('idle', idle)], options)).toEqual([]);
    expect(breaches([measured('idle', { ...idle, apiServerWrites: 1 })], options)).toEqual([
      'idle: 1 writes to the API server, at most 0 expected',
    ]);
    expect(breaches([measured('idle', { ...idle, byCall: { 'GET pool': 7 } })], options)).toEqual([
      'idle: 7 calls GET pool, at most 6 expected',
    ]);
  });

  it('of an hour are what its changes call for', () => {
    const hour = { figures: { changes: 3 * changesEach }, lastWriteMs: 900, routeStatusWrites: 42 };
    const byCall = { 'PUT vsvip': 2 };
    expect(breaches([measured('hour', { ...hour, byCall, writes: 3 * writesEach + 2 })], options)).toEqual([]);
    expect(breaches([measured('hour', { ...hour, byCall, writes: 3 * writesEach + 3 })], options)).toHaveLength(1);
  });
});
