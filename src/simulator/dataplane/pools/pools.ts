import { setMaxListeners } from 'node:events';
import PQueue from 'p-queue';
import type { OperState, PoolReport } from '../../store/types.ts';
import { newBalance, serverKey, type BalanceState } from './balance.ts';
import { checkServer } from './health-check.ts';
import type { PoolProgram, ServerProgram } from '../program/program.ts';

interface ServerState {
  server: ServerProgram;
  readonly monitored: boolean;
  up: boolean;
  checked: boolean;
  /** Consecutive checks that contradict `up`. */
  contradictions: number;
}

interface PoolState {
  /** The program of each virtual service that uses the pool; the newest is last. */
  readonly users: Map<string, PoolProgram>;
  readonly servers: Map<string, ServerState>;
  readonly balance: BalanceState;
  timer?: NodeJS.Timeout;
  checking?: Promise<void>;
}

/** The live side of the pools that programmed virtual services use: health and balancing state. */
export interface Pools {
  /** Replaces what one virtual service uses; pools that nobody uses are forgotten. */
  readonly use: (owner: string, pools: Iterable<PoolProgram>) => void;
  /** Enabled servers of this version of the pool that are up. */
  readonly upServers: (pool: PoolProgram) => readonly ServerProgram[];
  readonly isUp: (pool: PoolProgram) => boolean;
  readonly balance: (pool: PoolProgram) => BalanceState;
  readonly report: (uuid: string) => PoolReport;
  /** Resolves when every server that has a monitor has been checked once; undefined when that is so already. */
  readonly checking: () => Promise<void> | undefined;
  readonly close: () => void;
}

export interface PoolsOptions {
  /** Addresses that may be contacted; servers elsewhere stay down. */
  readonly isReachable: (address: string) => boolean;
  /** Called when a server goes up or down, with a sentence for the log. */
  readonly onTransition: (message: string) => void;
}

const CHECKS_AT_ONCE = 64;

/** Creates the empty registry. */
export function createPools(options: PoolsOptions): Pools {
  const pools = new Map<string, PoolState>();
  const owned = new Map<string, ReadonlySet<string>>();
  const queue = new PQueue({ concurrency: CHECKS_AT_ONCE });
  const stop = new AbortController();
  // One listener for each check in flight.
  setMaxListeners(0, stop.signal);

  const newest = (state: PoolState): PoolProgram | undefined => [...state.users.values()].at(-1);

  const checkOne = async (pool: PoolProgram, server: ServerState): Promise<void> => {
    if (stop.signal.aborted) return;
    const { address, port } = server.server;
    const reachable = options.isReachable(address);
    const results = reachable
      ? await Promise.all(pool.monitors.map((monitor) => checkServer(monitor, address, port, stop.signal)))
      : [false];
    if (!stop.signal.aborted) record(pool, server, results.every(Boolean), options.onTransition);
  };

  const checkAll = async (state: PoolState): Promise<void> => {
    const pool = newest(state);
    if (!pool || pool.monitors.length === 0) return;
    const servers = [...state.servers.values()].filter(({ server }) => server.enabled);
    await Promise.all(servers.map((server) => queue.add(() => checkOne(pool, server))));
  };

  const plan = (state: PoolState): void => {
    clearTimeout(state.timer);
    const monitors = newest(state)?.monitors ?? [];
    if (monitors.length === 0 || stop.signal.aborted) return;
    state.timer = setTimeout(() => void run(state), Math.min(...monitors.map((monitor) => monitor.intervalMs)));
  };

  const run = (state: PoolState): Promise<void> => {
    state.checking = checkAll(state).finally(() => {
      delete state.checking;
      plan(state);
    });
    return state.checking;
  };

  const refresh = (state: PoolState): void => {
    syncServers(state, [...state.users.values()], options.isReachable);
    const waiting = [...state.servers.values()].some((server) => !server.checked);
    if (!waiting) return;
    clearTimeout(state.timer);
    void (state.checking ? state.checking.then(() => run(state)) : run(state));
  };

  const release = (owner: string, uuid: string): void => {
    const state = pools.get(uuid);
    if (!state) return;
    state.users.delete(owner);
    if (state.users.size > 0) return;
    clearTimeout(state.timer);
    pools.delete(uuid);
  };

  const use = (owner: string, programs: Iterable<PoolProgram>): void => {
    const list = [...programs];
    const uuids = new Set(list.map((pool) => pool.uuid));
    const before = owned.get(owner) ?? new Set();
    for (const pool of list) {
      const state = pools.get(pool.uuid) ?? {
        users: new Map(),
        servers: new Map(),
        balance: newBalance(),
      };
      pools.set(pool.uuid, state);
      state.users.delete(owner);
      state.users.set(owner, pool);
      refresh(state);
    }
    before.forEach((uuid) => uuids.has(uuid) || release(owner, uuid));
    if (uuids.size > 0) owned.set(owner, uuids);
    else owned.delete(owner);
  };

  const upServers = (pool: PoolProgram): readonly ServerProgram[] => {
    const state = pools.get(pool.uuid);
    if (!state || !pool.enabled) return [];
    return pool.servers.filter((server) => server.enabled && (state.servers.get(serverKey(server))?.up ?? false));
  };

  return {
    use,
    upServers,
    isUp: (pool) => upServers(pool).length > 0,
    balance: (pool) => pools.get(pool.uuid)?.balance ?? newBalance(),
    report: (uuid) => report(pools.get(uuid)),
    checking: () => waitForChecks(pools.values()),
    close: () => {
      stop.abort();
      pools.forEach((state) => clearTimeout(state.timer));
    },
  };
}

/** Servers that stay keep their state; new ones with a monitor start down until their first check. */
function syncServers(
  state: PoolState,
  programs: readonly PoolProgram[],
  isReachable: (address: string) => boolean,
): void {
  const wanted = new Map<string, { readonly server: ServerProgram; readonly monitored: boolean }>();
  for (const pool of programs) {
    for (const server of pool.servers)
      wanted.set(serverKey(server), { server, monitored: pool.monitors.length > 0 && server.enabled });
  }
  for (const key of state.servers.keys()) if (!wanted.has(key)) state.servers.delete(key);
  for (const [key, { server, monitored }] of wanted) {
    const known = state.servers.get(key);
    if (known?.monitored === monitored) known.server = server;
    else
      state.servers.set(key, {
        server,
        monitored,
        up: !monitored && isReachable(server.address),
        checked: !monitored,
        contradictions: 0,
      });
  }
}

/** The first check decides at once; later ones only after failed_checks or successful_checks in a row. */
function record(
  pool: PoolProgram,
  state: ServerState,
  healthy: boolean,
  onTransition: (message: string) => void,
): void {
  const first = !state.checked;
  state.checked = true;
  if (state.up === healthy) {
    state.contradictions = 0;
    return;
  }
  state.contradictions += 1;
  const needed = Math.max(...pool.monitors.map((monitor) => (healthy ? monitor.successes : monitor.failures)));
  if (!first && state.contradictions < needed) return;
  state.up = healthy;
  state.contradictions = 0;
  // A server that is up at its first check is no news.
  if (first && healthy) return;
  onTransition(
    `server ${state.server.address}:${state.server.port} of pool ${pool.name} is ${healthy ? 'up' : 'down'}`,
  );
}

function report(state: PoolState | undefined): PoolReport {
  if (!state) return { state: 'OPER_UNUSED', servers: [] };
  const servers = [...state.servers.values()].map(({ server, up }) => ({
    address: server.address,
    port: server.port,
    enabled: server.enabled,
    state: serverState(server.enabled, up),
  }));
  const enabled = [...state.users.values()].at(-1)?.enabled ?? true;
  if (!enabled) return { state: 'OPER_DISABLED', servers };
  return { state: servers.some((server) => server.state === 'OPER_UP') ? 'OPER_UP' : 'OPER_DOWN', servers };
}

function serverState(enabled: boolean, up: boolean): OperState {
  if (!enabled) return 'OPER_DISABLED';
  return up ? 'OPER_UP' : 'OPER_DOWN';
}

function waitForChecks(states: Iterable<PoolState>): Promise<void> | undefined {
  const waiting = [...states].filter((state) => [...state.servers.values()].some((server) => !server.checked));
  const checks = waiting.map((state) => state.checking).filter((check) => check !== undefined);
  return checks.length === 0 ? undefined : Promise.all(checks).then(() => undefined);
}
