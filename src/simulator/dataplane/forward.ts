import { Readable } from 'node:stream';
import { errors } from 'undici';
import { chooseServer, serverKey } from './balance.ts';
import { errorCode } from './errors.ts';
import { wireHeaders, type Upgrade } from './exchange.ts';
import type { WireHeaders } from './header-edit.ts';
import { withoutHopByHop } from './incoming.ts';
import type { Pools } from './pools.ts';
import type { PoolProgram, ServerProgram } from './program.ts';
import type { Random } from './random.ts';
import type { ClientRequest } from './request.ts';
import type { RequestBody } from './request-body.ts';
import { serverNameOf, type ServerClients } from './server-clients.ts';
import { sendUpgrade } from './upgrade.ts';

/** A request as it goes to a server. */
export interface Outgoing {
  readonly client: ClientRequest;
  readonly method: string;
  readonly headers: WireHeaders;
  readonly host: string;
  readonly path: string;
  readonly body?: RequestBody;
  /** The protocol that the client wants to change to. */
  readonly upgrade?: string;
  /** Aborted when the client goes away. */
  readonly clientGone: AbortSignal;
  /** A DataScript's choice of server inside the pool. */
  readonly server?: { readonly address: string; readonly port?: number };
}

/** A server's answer whose body has not been read. `done` has to be called when it has been, or will not be. */
export interface Incoming {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: Readable;
  /** Complete when the body has ended. */
  readonly trailers: () => WireHeaders;
  readonly discard: () => Promise<void>;
  readonly done: () => void;
  /** Present when the server has left HTTP (101). */
  readonly upgrade?: Upgrade;
}

/** Why there is no answer: no server could be reached, none answered in time, or the answer was broken. */
export type Failure = 'noServer' | 'connect' | 'timeout' | 'broken' | 'clientGone';

export type ForwardResult =
  { readonly kind: 'response'; readonly response: Incoming } | { readonly kind: 'failed'; readonly why: Failure };

export interface ForwardDependencies {
  readonly pools: Pools;
  readonly clients: ServerClients;
  readonly random: Random;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/** Forwards to one pool: chooses servers, re-selects where the pool says so (avi-model 2.5: every server at most once). */
export async function forward(
  outgoing: Outgoing,
  pool: PoolProgram,
  dependencies: ForwardDependencies,
): Promise<ForwardResult> {
  const tried = new Set<string>();
  const { reselect } = pool;
  const mayRetry = reselect !== undefined && (reselect.nonIdempotent || IDEMPOTENT.has(outgoing.method));
  const deadline = pool.serverTimeoutMs > 0 ? AbortSignal.timeout(pool.serverTimeoutMs) : undefined;
  let last: ForwardResult = { kind: 'failed', why: 'noServer' };
  for (let retries = mayRetry ? reselect.retries : 0; retries >= 0; retries--) {
    const server = nextServer(outgoing, pool, tried, dependencies);
    if (!server) return last;
    tried.add(serverKey(server));
    if (last.kind === 'response') await discard(last.response);
    last = await attempt(outgoing, pool, server, deadline, dependencies);
    const settled =
      last.kind === 'response'
        ? !reselect?.retriesStatus(last.response.status)
        : last.why === 'clientGone' || deadline?.aborted;
    // A body that a server may have got is not there for another one.
    if (settled || outgoing.body?.isSpent()) return last;
  }
  return last;
}

/** Drops an answer that is not going to be used. */
export async function discard(response: Incoming): Promise<void> {
  response.done();
  await response.discard();
}

function nextServer(
  outgoing: Outgoing,
  pool: PoolProgram,
  tried: ReadonlySet<string>,
  { pools, random }: ForwardDependencies,
): ServerProgram | undefined {
  const wanted = outgoing.server;
  const left = pools.upServers(pool).filter((server) => !tried.has(serverKey(server)));
  const allowed = wanted
    ? left.filter((server) => server.address === wanted.address && (wanted.port ?? server.port) === server.port)
    : left;
  return chooseServer(pool, allowed, pools.balance(pool), outgoing.client, random);
}

function hostFor(outgoing: Outgoing, pool: PoolProgram, server: ServerProgram): string {
  if (server.hostname !== undefined) return server.hostname;
  if (pool.rewriteHost === 'serverName') return pool.tls?.serverName ?? outgoing.host;
  if (pool.rewriteHost === 'sni' && pool.tls) return serverNameOf(pool.tls, outgoing.host) ?? outgoing.host;
  return outgoing.host;
}

async function attempt(
  outgoing: Outgoing,
  pool: PoolProgram,
  server: ServerProgram,
  deadline: AbortSignal | undefined,
  { pools, clients }: ForwardDependencies,
): Promise<ForwardResult> {
  const host = hostFor(outgoing, pool, server);
  const { open } = pools.balance(pool);
  const key = serverKey(server);
  open.set(key, (open.get(key) ?? 0) + 1);
  const done = onceOnly(() => open.set(key, (open.get(key) ?? 1) - 1));
  const tryTimeout = pool.reselect?.tryTimeoutMs ?? 0;
  const tryLimit = new AbortController();
  const timer = tryTimeout > 0 ? setTimeout(() => tryLimit.abort(), tryTimeout) : undefined;
  const signals = [outgoing.clientGone, ...(deadline ? [deadline] : []), ...(timer ? [tryLimit.signal] : [])];
  const signal = signals.length === 1 ? outgoing.clientGone : AbortSignal.any(signals);
  try {
    const response =
      outgoing.upgrade === undefined
        ? await send(outgoing, clients.clientFor(pool, server, outgoing.host), host, signal)
        : await sendUpgrade(outgoing, pool, server, host, signal);
    return { kind: 'response', response: { ...response, done } };
  } catch (error) {
    done();
    return { kind: 'failed', why: reasonOf(error, outgoing.clientGone, signal) };
  } finally {
    clearTimeout(timer);
  }
}

function onceOnly(action: () => void): () => void {
  let called = false;
  return () => {
    if (!called) action();
    called = true;
  };
}

/** A kept connection that the server closed in the meantime is no failure of the request: it is sent once more. */
async function send(
  outgoing: Outgoing,
  client: ReturnType<ServerClients['clientFor']>,
  host: string,
  signal: AbortSignal,
): Promise<Omit<Incoming, 'done'>> {
  const repeatable = !outgoing.body && IDEMPOTENT.has(outgoing.method);
  try {
    return await sendOnce(outgoing, client, host, signal);
  } catch (error) {
    if (!repeatable || !(error instanceof errors.SocketError) || signal.aborted) throw error;
    return sendOnce(outgoing, client, host, signal);
  }
}

async function sendOnce(
  outgoing: Outgoing,
  client: ReturnType<ServerClients['clientFor']>,
  host: string,
  signal: AbortSignal,
): Promise<Omit<Incoming, 'done'>> {
  const headers = withoutHopByHop(outgoing.headers).filter(([name]) => name.toLowerCase() !== 'host');
  const response = await client.request({
    method: outgoing.method,
    path: outgoing.path,
    headers: ['Host', host, ...headers.flat()],
    body: outgoing.body ? Readable.from(outgoing.body.open(), { objectMode: false }) : null,
    signal,
    responseHeaders: 'raw',
  });
  return {
    status: response.statusCode,
    headers: wireHeaders(response.headers as unknown as readonly string[]),
    body: response.body,
    discard: () => response.body.dump().catch(() => undefined),
    trailers: () => Object.entries(response.trailers).map(([name, value]) => [name, String(value)]),
  };
}

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function reasonOf(error: unknown, clientGone: AbortSignal, signal: AbortSignal): Failure {
  if (clientGone.aborted) return 'clientGone';
  if (signal.aborted) return 'timeout';
  const code = errorCode(error);
  return CONNECT_CODES.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT') ? 'connect' : 'broken';
}
