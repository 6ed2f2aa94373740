import { createServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

/** What a client that knows of HTTP/2 sends first (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** http2_profile's default. */
const MAX_STREAMS = 128;

/** Serves HTTP/2 on connections that are handed to it. Idle connections are closed after `idleMs`. */
export function createHttp2(idleMs: () => number, handle: (exchange: Exchange) => void): (socket: Socket) => void {
  const server = createServer({ settings: { maxConcurrentStreams: MAX_STREAMS } }, (req, res) => handle({ req, res }));
  server.on('session', (session) => {
    session.setTimeout(idleMs(), () => session.close());
    session.on('error', () => session.destroy());
  });
  return (socket) => void server.emit('connection', socket);
}

/** Says whether a connection starts with the HTTP/2 preface; what was read of it is put back. */
export function hasPreface(socket: Socket, timeoutMs: number, decided: (found: boolean) => void): void {
  let read = Buffer.alloc(0);
  const drop = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    const length = Math.min(read.length, PREFACE.length);
    const found = read.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (found && length < PREFACE.length) return;
    socket.off('data', onData).off('error', drop).off('end', drop).setTimeout(0);
    socket.off('timeout', drop).pause();
    socket.unshift(read);
    decided(found);
  };
  socket.on('data', onData).on('error', drop).on('end', drop).setTimeout(timeoutMs, drop);
}
