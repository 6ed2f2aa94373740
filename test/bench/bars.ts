/** What the counts of a run must not exceed. Times are no part of it: they depend on the machine. */
import type { Measurement } from './measure.ts';
import { gatewaysOfSpread } from './objects.ts';

/** A line for each count that is too high. */
export function breaches(measurements: readonly Measurement[], routes: number): readonly string[] {
  return measurements.flatMap((measured) =>
    barsOf(measured, routes)
      .filter(([, count, most]) => count > most)
      .map(([what, count, most]) => `${measured.what}: ${count} ${what}, at most ${most} expected`),
  );
}

type Bar = readonly [what: string, count: number, most: number];

function barsOf(measured: Measurement, routes: number): readonly Bar[] {
  const { scenario, calls, writes, reconciles, byCall, routeStatusWrites, gatewayStatusWrites } = measured;
  const secondsTaken = Math.ceil((measured.lastWriteMs ?? 0) / 1000) + 1;
  const all: readonly Bar[] = [['writes of a parent or child again', byCall['PUT virtualservice'] ?? 0, 0]];
  switch (scenario) {
    case 'bulk':
    case 'paths':
    case 'spread': {
      if (!(byCall['POST virtualservice'] ?? 0)) return all;
      const names = secondsTaken * (scenario === 'spread' ? gatewaysOfSpread : 1);
      return [
        ...all,
        ['creations', created(measured), 3 * routes],
        ['writes of names', byCall['PUT vsvip'] ?? 0, names],
        ['route statuses', routeStatusWrites, routes],
        ['calls', calls, 3 * routes + names + 10],
        ...(scenario === 'bulk' ? [['Gateway statuses', gatewayStatusWrites, secondsTaken + 1] as const] : []),
      ];
    }
    case 'single':
      return [...all, ['calls', calls, mostForOne(measured.what)], ['route statuses', routeStatusWrites, 1]];
    case 'endpoints':
      return [...all, ['calls', calls, 1], ['statuses', routeStatusWrites + gatewayStatusWrites, 0]];
    case 'churn':
      return [...all, ['calls', calls, measured.figures?.changes ?? 0], ['statuses', routeStatusWrites, 0]];
    case 'unrelated':
      return [...all, ['reconciles', reconciles, 0], ['calls', calls, 0]];
    case 'idle':
    case 'restart':
    case 'leader':
      return [...all, ['writes', writes, 0], ['statuses', routeStatusWrites + gatewayStatusWrites, 0]];
    default:
      return all;
  }
}

/** Three objects come or go; the name is published; a changed path is another child; see docs/translation.md for a path taken over. */
function mostForOne(what: string): number {
  if (what.includes('its path changed')) return 6;
  if (what.includes('takes a path over')) return what.includes('added') ? 7 : 3;
  return 4;
}

function created({ byCall }: Measurement): number {
  return ['pool', 'poolgroup', 'virtualservice'].reduce((sum, type) => sum + (byCall[`POST ${type}`] ?? 0), 0);
}
