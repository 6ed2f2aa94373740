import type { Socket } from 'node:net';
import type { Entrance } from './http/incoming.ts';
import type { L4Flow } from './program/l4-program.ts';

/** Who is at the other end of a connection, and where it came in. */
export function flowOf(socket: Socket, { virtualIp, port, transport }: Entrance): L4Flow {
  return {
    transport,
    virtualIp,
    port,
    clientIp: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    clientPort: socket.remotePort ?? 0,
  };
}
