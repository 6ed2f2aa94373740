import type { Fault } from '../rest/faults.ts';

/** How a simulator is started. Everything has a default. */
export interface SimulatorOptions {
  /** `host:port`, port 0 takes a free one. Default `127.0.0.1:0`. */
  readonly listen?: string;
  /** TLS with a CA made at start (default), or plain HTTP. */
  readonly tls?: boolean;
  readonly username?: string;
  /** Default: a random one, in the result. */
  readonly password?: string;
  /** HTTP Basic authentication on every call, off by default. */
  readonly basicAuth?: boolean;
  /** Subnet of the VIP network. Default `127.10.0.0/24`. */
  readonly vipPool?: string;
  /** IPv6 subnet of the VIP network; none by default. */
  readonly vipPool6?: string;
  /** Port of a virtual service → port the data plane listens on. */
  readonly portMap?: Readonly<Record<number, number>>;
  /** File that keeps the store between runs. */
  readonly stateFile?: string;
  /** Delay of each API call, ms. */
  readonly latencyMs?: number;
  /** Upper bound of the delay before a write reaches the data plane, ms. */
  readonly programDelayMs?: number;
  /** Which of several matching EVH children serves: the most specific, or any. */
  readonly evhOrder?: 'longest' | 'random';
  /** Seed of everything random but uuids and passwords. */
  readonly seed?: number;
  readonly validation?: 'strict' | 'compat';
  /** Serve traffic; otherwise states are derived from the configuration. */
  readonly dataPlane?: boolean;
  /** Highest X-Avi-Version that is accepted, and the version that the controller says it has. Default `30.2.1`. */
  readonly apiVersionMax?: string;
  /** DNS domains of the cloud; default none. */
  readonly dnsDomains?: readonly string[];
  /** Calls a second above which the answer is 429; none by default. */
  readonly rateLimit?: number;
  /** Faults that are there from the start. */
  readonly faults?: readonly Fault[];
  /** How long the name of a deleted object stays taken, ms. Default 0; real controllers keep names for a short while. */
  readonly nameReservationMs?: number;
  /** A session unused for so long is expired, ms. Default 15 minutes, as api_idle_timeout. */
  readonly sessionIdleMs?: number;
  /** Writes kept in the log of `stats`. Default 20000. */
  readonly writeLogSize?: number;
  /** CIDRs of the servers that the data plane may contact. Default: loopback only. */
  readonly serverNetworks?: readonly string[];
  /** Cap on the health monitors' send_interval, ms. */
  readonly healthIntervalMs?: number;
  readonly log?: (message: string) => void;
}

/** Options with defaults filled in. */
export type ResolvedOptions = Readonly<Required<Omit<SimulatorOptions, Optional>>> & Pick<SimulatorOptions, Optional>;

type Optional = 'stateFile' | 'vipPool6' | 'rateLimit' | 'serverNetworks' | 'healthIntervalMs';

/**
 * Fills defaults in and checks values.
 * @throws Error that names the option.
 */
export function resolveOptions(options: SimulatorOptions, randomPassword: () => string): ResolvedOptions {
  for (const pool of [options.vipPool, options.vipPool6]) if (pool !== undefined) checkSubnet(pool);
  for (const name of [
    'latencyMs',
    'programDelayMs',
    'rateLimit',
    'sessionIdleMs',
    'nameReservationMs',
    'writeLogSize',
  ] as const) {
    const value = options[name];
    if (value !== undefined && (!Number.isFinite(value) || value < 0))
      throw new Error(`Option ${name}: ${value} must be a number from 0`);
  }
  if (options.apiVersionMax !== undefined && !/^\d+\.\d+(\.\d+)?$/.test(options.apiVersionMax)) {
    throw new Error(`Option apiVersionMax: '${options.apiVersionMax}' must be a version such as 30.2.1`);
  }
  return {
    listen: '127.0.0.1:0',
    tls: true,
    username: 'admin',
    basicAuth: false,
    vipPool: '127.10.0.0/24',
    portMap: {},
    latencyMs: 0,
    programDelayMs: 0,
    evhOrder: 'longest',
    seed: 1,
    validation: 'strict',
    dataPlane: true,
    apiVersionMax: '30.2.1',
    dnsDomains: [],
    faults: [],
    nameReservationMs: 0,
    sessionIdleMs: 15 * 60_000,
    writeLogSize: 20_000,
    log: () => undefined,
    ...options,
    password: options.password ?? randomPassword(),
  };
}

/** Splits `host:port`, `[v6]:port`, `:port` or `port`. */
export function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(listen);
  const port = Number(match?.[2]);
  if (!match || port > 65535) throw new Error(`Option listen: '${listen}' must be host:port`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host || '127.0.0.1', port };
}

function checkSubnet(pool: string): void {
  const match = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/.exec(pool);
  const bits = pool.includes(':') ? 128 : 32;
  if (match && Number(match[2]) <= bits) return;
  throw new Error(`Option vipPool: '${pool}' must be a subnet such as 127.10.0.0/24`);
}
