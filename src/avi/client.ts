/** REST client of an Avi Controller: session, retries, bounded concurrency, and errors as a catalogue. */
import PQueue from 'p-queue';
import { AviError, detailOf, kindOf } from './errors.ts';
import { accept, noPace, refuse, reserve, type Pace } from './pacing.ts';
import { defaultRetryLimits, retryAfterMs, retryDelay, type RetryLimits } from './retry-delay.ts';
import { listPages } from './pages.ts';
import { createSession, type Credentials, type Login, type Session } from './session.ts';
import { createTransport, TransportError, type HttpReply, type TlsOptions, type Transport } from './transport.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A finished attempt, for metrics and debug logs. Holds no body. */
export interface CallReport {
  readonly method: Method;
  /** REST path name, as `virtualservice`. */
  readonly type: string;
  /** HTTP status, or the error's kind when there was no reply, or one that cannot be the controller's. */
  readonly code: string;
  readonly durationMs: number;
  /** From 1; above 1 it is a retry. */
  readonly attempt: number;
}

export interface AviClientOptions {
  /** See `SessionOptions.addresses`. */
  readonly addresses: readonly string[];
  readonly credentials: () => Credentials | Promise<Credentials>;
  readonly tls?: TlsOptions;
  /** `X-Avi-Version`; default 30.2.1. */
  readonly apiVersion?: string;
  /** Calls in flight, all callers together; default 8. */
  readonly concurrency?: number;
  readonly retry?: RetryLimits;
  readonly requestTimeoutMs?: number;
  readonly onCall?: (report: CallReport) => void;
  /** Asked at the last moment before each write, also before its repetition; false ends the call with `notLeader`. */
  readonly mayWrite?: () => boolean;
  /** Replaced in tests. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface RequestOptions {
  /** Name of the tenant, `*` to list across tenants; default `admin`. */
  readonly tenant?: string;
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  /** Calls of higher priority take the next free slot; default 0. */
  readonly priority?: number;
}

export interface AviReply {
  readonly status: number;
  readonly body: unknown;
}

export interface AviClient {
  /**
   * @param path from `/api/` on.
   * @throws AviError for anything but 2xx, after the retries that its kind deserves.
   */
  request(method: Method, path: string, options?: RequestOptions): Promise<AviReply>;
  /** All pages of a list. */
  list(path: string, options?: RequestOptions): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Version of the controller; logs in when needed. */
  version(): Promise<string | undefined>;
  /** Calls that wait for a free slot. */
  waiting(): number;
  /** Logs out and closes the connections; later calls fail. */
  close(): Promise<void>;
}

const realSleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function createAviClient(options: AviClientOptions): AviClient {
  const concurrency = options.concurrency ?? 8;
  const transport = createTransport({
    ...(options.tls && { tls: options.tls }),
    ...(options.requestTimeoutMs !== undefined && { requestTimeoutMs: options.requestTimeoutMs }),
    connections: concurrency,
  });
  const onCall = options.onCall ?? (() => undefined);
  const caller: Caller = {
    transport,
    session: createSession({
      addresses: options.addresses,
      credentials: options.credentials,
      transport: reporting(transport, onCall, options.now ?? Date.now),
      ...(options.now && { now: options.now }),
    }),
    queue: new PQueue({ concurrency }),
    apiVersion: options.apiVersion ?? '30.2.1',
    retry: options.retry ?? defaultRetryLimits,
    onCall,
    mayWrite: options.mayWrite ?? (() => true),
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? realSleep,
    pausedUntil: 0,
    pace: noPace,
    closed: false,
  };
  const request: AviClient['request'] = (method, path, more = {}) => callWithRetries(caller, method, path, more);
  return {
    request,
    list: (path, more = {}) => listPages(request, path, more),
    version: async () => (await caller.session.login()).version,
    waiting: () => caller.queue.size,
    async close() {
      caller.closed = true;
      await caller.session.close();
      transport.close();
    },
  };
}

/** Logins are calls too: where they fail, nothing else is called. */
function reporting(transport: Transport, onCall: (report: CallReport) => void, now: () => number): Transport {
  return {
    ...transport,
    async send(request) {
      const started = now();
      const finish = (code: string): void => {
        const type = new URL(request.url).pathname.slice(1);
        onCall({ method: 'POST', type, code, durationMs: now() - started, attempt: 1 });
      };
      try {
        const reply = await transport.send(request);
        finish(String(reply.status));
        return reply;
      } catch (error) {
        finish('network');
        throw error;
      }
    },
  };
}

interface Caller {
  readonly transport: Transport;
  readonly session: Session;
  readonly queue: PQueue;
  readonly apiVersion: string;
  readonly retry: RetryLimits;
  readonly onCall: (report: CallReport) => void;
  readonly mayWrite: () => boolean;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** No call starts before this time: the controller asked all of us to slow down. */
  pausedUntil: number;
  /** How fast it takes calls, as far as it has shown. */
  pace: Pace;
  closed: boolean;
}

async function callWithRetries(
  caller: Caller,
  method: Method,
  path: string,
  options: RequestOptions,
): Promise<AviReply> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const start = async (): Promise<AviReply> => {
        await waitForPlace(caller);
        return callOnce(caller, method, path, options, attempt);
      };
      return await caller.queue.add(start, { priority: options.priority ?? 0 });
    } catch (error) {
      if (!(error instanceof AviError) || caller.closed) throw error;
      const delay = retryDelay(attempt, error, caller.random(), caller.retry);
      if (delay === undefined) throw error;
      if (error.kind === 'rateLimited') caller.pausedUntil = Math.max(caller.pausedUntil, caller.now() + delay);
      await caller.sleep(delay);
    }
  }
}

/** Waits in a slot of the queue, so that what goes first still does when there is room again. */
async function waitForPlace(caller: Caller): Promise<void> {
  const pause = caller.pausedUntil - caller.now();
  if (pause > 0) await caller.sleep(pause);
  const place = reserve(caller.pace, caller.now());
  caller.pace = place.pace;
  if (place.waitMs > 0) await caller.sleep(place.waitMs);
}

/** One attempt; a session that has ended is renewed once and the call made again. */
async function callOnce(
  caller: Caller,
  method: Method,
  path: string,
  options: RequestOptions,
  attempt: number,
): Promise<AviReply> {
  if (caller.closed) throw new AviError('closed', { method, path: bare(path) }, 'the client is closed');
  const first = await caller.session.login();
  const reply = await exchange(caller, first, method, path, options, attempt);
  if (reply.status !== 401 && reply.status !== 419) return settle(caller, method, path, reply);
  caller.session.expire(first);
  const second = await caller.session.login();
  return settle(caller, method, path, await exchange(caller, second, method, path, options, attempt + 1));
}

async function exchange(
  caller: Caller,
  login: Login,
  method: Method,
  path: string,
  options: RequestOptions,
  attempt: number,
): Promise<HttpReply> {
  if (method !== 'GET' && !caller.mayWrite()) {
    throw new AviError('notLeader', { method, path: bare(path) }, 'this replica is not the leader any more');
  }
  const started = caller.now();
  const finish = (code: string): void =>
    caller.onCall({ method, type: typeOf(path), code, durationMs: caller.now() - started, attempt });
  try {
    const reply = await caller.transport.send({
      method,
      url: address(login.base, path, options.query),
      headers: { ...login.headers(), 'x-avi-version': caller.apiVersion, 'x-avi-tenant': options.tenant ?? 'admin' },
      body: options.body,
    });
    login.keep(reply);
    caller.pace = reply.status === 429 ? refuse(caller.pace, started, caller.now()) : accept(caller.pace, caller.now());
    finish(isProxysPage(method, reply) ? 'unavailable' : String(reply.status));
    return reply;
  } catch (error) {
    finish('network');
    if (!(error instanceof TransportError)) throw error;
    if (error.unreached) caller.session.unreachable(login);
    throw new AviError('network', { method, path: bare(path) }, `${login.base}: ${error.message}`, { cause: error });
  }
}

function isSuccess({ status }: HttpReply): boolean {
  return status >= 200 && status < 300;
}

/** A success that is not the controller's: its own are JSON, but those of DELETE, which may be empty. */
function isProxysPage(method: Method, reply: HttpReply): boolean {
  const isJson = reply.body !== null && typeof reply.body === 'object';
  return isSuccess(reply) && !isJson && !(method === 'DELETE' && reply.body === undefined);
}

function settle(caller: Caller, method: Method, path: string, reply: HttpReply): AviReply {
  if (isProxysPage(method, reply)) {
    // Nobody knows whether the call took effect, so it is made again.
    throw new AviError('unavailable', { method, path: bare(path) }, 'the reply is no JSON', { status: reply.status });
  }
  if (isSuccess(reply)) return { status: reply.status, body: reply.body };
  const detail = detailOf(reply.body);
  const header = [reply.headers['retry-after'] ?? []].flat()[0];
  const wait = retryAfterMs(header, caller.now());
  throw new AviError(kindOf(reply.status, detail), { method, path: bare(path) }, detail, {
    status: reply.status,
    ...(wait !== undefined && { retryAfterMs: wait }),
  });
}

function address(base: string, path: string, query: Readonly<Record<string, string>> | undefined): string {
  if (!query) return `${base}${path}`;
  return `${base}${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`;
}

function typeOf(path: string): string {
  return /^\/api\/([^/?]+)/.exec(path)?.[1] ?? 'session';
}

/** A path without its query, for messages. */
function bare(path: string): string {
  return path.split('?')[0] ?? path;
}
