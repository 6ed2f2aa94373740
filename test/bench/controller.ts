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

const simulator = await startSimulator({
  dataPlane: false,
  latencyMs: Number(process.argv[2] ?? 0),
  vipPool: '10.50.0.0/16',
});
const { url, ca, username, password, stats, store } = simulator;

process.on('message', (message) => {
  if (message === 'counts') {
    const { calls, writes, inFlightMax } = stats.read();
    const virtualServices = store.list('virtualservice').length;
    process.send?.({ calls, writes: writes.length, inFlightMax, virtualServices } satisfies ControllerCounts);
    stats.reset();
  } else if (message === 'reset') {
    simulator.reset();
    process.send?.('done');
  } else void simulator.close().then(() => process.disconnect());
});
process.send?.({ url, ca, username, password } satisfies ControllerAddress);
