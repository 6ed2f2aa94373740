import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AviClient } from '../../avi/client.ts';

/** Where the simulated Service Engine listens for the Gateway's VIP. */
export interface Target {
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Of TLS that is passed through. */
  readonly tlsPort: number;
  /** Of the echoes, for TCP and UDP. */
  readonly echoPort: number;
  /** PEM of the authority that server certificates are verified with. */
  readonly ca: string;
  /** PEM of the authority of the backends, which clients see where TLS is passed through. */
  readonly backendCa: string;
  /** What is programmed can be read from it. */
  readonly controller: Pick<AviClient, 'list'>;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Limit of each request, and of each wait for an echo. */
export const timeoutMs = 5000;

/**
 * Sends one GET to the VIP as a browser would: the URL's host is in the Host header and in SNI, and the certificate
 * is verified for it. Only the address that is connected to differs from the URL.
 */
export function get(
  url: string,
  target: Pick<Target, 'address' | 'ca'>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { protocol, hostname, host, port, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const send = secure ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      {
        host: target.address,
        port: Number(port) || (secure ? 443 : 80),
        path: `${pathname}${search}`,
        headers: { host, accept: 'application/json', ...headers },
        timeout: timeoutMs,
        agent: false,
        ...(secure && { servername: hostname, ca: target.ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('error', reject);
    request.end();
  });
}
