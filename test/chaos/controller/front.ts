/** What stands before a controller: its certificate can be another from one moment to the next, and its replies have what a later release adds. */
import { createServer, request } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import type { Pair } from '../../simulator/dataplane/tools/certificates.ts';

export interface Front {
  readonly url: string;
  /** New connections get this certificate; those that are open end. */
  readonly present: (pair: Pair) => void;
  /** Every object in a reply has these fields too. */
  readonly add: (fields: Readonly<Record<string, unknown>>) => void;
  readonly close: () => void;
}

/** @param pair for `localhost`. */
export async function startFront(simulator: Pick<Simulator, 'url'>, pair: Pair): Promise<Front> {
  const target = new URL(simulator.url);
  let added: Readonly<Record<string, unknown>> = {};
  const open = new Set<Socket>();
  const server = createServer(pair, (req, res) => {
    void buffer(req).then((body) => {
      const { method, url: path, headers } = req;
      const onward = request({
        host: target.hostname,
        port: target.port,
        method,
        path,
        headers,
        rejectUnauthorized: false,
      });
      onward.on('error', () => res.destroy());
      onward.on('response', (reply) => {
        void buffer(reply).then((content) => {
          const { 'content-length': _length, 'transfer-encoding': _coding, ...kept } = reply.headers;
          res.writeHead(reply.statusCode ?? 502, kept).end(withFields(content, added));
        });
      });
      onward.end(body);
    });
  });
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    present(next) {
      server.setSecureContext(next);
      cut();
    },
    add: (fields) => void (added = fields),
    close() {
      server.close();
      cut();
    },
  };
}

function withFields(content: Buffer, fields: Readonly<Record<string, unknown>>): Buffer | string {
  if (content.length === 0 || Object.keys(fields).length === 0) return content;
  const add = (value: unknown): unknown =>
    value !== null && typeof value === 'object' && 'uuid' in value ? { ...value, ...fields } : value;
  const body = JSON.parse(content.toString()) as { readonly results?: readonly unknown[] };
  return JSON.stringify(Array.isArray(body.results) ? { ...body, results: body.results.map(add) } : add(body));
}
