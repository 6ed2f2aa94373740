/** What the counts of a run must not exceed. Times are no part of it: they depend on the machine. */
import { changesEach, statusesEach, writesEach } from './hour.ts';
import type { Measurement } from './measure.ts';
import { gatewaysOfSpread } from './objects.ts';
import type { BenchOptions } from './options.ts';

/** What the bars depend on. */
export type BarOptions = Pick<BenchOptions, 'routes'> & Partial<Pick<BenchOptions, 'macro'>>;

/** A line for each count that is too high. */
export function breaches(measurements: readonly Measurement[], options: BarOptions): readonly string[] {
  return measurements.flatMap((measured) =>
    barsOf(measured, options)
      .filter(([, count, most]) => count > most)
      .map(([what, count, most]) => `${measured.what}: ${count} ${what}, at most ${most} expected`),
  );
}

/** How a run ends: 1 when a count is too high, and a line for each. */
export function verdict(
  measurements: readonly Measurement[],
  options: BarOptions,
): { readonly exitCode: 0 | 1; readonly lines: readonly string[] } {
  const found = breaches(measurements, options);
  return { exitCode: found.length > 0 ? 1 : 0, lines: found.map((breach) => `FAILED: ${breach}`) };
}

type Bar = readonly [what: string, count: number, most: number];

function barsOf(measured: Measurement, options: BarOptions): readonly Bar[] {
  const { scenario, calls, writes, reconciles, byCall, routeStatusWrites, gatewayStatusWrites } = measured;
  const { routes } = options;
  const all: readonly Bar[] = [['writes of a parent or child again', byCall['PUT virtualservice'] ?? 0, 0]];
  const statuses: Bar = ['statuses', routeStatusWrites + gatewayStatusWrites, 0];
  switch (scenario) {
    case 'bulk':
    case 'paths':
    case 'spread':
      return [...all, ...(routeStatusWrites > 0 ? loadBars : unloadBars)(measured, options)];
    case 'single':
      return [...all, ['calls', calls, mostForOne(measured.what)], ['route statuses', routeStatusWrites, 1]];
    case 'endpoints':
    case 'certificate':
      return [...all, ['calls', calls, 1], statuses];
    case 'churn':
      return [...all, ['calls', calls, measured.figures?.changes ?? 0], statuses];
    case 'unrelated':
    case 'watched':
      return [...all, ['reconciles', reconciles, 0], ['calls', calls, 0], statuses];
    case 'idle':
      return [
        ...all,
        ['writes', writes, 0],
        ['writes to the API server', measured.apiServerWrites ?? 0, 0],
        ...sweepBars(measured, routes),
      ];
    case 'restart':
    case 'leader':
      return [...all, ['writes', writes, 0], statuses];
    case 'hour': {
      const minutes = (measured.figures?.changes ?? 0) / changesEach;
      return [
        ...all,
        ['writes', writes - (byCall['PUT vsvip'] ?? 0), minutes * writesEach],
        ['writes of names', byCall['PUT vsvip'] ?? 0, secondsOf(measured)],
        ['route statuses', routeStatusWrites, minutes * statusesEach],
      ];
    }
    case 'limited':
    case 'errors':
      // Three objects a route, what the Gateway and a start take, and what is refused and made again.
      return [...all, ['calls', calls, Math.ceil(1.15 * (3 * routes + 40))]];
    default:
      return all;
  }
}

function secondsOf({ lastWriteMs = 0 }: Measurement): number {
  return Math.ceil(lastWriteMs / 1000) + 1;
}

function namesOf(measured: Measurement): number {
  return secondsOf(measured) * (measured.scenario === 'spread' ? gatewaysOfSpread : 1);
}

function loadBars(measured: Measurement, { routes, macro }: BarOptions): readonly Bar[] {
  const { scenario, calls, byCall, routeStatusWrites, gatewayStatusWrites } = measured;
  const names = namesOf(measured);
  const each = macro ? 1 : 3;
  // A macro call's reply holds the child only; of the others many are read at a time, fewer at the ends of plans.
  const read = macro ? Math.ceil(routes / 5) : 0;
  return [
    ['creations', created(measured), each * routes],
    ['writes of names', byCall['PUT vsvip'] ?? 0, names],
    ['route statuses', routeStatusWrites, routes],
    ['calls', calls, each * routes + names + read + 10],
    ...(scenario === 'bulk' ? [['Gateway statuses', gatewayStatusWrites, secondsOf(measured) + 1] as const] : []),
  ];
}

function unloadBars(measured: Measurement, { routes }: BarOptions): readonly Bar[] {
  return [['calls', measured.calls, 3 * routes + namesOf(measured)]];
}

/** One list a type and sweep, in pages of 100. */
function sweepBars({ byCall, figures = {} }: Measurement, routes: number): readonly Bar[] {
  const most = ((figures.sweeps ?? 0) + 1) * Math.ceil((routes + 10) / 100);
  return Object.entries(byCall).map(([call, count]) => [`calls ${call}`, count, most]);
}

/** Three objects come or go; the name is published; a changed path is another child; see docs/translation.md for a path taken over. */
function mostForOne(what: string): number {
  if (what.includes('its path changed')) return 6;
  if (what.includes('takes a path over')) return what.includes('added') ? 7 : 3;
  return 4;
}

function created({ byCall }: Measurement): number {
  return ['pool', 'poolgroup', 'virtualservice', 'macro'].reduce((sum, type) => sum + (byCall[`POST ${type}`] ?? 0), 0);
}
