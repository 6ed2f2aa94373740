import { Readable } from 'node:stream';
import { errors } from 'undici';
import { wireHeaders } from './exchange.ts';
import type { Incoming, Outgoing } from './server-messages.ts';
import type { WireHeaders } from './header-edit.ts';
import { withoutHopByHop } from './incoming.ts';
import type { PoolProgram } from '../program/program.ts';
import { headerLines } from './request.ts';
import type { ServerClients } from './server-clients.ts';

/** Methods that may be sent again (RFC 9110 section 9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

type Client = ReturnType<ServerClients['clientFor']>;
type Answer = Omit<Incoming, 'done'>;

/**
 * Sends one request to one server. A kept connection that the server closed in the meantime is no failure of the
 * request: it is sent once more when it may be. Rejects with undici's errors.
 */
export async function sendRequest(
  outgoing: Outgoing,
  client: Client,
  pool: PoolProgram,
  host: string,
  signal: AbortSignal,
): Promise<Answer> {
  const repeatable = !outgoing.body && IDEMPOTENT.has(outgoing.method);
  const headers = headersFor(outgoing, pool, host);
  try {
    return await sendOnce(outgoing, client, headers, signal);
  } catch (error) {
    if (!repeatable || !(error instanceof errors.SocketError) || signal.aborted) throw error;
    return sendOnce(outgoing, client, headers, signal);
  }
}

function headersFor(outgoing: Outgoing, pool: PoolProgram, host: string): WireHeaders {
  const headers = withoutHopByHop(outgoing.headers).filter(([name]) => name.toLowerCase() !== 'host');
  // HTTP/2 keeps one value of TE, and gRPC insists on it (RFC 9113 section 8.2.2).
  const trailers = pool.http2 && headerLines(outgoing.client.headers, 'te').some((line) => /\btrailers\b/i.test(line));
  return [['Host', host], ...headers, ...(trailers ? [['TE', 'trailers'] as const] : [])];
}

async function sendOnce(
  outgoing: Outgoing,
  client: Client,
  headers: WireHeaders,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await client.request({
    method: outgoing.method,
    path: outgoing.path,
    headers: headers.flat(),
    body: outgoing.body ? Readable.from(outgoing.body.open(), { objectMode: false }) : null,
    signal,
    responseHeaders: 'raw',
  });
  return {
    status: response.statusCode,
    headers: wireHeaders(response.headers as unknown as readonly string[]),
    body: response.body,
    trailers: () => Object.entries(response.trailers).map(([name, value]) => [name, String(value)]),
    discard: () => response.body.dump().catch(() => undefined),
  };
}
