/** A relay of HTTP requests to an API server, without TLS on its own side, which can answer some of them itself. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ApiProxy {
  readonly url: string;
  /** Requests for which it gives a status are answered with that and never arrive; the last one counts. */
  intercept(status: (method: string, path: string) => number | undefined): void;
  close(): Promise<void>;
}

/** @param target `https://127.0.0.1:<port>`, with its CA. */
export async function startApiProxy(target: string, ca: string): Promise<ApiProxy> {
  let intercepted: Parameters<ApiProxy['intercept']>[0] = () => undefined;
  const server = createServer((request, response) => {
    const { method = '', url = '/', headers } = request;
    const code = intercepted(method, url);
    if (code !== undefined) {
      const message = 'the test says so';
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }));
      return;
    }
    const onward = httpsRequest(`${target}${url}`, { method, headers, ca, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    intercept: (status) => void (intercepted = status),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
