/** One HTTP exchange with a controller, over connections that are kept open. */
import { Agent } from 'undici';

/** TLS towards the controller. Certificates are verified unless `insecureSkipVerify` says not to. */
export interface TlsOptions {
  /** PEM of the certificate authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly insecureSkipVerify?: boolean;
}

export interface TransportOptions {
  readonly tls?: TlsOptions;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** Sockets kept for each controller address. */
  readonly connections?: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON, else the text, else undefined. */
  readonly body: unknown;
}

/** No reply. `unreached` says that nobody answers there: no connection came about, or nothing came over it in time. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly unreached: boolean;
  constructor(message: string, unreached: boolean, cause: unknown) {
    super(message, { cause });
    this.unreached = unreached;
  }
}

export interface Transport {
  /** @throws TransportError when there was no complete reply. */
  send(request: HttpRequest): Promise<HttpReply>;
  close(): void;
}

const unreachedCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

export function createTransport(options: TransportOptions = {}): Transport {
  const { tls, connectTimeoutMs = 5_000, requestTimeoutMs = 60_000 } = options;
  const agent = new Agent({
    connections: options.connections ?? 8,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    allowH2: false,
    connect: {
      timeout: connectTimeoutMs,
      rejectUnauthorized: tls?.insecureSkipVerify !== true,
      ...(tls?.ca !== undefined && { ca: tls.ca }),
    },
  });
  return {
    async send({ method, url, headers, body }) {
      const { origin, pathname, search } = new URL(url);
      try {
        const reply = await agent.request({
          origin,
          path: `${pathname}${search}`,
          method: method,
          headers: { accept: 'application/json', ...(body !== undefined && jsonContent), ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: reply.statusCode, headers: reply.headers, body: parse(await reply.body.text()) };
      } catch (error) {
        throw asTransportError(error);
      }
    },
    close() {
      void agent.destroy();
    },
  };
}

const jsonContent = { 'content-type': 'application/json' };

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function asTransportError(error: unknown): TransportError {
  const { message = '', code = '' } = (error ?? {}) as { readonly message?: string; readonly code?: string };
  return new TransportError(message || code || String(error), unreachedCodes.has(code), error);
}
