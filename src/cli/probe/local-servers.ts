/** Servers of this program, which Service Engines must reach. */
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { JsonObject } from '../../translate/desired.ts';
import type { Bench } from './bench.ts';

/** Listens while `run` does, at the port that is open or at any; its connections end with it. */
export async function listening<Result>(
  server: Server,
  { server: wanted }: Bench,
  run: (port: number) => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(wanted?.port ?? 0, resolve);
  });
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** Answers datagrams while `run` does. @param answer to a datagram and the address that it comes from. */
export async function answering<Result>(
  answer: (text: string, from: RemoteInfo) => string,
  { server: wanted }: Bench,
  run: (port: number) => Promise<Result>,
): Promise<Result> {
  const socket = createSocket(wanted?.address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (data, from) => socket.send(answer(data.toString(), from), from.port, from.address));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).bind(wanted?.port ?? 0, resolve);
  });
  try {
    return await run(socket.address().port);
  } finally {
    await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** Makes a pool of the one server at this port of this machine, without health monitors. @param name short */
export async function makeServerPool(bench: Bench, name: string, port: number, fields: JsonObject = {}): Promise<void> {
  const { workshop, config, server } = bench;
  const address = server?.address ?? '';
  await workshop.make('pool', name, {
    cloud_ref: `/api/cloud?name=${encodeURIComponent(config.cloud)}`,
    ...(config.nsxtT1LR === undefined
      ? { vrf_ref: `/api/vrfcontext?name=${encodeURIComponent(config.vrf)}` }
      : { tier1_lr: config.nsxtT1LR }),
    inline_health_monitor: false,
    servers: [{ ip: { addr: address, type: address.includes(':') ? 'V6' : 'V4' }, port }],
    ...fields,
  });
}
