/**
 * What larger installations would take, by the costs that the committed results have: `node test/bench/scale.ts` writes the
 * table into docs/scale.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import type { Measurement } from './measure.ts';
import type { Report } from './report.ts';

/** A quantity that grows with the routes: `fixed + each × routes`. */
export interface Cost {
  readonly fixed: number;
  readonly each: number;
}

export interface Costs {
  readonly operatorCpuSeconds: Cost;
  /** With etcd. */
  readonly apiServerCpuSeconds: Cost;
  readonly calls: Cost;
  readonly rssMegabytes: Cost;
  /** Of a route that is watched only; absent where it was not measured. */
  readonly watchedMegabytes?: number;
  /** Operator's CPU for one change, by the routes of its Gateway. */
  readonly changeCpuMs: Cost;
}

export interface Installation {
  readonly routes: number;
  readonly gateways: number;
  /** Operators that share the Gateways evenly. */
  readonly operators: number;
  readonly latencyMs: number;
  readonly inFlight: number;
  readonly apiServerCores: number;
}

export interface Estimate {
  readonly routesEach: number;
  readonly rssMegabytes: number;
  readonly changeCpuMs: number;
  /** The largest of the three bounds of a bulk load, in seconds, and which it is. */
  readonly loadSeconds: number;
  readonly loadBound: 'calls' | 'operator' | 'API server';
}

/** The line through two measurements. */
export function line(a: readonly [routes: number, value: number], b: readonly [routes: number, value: number]): Cost {
  const each = (b[1] - a[1]) / (b[0] - a[0]);
  return { fixed: a[1] - each * a[0], each };
}

export function estimate(costs: Costs, installation: Installation): Estimate {
  const { routes, gateways, operators, latencyMs, inFlight, apiServerCores } = installation;
  const routesEach = Math.ceil(routes / operators);
  const of = ({ fixed, each }: Cost, count: number) => Math.max(0, fixed + each * count);
  const bounds = [
    ['calls', (of(costs.calls, routesEach) * latencyMs) / inFlight / 1000],
    ['operator', of(costs.operatorCpuSeconds, routesEach)],
    ['API server', of(costs.apiServerCpuSeconds, routes) / apiServerCores],
  ] as const;
  const [loadBound, loadSeconds] = bounds.reduce((largest, bound) => (bound[1] > largest[1] ? bound : largest));
  return {
    routesEach,
    rssMegabytes: of(costs.rssMegabytes, routesEach) + (costs.watchedMegabytes ?? 0) * (routes - routesEach),
    changeCpuMs: of(costs.changeCpuMs, routes / gateways),
    loadSeconds,
    loadBound,
  };
}

/** By two runs with different numbers of routes; what a change costs, by one with as few as a Gateway has. */
export function costsOf(small: Report, large: Report, fewest: Report): Costs {
  const [a, b, few] = [pointOf(small), pointOf(large), pointOf(fewest)];
  const changeCpu = ({ added }: Point) => added.figures?.operatorCpuMs ?? 0;
  const through = (value: (point: Point) => number): Cost => line([a.routes, value(a)], [b.routes, value(b)]);
  return {
    operatorCpuSeconds: through(({ bulk }) => bulk.cpu.operator ?? 0),
    apiServerCpuSeconds: through(({ bulk }) => (bulk.cpu['kube-apiserver'] ?? 0) + (bulk.cpu.etcd ?? 0)),
    calls: through(({ bulk }) => bulk.calls),
    rssMegabytes: through(({ bulk }) => bulk.figures?.rssMegabytes ?? 0),
    ...watchedIn(small),
    changeCpuMs: line([few.routes, changeCpu(few)], [a.routes, changeCpu(a)]),
  };
}

function watchedIn({ options, measurements }: Report): Pick<Costs, 'watchedMegabytes'> {
  const figures = measurements.find(({ scenario }) => scenario === 'watched')?.figures;
  if (figures?.heapAfter === undefined || figures.heapBefore === undefined) return {};
  return { watchedMegabytes: Math.max(0, figures.heapAfter - figures.heapBefore) / options.routes };
}

interface Point {
  readonly routes: number;
  readonly bulk: Measurement;
  readonly added: Measurement;
}

function pointOf(report: Report): Point {
  return {
    routes: report.options.routes,
    bulk: find(report, ({ scenario }) => scenario === 'bulk'),
    added: find(report, ({ what }) => what === 'a route with a host of its own added'),
  };
}

function find(report: Report, wanted: (measured: Measurement) => boolean): Measurement {
  const found = report.measurements.find(wanted);
  if (!found) throw new Error(`${report.command}: a measurement is missing`);
  return found;
}

/** What a route costs, by the same lines. */
export function withCosts(page: string, costs: Costs): string {
  const { operatorCpuSeconds, apiServerCpuSeconds, calls, rssMegabytes, changeCpuMs } = costs;
  const rows = [
    ['memory of the operator', `${Math.round(rssMegabytes.fixed)} MB`, `${(rssMegabytes.each * 1000).toFixed(0)} kB`],
    ...(costs.watchedMegabytes === undefined
      ? []
      : [['memory for a route that is watched only', '–', `${(costs.watchedMegabytes * 1000).toFixed(0)} kB`]]),
    ['calls to the controller for a bulk load', calls.fixed.toFixed(0), calls.each.toFixed(2)],
    ['CPU of the operator for it', `${operatorCpuSeconds.fixed.toFixed(1)} s`, milliseconds(operatorCpuSeconds.each)],
    [
      'CPU of the API server and etcd for it',
      `${apiServerCpuSeconds.fixed.toFixed(1)} s`,
      milliseconds(apiServerCpuSeconds.each),
    ],
    [
      'CPU of the operator for one more route',
      `${Math.round(changeCpuMs.fixed)} ms`,
      `${(changeCpuMs.each * 1000).toFixed(0)} µs for each route of the Gateway`,
    ],
  ];
  const table = ['| what | fixed | each route |', '|---|---|---|', ...rows.map((cells) => `| ${cells.join(' | ')} |`)];
  return between(page, '<!-- costs: written by test/bench/scale.ts -->', '<!-- end of the costs -->', table);
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;

/** Replaces what stands between two marks. */
function between(page: string, first: string, last: string, lines: readonly string[]): string {
  const [before = '', rest = ''] = page.split(first);
  return [before + first, '', ...lines, '', last + (rest.split(last)[1] ?? '')].join('\n');
}

const begin = '<!-- simulation: written by test/bench/scale.ts -->';
const end = '<!-- end of the simulation -->';

/** The page with the table for 50,000 routes on 500 Gateways. */
export function withSimulation(page: string, costs: Costs): string {
  const base = { routes: 50_000, gateways: 500, latencyMs: 30, inFlight: 8, apiServerCores: 4 };
  const rows = [1, 5, 10, 50].map((operators) => {
    const made = estimate(costs, { ...base, operators });
    const cells = [
      operators,
      made.routesEach,
      `${Math.round(made.rssMegabytes)} MB`,
      `${Math.round(made.loadSeconds)} s (${made.loadBound})`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const change = estimate(costs, { ...base, operators: 1 }).changeCpuMs;
  const table = [
    '| operators | routes each | memory each | bulk load, at least (by) |',
    '|---|---|---|---|',
    ...rows,
    '',
    `A change of one route costs its operator about ${Math.round(change)} ms of CPU, as the Gateway has 100 routes. ` +
      (costs.watchedMegabytes === undefined
        ? "The others' routes, which an operator watches too, are not in its memory here."
        : "The others' routes, which an operator watches too, are in its memory with what the heap grew by for each."),
  ];
  return between(page, begin, end, table);
}

/** The runs that the costs are taken from. */
export function committedCosts(): Costs {
  const read = (name: string) => JSON.parse(readFileSync(join(root, 'docs/benchmarks', name), 'utf8')) as Report;
  return costsOf(read('n1000-30ms.json'), read('n5000-30ms.json'), read('n100-30ms.json'));
}

if (import.meta.main) {
  const page = join(root, 'docs/scale.md');
  const costs = committedCosts();
  writeFileSync(page, withCosts(withSimulation(readFileSync(page, 'utf8'), costs), costs));
}
