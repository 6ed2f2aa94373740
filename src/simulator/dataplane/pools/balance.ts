import type { PoolProgram, ServerProgram } from '../program/program.ts';
import type { Random } from '../../random.ts';
import { headerLines, type ClientRequest } from '../http/request.ts';

/** What balancing remembers of a pool between requests. */
export interface BalanceState {
  /** Requests in flight by `serverKey`. */
  readonly open: Map<string, number>;
  /** Servers by what tells clients apart, for pools that keep clients to servers; `until` in milliseconds. */
  readonly clients: Map<string, { readonly server: string; readonly until: number }>;
  turn: number;
}

export function newBalance(): BalanceState {
  return { open: new Map(), clients: new Map(), turn: 0 };
}

/** Identity of a server inside a pool. */
export const serverKey = (server: { readonly address: string; readonly port: number }): string =>
  `${server.address}|${server.port}`;

/** FNV-1a with a final mix: 32-bit hash that spreads similar keys. */
function hash(value: string): number {
  let state = 0x811c9dc5;
  for (let index = 0; index < value.length; index++) state = Math.imul(state ^ value.charCodeAt(index), 0x01000193);
  state = Math.imul(state ^ (state >>> 16), 0x45d9f3b);
  return (state ^ (state >>> 16)) >>> 0;
}

function hashKey(pool: PoolProgram, request: ClientRequest): string {
  switch (pool.hash.by) {
    case 'sourceAndPort':
      return `${request.clientIp}|${request.clientPort}`;
    case 'uri':
      return request.path;
    case 'header':
      return headerLines(request.headers, pool.hash.header ?? '')[0] ?? '';
    default:
      return request.clientIp ?? '';
  }
}

/** Rendezvous hashing: a server that goes away moves its own clients only. */
function byHash(servers: readonly ServerProgram[], key: string): ServerProgram | undefined {
  let best: ServerProgram | undefined;
  let highest = -1;
  for (const server of servers) {
    const score = hash(`${key}|${serverKey(server)}`);
    if (score <= highest) continue;
    highest = score;
    best = server;
  }
  return best;
}

function byTurn(servers: readonly ServerProgram[], state: BalanceState): ServerProgram | undefined {
  const slots = servers.flatMap((server) => Array.from({ length: Math.max(1, server.ratio) }, () => server));
  return slots[state.turn++ % slots.length];
}

function byLoad(servers: readonly ServerProgram[], state: BalanceState): ServerProgram | undefined {
  const load = (server: ServerProgram): number => (state.open.get(serverKey(server)) ?? 0) / Math.max(1, server.ratio);
  const least = Math.min(...servers.map(load));
  return byTurn(
    servers.filter((server) => load(server) === least),
    state,
  );
}

/** One of the servers that can take the request, by the pool's algorithm; undefined when there is none. */
export function chooseServer(
  pool: PoolProgram,
  servers: readonly ServerProgram[],
  state: BalanceState,
  request: ClientRequest,
  random: Random,
): ServerProgram | undefined {
  if (servers.length < 2) return servers[0];
  switch (pool.algorithm) {
    case 'roundRobin':
      return byTurn(servers, state);
    case 'consistentHash':
      return byHash(servers, hashKey(pool, request));
    case 'random':
      return servers[Math.floor(random() * servers.length)];
    default:
      return byLoad(servers, state);
  }
}
