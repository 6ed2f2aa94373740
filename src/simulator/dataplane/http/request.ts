/** Header lines by lower-case name, each line a value of its own. */
export type HeaderLines = Readonly<Record<string, readonly string[]>>;

/** What a client asked for, as far as a virtual service can look at it. */
export interface ClientRequest {
  /** The virtual service's port, not the one that the port map made of it. */
  readonly port: number;
  readonly scheme: 'http' | 'https';
  /** The Host header as sent, empty when there is none. */
  readonly host: string;
  /** Not decoded, without the query. */
  readonly path: string;
  /** Not decoded, without `?`; empty when there is none. */
  readonly query: string;
  readonly method: string;
  readonly headers: HeaderLines;
  /** Server name of the TLS handshake. */
  readonly sni?: string;
  readonly clientIp?: string;
  readonly clientPort?: number;
  readonly virtualIp?: string;
  readonly version?: '0.9' | '1.0' | '1.1' | '2.0';
  /** `connection`: an identity, the same for all requests of one connection. */
  readonly tls?: { readonly protocol: string; readonly cipher: string; readonly connection?: string };
  readonly requestId?: string;
}

/** A server's answer, as response rules and scripts look at it. */
export interface ServerResponse {
  readonly status: number;
  readonly headers: HeaderLines;
}

/** `h.x:8080` → `h.x`, `[::1]:80` → `[::1]`. */
export function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  if (colon < 0 || host.endsWith(']')) return host;
  return /^\d*$/.test(host.slice(colon + 1)) ? host.slice(0, colon) : host;
}

const NO_LINES: readonly string[] = [];

/** All lines of a header. Reads own properties only: header names come from clients. */
export function headerLines(headers: HeaderLines, name: string): readonly string[] {
  const key = name.toLowerCase();
  return Object.hasOwn(headers, key) ? (headers[key] ?? NO_LINES) : NO_LINES;
}

/** Value of a request cookie; the first one when it is sent twice. */
export function cookieOf(headers: HeaderLines, name: string): string | undefined {
  for (const line of headerLines(headers, 'cookie')) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}

/** Percent-decoding that leaves what is not valid UTF-8 or not a valid escape as it is. */
export function percentDecode(value: string): string {
  if (!value.includes('%')) return value;
  return value.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
