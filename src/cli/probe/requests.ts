/** Requests as they have to be for a probe: the path as given, repeated headers, one connection each. */
import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';

/** One request; the Host header is `host` as it is. */
export interface Asked {
  readonly host: string;
  /** As it goes on the line. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Present: over TLS, with this server name. */
  readonly sni?: string;
}

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

const timeoutMs = 10_000;
const longestBody = 4096;

/** Sends over HTTP/1.1. @throws Error of the connection. */
export function send(address: string, port: number, asked: Asked): Promise<Answered> {
  const { host, path = '/', headers = {}, sni } = asked;
  const options = {
    host: address,
    port,
    path,
    headers: { ...(headers as Record<string, string | string[]>), Host: host },
    agent: false as const,
    timeout: timeoutMs,
  };
  return new Promise((resolve, reject) => {
    // Certificates of a probe are its own, and nothing is told that anybody might want.
    const request =
      sni === undefined
        ? httpRequest(options)
        : httpsRequest({ ...options, servername: sni, rejectUnauthorized: false });
    request.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body = (body + chunk).slice(0, longestBody)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on('error', reject);
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${timeoutMs} ms`)));
    request.on('error', reject);
    request.end();
  });
}

/** Sends over cleartext HTTP/2 by prior knowledge. @returns the status. @throws Error when the server speaks no HTTP/2. */
export function sendHttp2(address: string, port: number, authority: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
    const fail = (error: Error) => {
      session.destroy();
      reject(error);
    };
    session.on('error', fail);
    session.setTimeout(timeoutMs, () => fail(new Error(`no answer in ${timeoutMs} ms`)));
    const stream = session.request({ ':method': 'GET', ':path': '/', ':authority': authority });
    stream.on('error', fail);
    stream.on('response', (headers) => {
      resolve(Number(headers[':status']));
      session.destroy();
    });
    stream.on('close', () => fail(new Error('the stream was closed without an answer')));
    stream.end();
  });
}
