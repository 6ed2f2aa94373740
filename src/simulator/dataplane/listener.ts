import { createServer, ServerResponse, type IncomingMessage, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import type { Server as BareTlsServer } from 'node:tls';
import { areUsable, certificateFor, loadCertificates, tlsTerms, type CertificateChoice } from './certificates.ts';
import { handshakeAuthorities, isWelcome } from './client-certificates.ts';
import { flowOf } from './flow.ts';
import { errorCode } from './http/errors.ts';
import type { Exchange } from './http/exchange.ts';
import { createHttp2, hasPreface } from './http/http2.ts';
import type { Entrance } from './http/incoming.ts';
import type { HttpProfile, VirtualServiceProgram } from './program/program.ts';

/** A bound address and port. */
export interface Listener {
  /** Puts certificates, TLS versions and ciphers, HTTP/2 and timeouts of a new program into effect; open connections stay. */
  readonly update: (virtualService: VirtualServiceProgram) => void;
  /** Stops listening and drops its connections. */
  readonly close: () => Promise<void>;
}

export interface ListenerOptions {
  readonly entrance: Entrance;
  /** The port to bind, after the port map. */
  readonly boundPort: number;
  readonly onRequest: (entrance: Entrance, exchange: Exchange) => void;
  readonly log: (message: string) => void;
}

/** What changes while a listener lives. */
interface Live {
  http2: boolean;
  profile: HttpProfile;
  allowsInvalidClients: boolean;
  admits: NonNullable<VirtualServiceProgram['admits']>;
  certificates?: CertificateChoice;
}

/** More than any application profile allows; see http/limits.ts for what it does allow. */
const MAX_REQUEST_HEADER_BYTES = 260 * 1024;

/** Binds a listener for a virtual service. Rejects when the address cannot be bound. */
export async function openListener(virtualService: VirtualServiceProgram, options: ListenerOptions): Promise<Listener> {
  const { entrance } = options;
  const live: Live = {
    http2: false,
    profile: profileOf(virtualService, entrance),
    allowsInvalidClients: false,
    admits: () => true,
  };
  const handle = (exchange: Exchange): void => options.onRequest(entrance, exchange);
  const server = createHttp1(entrance, live, handle);
  addHttp2(server, entrance, live, handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const update = (program: VirtualServiceProgram): void => {
    live.profile = profileOf(program, entrance);
    live.allowsInvalidClients = program.allowsInvalidClients;
    live.admits = program.admits ?? (() => true);
    live.http2 = program.services.some(({ port, http2 }) => port === entrance.port && http2);
    applyTimeouts(server, live.profile);
    if (entrance.tls) applyCertificates(server as TlsServer, live, program, options.log);
  };
  update(virtualService);
  await listen(server, options.boundPort, entrance.virtualIp);
  return { update, close: () => close(server, sockets) };
}

function profileOf(program: VirtualServiceProgram, { port }: Entrance): HttpProfile {
  return program.portHttp.get(port) ?? program.http;
}

function createHttp1({ tls, clients }: Entrance, live: Live, handle: (exchange: Exchange) => void): Server | TlsServer {
  const options: ServerOptions = {
    maxHeaderSize: MAX_REQUEST_HEADER_BYTES,
    // A change to HTTP/2 in clear text is not offered: such requests stay requests (RFC 9113 section 3.1).
    shouldUpgradeCallback: ({ headers }) =>
      live.profile.websockets && !/(?:^|,)\s*h2c\s*(?:,|$)/i.test(headers.upgrade ?? ''),
  };
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => handle({ req, res });
  const server = tls
    ? createTlsServer({ ...options, ...tlsOptions(clients, live) }, onRequest)
    : createServer(options, onRequest);
  server.on('clientError', (error, socket) => {
    const isLarge = errorCode(error) === 'HPE_HEADER_OVERFLOW' && socket.writable;
    if (isLarge) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  server.on('upgrade', (req, socket, head) => {
    socket.on('error', () => socket.destroy());
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket as Socket);
    res.on('finish', () => socket.end());
    handle({ req, res, upgrade: { socket, head } });
  });
  return server;
}

function tlsOptions(clients: Entrance['clients'], live: Live): Parameters<typeof createTlsServer>[0] {
  return {
    requestCert: clients !== undefined,
    rejectUnauthorized: clients === 'require',
    ALPNCallback: ({ protocols }) =>
      (live.http2 ? ['h2', 'http/1.1'] : ['http/1.1']).find((protocol) => protocols.includes(protocol)),
    SNICallback: (serverName, done) =>
      done(null, live.certificates && certificateFor(live.certificates, serverName)?.context),
  };
}

/** Closes those of clients that are not admitted, and hands connections that speak HTTP/2, by ALPN or, without TLS, by prior knowledge, to a server of that kind. */
function addHttp2(
  server: Server | TlsServer,
  entrance: Entrance,
  live: Live,
  handle: (exchange: Exchange) => void,
): void {
  const { tls } = entrance;
  const event = tls ? 'secureConnection' : 'connection';
  const http2 = createHttp2(() => live.profile.keepaliveMs, handle);
  const serve = server.listeners(event) as ((socket: Socket) => void)[];
  const http1 = (socket: Socket): void => serve.forEach((listener) => listener.call(server, socket));
  server.removeAllListeners(event);
  server.on(event, (socket: Socket & { readonly alpnProtocol?: string | false }) => {
    if (!live.admits(flowOf(socket, entrance))) socket.destroy();
    else if (!isWelcome(socket, live.profile.clientCertificates, live.allowsInvalidClients)) socket.destroy();
    else if (tls) (socket.alpnProtocol === 'h2' ? http2 : http1)(socket);
    else if (!live.http2) http1(socket);
    else
      hasPreface(socket, live.profile.headerTimeoutMs, (found) => {
        (found ? http2 : http1)(socket);
        if (!found) socket.resume();
      });
  });
}

/** Puts a program's certificates, TLS versions and ciphers into effect on a live server; nothing where it knows no cipher. */
export function applyCertificates(
  server: BareTlsServer,
  live: { certificates?: CertificateChoice; readonly profile?: HttpProfile },
  program: VirtualServiceProgram,
  log: (message: string) => void,
): void {
  if (!areUsable(program.tlsCiphers)) return log(`${program.name}: no cipher of its SSL profile is known`);
  const previous = live.certificates;
  const { min, max } = program.tlsVersions;
  const terms = {
    authorities: handshakeAuthorities(live.profile?.clientCertificates),
    ciphers: program.tlsCiphers,
  };
  const choice = loadCertificates(program.certificates, previous, terms);
  live.certificates = choice;
  choice.problems
    .filter((problem) => !previous?.problems.includes(problem))
    .forEach((problem) => log(`${program.name}: ${problem}`));
  const first = choice.loaded[0]?.source;
  server.setSecureContext({
    minVersion: min,
    maxVersion: max,
    ...(first && { cert: first.certificate, key: first.key }),
    ...tlsTerms(terms),
  });
}

function applyTimeouts(server: Server | TlsServer, profile: HttpProfile): void {
  server.keepAliveTimeout = profile.keepaliveMs;
  server.headersTimeout = profile.headerTimeoutMs;
  server.maxRequestsPerSocket = profile.keepaliveRequests;
  server.requestTimeout = 0;
}

/** Rejects when the address cannot be bound. */
export function listen(server: NetServer, port: number, host: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port, host }, () => {
    server.off('error', reject);
    resolve();
  });
  return promise;
}

/** Stops listening and drops the connections. */
export async function close(server: NetServer, sockets: Iterable<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  for (const socket of sockets) socket.destroy();
  await closed;
}
