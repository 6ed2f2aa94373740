/** What gRPC needs of HTTP/2 beyond requests and answers: streams that live, answers without a body, cancelled calls. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, constants, createServer, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { anywhere, child, parent, pool, vhMatch, vip } from './tools/bodies.ts';
import { address, HTTP_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(9);
let bench: Bench;
let session: ClientHttp2Session;
let closeBackend: () => void;
/** Resolves when the server loses a call that it has not ended. */
let lost = Promise.withResolvers<void>();

/** `refused` is an answer of trailers only, `watch` never ends; others come back as they arrive, then a status. */
async function startServer(): Promise<number> {
  const server = createServer();
  server.on('session', (opened) => (closeBackend = () => (opened.destroy(), server.close())));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    if (headers[':path']?.endsWith('/refused')) {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
      return;
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    if (headers[':path']?.endsWith('/watch')) {
      stream.on('close', () => lost.resolve()).write('one');
      return;
    }
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  store.put('pool', 'grpc', pool([await startServer()], { enable_http2: true }));
  store.put('vsvip', 'v', vip(ADDRESS));
  const match = vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') });
  store.put('virtualservice', 'c', child('p', [match], { pool_ref: ref('pool', 'grpc') }));
  store.put('virtualservice', 'p', parent('v', { services: [{ port: 80, enable_ssl: false, enable_http2: true }] }));
  await bench.plane.settled();
  session = connect(`http://${ADDRESS}:${HTTP_PORT}`);
  await once(session, 'connect');
});
afterAll(async () => {
  session.destroy();
  closeBackend();
  await bench.close();
});

function call(path: string): ClientHttp2Stream {
  const headers = { ':authority': 'app.test', ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' };
  return session.request({ ...headers, ':path': path }, { endStream: false });
}

async function message(stream: ClientHttp2Stream): Promise<string> {
  const [chunk] = (await once(stream, 'data')) as [Buffer];
  return chunk.toString();
}

describe('a stream of both sides', () => {
  it('has its head before anything is sent, every message when it comes, and trailers at the end', async () => {
    const stream = call('/echo.Echo/Talk');
    const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc' });
    for (const sent of ['one', 'two', 'three']) {
      stream.write(sent);
      expect(await message(stream)).toBe(sent);
    }
    const trailers = once(stream, 'trailers');
    stream.end();
    stream.resume();
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
  });

  it('carries more than one window of either side', async () => {
    const stream = call('/echo.Echo/Much');
    const size = 3_000_000;
    stream.end(Buffer.alloc(size, 'x'));
    let received = 0;
    stream.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(stream, 'end');
    expect(received).toBe(size);
  });
});

it('an answer that is trailers only arrives as it is', async () => {
  const stream = call('/echo.Echo/refused');
  stream.end();
  const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
  expect(head).toMatchObject({ ':status': 200, 'grpc-status': '12' });
  stream.resume();
  await once(stream, 'end');
});

it.each([true, false])('a call that its client cancels ends at the server; whole request sent: %s', async (whole) => {
  lost = Promise.withResolvers();
  const stream = call('/echo.Echo/watch');
  if (whole) stream.end();
  expect(await message(stream)).toBe('one');
  stream.on('error', () => undefined).close(constants.NGHTTP2_CANCEL);
  await expect(lost.promise).resolves.toBeUndefined();
});
