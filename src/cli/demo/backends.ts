import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { KeyPair } from './certificates.ts';
import { listen, type Backend, type Running } from './running.ts';

/** Backends of one Service: how many servers, and the page that they answer with. */
export interface BackendSpec {
  readonly service: string;
  readonly servers: number;
  readonly title: string;
  readonly color: string;
}

/** The sample application: a Service a page, a second one behind /blue, and the one behind the team's own listener. */
export const BACKENDS: readonly BackendSpec[] = [
  { service: 'home', servers: 2, title: 'home', color: '#f5f5f5' },
  { service: 'pink', servers: 2, title: 'pink', color: '#ffc0cb' },
  { service: 'blue', servers: 2, title: 'blue', color: '#add8e6' },
  { service: 'blue-canary', servers: 1, title: 'blue canary', color: '#4682b4' },
  { service: 'green', servers: 2, title: 'green', color: '#90ee90' },
  { service: 'healthz', servers: 1, title: 'healthz', color: '#ffffff' },
  { service: 'team', servers: 1, title: 'team', color: '#ffe4b5' },
];

/** Header that the sample's route adds to requests; backends show what they received. */
export const DEMO_HEADER = 'x-demo';

/** What a backend answers with when it is asked for JSON. */
export interface BackendAnswer {
  readonly service: string;
  readonly server: string;
  readonly path: string;
  /** Value of the header `x-demo` as received; null when it was not there. */
  readonly demoHeader: string | null;
  /** Version of TLS that the request came over, as `TLSv1.3`; null for plain text. */
  readonly tls: string | null;
}

type Page = Omit<BackendSpec, 'servers'>;

function answer(page: Page, request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const server = `${socket.localAddress ?? ''}:${socket.localPort ?? 0}`;
  const header = request.headers[DEMO_HEADER];
  const body: BackendAnswer = {
    service: page.service,
    server,
    path: request.url ?? '',
    demoHeader: typeof header === 'string' ? header : null,
    tls: socket instanceof TLSSocket ? socket.getProtocol() : null,
  };
  response.setHeader('x-served-by', page.service);
  if (!request.headers.accept?.includes('text/html')) {
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify(body)}\n`);
    return;
  }
  response.setHeader('content-type', 'text/html; charset=utf-8');
  const links = ['/', '/pink', '/blue', '/green', '/healthz'].map((path) => `<a href="${path}">${path}</a>`).join(' ');
  response.end(
    `<!doctype html><title>${page.title}</title><body style="background:${page.color};font-family:sans-serif">` +
      `<h1>${page.title}</h1><p>served by ${server}, ${DEMO_HEADER}: ${escapeHtml(body.demoHeader ?? 'absent')}</p><p>${links}</p>\n`,
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function run(service: string, portName: string, server: Server | SecureServer): Promise<Running> {
  const port = await listen(server);
  const backend: Backend = { service, portName, port, protocol: 'TCP' };
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { backend, close };
}

/** A server of a page, on a free loopback port. */
export function startPage(page: Page): Promise<Running> {
  return run(
    page.service,
    'http',
    createServer((request, response) => answer(page, request, response)),
  );
}

/** The same over TLS 1.2 and 1.3 only: nothing else is answered, least of all plain text. */
export function startSecurePage(page: Page, { certificate, key }: KeyPair): Promise<Running> {
  const options = { cert: certificate, key, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;
  return run(
    page.service,
    'https',
    createSecureServer(options, (request, response) => answer(page, request, response)),
  );
}
