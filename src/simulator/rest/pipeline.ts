import { hash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options/options.ts';
import { ApiError, refuse } from '../store/errors.ts';
import { authenticate, basicAuthorized, headerOf, tenantOf } from './access.ts';
import type { Call, Controller, Handler, Reply } from './call.ts';
import type { FaultEffect, Faults } from './faults.ts';
import { parseCookies, sessionCookieHeaders, sessionCookies, type Session, type Sessions } from './session.ts';
import type { StatsRecorder } from './stats.ts';
import { checkVersion, echoedVersion } from './versions.ts';

/** What the pipeline needs besides the endpoint. */
export interface Pipeline {
  readonly controller: Controller;
  readonly sessions: Sessions;
  readonly faults: Faults;
  readonly stats: StatsRecorder;
  readonly options: ResolvedOptions;
  readonly overLimit: () => boolean;
}

/** Who may call an endpoint: anyone, a session, or the simulator's own administration (session or Basic). */
export type Access = 'open' | 'session' | 'administration';

/**
 * Serves one request: latency, faults, authentication, version and tenant checks, the endpoint, and the books.
 * Endpoints run synchronously, so that each call is one transaction.
 */
export async function serve(
  pipeline: Pipeline,
  request: FastifyRequest,
  reply: FastifyReply,
  handler: Handler,
  access: Access,
): Promise<void> {
  const { stats, faults, options } = pipeline;
  const path = normalisedPath(request.url);
  const administration = access === 'administration';
  const type = typeOfPath(path);
  if (!administration) {
    stats.begin();
    reply.raw.once('close', () => stats.end());
    if (options.latencyMs > 0) await sleep(options.latencyMs);
  }
  const raw = typeof request.body === 'string' ? request.body : '';
  const effects = administration ? [] : faults.match({ method: request.method, type, path, body: raw });
  const early = await applyBefore(pipeline, request, effects);
  let answer: Reply | 'drop' =
    early ?? (administration || !pipeline.overLimit() ? run(pipeline, request, handler, access, path) : tooMany());
  const late = early ? undefined : await applyAfter(request, effects);
  answer = late ?? answer;
  if (!administration) record(pipeline, request, path, type, answer);
  send(request, reply, answer, early === undefined && effects.some((effect) => effect.kind === 'truncate'));
}

/** Path without query and without doubled or trailing slashes. */
export function normalisedPath(url: string): string {
  const question = url.indexOf('?');
  const path = (question < 0 ? url : url.slice(0, question)).replace(/\/{2,}/g, '/');
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function typeOfPath(path: string): string {
  const [, first = '', second = ''] = path.split('/');
  return first === 'api' ? second : first;
}

function run(pipeline: Pipeline, request: FastifyRequest, handler: Handler, access: Access, path: string): Reply {
  const { controller, options } = pipeline;
  const version = headerOf(request.headers, 'x-avi-version');
  try {
    const origin = `${options.tls ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`;
    const session = authorize(pipeline, request, access, origin);
    if (access === 'session') checkVersion(version, controller.version);
    const call: Call = {
      method: request.method,
      path,
      origin,
      parameters: request.params as Readonly<Record<string, string>>,
      query: new URLSearchParams(request.url.split('?')[1] ?? ''),
      body: parseBody(request),
      tenant: access === 'session' ? tenantOf(controller.store, request.headers) : 'admin',
      ...(version === undefined ? {} : { version }),
      ...(session ? { session } : {}),
      ...slugOf(request),
    };
    return withHeaders(handler(call), session, options.tls, version);
  } catch (error) {
    if (error instanceof ApiError) return errorReply(error, version);
    options.log(
      `${request.method} ${path} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return { status: 500, body: { error: 'Internal Server Error' } };
  }
}

function authorize(pipeline: Pipeline, request: FastifyRequest, access: Access, origin: string): Session | undefined {
  if (access === 'open') return undefined;
  const { sessions, options } = pipeline;
  if ((access === 'administration' || options.basicAuth) && basicAuthorized(sessions, request.headers))
    return undefined;
  return authenticate(sessions, request.method, request.headers, origin);
}

function parseBody(request: FastifyRequest): unknown {
  if (typeof request.body !== 'string' || request.body === '') return undefined;
  if ((request.headers['content-type'] ?? '').includes('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(request.body));
  }
  try {
    return JSON.parse(request.body) as unknown;
  } catch {
    throw refuse(400, 'JSON parse error: the request body is not JSON.');
  }
}

function slugOf(request: FastifyRequest): { readonly slug?: string } {
  const slug = headerOf(request.headers, 'slug');
  if (slug === undefined) return {};
  if (!/^[A-Za-z0-9._-]{1,120}$/.test(slug)) throw refuse(400, `Invalid Slug header '${slug}'.`);
  return { slug };
}

function withHeaders(reply: Reply, session: Session | undefined, secure: boolean, version: string | undefined): Reply {
  const headers: Record<string, string | readonly string[]> = {
    AVI_API_VERSION: echoedVersion(version),
    Vary: 'Accept, Cookie',
    ...reply.headers,
  };
  if (session) headers['Set-Cookie'] ??= sessionCookieHeaders(session, secure);
  return { ...reply, headers };
}

function errorReply(error: ApiError, version: string | undefined): Reply {
  const { text } = error.body;
  return {
    status: error.status,
    body: typeof text === 'string' ? text : error.body,
    headers: { AVI_API_VERSION: echoedVersion(version), Vary: 'Accept, Cookie' },
  };
}

function tooMany(): Reply {
  return { status: 429, body: { error: 'Too many requests.' }, headers: { 'Retry-After': '1' } };
}

async function applyBefore(
  { sessions }: Pipeline,
  request: FastifyRequest,
  effects: readonly FaultEffect[],
): Promise<Reply | 'drop' | undefined> {
  for (const effect of effects) {
    if (effect.kind === 'expire-sessions') sessions.expireAll();
    if (effect.kind === 'truncate' || effect.kind === 'expire-sessions' || (effect.when ?? 'before') === 'after')
      continue;
    const answer = await applied(effect, request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

async function applyAfter(
  request: FastifyRequest,
  effects: readonly FaultEffect[],
): Promise<Reply | 'drop' | undefined> {
  for (const effect of effects) {
    if (effect.kind === 'truncate' || effect.kind === 'expire-sessions' || effect.when !== 'after') continue;
    const answer = await applied(effect, request);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

async function applied(
  effect: Exclude<FaultEffect, { kind: 'truncate' | 'expire-sessions' }>,
  request: FastifyRequest,
): Promise<Reply | 'drop' | undefined> {
  switch (effect.kind) {
    case 'drop':
      return 'drop';
    case 'delay':
      await sleep(effect.ms);
      return undefined;
    case 'silence':
      await hungUp(request);
      if (effect.when !== 'late') return 'drop';
      await sleep(effect.ms ?? 0);
      return undefined;
    case 'html':
      return {
        status: effect.status ?? 502,
        body: '<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>',
        headers: { 'Content-Type': 'text/html' },
      };
    case 'status': {
      const retry = effect.retryAfterSeconds ?? (effect.status === 429 ? 1 : undefined);
      const body = effect.body ?? { error: `Injected ${effect.status}` };
      return {
        status: effect.status,
        body,
        ...(retry === undefined ? {} : { headers: { 'Retry-After': String(retry) } }),
      };
    }
  }
}

/** Ends when the client does not wait for the answer any more. */
async function hungUp({ raw: { socket } }: FastifyRequest): Promise<void> {
  if (!socket.destroyed) await once(socket, 'close');
}

function record(
  { stats, controller }: Pipeline,
  request: FastifyRequest,
  path: string,
  type: string,
  answer: Reply | 'drop',
): void {
  const status = answer === 'drop' ? 0 : answer.status;
  stats.call(request.method, type, status);
  if (
    request.method === 'GET' ||
    request.method === 'HEAD' ||
    request.method === 'OPTIONS' ||
    !path.startsWith('/api/')
  )
    return;
  const body = quietly(() => parseBody(request));
  const session = sessionTag(request);
  const tenant = quietly(() => tenantOf(controller.store, request.headers)) ?? '';
  stats.write({
    time: Date.now(),
    method: request.method,
    path,
    type,
    tenant,
    status,
    ...(session === undefined ? {} : { session }),
    ...(body === undefined ? {} : { body }),
  });
}

/** A digest, so that the log gives no session away. */
function sessionTag(request: FastifyRequest): string | undefined {
  const cookies = parseCookies(headerOf(request.headers, 'cookie'));
  const id = sessionCookies.map((name) => cookies.get(name)).find((value) => value !== undefined);
  return id === undefined ? undefined : hash('sha256', id).slice(0, 8);
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function send(request: FastifyRequest, reply: FastifyReply, answer: Reply | 'drop', truncate: boolean): void {
  if (answer === 'drop') {
    reply.hijack();
    request.raw.socket.destroy();
    return;
  }
  const isText = typeof answer.body === 'string';
  const payload = answer.body === undefined ? '' : isText ? String(answer.body) : JSON.stringify(answer.body);
  const contentType = isText ? 'text/plain; charset=utf-8' : 'application/json';
  const headers: Record<string, string | string[]> = payload === '' ? {} : { 'Content-Type': contentType };
  for (const [name, value] of Object.entries(answer.headers ?? {}))
    headers[name] = typeof value === 'string' ? value : [...value];
  if (truncate) {
    sendHalf(request, reply, answer.status, headers, payload);
    return;
  }
  void reply.code(answer.status).headers(headers).send(payload);
}

/** Announces the whole body, sends half of it and cuts the connection. */
function sendHalf(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  headers: Record<string, string | string[]>,
  payload: string,
): void {
  reply.hijack();
  const bytes = Buffer.from(payload);
  reply.raw.writeHead(status, { ...headers, 'Content-Length': bytes.length });
  reply.raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => request.raw.socket.destroy());
}
