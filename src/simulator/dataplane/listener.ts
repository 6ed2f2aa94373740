import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { certificateFor, loadCertificates, type CertificateChoice } from './certificates.ts';
import type { Entrance } from './incoming.ts';
import type { HttpProfile, VirtualServiceProgram } from './program.ts';

/** A bound address and port. */
export interface Listener {
  /** Puts certificates, TLS versions and timeouts of a new program into effect; open connections stay. */
  readonly update: (virtualService: VirtualServiceProgram) => void;
  /** Stops listening and drops its connections. */
  readonly close: () => Promise<void>;
}

export interface ListenerOptions {
  readonly entrance: Entrance;
  /** The port to bind, after the port map. */
  readonly boundPort: number;
  readonly onRequest: (entrance: Entrance, req: IncomingMessage, res: ServerResponse) => void;
  readonly log: (message: string) => void;
}

const MAX_REQUEST_HEADER_BYTES = 48 * 1024;

/** Binds a listener for a virtual service. Rejects when the address cannot be bound. */
export async function openListener(virtualService: VirtualServiceProgram, options: ListenerOptions): Promise<Listener> {
  const { entrance, onRequest } = options;
  const handle = (req: IncomingMessage, res: ServerResponse): void => onRequest(entrance, req, res);
  const tls = entrance.tls ? createTls(handle) : undefined;
  const server: Server | TlsServer = tls?.server ?? createServer({ maxHeaderSize: MAX_REQUEST_HEADER_BYTES }, handle);
  server.on('clientError', (_, socket) => socket.destroy());
  const update = (program: VirtualServiceProgram): void => {
    applyTimeouts(server, program.portHttp.get(entrance.port) ?? program.http);
    tls?.update(program, options.log);
  };
  update(virtualService);
  await listen(server, options.boundPort, entrance.virtualIp);
  return { update, close: () => close(server) };
}

function createTls(handle: (req: IncomingMessage, res: ServerResponse) => void): {
  readonly server: TlsServer;
  readonly update: (program: VirtualServiceProgram, log: (message: string) => void) => void;
} {
  let choice: CertificateChoice | undefined;
  const server = createTlsServer(
    {
      maxHeaderSize: MAX_REQUEST_HEADER_BYTES,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (serverName, done) => done(null, choice && certificateFor(choice, serverName)?.context),
    },
    handle,
  );
  const update = (program: VirtualServiceProgram, log: (message: string) => void): void => {
    const previous = choice;
    choice = loadCertificates(program.certificates, previous);
    choice.problems
      .filter((problem) => !previous?.problems.includes(problem))
      .forEach((problem) => log(`${program.name}: ${problem}`));
    const first = choice.loaded[0]?.source;
    server.setSecureContext({
      minVersion: program.tlsVersions.min,
      maxVersion: program.tlsVersions.max,
      ...(first && { cert: first.certificate, key: first.key }),
    });
  };
  return { server, update };
}

function applyTimeouts(server: Server | TlsServer, profile: HttpProfile): void {
  server.keepAliveTimeout = profile.keepaliveMs;
  server.headersTimeout = profile.headerTimeoutMs;
  server.maxRequestsPerSocket = profile.keepaliveRequests;
  server.requestTimeout = 0;
}

function listen(server: Server | TlsServer, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host }, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

async function close(server: Server | TlsServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
