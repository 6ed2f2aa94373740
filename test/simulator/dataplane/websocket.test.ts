import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { echo } from './tools/backends.ts';
import {
  anywhere,
  child,
  header,
  local,
  parent,
  policies,
  pool,
  requestPolicy,
  responsePolicy,
  vhMatch,
  vip,
} from './tools/bodies.ts';
import { address, HTTP_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
let closed = 0;

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  const backend = await bench.backend(echo('plain'));
  backend.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (req.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
      return;
    }
    const accept = createHash('sha1')
      .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nX-Path: ${req.url}\r\nX-Seen: ${String(req.headers['x-set'])}|${req.headers.host}\r\n\r\nhello`,
    );
    socket.on('error', () => undefined).on('close', () => closed++);
    socket.write(head);
    socket.pipe(socket);
  });
  store.put('pool', 'ws', pool([backend.port]));
  store.put('pool', 'down', pool([]));
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('applicationprofile', 'no-websockets', {
    type: 'APPLICATION_PROFILE_TYPE_HTTP',
    http_profile: { websockets_enabled: false },
  });
  store.put(
    'httppolicyset',
    'edits',
    requestPolicy(
      { match: { path: anywhere('EQUALS', '/no') }, switching_action: local(404, 'nothing') },
      {
        hdr_action: [header('REPLACE', 0, 'X-Set', 'policy')],
        rewrite_url_action: {
          path: {
            type: 'URI_PARAM_TYPE_TOKENIZED',
            tokens: [{ type: 'URI_TOKEN_TYPE_PATH', start_index: 1, end_index: 65535 }],
          },
        },
      },
    ),
  );
  store.put('httppolicyset', 'answers', responsePolicy({ hdr_action: [header('ADD', 0, 'X-Policy', 'yes')] }));
  store.put('virtualservice', 'p', parent('v'));
  const host = (name: string, more: Readonly<Record<string, unknown>>): string =>
    store.put(
      'virtualservice',
      name,
      child('p', [vhMatch(`${name}.test`, { path: anywhere('BEGINS_WITH', '/') })], more),
    );
  host('app', { pool_ref: ref('pool', 'ws') });
  host('edits', { pool_ref: ref('pool', 'ws'), ...policies('edits', 'answers') });
  host('down', { pool_ref: ref('pool', 'down') });
  host('off', { pool_ref: ref('pool', 'ws'), application_profile_ref: ref('applicationprofile', 'no-websockets') });
  await bench.plane.settled();
});
afterAll(() => bench.close());

interface Upgraded {
  readonly response: IncomingMessage;
  readonly socket?: Duplex;
  readonly read: (length: number) => Promise<string>;
}

function upgrade(host: string, path = '/', protocol = 'websocket'): Promise<Upgraded> {
  const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
  const request = httpRequest({
    host: ADDRESS,
    port: HTTP_PORT,
    path,
    agent: false,
    headers: {
      Host: host,
      Connection: 'Upgrade',
      Upgrade: protocol,
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
    },
  });
  request.on('error', reject);
  request.on('response', (response) => resolve({ response, read: () => Promise.reject(new Error('not upgraded')) }));
  request.on('upgrade', (response, socket, head) => {
    let seen = head.toString();
    socket.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const read = async (length: number): Promise<string> => {
      while (seen.length < length) await new Promise((next) => setTimeout(next, 5));
      return seen;
    };
    resolve({ response, socket, read });
  });
  request.end();
  return promise;
}

describe('upgrades', () => {
  it('join client and server, both ways, with all headers of the handshake', async () => {
    const { response, socket, read } = await upgrade('app.test', '/chat?a=1');
    expect(response.statusCode).toBe(101);
    expect(response.headers).toMatchObject({
      upgrade: 'websocket',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      'x-path': '/chat?a=1',
      'x-seen': 'undefined|app.test',
    });
    socket!.write('one');
    expect(await read(8)).toBe('helloone');
    const before = closed;
    socket!.destroy();
    while (closed === before) await new Promise((next) => setTimeout(next, 5));
  });

  it('follow policies, rewrites and response rules', async () => {
    const { response, socket } = await upgrade('edits.test', '/strip/me');
    expect(response.statusCode).toBe(101);
    expect(response.headers).toMatchObject({ 'x-path': '/me', 'x-seen': 'policy|edits.test', 'x-policy': 'yes' });
    socket!.destroy();
    expect((await upgrade('edits.test', '/no')).response.statusCode).toBe(404);
  });

  it('are answered as the server or the fail action says when there is none', async () => {
    expect((await upgrade('app.test', '/refused')).response.statusCode).toBe(403);
    expect((await upgrade('down.test')).response.statusCode).toBe(503);
  });

  it('stay requests where the profile turns them off, and for HTTP/2', async () => {
    for (const reply of [await upgrade('off.test'), await upgrade('app.test', '/', 'h2c')]) {
      expect(reply.response.statusCode).toBe(200);
      expect(reply.response.headers['x-backend']).toBe('plain');
    }
  });

  it('end with the listener', async () => {
    const { socket } = await upgrade('app.test');
    const ended = new Promise<void>((resolve) => socket!.on('error', () => undefined).on('close', () => resolve()));
    bench.store.remove('virtualservice', 'p');
    await ended;
  });
});
