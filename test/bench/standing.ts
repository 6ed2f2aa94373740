/** How the committed results stand to the bars that were set before there was any. */
import { breaches } from './bars.ts';
import { incumbentSeconds } from './incumbent.ts';
import type { Measurement } from './measure.ts';
import type { Report } from './report.ts';

/** One bar, and what was measured. */
export interface Standing {
  /** Of the reasons in `reasons.ts`. */
  readonly id: string;
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  readonly met: boolean;
  /** What was measured as a share of the bar, where the bar is a number above 0; above 1 it is missed. */
  readonly share?: number;
}

/** All bars for which there is a result, in the order of issue and size. */
export function standings(reports: readonly Report[]): readonly Standing[] {
  const sorted = reports.toSorted(
    (a, b) =>
      a.options.routes - b.options.routes ||
      b.options.latencyMs - a.options.latencyMs ||
      a.options.concurrency - b.options.concurrency,
  );
  return [
    ...counts(sorted),
    ...sorted.flatMap(bulk),
    ...sorted.flatMap(incumbent),
    ...sorted.flatMap(oneMore),
    ...sorted.flatMap(endpoints),
    ...sorted.flatMap(restart),
    ...sorted.flatMap(memory),
    ...sorted.flatMap(hour),
    ...sorted.flatMap(idle),
    ...sorted.flatMap(unrelated),
    ...growth(sorted),
  ];
}

/** As "1,000 routes, 30 ms, 16 calls at once". */
export function nameOf({ options }: Report): string {
  const { routes, latencyMs, concurrency, macro, replicas } = options;
  return [
    `${thousands(routes)} routes`,
    `${latencyMs} ms`,
    ...(concurrency === 8 ? [] : [`${concurrency} calls at once`]),
    ...(macro ? ['macro calls'] : []),
    ...((replicas ?? 1) > 1 ? [`${replicas} replicas`] : []),
  ].join(', ');
}

export const thousands = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const times = (factor: number): string => `${factor.toFixed(2)} ×`;

const of = ({ measurements }: Report, scenario: string): readonly Measurement[] =>
  measurements.filter((measured) => measured.scenario === scenario);
const isUsual = ({ options }: Report): boolean => !options.macro && (options.replicas ?? 1) === 1;
/** The sizes that times and memory have bars for. */
const bySize = <T>({ options }: Report, values: Readonly<Record<number, T>>): T | undefined => values[options.routes];

function counts(reports: readonly Report[]): readonly Standing[] {
  const found = reports.flatMap((report) =>
    breaches(report.measurements, report.options).map((breach) => `${nameOf(report)}: ${breach}`),
  );
  const measurements = reports.reduce((sum, report) => sum + report.measurements.length, 0);
  return [
    {
      id: 'counts',
      what: 'calls, writes, statuses and reconciles of every measurement',
      bar: '`test/bench/bars.ts`: 3 calls a route, 1 write of names a second, no write of the parent, 1 status a route',
      measured: found.length === 0 ? `kept by all ${measurements} of ${reports.length} runs` : found.join('; '),
      met: found.length === 0,
    },
  ];
}

function within(value: number, bar: number): Pick<Standing, 'met' | 'share'> {
  return { met: value <= bar, share: value / bar };
}

/** From the first apply to the last write, and to the last route that says Accepted and Programmed, whichever is later. */
function durationOf({ lastWriteMs = 0, lastAcceptedMs = 0 }: Measurement): number {
  return Math.max(lastWriteMs, lastAcceptedMs);
}

function bulk(report: Report): readonly Standing[] {
  if (report.options.routes < 1000 || report.options.latencyMs !== 30 || !isUsual(report)) return [];
  return ['bulk', 'paths', 'spread'].flatMap((scenario) =>
    of(report, scenario)
      .filter(({ routeStatusWrites }) => routeStatusWrites > 0)
      .map((measured) => {
        const factor = durationOf(measured) / measured.limit.ms;
        return {
          id: 'bulk',
          what: `bulk load, ${nameOf(report)}${scenario === 'bulk' ? '' : `, ${measured.what}`}`,
          bar: '≤ 1.25 × the limit',
          measured: `${seconds(durationOf(measured))}, limit ${seconds(measured.limit.ms)} (${measured.limit.by}): ${times(factor)}`,
          ...within(factor, 1.25),
        };
      }),
  );
}

function incumbent(report: Report): readonly Standing[] {
  const { routes, latencyMs, concurrency } = report.options;
  const other = incumbentSeconds[latencyMs];
  if (routes !== 1000 || concurrency !== 8 || other === undefined || !isUsual(report)) return [];
  return of(report, 'bulk').map((measured) => {
    const factor = (other * 1000) / durationOf(measured);
    return {
      id: 'incumbent',
      what: `bulk load, ${nameOf(report)}, beside the incumbent`,
      bar: '≥ 7 times faster',
      measured: `${seconds(durationOf(measured))}, the incumbent ${seconds(other * 1000)}: ${factor.toFixed(1)} times`,
      ...within(7, factor),
    };
  });
}

function oneMore(report: Report): readonly Standing[] {
  const { routes, latencyMs } = report.options;
  const slack = bySize(report, { 1000: 100, 5000: 250 });
  if (!isUsual(report)) return [];
  return of(report, 'single')
    .filter(({ what }) => what === 'a route with a host of its own added')
    .flatMap((measured) => {
      const most = measured.figures?.callsMost ?? measured.calls;
      const allowed = 3 + Number((measured.byCall['PUT vsvip'] ?? 0) > 0);
      const last = measured.lastWriteMs ?? 0;
      const bar = 3 * latencyMs + (slack ?? 0);
      const what = `one more route on a Gateway of ${thousands(routes)}, ${latencyMs} ms`;
      const calls = {
        id: 'one-calls',
        what,
        bar: '3 calls, 1 more for the VIP',
        measured: `${most} calls`,
        met: most <= allowed,
      };
      const write = {
        id: 'one-time',
        what,
        bar: `last write ≤ ${bar} ms`,
        measured: `${Math.round(last)} ms`,
        ...within(last, bar),
      };
      return slack === undefined ? [calls] : [calls, write];
    });
}

function endpoints(report: Report): readonly Standing[] {
  return of(report, 'churn').flatMap(({ figures = {} }) => {
    const {
      changes = 0,
      poolWrites = 0,
      eventToWriteP95Ms = 0,
      operatorCpuMsEach = 0,
      eventToWriteMedianMs = 0,
    } = figures;
    const what = `${changes} endpoint changes, 10 a second, ${nameOf(report)}`;
    return [
      {
        id: 'endpoint-writes',
        what,
        bar: 'one write a pool',
        measured: `${poolWrites} writes`,
        met: poolWrites <= changes,
      },
      {
        id: 'endpoint-time',
        what,
        bar: 'event to write, p95 ≤ 100 ms',
        measured: `${Math.round(eventToWriteP95Ms)} ms (median ${Math.round(eventToWriteMedianMs)} ms)`,
        ...within(eventToWriteP95Ms, 100),
      },
      {
        id: 'endpoint-cpu',
        what,
        bar: 'operator CPU ≤ 5 ms an event',
        measured: `${operatorCpuMsEach.toFixed(1)} ms`,
        ...within(operatorCpuMsEach, 5),
      },
    ];
  });
}

function restart(report: Report): readonly Standing[] {
  const readyBar = bySize(report, { 1000: 3_000, 5000: 8_000 });
  return of(report, 'restart').flatMap((measured) => {
    const { writes, routeStatusWrites, gatewayStatusWrites, figures = {} } = measured;
    const statuses = routeStatusWrites + gatewayStatusWrites;
    const what = `${measured.what}, nothing changed, ${nameOf(report)}`;
    const readyMs = figures.readyMs ?? 0;
    const kept = {
      id: 'restart-writes',
      what,
      bar: '0 writes, 0 statuses',
      measured: `${writes} writes, ${statuses} statuses`,
      met: writes + statuses === 0,
    };
    if (readyBar === undefined) return [kept];
    const ready = {
      id: 'restart-ready',
      what,
      bar: `ready ≤ ${readyBar / 1000} s`,
      measured: seconds(readyMs),
      ...within(readyMs, readyBar),
    };
    return [kept, ready];
  });
}

function memory(report: Report): readonly Standing[] {
  const bar = bySize(report, { 1000: 150, 5000: 300 });
  if (bar === undefined || report.options.latencyMs !== 30 || report.options.concurrency !== 8 || !isUsual(report))
    return [];
  return of(report, 'bulk').map(({ figures = {} }) => ({
    id: 'memory',
    what: `resident memory after the load, ${nameOf(report)}`,
    bar: `≤ ${bar} MB`,
    measured: `${figures.rssMegabytes ?? 0} MB (heap ${figures.heapMegabytes ?? 0} MB)`,
    ...within(figures.rssMegabytes ?? 0, bar),
  }));
}

/** How much more resident memory than in the middle still counts as the same. */
const flat = 1.1;

function hour(report: Report): readonly Standing[] {
  return of(report, 'hour').map(({ figures = {}, ...measured }) => {
    const { rssBegin = 0, rssMiddle = 0, rssEnd = 0, heapBegin = 0, heapMiddle = 0, heapEnd = 0 } = figures;
    return {
      id: 'hour',
      what: `an hour's ${thousands(figures.changes ?? 0)} changes in ${seconds(measured.lastWriteMs ?? 0)}, ${nameOf(report)}`,
      bar: 'memory flat: the end ≤ 1.1 × the middle',
      measured: `resident ${rssBegin}, ${rssMiddle}, ${rssEnd} MB, heap ${heapBegin}, ${heapMiddle}, ${heapEnd} MB (begin, middle, end)`,
      ...within(rssEnd, flat * rssMiddle),
    };
  });
}

function idle(report: Report): readonly Standing[] {
  return of(report, 'idle').map((measured) => {
    const { figures = {}, writes, apiServerWrites = 0, calls } = measured;
    return {
      id: 'idle',
      what: `${figures.sweeps ?? 0} drift sweeps' time of idling, ${nameOf(report)}`,
      bar: '0 writes to either server but for the Lease; 1 list a type and sweep',
      measured: `${writes} and ${apiServerWrites} writes, ${calls} pages read`,
      met: breaches([measured], report.options).length === 0,
    };
  });
}

function unrelated(report: Report): readonly Standing[] {
  return of(report, 'unrelated').map(({ what, reconciles }) => ({
    id: 'unrelated',
    what: `${what}, ${nameOf(report)}`,
    bar: '0 reconciles',
    measured: `${reconciles} reconciles`,
    met: reconciles === 0,
  }));
}

function growth(reports: readonly Report[]): readonly Standing[] {
  const cpuOf = (routes: number): number | undefined =>
    reports
      .filter((report) => report.options.routes === routes && isUsual(report))
      .flatMap((report) => of(report, 'single'))
      .find(({ what }) => what === 'a route with a host of its own added')?.figures?.operatorCpuMs;
  const [few, many] = [cpuOf(100), cpuOf(5000)];
  if (few === undefined || many === undefined) return [];
  const factor = many / few;
  return [
    {
      id: 'growth',
      what: 'operator CPU for one more route, at 5,000 and at 100',
      bar: '≤ 3 ×',
      measured: `${Math.round(many)} ms and ${Math.round(few)} ms: ${times(factor)}`,
      ...within(factor, 3),
    },
  ];
}
