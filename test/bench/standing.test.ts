import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../../crds/generate/upstream.ts';
import { barTable, between, committedReports, macroTable, withTables } from './bar-table.ts';
import { incumbentTable } from './incumbent.ts';
import type { Measurement } from './measure.ts';
import { reasons } from './reasons.ts';
import type { Report } from './report.ts';
import { standings } from './standing.ts';

function measured(scenario: string, what: string, more: Partial<Measurement>): Measurement {
  return {
    scenario,
    what,
    calls: 0,
    writes: 0,
    byCall: {},
    byStatus: {},
    inFlightMax: 8,
    reconciles: 0,
    routeStatusWrites: 0,
    gatewayStatusWrites: 0,
    cpu: {},
    limit: { ms: 10_000, by: 'calls' },
    ...more,
  };
}

/** A run in which everything is as slow and as large as `factor` says. */
function run(routes: number, factor: number): Report {
  const added = 'a route with a host of its own added';
  const figures = { rssMegabytes: 100 * factor, readyMs: 2_000 * factor, operatorCpuMs: 20 * factor };
  return {
    date: '2026-01-01T00:00',
    command: 'make bench',
    machine: { cpu: 'x', cores: 2, memoryGigabytes: 8, loadBefore: 0, loadAfter: 1 },
    versions: { commit: 'abc' },
    options: {
      routes,
      latencyMs: 30,
      concurrency: 8,
      loadParallel: 8,
      scenarios: ['bulk'],
      repeats: 1,
      churnSeconds: 1,
      idleSeconds: 1,
    },
    measurements: [
      measured('bulk', 'bulk', { lastAcceptedMs: 10_000 * factor, routeStatusWrites: routes, figures }),
      measured('single', added, { lastWriteMs: 150 * factor, calls: 3, figures: { ...figures, callsMost: 3 } }),
      measured('churn', 'churn', {
        figures: { changes: 10, poolWrites: 10, eventToWriteP95Ms: 80 * factor, operatorCpuMsEach: 4 * factor },
      }),
      measured('restart', 'restart', { figures }),
      measured('hour', 'hour', { figures: { changes: 3600, rssBegin: 90, rssMiddle: 100, rssEnd: 100 * factor } }),
      measured('idle', 'idle', { figures: { sweeps: 2 } }),
      measured('unrelated', 'unrelated', { reconciles: factor > 1 ? 1 : 0 }),
    ],
  };
}

describe('the standing of results', () => {
  it('is that all bars are met by what is fast and small', () => {
    const all = standings([run(1000, 1), run(5000, 1), run(100, 1)]);
    expect(all.filter(({ met }) => !met)).toEqual([]);
    expect(new Set(all.map(({ id }) => id))).toEqual(
      new Set([
        ...Object.keys(reasons),
        'counts',
        'one-calls',
        'endpoint-writes',
        'restart-writes',
        'hour',
        'idle',
        'unrelated',
      ]),
    );
  });

  it('names what is missed, by how much, and why', () => {
    const table = barTable(standings([run(1000, 2), run(5000, 9), run(100, 1)]));
    expect(table).toContain('| 20.0 s, limit 10.0 s (calls): 2.00 × | **missed** by 60 %: ');
    expect(table).toContain('| ≤ 150 MB | 200 MB (heap 0 MB) | **missed** by 33 %: ');
    expect(table).toContain('| 180 ms and 20 ms: 9.00 × | **missed** by 200 %: ');
    expect(table).toContain('| 0 reconciles | 1 reconciles | **missed**: not examined |');
  });

  it('counts what was done too often', () => {
    const one = run(100, 1);
    const worse = { ...one, measurements: [measured('restart', 'restart', { writes: 3 })] };
    expect(standings([worse])[0]).toMatchObject({
      id: 'counts',
      met: false,
      measured: expect.stringContaining('3 writes'),
    });
  });

  it('has a reason for no bar that there is not', () => {
    const ids = new Set(standings([run(1000, 2), run(5000, 9), run(100, 1)]).map(({ id }) => id));
    for (const id of Object.keys(reasons)) expect(ids).toContain(id);
  });
});

describe('the table beside the incumbent', () => {
  it('has ours where they were measured', () => {
    const zero = run(1000, 1);
    const lines = incumbentTable([
      run(1000, 1),
      { ...zero, options: { ...zero.options, latencyMs: 0 }, measurements: [] },
    ]);
    expect(lines).toContain('| to the last status | 129.1 s | 10.00 s | 121.9 s (950 of 1,000) | – |');
    expect(lines).toContain('| 0.42 s, 6 calls | 0.15 s, 3 calls | 0.30 s, 6 calls | – |');
  });
});

describe('the table of macro calls', () => {
  const named = (options: Partial<Report['options']>, more: Partial<Report['machine']> = {}) => {
    const one = run(1000, 1);
    return {
      name: 'x',
      report: { ...one, machine: { ...one.machine, ...more }, options: { ...one.options, ...options } },
    };
  };

  it('has each load with them beside the same without, and no time of a busy machine', () => {
    const lines = macroTable([named({}), named({ macro: true }), named({ routes: 100 })]).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^\| 1,000 routes, 30 ms \| off \| 0 \| 0 \| 0 \| 0\.0 s/);
    expect(lines[3]).toMatch(/^\| 1,000 routes, 30 ms, macro calls \| on \|/);
    expect(macroTable([named({}, { loadBefore: 3 }), named({ macro: true })])).toContain('| 0 | – |');
  });

  it('has none that cannot be compared', () => {
    expect(macroTable([named({ routes: 100 }), named({ macro: true })]).split('\n')).toHaveLength(2);
  });
});

describe('the page of the benchmarks', () => {
  it('holds the tables of the results that are committed', () => {
    const page = readFileSync(join(root, 'docs/benchmarks/README.md'), 'utf8');
    expect(withTables(page, committedReports())).toBe(page);
  });

  it('must have the marks', () => {
    expect(() => between('no marks', 'bars', 'text')).toThrow('has no marks');
  });
});
