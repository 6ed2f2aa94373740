import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { constants, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { WireHeaders } from './header-edit.ts';

/** A client's request over HTTP/1.1 or HTTP/2. */
export type HttpRequest = IncomingMessage | Http2ServerRequest;
/** The answer to it. */
export type HttpResponse = ServerResponse | Http2ServerResponse;

/** A connection whose client wants to leave HTTP: its socket, and what came behind the request's head. */
export interface Upgrade {
  readonly socket: Duplex;
  readonly head: Buffer;
}

export interface Exchange {
  readonly req: HttpRequest;
  readonly res: HttpResponse;
  readonly upgrade?: Upgrade;
}

/** Flat name, value, name, value … → lines. */
export function wireHeaders(raw: readonly string[]): WireHeaders {
  const lines: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) lines.push([raw[index] ?? '', raw[index + 1] ?? '']);
  return lines;
}

/** Header lines of a request. In HTTP/2, :authority stands for Host, and cookies come in pieces (RFC 9113 section 8.2.3). */
export function requestHeaders(req: HttpRequest): WireHeaders {
  const lines = wireHeaders(req.rawHeaders);
  if (!('stream' in req)) return lines;
  const plain = lines.filter(([name]) => !name.startsWith(':') && name !== 'host' && name !== 'cookie');
  const cookies = lines.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const host = req.authority || lines.find(([name]) => name === 'host')?.[1];
  return [
    ...(host === undefined ? [] : [['host', host] as const]),
    ...plain,
    ...(cookies.length === 0 ? [] : [['cookie', cookies.join('; ')] as const]),
  ];
}

/** The connection's own socket. */
export function socketOf(req: HttpRequest): IncomingMessage['socket'] | undefined {
  return 'stream' in req ? req.stream.session?.socket : req.socket;
}

/** Whether the request announces a body. */
export function hasBody(req: HttpRequest): boolean {
  if ('stream' in req) return !req.stream.endAfterHeaders;
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

function grouped(lines: WireHeaders): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of lines) {
    const key = name.toLowerCase();
    const known = headers[key];
    if (known === undefined) headers[key] = value;
    else headers[key] = [...(Array.isArray(known) ? known : [known]), value];
  }
  return headers;
}

/** Sends the head of an answer. Throws when a line is not allowed in HTTP. */
export function writeHead(res: HttpResponse, status: number, lines: WireHeaders): void {
  if ('stream' in res) res.writeHead(status, grouped(lines));
  else res.writeHead(status, STATUS_CODES[status] ?? 'Unknown', lines.flat());
}

/** Sends trailers where the connection can carry them. */
export function addTrailers(res: HttpResponse, lines: WireHeaders): void {
  if (lines.length > 0) res.addTrailers(grouped(lines));
}

/** Ends the client's connection, in HTTP/2 its stream, without an answer or in the middle of one. */
export function closeConnection(res: HttpResponse): void {
  if ('stream' in res) {
    res.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  res.socket?.destroy();
  res.destroy();
}
