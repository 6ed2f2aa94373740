import { chooseServer } from '../pools/balance.ts';
import { choosePool } from '../pools/choose-pool.ts';
import { persistentServer, remember } from '../pools/persistence.ts';
import type { L4Flow } from '../program/l4-program.ts';
import type { Pools } from '../pools/pools.ts';
import type { PoolProgram, ServerProgram, VirtualServiceProgram } from '../program/program.ts';
import type { Target } from '../decide/target.ts';
import type { Random } from '../../random.ts';
import type { ClientRequest } from '../http/request.ts';

/** A server, and the pool that it was chosen from. */
export interface L4Choice {
  readonly pool: PoolProgram;
  readonly server: ServerProgram;
}

/** Where a flow goes without a script: the first L4 rule that matches, else the port's own target, else the virtual service's. */
export function l4Target({ l4, portTargets, defaultTarget }: VirtualServiceProgram, flow: L4Flow): Target | undefined {
  const rule = l4?.rules.find(({ matches }) => matches(flow));
  return rule?.target ?? portTargets.get(flow.port) ?? defaultTarget;
}

/**
 * A server for a new flow, the `wanted` one where a script has named it; undefined when none is up, whatever the fail action: below HTTP there is no answer to give.
 */
export function chooseL4Server(
  virtualService: VirtualServiceProgram,
  target: Target,
  flow: L4Flow,
  { pools, random }: { readonly pools: Pools; readonly random: Random },
  wanted?: { readonly address: string; readonly port?: number },
): L4Choice | undefined {
  const choice = choosePool(virtualService, target, pools.isUp, random);
  if (choice.kind === 'fail') return undefined;
  const { pool } = choice;
  const up = pools
    .upServers(pool)
    .filter(({ address, port }) => !wanted || (address === wanted.address && (wanted.port ?? port) === port));
  const state = pools.balance(pool);
  const request = requestOf(flow);
  const server =
    persistentServer(pool, up, state, request, Date.now()) ?? chooseServer(pool, up, state, request, random);
  if (server) remember(pool, server, state, request, [], Date.now());
  return server && { pool, server };
}

/** A flow as scripts and consistent hashes look at it: a request without anything of HTTP. */
export function requestOf(flow: L4Flow): ClientRequest {
  const { port, clientIp, clientPort, virtualIp } = flow;
  const nothing = { host: '', path: '', query: '', method: '', headers: {} };
  return { ...nothing, scheme: 'http', port, clientIp, clientPort, virtualIp };
}
