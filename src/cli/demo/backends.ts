import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Address that the backends and the simulated Service Engine listen on. */
export const LOOPBACK = '127.0.0.1';

/** A running backend server of the sample application. */
export interface Backend {
  /** Name of the Service that it belongs to. */
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** Backends of one Service: how many servers, and the page that they answer with. */
export interface BackendSpec {
  readonly service: string;
  readonly servers: number;
  readonly title: string;
  readonly color: string;
}

/** The sample application: a Service a page, and a second one behind /blue. */
export const BACKENDS: readonly BackendSpec[] = [
  { service: 'home', servers: 2, title: 'home', color: '#f5f5f5' },
  { service: 'pink', servers: 2, title: 'pink', color: '#ffc0cb' },
  { service: 'blue', servers: 2, title: 'blue', color: '#add8e6' },
  { service: 'blue-canary', servers: 1, title: 'blue canary', color: '#4682b4' },
  { service: 'green', servers: 2, title: 'green', color: '#90ee90' },
  { service: 'healthz', servers: 1, title: 'healthz', color: '#ffffff' },
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
}

function answer(spec: BackendSpec, request: IncomingMessage, response: ServerResponse): void {
  const server = `${request.socket.localAddress ?? ''}:${request.socket.localPort ?? 0}`;
  const header = request.headers[DEMO_HEADER];
  const body: BackendAnswer = {
    service: spec.service,
    server,
    path: request.url ?? '',
    demoHeader: typeof header === 'string' ? header : null,
  };
  response.setHeader('x-served-by', spec.service);
  if (!request.headers.accept?.includes('text/html')) {
    response.setHeader('content-type', 'application/json');
    response.end(`${JSON.stringify(body)}\n`);
    return;
  }
  response.setHeader('content-type', 'text/html; charset=utf-8');
  const links = ['/', '/pink', '/blue', '/green', '/healthz'].map((path) => `<a href="${path}">${path}</a>`).join(' ');
  response.end(
    `<!doctype html><title>${spec.title}</title><body style="background:${spec.color};font-family:sans-serif">` +
      `<h1>${spec.title}</h1><p>served by ${server}, ${DEMO_HEADER}: ${escapeHtml(body.demoHeader ?? 'absent')}</p><p>${links}</p>\n`,
  );
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function listen(spec: BackendSpec): Promise<Server> {
  const server = createServer((request, response) => answer(spec, request, response));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => resolve(server));
  });
}

/** Starts every backend on a free loopback port; `close` ends them and their connections. */
export async function startBackends(
  specs: readonly BackendSpec[] = BACKENDS,
): Promise<{ readonly backends: readonly Backend[]; readonly close: () => void }> {
  const wanted = specs.flatMap((spec) => Array.from({ length: spec.servers }, () => spec));
  const servers = await Promise.all(wanted.map(async (spec) => ({ spec, server: await listen(spec) })));
  const backends = servers.map(({ spec, server }) => ({
    service: spec.service,
    address: LOOPBACK,
    port: (server.address() as AddressInfo).port,
  }));
  const close = () => {
    for (const { server } of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { backends, close };
}
