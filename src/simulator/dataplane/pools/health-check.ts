import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HealthMonitorProgram } from '../program/program.ts';

const MAX_RESPONSE = 32 * 1024;

function open(monitor: HealthMonitorProgram, address: string, port: number): Socket {
  if (monitor.kind !== 'https') return connect({ host: address, port });
  return connectTls({ host: address, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
}

function requestText(http: NonNullable<HealthMonitorProgram['http']>, address: string, port: number): string {
  const body = http.body ?? '';
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  return `${http.request.trim()}\r\nHost: ${address}:${port}\r\nUser-Agent: Avi/1.0\r\nAccept: */*\r\nConnection: close\r\n${length}\r\n${body}`;
}

function isExpected(http: NonNullable<HealthMonitorProgram['http']>, response: string): boolean {
  const status = /^HTTP\/\d\.\d (\d)\d\d/.exec(response)?.[1];
  if (status === undefined) return false;
  const accepted =
    http.codes.length === 0 || http.codes.some((code) => code === 'HTTP_ANY' || code === `HTTP_${status}XX`);
  return accepted && (http.contains === undefined || response.includes(http.contains));
}

/** Runs one check of a server; false when it fails or takes longer than the monitor's receive_timeout. Never rejects. */
export async function checkServer(
  monitor: HealthMonitorProgram,
  address: string,
  serverPort: number,
  signal: AbortSignal,
): Promise<boolean> {
  if (monitor.kind === 'other') return true;
  const port = monitor.port ?? serverPort;
  const socket = open(monitor, address, port);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), monitor.timeoutMs);
  const abort = (): void => resolve(false);
  signal.addEventListener('abort', abort, { once: true });
  socket.on('error', () => resolve(false));
  socket.once(monitor.kind === 'https' ? 'secureConnect' : 'connect', () => {
    if (monitor.http) exchange(socket, monitor.http, requestText(monitor.http, address, port), resolve);
    else resolve(true);
  });
  const healthy = await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  socket.destroy();
  return healthy;
}

function exchange(
  socket: Socket,
  http: NonNullable<HealthMonitorProgram['http']>,
  request: string,
  done: (healthy: boolean) => void,
): void {
  let response = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    response += chunk;
    if (response.length > MAX_RESPONSE) done(isExpected(http, response));
  });
  socket.on('end', () => done(isExpected(http, response)));
  socket.write(request);
}
