/** One HTTP exchange with a controller, over connections that are kept open. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError } from 'got';

/** TLS towards the controller. Certificates are verified unless `insecureSkipVerify` says not to. */
export interface TlsOptions {
  /** PEM of the certificate authorities to trust instead of the system's. */
  readonly ca?: string;
  /** Reads the authorities again when a certificate is not of them: the controller's may have been rotated. */
  readonly rereadCa?: () => string | undefined;
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
]);

export function createTransport(options: TransportOptions = {}): Transport {
  const sockets = { keepAlive: true, maxSockets: options.connections ?? 8, scheduling: 'lifo' as const };
  const agent = { http: new HttpAgent(sockets), https: new HttpsAgent(sockets) };
  let ca = options.tls?.ca;
  const client = got.extend({
    agent,
    retry: { limit: 0 },
    throwHttpErrors: false,
    followRedirect: false,
    timeout: { connect: options.connectTimeoutMs ?? 5_000, request: options.requestTimeoutMs ?? 60_000 },
  });
  return {
    async send({ method, url, headers, body }) {
      try {
        const reply = await client(url, {
          method: method as 'GET',
          headers: { accept: 'application/json', ...headers },
          https: {
            rejectUnauthorized: options.tls?.insecureSkipVerify !== true,
            ...(ca !== undefined && { certificateAuthority: ca }),
          },
          ...(body !== undefined && { json: body }),
        });
        return { status: reply.statusCode, headers: reply.headers, body: parse(reply.body) };
      } catch (error) {
        if (isOfUnknownAuthority(error)) ca = options.tls?.rereadCa?.() ?? ca;
        throw asTransportError(error);
      }
    },
    close() {
      agent.http.destroy();
      agent.https.destroy();
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** OpenSSL's codes for a chain that does not end in what is trusted. */
const unknownAuthorityCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

function isOfUnknownAuthority(error: unknown): boolean {
  return error instanceof RequestError && unknownAuthorityCodes.has(error.code);
}

function asTransportError(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  const unreached = error.name === 'TimeoutError' || unreachedCodes.has(error.code);
  return new TransportError(error.message || error.code, unreached, error.cause ?? undefined);
}
