import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { chooseL4Server, l4Target } from './l4-decide.ts';
import type { L4ListenerOptions } from '../program/l4-dependencies.ts';
import type { L4Flow } from '../program/l4-program.ts';
import type { Listener } from '../listener.ts';
import type { VirtualServiceProgram } from '../program/program.ts';
import { openUdpFlow, type UdpFlow } from './udp-flow.ts';

/** Datagrams of further flows are dropped: each flow takes a socket. */
const MOST_FLOWS = 4096;

/**
 * Binds a UDP port. A flow is what one address and port of a client sends: its server is chosen by its first datagram and
 * stays until nothing has come from either side for the profile's idle time, whatever is programmed meanwhile. With
 * per-packet balancing each datagram is a choice of its own. Rejects when the port cannot be bound.
 */
export async function openUdpProxy(
  virtualService: VirtualServiceProgram,
  options: L4ListenerOptions,
): Promise<Listener> {
  const { entrance, boundPort } = options;
  const socket = createSocket(isIPv6(entrance.virtualIp) ? 'udp6' : 'udp4');
  const flows = new Map<string, UdpFlow>();
  let program = virtualService;

  const begin = (client: RemoteInfo): UdpFlow | undefined => {
    const { transport } = serviceOf(program, entrance.port);
    const flow = flowOf(client, options);
    if (program.admits?.(flow) === false) return undefined;
    const target = l4Target(program, flow);
    const choice = target && chooseL4Server(program, target, flow, options);
    if (!choice) return undefined;
    const { address, port } = choice.server;
    const key = transport.perPacket ? `${keyOf(client)}|${address}|${port}` : keyOf(client);
    const known = flows.get(key);
    if (known || flows.size >= MOST_FLOWS) return known;
    const opened = openUdpFlow({
      ...choice,
      balance: options.pools.balance(choice.pool),
      idleMs: transport.idleMs,
      onAnswer: (datagram) => socket.send(datagram, client.port, client.address),
      onEnd: () => flows.delete(key),
    });
    flows.set(key, opened);
    return opened;
  };

  socket.on('message', (datagram, client) => (flows.get(keyOf(client)) ?? begin(client))?.send(datagram));
  await bind(socket, boundPort, entrance.virtualIp);
  socket.on('error', ({ message }) => options.log(`UDP port ${entrance.port} of ${program.name}: ${message}`));
  return {
    update: (later) => void (program = later),
    close: async () => {
      for (const flow of [...flows.values()]) flow.end();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

function serviceOf({ services }: VirtualServiceProgram, port: number) {
  const service = services.find((one) => one.port === port && one.transport.kind === 'udp');
  return service ?? { transport: { kind: 'udp', idleMs: 0, perPacket: false } };
}

function keyOf({ address, port }: RemoteInfo): string {
  return `${address}|${port}`;
}

function flowOf({ address, port }: RemoteInfo, { entrance }: L4ListenerOptions): L4Flow {
  const { virtualIp, port: own, transport } = entrance;
  return { transport, virtualIp, port: own, clientIp: address, clientPort: port };
}

function bind(socket: Socket, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind({ port, address, exclusive: true }, () => {
    socket.off('error', reject);
    resolve();
  });
  return promise;
}
