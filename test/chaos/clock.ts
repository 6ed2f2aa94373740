/** Time that runs faster than the machine's, so that waits and backoffs cost little. */
import type { AviClientOptions } from '../../src/avi/client.ts';
import type { EngineDeps } from '../../src/loop/engine.ts';

type Clock = Required<Pick<EngineDeps, 'now' | 'sleep' | 'setTimer'>>;

/** @param factor how many times faster. */
export function fastClock(factor: number): Clock {
  const origin = Date.now();
  const started = performance.now();
  return {
    now: () => Math.round(origin + (performance.now() - started) * factor),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds / factor)),
    setTimer: (run, milliseconds) => setTimeout(run, milliseconds / factor),
  };
}

/** For the client of the same operator. */
export function clientClock({ now, sleep }: Clock): Pick<AviClientOptions, 'now' | 'sleep'> {
  return { now, sleep };
}
