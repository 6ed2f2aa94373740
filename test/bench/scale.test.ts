import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { committedCosts, estimate, line, withCosts, withSimulation, type Costs } from './scale.ts';

const costs: Costs = {
  operatorCpuSeconds: { fixed: 1, each: 0.005 },
  apiServerCpuSeconds: { fixed: 0, each: 0.01 },
  calls: { fixed: 5, each: 3 },
  rssMegabytes: { fixed: 100, each: 0.04 },
  changeCpuMs: { fixed: 40, each: 0.02 },
};
const installation = { routes: 10_000, gateways: 100, operators: 1, latencyMs: 30, inFlight: 8, apiServerCores: 4 };

describe('the simulation of scale', () => {
  it('draws a line through two measurements', () => {
    expect(line([1000, 30], [5000, 110])).toEqual({ fixed: 10, each: 0.02 });
  });

  it('says what bounds a load', () => {
    expect(estimate(costs, installation)).toEqual({
      routesEach: 10_000,
      rssMegabytes: 500,
      changeCpuMs: 42,
      loadSeconds: (30_005 * 30) / 8 / 1000,
      loadBound: 'calls',
    });
    expect(estimate(costs, { ...installation, latencyMs: 1 }).loadBound).toBe('operator');
    const many = estimate(costs, { ...installation, operators: 10 });
    expect([many.routesEach, many.rssMegabytes, many.loadBound]).toEqual([1000, 140, 'API server']);
    const watching = estimate({ ...costs, watchedMegabytes: 0.01 }, { ...installation, operators: 10 });
    expect(watching.rssMegabytes).toBe(230);
  });

  it('says what a route costs', () => {
    const marks = '<!-- costs: written by test/bench/scale.ts -->\nold\n<!-- end of the costs -->';
    const page = withCosts(`a\n${marks}\nb\n`, costs);
    expect(page).toContain('| memory of the operator | 100 MB | 40 kB |');
    expect(page).toContain('| CPU of the operator for it | 1.0 s | 5.0 ms |');
    expect(page).toContain('| 40 ms | 20 µs for each route of the Gateway |');
    expect(page).toMatch(/^a\n[^]*\nb\n$/);
    expect(page).not.toContain('old');
  });

  it('is in docs/scale.md as the committed results have it', () => {
    const page = readFileSync(join(root, 'docs/scale.md'), 'utf8');
    expect(withCosts(withSimulation(page, committedCosts()), committedCosts())).toBe(page);
  });

  it('replaces what is between the marks, and nothing else', () => {
    const once = withSimulation(
      'a\n<!-- simulation: written by test/bench/scale.ts -->\nold\n<!-- end of the simulation -->\nb\n',
      costs,
    );
    expect(once).toMatch(/^a\n.*\n<!-- end of the simulation -->\nb\n$/s);
    expect(once).not.toContain('old');
    expect(withSimulation(once, costs)).toBe(once);
  });
});
