/** A relay of TCP connections to one port of this machine, which can be slow, and which can be cut as a network is. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** From now on what the server says arrives so much later, in milliseconds. */
  delay(milliseconds: number): void;
  /** As a network that drops everything: nothing arrives on any side, and nobody is told. */
  cut(): void;
  /** Connections of before the cut are reset, new ones pass again. */
  mend(): void;
  /** Bytes that clients have sent through so far. */
  sent(): number;
  close(): Promise<void>;
}

export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let delayMs = 0;
  let isCut = false;
  let sent = 0;

  const keep = (socket: Socket, peer: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => peer.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      peer.destroy();
    });
  };
  /** Timers fire in order, so the bytes keep theirs as long as the delay is the same. */
  const relay = (from: Socket, to: Socket, lateMs: () => number, count: (bytes: number) => void): void => {
    from.on('data', (chunk: Buffer) => {
      if (isCut) return;
      count(chunk.length);
      const late = lateMs();
      if (late === 0) to.write(chunk);
      else setTimeout(() => !isCut && to.writable && to.write(chunk), late);
    });
  };

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    keep(client, upstream);
    keep(upstream, client);
    relay(
      client,
      upstream,
      () => 0,
      (bytes) => (sent += bytes),
    );
    relay(
      upstream,
      client,
      () => delayMs,
      () => undefined,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    delay: (milliseconds) => (delayMs = milliseconds),
    cut: () => void (isCut = true),
    mend: () => {
      for (const socket of sockets) socket.resetAndDestroy();
      isCut = false;
    },
    sent: () => sent,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
