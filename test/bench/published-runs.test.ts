import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.ts';
import { environmentOf, publishedRuns, within } from './published-runs.ts';

describe('the runs that are published', () => {
  it('have names of their own and can be run', () => {
    expect(new Set(publishedRuns.map(({ name }) => name)).size).toBe(publishedRuns.length);
    for (const run of publishedRuns) {
      const { routes, latencyMs, scenarios, concurrency } = readOptions(environmentOf(run, 'out'));
      expect({ routes, latencyMs, scenarios, concurrency }).toEqual({
        routes: run.routes,
        latencyMs: run.latencyMs,
        scenarios: run.scenarios,
        concurrency: run.concurrency ?? 8,
      });
    }
  });

  it('load every number of routes in every arrangement at both latencies', () => {
    const loads = publishedRuns.flatMap(({ routes, latencyMs, scenarios }) =>
      scenarios.map((scenario) => `${scenario} ${routes} ${latencyMs}`),
    );
    for (const scenario of ['bulk', 'paths', 'spread']) {
      for (const routes of [100, 1000, 5000]) {
        for (const latencyMs of [0, 30]) expect(loads).toContain(`${scenario} ${routes} ${latencyMs}`);
      }
    }
  });

  it('are chosen in their order as long as there is time', () => {
    const seconds = publishedRuns.reduce((sum, run) => sum + run.seconds, 0);
    expect(within(publishedRuns, seconds)).toEqual(publishedRuns);
    expect(within(publishedRuns, 355).map(({ name }) => name)).toEqual(['n1000-30ms']);
    const most = within(publishedRuns, 600);
    expect(most.reduce((sum, run) => sum + run.seconds, 0)).toBeLessThanOrEqual(600);
  });
});
