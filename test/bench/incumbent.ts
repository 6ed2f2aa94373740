/** The incumbent, run on the same kind of machine, beside our results for 1,000 routes. */
import type { Measurement } from './measure.ts';
import type { Report } from './report.ts';

/** AKO 2.2.1 with 1,000 routes on one Gateway: from the first apply to its last virtual service, in seconds, by latency in ms. */
export const incumbentSeconds: Readonly<Record<number, number>> = { 0: 96.1, 30: 102.5 };

interface Row {
  readonly what: string;
  /** The incumbent's, by latency in ms; absent where it was not measured. */
  readonly theirs: Readonly<Record<number, string>>;
  readonly ours: (report: Report) => string | undefined;
}

const isBulk = ({ scenario }: Measurement): boolean => scenario === 'bulk';
const from =
  (wanted: (measured: Measurement) => boolean, show: (measured: Measurement) => string) =>
  ({ measurements }: Report): string | undefined => {
    const found = measurements.find(wanted);
    return found && show(found);
  };
const seconds = (ms: number | undefined): string => `${((ms ?? 0) / 1000).toFixed(2)} s`;

const rows: readonly Row[] = [
  {
    what: 'bulk load, first apply to the last virtual service',
    theirs: { 30: '102.5 s', 0: '96.1 s' },
    ours: from(isBulk, ({ lastWriteMs }) => seconds(lastWriteMs)),
  },
  {
    what: 'calls for it; most in flight',
    theirs: { 30: '3,039; 1', 0: '5,208; 1' },
    ours: from(isBulk, ({ calls, inFlightMax }) => `${calls}; ${inFlightMax}`),
  },
  {
    what: 'to the last status',
    theirs: { 30: '129.1 s', 0: '121.9 s (950 of 1,000)' },
    ours: from(isBulk, ({ lastAcceptedMs }) => seconds(lastAcceptedMs)),
  },
  {
    what: 'CPU of it; resident memory',
    theirs: { 30: '32.6 s; 173 MB', 0: '73.8 s; 206 MB' },
    ours: from(isBulk, ({ cpu, figures }) => `${(cpu.operator ?? 0).toFixed(1)} s; ${figures?.rssMegabytes ?? '–'} MB`),
  },
  {
    what: 'one more route, to its virtual service',
    theirs: { 30: '0.42 s, 6 calls', 0: '0.30 s, 6 calls' },
    ours: from(
      ({ what }) => what === 'a route with a host of its own added',
      ({ lastWriteMs, calls }) => `${seconds(lastWriteMs)}, ${calls} calls`,
    ),
  },
  {
    what: 'endpoints from 3 to 10',
    theirs: { 30: '0.19 s, 1 call', 0: '0.21 s, 1 call' },
    ours: from(
      ({ what }) => what === 'endpoints 3 to 10',
      ({ lastWriteMs, calls }) => `${seconds(lastWriteMs)}, ${calls} call`,
    ),
  },
  {
    what: 'restart with nothing changed (SIGTERM)',
    theirs: {
      30: '3,796 writes and more: all children deleted, 737 of them missing after 329 s',
      0: '6,006 writes: all children deleted and made again, each out for up to 67.5 s',
    },
    ours: from(
      ({ what }) => what === 'restart after SIGTERM',
      ({ writes, figures }) => `${writes} writes, ready after ${seconds(figures?.readyMs)}`,
    ),
  },
];

/** The table of both; `–` where one was not measured. */
export function incumbentTable(reports: readonly Report[]): string {
  const usual = reports.filter(
    ({ options: { routes, concurrency, macro, replicas } }) =>
      routes === 1000 && concurrency === 8 && !macro && (replicas ?? 1) === 1,
  );
  const ours = (row: Row, latencyMs: number): string => {
    const found = usual.filter(({ options }) => options.latencyMs === latencyMs).map((report) => row.ours(report));
    return found.find((text) => text !== undefined) ?? '–';
  };
  const lines = rows.map((row) => [row.what, ...[30, 0].flatMap((ms) => [row.theirs[ms] ?? '–', ours(row, ms)])]);
  const titles = ['1,000 routes on one Gateway', 'AKO, 30 ms', 'ours, 30 ms', 'AKO, 0 ms', 'ours, 0 ms'];
  return [titles, titles.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
