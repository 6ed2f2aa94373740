import type { Socket } from 'node:net';
import { serverKey } from '../pools/balance.ts';
import { errorCode, errorMessage } from '../http/errors.ts';
import { chooseL4Server } from './l4-decide.ts';
import { connectServer, join } from '../program/l4-join.ts';
import { findDestination, type Destination } from './l4-script.ts';
import type { L4Dependencies } from '../program/l4-dependencies.ts';
import type { L4Flow } from '../program/l4-program.ts';
import type { VirtualServiceProgram } from '../program/program.ts';

/** A client's connection, with the program that was in effect when it came; later programs leave it alone. */
interface Connection {
  readonly client: Socket;
  readonly flow: L4Flow;
  readonly virtualService: VirtualServiceProgram;
  readonly idleMs: number;
}

/** Serves one TCP connection. Never rejects. */
export async function serveConnection(
  client: Socket,
  flow: L4Flow,
  virtualService: VirtualServiceProgram,
  dependencies: L4Dependencies,
): Promise<void> {
  const drop = (): void => void client.destroy();
  const idleMs = idleOf(virtualService, flow);
  client.on('error', drop).setTimeout(idleMs, drop);
  try {
    const connection = { client, flow, virtualService, idleMs };
    const destination = await findDestination(client, flow, virtualService, dependencies);
    if (destination) await forward(destination, connection, dependencies);
    else drop();
  } catch (error) {
    const reason = errorCode(error) || errorMessage(error);
    // A client that goes while its server is being reached is no news.
    if (!client.destroyed) dependencies.log(`connection to port ${flow.port} of ${virtualService.name}: ${reason}`);
    drop();
  }
}

async function forward(
  { selected, head }: Destination,
  { client, flow, virtualService, idleMs }: Connection,
  dependencies: L4Dependencies,
): Promise<void> {
  const choice = client.destroyed
    ? undefined
    : chooseL4Server(virtualService, selected.target, flow, dependencies, selected.server);
  if (!choice) {
    client.destroy();
    return;
  }
  const { open } = dependencies.pools.balance(choice.pool);
  const key = serverKey(choice.server);
  open.set(key, (open.get(key) ?? 0) + 1);
  const done = (): void => void open.set(key, (open.get(key) ?? 1) - 1);
  client.once('close', done);
  const server = await connectServer(choice.pool, choice.server, client);
  join(client, server, head, idleMs);
}

function idleOf({ l4, services }: VirtualServiceProgram, flow: L4Flow): number {
  const service = services.find(({ port, transport }) => port === flow.port && transport.kind === 'tcp');
  return (service?.tls ? l4?.tlsIdleMs : service?.transport.idleMs) ?? 0;
}
