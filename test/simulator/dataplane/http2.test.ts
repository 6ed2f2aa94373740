import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connect,
  createSecureServer,
  createServer,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { text } from 'node:stream/consumers';
import { echo, type Seen } from './tools/backends.ts';
import { anywhere, child, local, parent, policies, pool, requestPolicy, vhMatch, vip } from './tools/bodies.ts';
import { createAuthority, type Authority } from './tools/certificates.ts';
import { address, eventually, HTTP_PORT, HTTPS_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
let authority: Authority;
const closing: (() => void)[] = [];

/** A server that answers with what it saw, and trailers. */
async function http2Backend(server: Http2Server): Promise<number> {
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    void text(stream).then((body) => {
      stream.respond({ ':status': 200, 'content-type': 'application/json' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-trailer': 'late', 'grpc-status': '0' }));
      stream.end(JSON.stringify({ ...headers, body }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closing.push(() => {
    server.close();
    sessions.forEach((session) => session.destroy());
  });
  return (server.address() as AddressInfo).port;
}

const services = (http2: boolean): Readonly<Record<string, unknown>> => ({
  services: [
    { port: 80, enable_ssl: false, enable_http2: http2 },
    { port: 443, enable_ssl: true, enable_http2: http2 },
  ],
  ssl_key_and_certificate_refs: [ref('sslkeyandcertificate', 'cert')],
});

beforeAll(async () => {
  bench = await startBench();
  authority = await createAuthority();
  const { store } = bench;
  const pair = await authority.issue('app.test');
  store.put('sslkeyandcertificate', 'cert', { certificate: { certificate: pair.cert }, key: pair.key });
  const trailing = await bench.backend((_, res) => {
    res.writeHead(200, { Trailer: 'x-trailer' });
    res.write('part');
    res.addTrailers({ 'X-Trailer': 'late' });
    res.end();
  });
  const breaking = await bench.backend((_, res) => {
    res.writeHead(200);
    res.write('part', () => res.destroy());
  });
  store.put('pool', 'h1', pool([(await bench.backend(echo('h1'))).port]));
  store.put('pool', 'trailing', pool([trailing.port]));
  store.put('pool', 'breaking', pool([breaking.port]));
  store.put('pool', 'h2c', pool([await http2Backend(createServer())], { enable_http2: true }));
  const server = createSecureServer({ cert: pair.cert, key: pair.key, allowHTTP1: false });
  const ssl = {
    ssl_profile_ref: ref('sslprofile', 'x'),
    pki_profile_ref: ref('pkiprofile', 'ca'),
    server_name: 'app.test',
  };
  store.put('sslprofile', 'x', {});
  store.put('pkiprofile', 'ca', { ca_certs: [{ certificate: authority.ca }], crl_check: false });
  store.put('pool', 'h2', pool([await http2Backend(server)], { enable_http2: true, ...ssl }));
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('httppolicyset', 'closes', requestPolicy({ switching_action: local(418) }));
  for (const name of ['h1', 'trailing', 'breaking', 'h2c', 'h2'])
    store.put(
      'virtualservice',
      name,
      child('p', [vhMatch('app.test', { path: anywhere('BEGINS_WITH', `/${name}`) })], { pool_ref: ref('pool', name) }),
    );
  store.put(
    'virtualservice',
    'teapot',
    child('p', [vhMatch('app.test', { path: anywhere('EQUALS', '/tea') })], policies('closes')),
  );
  store.put('virtualservice', 'p', parent('v', services(true)));
  await bench.plane.settled();
});
afterAll(async () => {
  closing.forEach((close) => close());
  await bench.close();
});

interface Answer {
  readonly headers: IncomingHttpHeaders & { readonly ':status'?: number };
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

async function open(tls: boolean): Promise<ClientHttp2Session> {
  const session = tls
    ? connect(`https://app.test:${HTTPS_PORT}`, {
        createConnection: () =>
          connectTls({
            host: ADDRESS,
            port: HTTPS_PORT,
            servername: 'app.test',
            ca: authority.ca,
            ALPNProtocols: ['h2'],
          }),
      })
    : connect(`http://${ADDRESS}:${HTTP_PORT}`);
  await new Promise<void>((resolve, reject) => session.once('connect', () => resolve()).once('error', reject));
  return session;
}

async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = session.request({ ':authority': 'app.test', ...headers }, { endStream: body === undefined });
  let head: Answer['headers'] = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (response) => (head = response));
  stream.on('trailers', (lines: IncomingHttpHeaders) => (trailers = lines));
  if (body !== undefined) stream.end(body);
  const content = await text(stream);
  if (head[':status'] === undefined) throw new Error('no answer');
  return { headers: head, trailers, body: content };
}

describe.each([
  ['by ALPN', true],
  ['by prior knowledge', false],
])('HTTP/2 %s', (_, tls) => {
  it('is served, many requests on one connection, with :authority as Host and cookies in one line', async () => {
    const session = await open(tls);
    const headers = { ':path': '/h1?q=1', cookie: ['a=1', 'b=2'], 'x-in': 'y' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask(session, { ...headers, ':method': 'POST' }, 'content')),
    );
    for (const { headers: head, body } of answers) {
      expect(head).toMatchObject({ ':status': 200, 'x-backend': 'h1' });
      const seen = JSON.parse(body) as Seen;
      expect(seen).toMatchObject({ method: 'POST', url: '/h1?q=1', host: 'app.test', body: 'content' });
      expect(seen.headers).toMatchObject({ cookie: ['a=1; b=2'], 'x-in': ['y'], 'x-forwarded-for': ['127.0.0.1'] });
      expect(Object.keys(seen.headers).filter((name) => name.startsWith(':'))).toEqual([]);
    }
    session.close();
  });

  it('has answers of the data plane itself', async () => {
    const session = await open(tls);
    expect((await ask(session, { ':path': '/tea' })).headers).toMatchObject({ ':status': 418 });
    session.close();
  });

  it('carries trailers of HTTP/1.1 servers', async () => {
    const session = await open(tls);
    expect(await ask(session, { ':path': '/trailing' })).toMatchObject({
      body: 'part',
      trailers: { 'x-trailer': 'late' },
    });
    session.close();
  });

  it('ends only the stream whose server breaks off', async () => {
    const session = await open(tls);
    await expect(ask(session, { ':path': '/breaking' })).rejects.toThrow();
    expect((await ask(session, { ':path': '/h1' })).headers).toMatchObject({ ':status': 200 });
    session.close();
  });

  it.each(['h2c', 'h2'])('goes on to servers that speak it: pool %s', async (name) => {
    const session = await open(tls);
    const answer = await ask(
      session,
      { ':path': `/${name}/x`, ':method': 'POST', te: 'trailers', 'x-in': 'y' },
      'content',
    );
    expect(JSON.parse(answer.body)).toMatchObject({
      ':path': `/${name}/x`,
      ':authority': 'app.test',
      'x-in': 'y',
      te: 'trailers',
      body: 'content',
    });
    expect(answer.trailers).toMatchObject({ 'x-trailer': 'late', 'grpc-status': '0' });
    session.close();
  });
});

describe('listeners with HTTP/2', () => {
  it('go on serving HTTP/1.1', async () => {
    expect((await bench.get({ address: ADDRESS, path: '/h2c' })).status).toBe(200);
    expect(
      (await bench.get({ address: ADDRESS, path: '/h1', method: 'POST', body: 'b', ca: authority.ca })).seen.body,
    ).toBe('b');
    expect((await bench.get({ address: ADDRESS, path: '/h1', method: 'POST', body: 'b' })).seen.body).toBe('b');
  });

  it('serve it only while their service enables it; connections stay', async () => {
    const session = await open(true);
    bench.store.put('virtualservice', 'p', parent('v', services(false)));
    await bench.plane.settled();
    expect((await ask(session, { ':path': '/h1' })).headers).toMatchObject({ ':status': 200 });
    session.close();
    await expect(open(true)).rejects.toThrow();
    const plain = connect(`http://${ADDRESS}:${HTTP_PORT}`);
    plain.on('error', () => undefined);
    await expect(ask(plain, { ':path': '/h1' })).rejects.toThrow();
    expect((await bench.get({ address: ADDRESS, path: '/h1', ca: authority.ca })).status).toBe(200);
    bench.store.put('virtualservice', 'p', parent('v', services(true)));
    await bench.plane.settled();
    const again = await eventually(
      () => open(true),
      () => true,
    );
    again.close();
  });
});
