/** A simulated controller with its data plane as a process of its own, so that its memory is not counted as the operator's. */
import { startSimulator, type Fault, type Stats } from '../../../src/simulator/simulator.ts';

/** The process' only argument, as JSON. */
export interface ControllerOptions {
  readonly vipPool: string;
  /** Port of a listener → port that is bound. */
  readonly portMap: Readonly<Record<number, number>>;
  readonly programDelayMs: number;
  readonly latencyMs: number;
  readonly seed: number;
}

/** What it says at its start. */
export interface ControllerAddress {
  readonly url: string;
  readonly ca: string;
  readonly username: string;
  readonly password: string;
}

/** What it is told; each has an answer. */
export type Order =
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] }
  | { readonly kind: 'report' }
  | { readonly kind: 'settled' }
  | { readonly kind: 'close' };

/** Since the last report. */
export interface Report {
  readonly calls: number;
  readonly byStatus: Stats['byStatus'];
  /** Calls that met a fault. */
  readonly hit: number;
  /** Times that something in use lost its last member. */
  readonly emptied: number;
  /** `POST pool` and the like, by count; logins and logouts left out. */
  readonly writes: Stats['byCall'];
  /** Address of the VIP by name of its VsVip. */
  readonly vips: Readonly<Record<string, string>>;
  /** `type name` of everything that did not come with the controller. */
  readonly names: readonly string[];
  readonly residentBytes: number;
}

const types = ['virtualservice', 'vsvip', 'pool', 'poolgroup', 'httppolicyset', 'sslkeyandcertificate'];
const options = JSON.parse(process.argv[2] ?? '{}') as ControllerOptions;
const simulator = await startSimulator({ dataPlane: true, writeLogSize: 10, ...options });
const { store, faults, stats } = simulator;

const hits = (): number => faults.list().reduce((sum, { hit }) => sum + hit, 0);
let counted = 0;

function report(): Report {
  const { calls, byCall, byStatus, emptied } = stats.read();
  const all = types.flatMap((type) => store.list(type)).filter(({ system }) => !system);
  const vips = all.flatMap(({ type, name, body }) => {
    const [vip] = (body.vip ?? []) as readonly { readonly ip_address?: { readonly addr: string } }[];
    return type === 'vsvip' && vip?.ip_address ? [[name, vip.ip_address.addr] as const] : [];
  });
  const hit = hits() - counted;
  counted += hit;
  stats.reset();
  return {
    calls,
    byStatus,
    hit,
    emptied: emptied.length,
    writes: Object.fromEntries(Object.entries(byCall).filter(([call]) => !/^GET |login$|logout$/.test(call))),
    vips: Object.fromEntries(vips),
    names: all.map(({ type, name }) => `${type} ${name}`),
    residentBytes: process.memoryUsage().rss,
  };
}

async function obey(order: Order): Promise<unknown> {
  if (order.kind === 'report') return report();
  if (order.kind === 'settled') {
    await simulator.settled();
    return 'done';
  }
  if (order.kind === 'faults') {
    faults.clear();
    counted = 0;
    for (const fault of order.faults) faults.add(fault);
    return 'done';
  }
  await simulator.close();
  return 'done';
}

process.on('message', (order: Order) => {
  void obey(order).then((answer) => {
    process.send?.(answer);
    if (order.kind === 'close') process.disconnect();
  });
});
process.send?.({
  url: simulator.url,
  ca: simulator.ca,
  username: simulator.username,
  password: simulator.password,
} satisfies ControllerAddress);
