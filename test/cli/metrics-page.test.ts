import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { createMetrics } from '../../src/telemetry/metrics.ts';

it('docs/metrics.md has a row for each metric, and no other', async () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$/gm)].map(([, name, type, , help]) => ({
    name,
    type,
    help,
  }));
  const metrics = await createMetrics().registry.getMetricsAsJSON();
  expect(rows).toEqual(metrics.map(({ name, type, help }) => ({ name, type, help })));
});
