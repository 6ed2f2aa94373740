import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { certificateFor, type CertificateChoice } from '../certificates.ts';
import { flowOf } from '../flow.ts';
import { serveConnection } from './l4-connection.ts';
import type { L4ListenerOptions } from '../program/l4-dependencies.ts';
import { applyCertificates, close, listen, type Listener } from '../listener.ts';
import type { VirtualServiceProgram } from '../program/program.ts';

/** Binds a TCP port, with TLS that ends here where the service has `enable_ssl`. Rejects when it cannot be bound. */
export async function openTcpProxy(
  virtualService: VirtualServiceProgram,
  options: L4ListenerOptions,
): Promise<Listener> {
  const { entrance } = options;
  const live: { program: VirtualServiceProgram; certificates?: CertificateChoice } = { program: virtualService };
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    const flow = flowOf(socket, entrance);
    if (live.program.admits?.(flow) === false) socket.destroy();
    else void serveConnection(socket, flow, live.program, options);
  };
  const server = entrance.tls ? tlsServer(live, serve) : createServer({ allowHalfOpen: true }, serve);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const update = (program: VirtualServiceProgram): void => {
    live.program = program;
    if (entrance.tls) applyCertificates(server as TlsServer, live, program, options.log);
  };
  update(virtualService);
  await listen(server, options.boundPort, entrance.virtualIp);
  return { update, close: () => close(server, sockets) };
}

function tlsServer(live: { readonly certificates?: CertificateChoice }, serve: (socket: Socket) => void): Server {
  const server = createTlsServer(
    {
      allowHalfOpen: true,
      SNICallback: (name, done) => done(null, live.certificates && certificateFor(live.certificates, name)?.context),
    },
    serve,
  );
  return server.on('tlsClientError', (_, socket) => socket.destroy());
}
