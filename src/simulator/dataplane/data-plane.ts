import ipaddr from 'ipaddr.js';
import type { RuntimeReader, StoreReader } from '../store/types.ts';
import { createScriptEngine } from './datascript/engine.ts';
import { closeConnection, type Exchange } from './http/exchange.ts';
import { handleRequest, type HandlerDependencies } from './http/handler.ts';
import type { Entrance } from './http/incoming.ts';
import { openL4Listener } from './l4/l4-listener.ts';
import { openListener } from './listener.ts';
import { createListeners } from './listeners.ts';
import { createPools, type Pools } from './pools/pools.ts';
import type { EvhOrder, VirtualServiceProgram } from './program/program.ts';
import { startProgrammer } from './program/programmer.ts';
import { seededRandom } from '../random.ts';
import { createRateLimits } from './decide/rate-limit.ts';
import { createRuntimeReader } from './pools/runtime.ts';
import { createServerClients } from './http/server-clients.ts';

export interface DataPlaneOptions {
  readonly store: StoreReader;
  /** Virtual service port → port that is really bound. Ports that are not in it are bound as they are. */
  readonly portMap: ReadonlyMap<number, number>;
  /** Upper bound of the seeded random delay between a write and its effect, per virtual service, milliseconds. */
  readonly programDelayMs: number;
  readonly evhOrder: EvhOrder;
  readonly seed: number;
  /** Takes one line per event: states of servers, problems of rules, script logs. Never secrets. */
  readonly log: (message: string) => void;
  /** Cap on the health monitors' send_interval, milliseconds; default 1000. */
  readonly healthIntervalMs?: number;
  /** CIDRs of the servers that may be contacted; servers elsewhere are down. Default: the loopback ranges. */
  readonly serverNetworks?: readonly string[];
}

/** The simulated Service Engine. */
export interface DataPlane extends RuntimeReader {
  /** Resolves when all delayed programming has taken effect and each health monitor has run once. */
  readonly settled: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const DEFAULT_HEALTH_INTERVAL_MS = 1_000;

/** Invalid CIDRs throw. */
function reachability(networks: readonly string[]): (address: string) => boolean {
  const ranges = networks.map((network) => ipaddr.parseCIDR(network));
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits));
  };
}

/** A child that wants min_pools_up pools and has fewer takes no requests. */
function hasPoolsUp(pools: Pools, child: VirtualServiceProgram): boolean {
  if (child.minPoolsUp === 0) return true;
  return [...child.pools.values()].filter((pool) => pools.isUp(pool)).length >= child.minPoolsUp;
}

/** Starts serving what the store holds. Rejects only for invalid options. */
export async function startDataPlane(options: DataPlaneOptions): Promise<DataPlane> {
  const { store, log } = options;
  const random = seededRandom(options.seed);
  const isReachable = reachability(options.serverNetworks ?? LOOPBACK);
  const pools = createPools({ isReachable, onTransition: log });
  const clients = createServerClients();
  const scripts = createScriptEngine(log);
  const { isOverLimit } = createRateLimits(Date.now);
  const environment = { isOverLimit, isEligible: (child: VirtualServiceProgram) => hasPoolsUp(pools, child) };
  const dependencies: HandlerDependencies = {
    pools,
    clients,
    random: seededRandom(options.seed + 1),
    environment,
    scripts,
    log,
  };

  const onRequest =
    (uuid: string) =>
    (entrance: Entrance, exchange: Exchange): void => {
      const program = programmer.programOf(uuid);
      if (program) void handleRequest(program, entrance, exchange, dependencies);
      else closeConnection(exchange.res);
    };
  const listeners = createListeners({
    portMap: options.portMap,
    log,
    open: async (virtualService, entrance, boundPort) => {
      if (virtualService.l4) return openL4Listener(virtualService, { entrance, boundPort, ...dependencies });
      if (entrance.transport !== 'tcp') throw new Error('an HTTP application profile needs a TCP network profile');
      return openListener(virtualService, { entrance, boundPort, log, onRequest: onRequest(virtualService.uuid) });
    },
  });
  const programmer = startProgrammer({
    store,
    random,
    log,
    programDelayMs: options.programDelayMs,
    evhOrder: options.evhOrder,
    healthIntervalMs: options.healthIntervalMs ?? DEFAULT_HEALTH_INTERVAL_MS,
    onProgrammed: (uuid, program) => {
      pools.use(uuid, program?.pools.values() ?? []);
      listeners.apply(uuid, program);
    },
  });

  const settled = async (): Promise<void> => {
    for (;;) {
      const waiting = [programmer.pending(), listeners.busy(), pools.checking()].filter((wait) => wait !== undefined);
      if (waiting.length === 0) return;
      await Promise.all(waiting);
    }
  };

  return {
    ...createRuntimeReader(store, programmer, pools, listeners),
    settled,
    close: async () => {
      programmer.close();
      pools.close();
      await listeners.close();
      await clients.close();
      scripts.close();
    },
  };
}
