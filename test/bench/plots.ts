/** Draws the committed results: `node test/bench/plots.ts` reads the JSON files of docs/benchmarks and writes the SVGs beside. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import { chartSvg, type Chart, type Group } from './chart.ts';
import type { Measurement } from './measure.ts';
import type { Report } from './report.ts';

/** Charts by the name of their file. */
export function charts(reports: readonly Report[]): ReadonlyMap<string, Chart> {
  const sorted = reports.toSorted(
    (a, b) => a.options.routes - b.options.routes || a.options.latencyMs - b.options.latencyMs,
  );
  const all = sorted.flatMap((report) => report.measurements.map((measured) => ({ report, measured })));
  const loads = all.filter(({ measured }) => isLoad(measured));
  const latency = (ms: number | undefined) => (ms === undefined ? [] : [{ name: 'measured', value: ms / 1000 }]);
  return new Map<string, Chart>([
    [
      'bulk.svg',
      {
        title: 'From the first apply to the last route that says Accepted and Programmed',
        unit: 's',
        groups: loads.map(({ report, measured }) => ({
          label: `${label(report)}, ${measured.scenario}`,
          bars: [...latency(measured.lastAcceptedMs), { name: 'limit', value: measured.limit.ms / 1000 }],
        })),
      },
    ],
    [
      'single.svg',
      {
        title: "Operator's CPU for one change",
        unit: 'ms',
        groups: all
          .filter(({ measured }) => measured.scenario === 'single')
          .map(({ report, measured }) =>
            group(`${label(report)}: ${measured.what}`, 'CPU', measured.figures?.operatorCpuMs),
          ),
      },
    ],
    [
      'memory.svg',
      {
        title: 'Resident memory after the load',
        unit: 'MB',
        groups: loads.map(({ report, measured }) =>
          group(`${label(report)}, ${measured.scenario}`, 'RSS', measured.figures?.rssMegabytes),
        ),
      },
    ],
    [
      'restart.svg',
      {
        title: 'From the start of the process to ready, nothing changed',
        unit: 's',
        groups: all
          .filter(({ measured }) => measured.scenario === 'restart')
          .map(({ report, measured }) =>
            group(`${label(report)}, ${measured.what}`, 'ready', (measured.figures?.readyMs ?? 0) / 1000),
          ),
      },
    ],
  ]);
}

function isLoad({ scenario, lastAcceptedMs }: Measurement): boolean {
  return ['bulk', 'paths', 'spread'].includes(scenario) && lastAcceptedMs !== undefined;
}

function group(title: string, name: string, value = 0): Group {
  return { label: title, bars: [{ name, value }] };
}

function label({ options }: Report): string {
  const more = [
    ...(options.concurrency === 8 ? [] : [`${options.concurrency} at once`]),
    ...(options.macro ? ['macro'] : []),
    ...((options.replicas ?? 1) > 1 ? [`${options.replicas} replicas`] : []),
  ];
  return [options.routes, `${options.latencyMs} ms`, ...more].join(', ');
}

if (import.meta.main) {
  const folder = join(root, 'docs/benchmarks');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const reports = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Report);
  for (const [name, chart] of charts(reports)) writeFileSync(join(folder, name), chartSvg(chart));
}
