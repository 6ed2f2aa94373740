import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../../crds/generate/upstream.ts';
import { chartSvg } from './chart.ts';
import { charts } from './plots.ts';
import type { Report } from './report.ts';

describe('charts', () => {
  const svg = chartSvg({
    title: 'a < b',
    unit: 's',
    groups: [
      { label: 'one', bars: [{ name: 'x', value: 2 }] },
      { label: 'two', bars: [{ name: 'x', value: 1 }] },
    ],
  });

  it('draw bars in proportion, with their values, and escape what they write', () => {
    const widths = [...svg.matchAll(/<rect x="250" y="\d+" width="([\d.]+)" height="13"/g)].map(([, width]) =>
      Number(width),
    );
    expect(widths).toHaveLength(2);
    expect(widths[0]).toBe((widths[1] ?? 0) * 2);
    expect(svg).toContain('>2 s<');
    expect(svg).toContain('a &lt; b');
  });

  it('are the ones of the committed results', () => {
    const folder = join(root, 'docs/benchmarks');
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const reports = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report);
    for (const [name, chart] of charts(reports)) expect(readFileSync(join(folder, name), 'utf8')).toBe(chartSvg(chart));
  });
});
