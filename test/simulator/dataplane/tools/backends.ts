import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What the echo backend saw of a request. */
export interface Seen {
  readonly backend: string;
  readonly method: string;
  readonly url: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

export interface Backend {
  readonly port: number;
  readonly server: Server;
  readonly close: () => Promise<void>;
}

async function seen(name: string, req: IncomingMessage): Promise<Seen> {
  const body = (await buffer(req)).toString();
  const headers = Object.fromEntries(Object.entries(req.headersDistinct).map(([key, lines]) => [key, lines ?? []]));
  return { backend: name, method: req.method ?? '', url: req.url ?? '', host: req.headers.host ?? '', headers, body };
}

/** Answers with what it saw, as JSON. */
export function echo(name: string): RequestListener {
  return (req, res) => {
    void seen(name, req).then((value) => {
      res.writeHead(200, { 'Content-Type': 'application/json', 'X-Backend': name }).end(JSON.stringify(value));
    });
  };
}

/** @param host `0.0.0.0` for all loopback addresses. */
export async function startBackend(
  handler: RequestListener,
  tls?: ServerOptions,
  port = 0,
  host = '127.0.0.1',
): Promise<Backend> {
  const server = tls ? createTlsServer(tls, handler) : createServer(handler);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, server, close };
}
