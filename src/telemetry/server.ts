/** The operator's own HTTP server: `/metrics`, `/healthz`, `/readyz`, and `/debug/` where it is switched on. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { logLevels, type LogLevel, type Logger } from './log.ts';

export interface TelemetryServerOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Prometheus text; absent: no `/metrics`. */
  readonly metrics?: () => Promise<string>;
  /** Alive: the process answers and nothing says otherwise. */
  readonly healthy: () => boolean;
  /** Ready: the first complete sync is through. */
  readonly ready: () => boolean;
  readonly logger: Logger;
  /** `/debug/<name>` answers the value as JSON. Absent: no `/debug/`, the log level excepted. */
  readonly debug?: Readonly<Record<string, () => unknown>>;
  /** `PUT /debug/<name>` does it, as `confirm-deletions`; only where `debug` is given. */
  readonly actions?: Readonly<Record<string, () => void>>;
}

export interface TelemetryServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly text: string;
}

/** @throws when the address cannot be bound. */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const server = createServer((request, response) => {
    respond(options, request)
      .catch((error: unknown): Answer => {
        options.logger.error('telemetry request failed', { error });
        return { status: 500, text: 'internal error\n' };
      })
      .then((answer) => send(response, answer))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function respond(options: TelemetryServerOptions, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const reading = request.method === 'GET' || request.method === 'HEAD';
  if (url.pathname === '/healthz' && reading) return check(options.healthy(), 'unhealthy');
  if (url.pathname === '/readyz' && reading) return check(options.ready(), 'not synced yet');
  if (url.pathname === '/metrics' && reading && options.metrics) {
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: await options.metrics() };
  }
  if (url.pathname.startsWith('/debug/') && options.debug) return debug(options, options.debug, request, url);
  return { status: 404, text: 'not found\n' };
}

function check(good: boolean, otherwise: string): Answer {
  return good ? { status: 200, text: 'ok\n' } : { status: 503, text: `${otherwise}\n` };
}

/** `PUT /debug/loglevel?level=debug` changes the level; everything else is read only. */
function debug(
  options: TelemetryServerOptions,
  values: Readonly<Record<string, () => unknown>>,
  request: IncomingMessage,
  url: URL,
): Answer {
  const name = url.pathname.slice('/debug/'.length);
  if (name === 'loglevel') return logLevel(options.logger, request.method, url.searchParams.get('level'));
  const action = options.actions && Object.hasOwn(options.actions, name) ? options.actions[name] : undefined;
  if (action && request.method === 'PUT') {
    action();
    return { status: 202, text: 'accepted\n' };
  }
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (!value || request.method !== 'GET')
    return {
      status: 404,
      text: `known: ${['loglevel', ...Object.keys(values), ...Object.keys(options.actions ?? {})].join(', ')}\n`,
    };
  return { status: 200, type: 'application/json', text: `${JSON.stringify(value(), undefined, 2)}\n` };
}

function logLevel(logger: Logger, method: string | undefined, wanted: string | null): Answer {
  if (method === 'GET') return { status: 200, text: `${logger.level()}\n` };
  if (method !== 'PUT' || !isLevel(wanted))
    return { status: 400, text: `PUT with ?level= one of ${logLevels.join(', ')}\n` };
  logger.setLevel(wanted);
  return { status: 200, text: `${wanted}\n` };
}

function isLevel(text: string | null): text is LogLevel {
  return logLevels.some((level) => level === text);
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain; charset=utf-8' });
  response.end(answer.text);
}
