/** Keeping clients to servers: by what the virtual service, or the server, gave the client, or by what the client is. */
import ipaddr from 'ipaddr.js';
import { serverKey, type BalanceState } from './balance.ts';
import type { WireHeaders } from '../http/header-edit.ts';
import type { Persistence, PoolProgram, ServerProgram } from '../program/program.ts';
import { cookieOf, headerLines, percentDecode, type ClientRequest } from '../http/request.ts';

type CookiePersistence = Extract<Persistence, { by: 'cookie' }>;

/** The server that the client had before, while it can take requests. `now` in milliseconds. */
export function persistentServer(
  pool: PoolProgram,
  servers: readonly ServerProgram[],
  state: BalanceState,
  client: ClientRequest,
  now: number,
): ServerProgram | undefined {
  const { persistence } = pool;
  if (!persistence) return undefined;
  if (persistence.by === 'header') {
    const [value] = headerLines(client.headers, persistence.header);
    return servers.find(({ headerValue }) => headerValue !== undefined && headerValue === value);
  }
  const wanted = persistence.by === 'cookie' ? fromCookie(persistence, client, now) : known(pool, state, client, now);
  return wanted === undefined ? undefined : servers.find((server) => serverKey(server) === wanted);
}

/**
 * Remembers the server of an answer.
 *
 * @param headers of the answer
 * @returns the answer's headers, with a cookie where the client has none of this server
 */
export function remember(
  pool: PoolProgram,
  server: ServerProgram,
  state: BalanceState,
  client: ClientRequest,
  headers: WireHeaders,
  now: number,
): WireHeaders {
  const { persistence } = pool;
  if (!persistence || persistence.by === 'header') return headers;
  const key = serverKey(server);
  if (persistence.by === 'cookie') {
    if (fromCookie(persistence, client, now) === key) return headers;
    return [...headers, ['set-cookie', cookieLine(persistence, key, now)]];
  }
  for (const identity of identitiesOf(persistence, state, client, headers)) {
    forgetExpired(state, now);
    state.clients.delete(identity);
    state.clients.set(identity, { server: key, until: now + timeoutOf(persistence) });
  }
  return headers;
}

function timeoutOf(persistence: Exclude<Persistence, { by: 'cookie' | 'header' }>): number {
  return persistence.by === 'tls' ? TLS_TIMEOUT_MS : persistence.timeoutMs;
}

/** Avi keeps it in the session's ticket; here connections end long before. */
const TLS_TIMEOUT_MS = 60 * 60_000;
/** Entries of a pool; the oldest go first. */
const MAX_ENTRIES = 100_000;

/** Entries are in the order in which they expire: all of a pool live equally long. */
function forgetExpired({ clients }: BalanceState, now: number): void {
  for (const [identity, { until }] of clients) {
    if (until > now && clients.size < MAX_ENTRIES) return;
    clients.delete(identity);
  }
}

function known({ persistence }: PoolProgram, { clients }: BalanceState, client: ClientRequest, now: number) {
  const identity = persistence && identityOf(persistence, client);
  const entry = identity === undefined ? undefined : clients.get(identity);
  return entry && entry.until > now ? entry.server : undefined;
}

function identityOf(persistence: Persistence, client: ClientRequest): string | undefined {
  switch (persistence.by) {
    case 'client':
      return `client ${networkOf(client.clientIp ?? '', persistence.maskBits)}`;
    case 'tls':
      return client.tls?.connection === undefined ? undefined : `tls ${client.tls.connection}`;
    case 'applicationCookie':
      return applicationIdentity(applicationSession(client, persistence.name));
    default:
      return undefined;
  }
}

const applicationIdentity = (session: string | undefined) =>
  session === undefined ? undefined : `application ${session}`;

/** The client's own, while it is of a session that a server has begun, and the one that this answer begins. */
function identitiesOf(
  persistence: Persistence,
  { clients }: BalanceState,
  client: ClientRequest,
  headers: WireHeaders,
): readonly string[] {
  const own = identityOf(persistence, client);
  if (persistence.by !== 'applicationCookie') return own === undefined ? [] : [own];
  const begun = applicationIdentity(sessionBegun(headers, persistence.name));
  const kept = own !== undefined && clients.has(own) ? own : undefined;
  return [kept, begun].filter((identity) => identity !== undefined);
}

/** Cookie, header, else query of that name: an application may keep its session in any of them. */
function applicationSession({ headers, query }: ClientRequest, name: string): string | undefined {
  const inQuery = query.split('&').find((pair) => pair.startsWith(`${name}=`));
  const fallback = inQuery === undefined ? undefined : percentDecode(inQuery.slice(name.length + 1));
  return cookieOf(headers, name) ?? headerLines(headers, name)[0] ?? fallback;
}

function sessionBegun(headers: WireHeaders, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [line, value] of headers) {
    if (line.toLowerCase() === wanted) return value;
    if (line.toLowerCase() !== 'set-cookie' || !value.startsWith(`${name}=`)) continue;
    return value
      .slice(name.length + 1)
      .split(';', 1)[0]
      ?.trim();
  }
  return undefined;
}

/** The address, where a mask is set its network. */
function networkOf(address: string, maskBits: number | undefined): string {
  if (maskBits === undefined || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.parse(address);
  const bits = Math.min(maskBits, parsed.kind() === 'ipv4' ? 32 : 128);
  const family = parsed.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return family.networkAddressFromCIDR(`${parsed.toNormalizedString()}/${bits}`).toString();
}

/** Opaque to clients, as Avi's own, but not secret. */
function cookieLine({ cookie, httpOnly, lifetimeMs, persistent }: CookiePersistence, key: string, now: number): string {
  const token = Buffer.from(`${key}|${now}`).toString('base64url');
  const age = persistent && lifetimeMs !== undefined ? `; Max-Age=${lifetimeMs / 1000}` : '';
  return `${cookie}=${token}; path=/${age}${httpOnly ? '; HttpOnly' : ''}`;
}

function fromCookie({ cookie, lifetimeMs }: CookiePersistence, client: ClientRequest, now: number): string | undefined {
  const token = cookieOf(client.headers, cookie);
  if (token === undefined) return undefined;
  const [address, port, issued] = Buffer.from(token, 'base64url').toString('utf8').split('|');
  const fresh = lifetimeMs === undefined || now < Number(issued) + lifetimeMs;
  return fresh ? `${address}|${port}` : undefined;
}
