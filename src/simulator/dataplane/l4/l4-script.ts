import type { Socket } from 'node:net';
import type { ScriptContext } from '../datascript/context.ts';
import { tlsFactsOf } from '../http/incoming.ts';
import { l4Target, requestOf } from './l4-decide.ts';
import type { Head } from '../program/l4-join.ts';
import type { L4Dependencies } from '../program/l4-dependencies.ts';
import type { L4Flow } from '../program/l4-program.ts';
import type { VirtualServiceProgram } from '../program/program.ts';
import { readAhead } from './read-ahead.ts';

/** Where a connection goes, and what scripts have read of it. */
export interface Destination {
  readonly selected: NonNullable<ScriptContext['selected']>;
  readonly head?: Head;
}

type Dependencies = Pick<L4Dependencies, 'scripts' | 'log'>;

/**
 * Where a connection goes: TCP_CLIENT_ACCEPT and SSL_HANDSHAKE_DONE run at once, L4_REQUEST when the client has sent
 * something; without scripts for the latter the connection goes on at once. Undefined: it is to be closed.
 */
export async function findDestination(
  client: Socket,
  flow: L4Flow,
  virtualService: VirtualServiceProgram,
  dependencies: Dependencies,
): Promise<Destination | undefined> {
  const context = contextOf(client, flow, virtualService);
  await dependencies.scripts.run('TCP_CLIENT_ACCEPT', context);
  if (!context.answer && context.client.tls) await dependencies.scripts.run('SSL_HANDSHAKE_DONE', context);
  if (context.answer) return undefined;
  if (virtualService.scripts.some(({ event }) => event === 'L4_REQUEST')) {
    return askL4Request(client, flow, virtualService, dependencies);
  }
  const target = l4Target(virtualService, flow);
  return target && { selected: { target } };
}

function contextOf(client: Socket, flow: L4Flow, virtualService: VirtualServiceProgram): ScriptContext {
  return {
    virtualService,
    client: { ...requestOf(flow), ...tlsFactsOf(client) },
    request: { headers: [], path: '', query: '' },
    variables: new Map(),
    send: () => Promise.resolve(undefined),
    belowHttp: true,
  };
}

async function askL4Request(
  client: Socket,
  flow: L4Flow,
  virtualService: VirtualServiceProgram,
  { scripts, log }: Dependencies,
): Promise<Destination | undefined> {
  const input = readAhead(client);
  await input.collect(1);
  if (input.buffered().length === 0) return undefined;
  const context: ScriptContext = { ...contextOf(client, flow, virtualService), stream: input };
  await scripts.run('L4_REQUEST', context);
  const head = input.release();
  if (context.answer) return undefined;
  if (!context.streamDone) {
    log(`DataScript on ${virtualService.name}: L4_REQUEST ended without avi.l4.ds_done, the connection is closed`);
    return undefined;
  }
  const fallback = l4Target(virtualService, flow);
  const selected = context.selected ?? (fallback && { target: fallback });
  return selected && { selected, head };
}
