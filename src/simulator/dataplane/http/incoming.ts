import { randomUUID } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { requestHeaders, socketOf, type HttpRequest } from './exchange.ts';
import type { WireHeaders } from './header-edit.ts';
import type { Transport } from '../program/l4-program.ts';
import type { ClientCertificates } from '../program/program.ts';
import type { ClientRequest, HeaderLines } from './request.ts';

/** Where a request came in. */
export interface Entrance {
  readonly virtualIp: string;
  /** The virtual service's port, before the port map. */
  readonly port: number;
  readonly tls: boolean;
  readonly transport: Transport['kind'];
  /** Present where clients are asked for certificates. */
  readonly clients?: ClientCertificates['mode'];
}

type TlsFacts = Pick<ClientRequest, 'sni' | 'tls'>;
const tlsFacts = new WeakMap<object, TlsFacts>();
const VERSIONS = { '0.9': '0.9', '1.0': '1.0', '1.1': '1.1', '2.0': '2.0' } as const;

/** What the TLS handshake of a connection said; nothing without TLS. */
export function tlsFactsOf(socket: ReturnType<typeof socketOf>): TlsFacts {
  if (!(socket instanceof TLSSocket)) return {};
  const known = tlsFacts.get(socket);
  if (known) return known;
  // Node's types leave `servername` out; it is `false` when the client sent none.
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  const facts: TlsFacts = {
    tls: { protocol: socket.getProtocol() ?? '', cipher: socket.getCipher().name, connection: randomUUID() },
    ...(servername && { sni: servername.toLowerCase() }),
  };
  tlsFacts.set(socket, facts);
  return facts;
}

/** Splits the request target; the absolute form brings its own authority, which takes the place of Host. */
function target(url: string): { readonly host?: string; readonly path: string; readonly query: string } {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url);
  const rest = absolute ? url.slice(absolute[0].length) : url;
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  const host = absolute?.[1];
  return { path: path || '/', query: mark < 0 ? '' : rest.slice(mark + 1), ...(host !== undefined && { host }) };
}

/** Lines by lower-case name. */
export function headerLinesOf(headers: WireHeaders): HeaderLines {
  const lines: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of headers) (lines[name.toLowerCase()] ??= []).push(value);
  return lines;
}

/** Reads a node request as policies see it. */
export function readRequest(req: HttpRequest, entrance: Entrance): ClientRequest {
  const { host, path, query } = target(req.url ?? '/');
  const headers = headerLinesOf(requestHeaders(req));
  const socket = socketOf(req);
  const version = VERSIONS[req.httpVersion as keyof typeof VERSIONS];
  return {
    port: entrance.port,
    scheme: entrance.tls ? 'https' : 'http',
    host: host ?? headers['host']?.[0] ?? '',
    path,
    query,
    method: req.method ?? 'GET',
    headers,
    clientIp: (socket?.remoteAddress ?? '').replace(/^::ffff:/, ''),
    clientPort: socket?.remotePort ?? 0,
    virtualIp: entrance.virtualIp,
    version,
    requestId: randomUUID(),
    ...tlsFactsOf(socket),
  };
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
]);

/** Leaves out what belongs to one connection only (RFC 9110 section 7.6.1), also the headers that Connection names. */
export function withoutHopByHop(headers: WireHeaders): WireHeaders {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','));
  const dropped = named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named.map((name) => name.trim())]);
  return headers.filter(([name]) => !dropped.has(name.toLowerCase()));
}
