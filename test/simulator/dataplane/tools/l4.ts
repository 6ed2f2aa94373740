import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ref, type TestStore } from './store.ts';

type Body = Readonly<Record<string, unknown>>;

/** The system profiles that virtual services below HTTP name. */
export function putL4Profiles(store: TestStore): void {
  store.put('applicationprofile', 'L4', { type: 'APPLICATION_PROFILE_TYPE_L4' });
  store.put('applicationprofile', 'SSL', { type: 'APPLICATION_PROFILE_TYPE_SSL' });
  store.put('networkprofile', 'TCP', { profile: { type: 'PROTOCOL_TYPE_TCP_PROXY' } });
  store.put('networkprofile', 'UDP', { profile: { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: {} } });
}

/** A stand-alone virtual service below HTTP on the VsVip of that name. */
export const l4Service = (vsVip: string, ports: readonly Body[], more: Body = {}): Body => ({
  type: 'VS_TYPE_NORMAL',
  application_profile_ref: ref('applicationprofile', 'L4'),
  network_profile_ref: ref('networkprofile', 'TCP'),
  vsvip_ref: ref('vsvip', vsVip),
  services: ports,
  ...more,
});

/** A TCP server that lives as long as its test. */
export interface TcpBackend {
  readonly port: number;
  readonly sockets: readonly Socket[];
  readonly close: () => Promise<void>;
}

/** `serve` gets each connection; half-open connections are kept, as the client's. */
export async function startTcp(serve: (socket: Socket) => void): Promise<TcpBackend> {
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Answers with its name at once, then with everything it is sent, upper case, and ends when the client has. */
export const shout =
  (name: string) =>
  (socket: Socket): void => {
    socket.write(`${name}:`);
    socket.on('data', (chunk: Buffer) => socket.write(chunk.toString('latin1').toUpperCase(), 'latin1'));
    socket.on('end', () => socket.end());
  };

/** Connects; rejects when it is refused. */
export async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
}

/** Resolves when the other side has ended the connection or broken it off. */
export async function gone(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.on('error', resolve).on('end', resolve).on('close', resolve).resume();
  await promise;
  socket.destroy();
}

/** Sends, ends its own side, and reads to the end: '' when the connection was closed. */
export async function ask(host: string, port: number, words: string | Buffer): Promise<string> {
  const socket = await dial(host, port);
  socket.end(words);
  return text(socket).catch(() => '');
}
