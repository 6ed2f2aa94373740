import { chooseServer, serverKey } from '../pools/balance.ts';
import { errorCode } from './errors.ts';
import { isLargeBody } from './limits.ts';
import { persistentServer, remember } from '../pools/persistence.ts';
import type { Pools } from '../pools/pools.ts';
import type { PoolProgram, ServerProgram } from '../program/program.ts';
import type { Random } from '../../random.ts';
import { IDEMPOTENT, sendRequest } from './send-request.ts';
import type { Incoming, Outgoing } from './server-messages.ts';
import { serverNameOf, type ServerClients } from './server-clients.ts';
import { sendUpgrade } from './upgrade.ts';

/** Why there is no answer: no server could be reached, none answered in time, the answer was broken, or the request too large. */
export type Failure = 'noServer' | 'connect' | 'timeout' | 'broken' | 'largeBody' | 'clientGone';

export type ForwardResult =
  { readonly kind: 'response'; readonly response: Incoming } | { readonly kind: 'failed'; readonly why: Failure };

export interface ForwardDependencies {
  readonly pools: Pools;
  readonly clients: ServerClients;
  readonly random: Random;
}

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
  const state = pools.balance(pool);
  const before = persistentServer(pool, allowed, state, outgoing.client, Date.now());
  return before ?? chooseServer(pool, allowed, state, outgoing.client, random);
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
        ? await sendRequest(outgoing, clients.clientFor(pool, server, outgoing.host), pool, host, signal)
        : await sendUpgrade(outgoing, pool, server, host, signal);
    const headers = remember(pool, server, pools.balance(pool), outgoing.client, response.headers, Date.now());
    return { kind: 'response', response: { ...response, headers, done } };
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

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of Node and OpenSSL for TLS that did not come about: its protocol, or the server's certificate. */
const tlsFailure = /^(ERR_(TLS|SSL)_|UNABLE_TO_|INVALID_CA|SELF_SIGNED)|CERT|VERIFY/;

function reasonOf(error: unknown, clientGone: AbortSignal, signal: AbortSignal): Failure {
  if (clientGone.aborted) return 'clientGone';
  if (isLargeBody(error)) return 'largeBody';
  if (signal.aborted) return 'timeout';
  const code = errorCode(error);
  return CONNECT_CODES.has(code) || tlsFailure.test(code) ? 'connect' : 'broken';
}
