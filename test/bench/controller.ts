/** A simulated controller as a process of its own, so that its work is not counted as the operator's; asked by messages. */
import { startSimulator } from '../../src/simulator/simulator.ts';

/** What the child says at its start. */
export interface ControllerAddress {
  readonly url: string;
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** Counters since the last reset. */
export interface ControllerCounts {
  readonly calls: number;
  readonly writes: number;
  readonly inFlightMax: number;
  readonly virtualServices: number;
}

/** A write without its body. */
export interface ControllerWrite {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  readonly type: string;
  readonly status: number;
}

/** Everything that was counted since the last reset. */
export interface ControllerStats {
  readonly calls: number;
  readonly byCall: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly inFlightMax: number;
  readonly writes: readonly ControllerWrite[];
}

const [latency, rateLimit, errorShare] = process.argv.slice(2).map(Number);
const simulator = await startSimulator({
  dataPlane: false,
  latencyMs: latency ?? 0,
  vipPool: '10.50.0.0/16',
  writeLogSize: 100_000,
  ...(rateLimit && { rateLimit }),
});
if (errorShare) {
  const effect = { kind: 'status', status: 503 } as const;
  simulator.faults.add({ path: '/api/', times: 0, probability: errorShare, effect });
}
const { url, ca, username, password, stats, store } = simulator;

const answers: Readonly<Record<string, () => unknown>> = {
  counts: () => {
    const { calls, writes, inFlightMax } = stats.read();
    stats.reset();
    const virtualServices = store.list('virtualservice').length;
    return { calls, writes: writes.length, inFlightMax, virtualServices } satisfies ControllerCounts;
  },
  calls: () => stats.read().calls,
  stats: () => {
    const { calls, byCall, byStatus, inFlightMax, writes } = stats.read();
    const brief = writes.map(({ time, method, type, status }) => ({ time, method, type, status }));
    return { calls, byCall, byStatus, inFlightMax, writes: brief } satisfies ControllerStats;
  },
  forget: () => {
    stats.reset();
    return 'done';
  },
  reset: () => {
    simulator.reset();
    return 'done';
  },
};

process.on('message', (message) => {
  const answer = answers[String(message)];
  if (answer) process.send?.(answer());
  else void simulator.close().then(() => process.disconnect());
});
process.send?.({ url, ca, username, password } satisfies ControllerAddress);
