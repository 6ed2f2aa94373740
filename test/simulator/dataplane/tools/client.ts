import { request as httpRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Seen } from './backends.ts';

export interface Sent {
  readonly address: string;
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** CA to verify the server by; present: TLS. */
  readonly ca?: string;
  readonly servername?: string;
  readonly agent?: Agent;
  /** The client's own address. */
  readonly from?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly seen: Seen;
}

/** Sends one request. Rejects when the connection ends without an answer. */
export async function send(options: Sent): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const request = (options.ca === undefined ? httpRequest : httpsRequest)(
    {
      host: options.address,
      port: options.port,
      path: options.path ?? '/',
      method: options.method ?? 'GET',
      headers: { Host: options.host ?? 'app.test', ...options.headers } as Record<string, string | string[]>,
      agent: options.agent ?? false,
      ...(options.from !== undefined && { localAddress: options.from }),
      ...(options.ca !== undefined && { ca: options.ca, servername: options.servername ?? options.host ?? 'app.test' }),
    },
    (response) => {
      text(response).then((body) => {
        const isEcho = response.headers['x-backend'] !== undefined && body !== '';
        const seen = (isEcho ? JSON.parse(body) : {}) as Seen;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body,
          seen,
        });
      }, reject);
    },
  );
  request.on('error', reject);
  request.end(options.body);
  return promise;
}
