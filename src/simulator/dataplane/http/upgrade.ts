import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { writeHead, wireHeaders, type HttpResponse, type Upgrade } from './exchange.ts';
import type { WireHeaders } from './header-edit.ts';
import type { Incoming, Outgoing } from './server-messages.ts';
import { withoutHopByHop } from './incoming.ts';
import type { PoolProgram, ServerProgram } from '../program/program.ts';
import { CONNECT_TIMEOUT_MS, tlsOptions } from './server-clients.ts';

const ofConnection = new Set(['connection', 'upgrade']);

/** The header lines that ask for, or confirm, a change of protocol. */
function upgradeLines(protocol: string): WireHeaders {
  return [
    ['Connection', 'Upgrade'],
    ['Upgrade', protocol],
  ];
}

/**
 * Sends a request for an upgrade (RFC 9110 section 7.8) over a connection of its own. Rejects as undici does for a
 * server that cannot be reached; an answer other than 101 is an answer like any other.
 */
export function sendUpgrade(
  outgoing: Outgoing,
  pool: PoolProgram,
  server: ServerProgram,
  host: string,
  signal: AbortSignal,
): Promise<Omit<Incoming, 'done'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Omit<Incoming, 'done'>>();
  const headers = withoutHopByHop(outgoing.headers).filter(([name]) => name.toLowerCase() !== 'host');
  const options = {
    host: server.address,
    port: server.port,
    method: outgoing.method,
    path: outgoing.path,
    agent: false,
    setHost: false,
    headers: ['Host', host, ...headers.flat(), ...upgradeLines(outgoing.upgrade ?? '').flat()],
  };
  const request = pool.tls
    ? httpsRequest({ ...options, ...tlsOptions(pool.tls, outgoing.host) })
    : httpRequest(options);
  const abort = (): void => void request.destroy(new Error('aborted'));
  signal.addEventListener('abort', abort, { once: true });
  limitConnect(request);
  request.on('error', reject);
  request.on('close', () => signal.removeEventListener('abort', abort));
  request.on('response', (response) => resolve(answerOf(response)));
  request.on('upgrade', (response, socket, head) => {
    signal.removeEventListener('abort', abort);
    resolve({ ...answerOf(response), upgrade: { socket, head } });
  });
  request.end();
  return promise;
}

function limitConnect(request: ClientRequest): void {
  request.on('socket', (socket) => {
    const late = (): void => void socket.destroy(Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' }));
    socket.setTimeout(CONNECT_TIMEOUT_MS, late);
    socket.once('connect', () => socket.setTimeout(0));
  });
}

function answerOf(response: IncomingMessage): Omit<Incoming, 'done'> {
  return {
    status: response.statusCode ?? 502,
    headers: wireHeaders(response.rawHeaders),
    body: response,
    trailers: () => wireHeaders(response.rawTrailers),
    discard: () => {
      response.destroy();
      return Promise.resolve();
    },
  };
}

/** Confirms the upgrade to the client and joins both connections; ends when one of them has ended. */
export async function joinSockets(
  response: Incoming,
  server: Upgrade,
  headers: WireHeaders,
  res: HttpResponse,
  client: Upgrade,
): Promise<void> {
  const protocol = response.headers.find(([name]) => name.toLowerCase() === 'upgrade')?.[1] ?? '';
  const lines = headers.filter(([name]) => !ofConnection.has(name.toLowerCase()));
  writeHead(res, 101, [...lines, ...upgradeLines(protocol)]);
  if ('detachSocket' in res && res.socket) {
    res.flushHeaders();
    res.detachSocket(res.socket);
  }
  client.socket.write(server.head);
  server.socket.write(client.head);
  await Promise.all([pass(client.socket, server.socket), pass(server.socket, client.socket)]);
  response.done();
}

function pass(from: Duplex, to: Duplex): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  from.on('error', () => to.destroy());
  from.on('close', () => {
    to.destroy();
    resolve();
  });
  from.pipe(to);
  return promise;
}
