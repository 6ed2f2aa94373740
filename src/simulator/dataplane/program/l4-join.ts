import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PoolProgram, ServerProgram } from './program.ts';
import { CONNECT_TIMEOUT_MS, tlsOptions } from '../http/server-clients.ts';

/** Connects to a server, with TLS where its pool has it. Rejects when that fails, takes too long, or the client goes. */
export async function connectServer(pool: PoolProgram, server: ServerProgram, client: Socket): Promise<Socket> {
  const to = { host: server.address, port: server.port, allowHalfOpen: true };
  const socket = pool.tls ? connectTls({ ...tlsOptions(pool.tls, ''), ...to }) : connectTcp(to);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (): void => void socket.destroy(new Error('the client has gone, or the server did not answer in time'));
  const timer = setTimeout(fail, CONNECT_TIMEOUT_MS);
  client.once('close', fail);
  socket.once(pool.tls ? 'secureConnect' : 'connect', resolve).once('error', reject);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    client.off('close', fail);
  }
  return socket;
}

/** What has been read of a client before its server was known. */
export interface Head {
  readonly bytes: Buffer;
  /** The client has sent all that it has to send. */
  readonly ended: boolean;
}

/** Passes bytes on both ways; each side's end is the other's end, and either may go on sending after it (RFC 9293 3.6). */
export function join(client: Socket, server: Socket, head: Head | undefined, idleMs: number): void {
  const sides = [
    [client, server],
    [server, client],
  ] as const;
  for (const [from, to] of sides) {
    from.setTimeout(idleMs, () => from.destroy());
    from.on('error', () => from.destroy());
    // What is still on its way to the other side is delivered first.
    from.on('close', () => to.destroySoon());
  }
  if (head && head.bytes.length > 0) server.write(head.bytes);
  if (head?.ended) server.end();
  else client.pipe(server);
  server.pipe(client);
}
