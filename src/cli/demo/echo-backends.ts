/** Backends that return what they get: gRPC, TCP and UDP. */
import { createSocket } from 'node:dgram';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { listen, LOOPBACK, type Running } from './running.ts';

/** The gRPC method that is served. Messages come back as they are, so none of their fields is looked at. */
export const GRPC_METHOD = '/demo.Echo/Say';
/** gRPC status codes. */
export const grpcStatus = { ok: '0', unimplemented: '12' } as const;

/** HTTP/2 without TLS, by prior knowledge. */
export async function startGrpcEcho(service: string): Promise<Running> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const head = { ':status': 200, 'content-type': 'application/grpc' };
    if (headers[':path'] !== GRPC_METHOD) {
      stream.respond({ ...head, 'grpc-status': grpcStatus.unimplemented }, { endStream: true });
      return;
    }
    stream.respond({ ...head, 'x-served-by': service }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': grpcStatus.ok }));
    stream.pipe(stream);
  });
  const port = await listen(server);
  return {
    backend: { service, portName: 'grpc', port, protocol: 'TCP' },
    close: () => {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

export async function startTcpEcho(service: string): Promise<Running> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.pipe(socket);
  });
  const port = await listen(server);
  return {
    backend: { service, portName: 'echo', port, protocol: 'TCP' },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

export async function startUdpEcho(service: string): Promise<Running> {
  const socket = createSocket('udp4');
  socket.on('message', (message, { port, address }) => socket.send(message, port, address));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, LOOPBACK, resolve);
  });
  return {
    backend: { service, portName: 'echo', port: socket.address().port, protocol: 'UDP' },
    close: () => socket.close(),
  };
}
