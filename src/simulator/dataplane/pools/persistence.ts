/** Keeping clients to servers: by a cookie of the virtual service, or by the client's address. */
import { serverKey, type BalanceState } from './balance.ts';
import type { WireHeaders } from '../http/header-edit.ts';
import type { Persistence, PoolProgram, ServerProgram } from '../program/program.ts';
import { cookieOf, type ClientRequest } from '../http/request.ts';

/** The server that the client had before, while it can take requests. */
export function persistentServer(
  pool: PoolProgram,
  servers: readonly ServerProgram[],
  state: BalanceState,
  client: ClientRequest,
  now: number,
): ServerProgram | undefined {
  const { persistence } = pool;
  if (!persistence) return undefined;
  const wanted =
    persistence.by === 'cookie'
      ? fromToken(cookieOf(client.headers, persistence.cookie))
      : known(state.clients.get(client.clientIp ?? ''), now);
  return wanted === undefined ? undefined : servers.find((server) => serverKey(server) === wanted);
}

/** Remembers the server of an answer. @returns the answer's headers, with a cookie where the client has none of this server. */
export function remember(
  pool: PoolProgram,
  server: ServerProgram,
  state: BalanceState,
  client: ClientRequest,
  headers: WireHeaders,
  now: number,
): WireHeaders {
  const { persistence } = pool;
  if (!persistence) return headers;
  const key = serverKey(server);
  if (persistence.by === 'client') {
    for (const [address, { until }] of state.clients) if (until <= now) state.clients.delete(address);
    state.clients.set(client.clientIp ?? '', { server: key, until: now + persistence.timeoutMs });
    return headers;
  }
  if (fromToken(cookieOf(client.headers, persistence.cookie)) === key) return headers;
  return [...headers, ['set-cookie', cookieLine(persistence, key)]];
}

function known(entry: { readonly server: string; readonly until: number } | undefined, now: number) {
  return entry && entry.until > now ? entry.server : undefined;
}

/** Opaque to clients, as Avi's own, but not secret. */
function cookieLine({ cookie, httpOnly }: Extract<Persistence, { by: 'cookie' }>, key: string): string {
  return `${cookie}=${Buffer.from(key).toString('base64url')}; path=/${httpOnly ? '; HttpOnly' : ''}`;
}

function fromToken(token: string | undefined): string | undefined {
  return token === undefined ? undefined : Buffer.from(token, 'base64url').toString('utf8');
}
