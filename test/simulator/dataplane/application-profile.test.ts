import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { echo } from './tools/backends.ts';
import { anywhere, child, parent, pool, vhMatch, vip } from './tools/bodies.ts';
import { createAuthority, type Authority } from './tools/certificates.ts';
import { address, HTTP_PORT, HTTPS_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
const PAGE = '<p>the same words again and again</p>'.repeat(200);
let bench: Bench;
let authority: Authority;
/** Bodies that a server got to the end. */
const arrived: number[] = [];

type Body = Readonly<Record<string, unknown>>;

/** HTTP profiles by the name of their host. */
const profiles: Readonly<Record<string, Body>> = {
  plain: {},
  hsts: { hsts_enabled: true, hsts_max_age: 2 },
  'hsts-own': { hsts_enabled: true, hsts_subdomains_enabled: false },
  secure: { httponly_enabled: true, secure_cookie_enabled: true, server_side_redirect_to_https: true },
  off: { xff_enabled: false },
  append: { xff_update: 'APPEND_TO_THE_XFF_HEADER' },
  add: { xff_update: 'ADD_NEW_XFF_HEADER' },
  named: { xff_alternate_name: 'X-Client', x_forwarded_proto_enabled: true },
  gzip: { compression_profile: { compression: true, type: 'AUTO_COMPRESSION', remove_accept_encoding_header: true } },
  passing: { compression_profile: { compression: true, remove_accept_encoding_header: false } },
  typed: { compression_profile: { compression: true, compressible_content_ref: ref('stringgroup', 'types') } },
  custom: { compression_profile: { compression: true, type: 'CUSTOM_COMPRESSION' } },
  small: { client_max_body_size: 2, client_max_request_size: 2, client_max_header_size: 1, max_header_count: 20 },
  roomy: { client_max_request_size: 128, client_max_header_size: 64 },
};

beforeAll(async () => {
  bench = await startBench();
  authority = await createAuthority();
  const { store } = bench;
  const seen = await bench.backend(echo('a'));
  const pages = await bench.backend((req, res) => {
    void buffer(req).then(
      (body) => {
        arrived.push(body.length);
        const { pathname, searchParams } = new URL(req.url ?? '/', 'http://x');
        for (const [name, value] of searchParams) res.setHeader(name, value);
        if (pathname === '/moved') res.writeHead(302, { Location: 'http://secure.test/there' }).end();
        else if (pathname === '/cookies') res.setHeader('Set-Cookie', ['a=1', 'b=2; secure; HttpOnly']).end();
        else if (pathname === '/short') res.setHeader('Content-Length', 5).end('short');
        else if (pathname === '/missing') res.writeHead(404, { 'Content-Type': 'text/html' }).end(PAGE);
        else res.end(PAGE);
      },
      () => undefined,
    );
  });
  store.put('pool', 'echo', pool([seen.port]));
  store.put('pool', 'pages', pool([pages.port]));
  store.put('stringgroup', 'types', { kv: [{ key: 'application/json' }] });
  for (const [name, body] of Object.entries(profiles)) {
    store.put('applicationprofile', name, { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: body });
    const profile = { application_profile_ref: ref('applicationprofile', name) };
    const rule = (path: string): Body => ({ path: anywhere('BEGINS_WITH', path) });
    const [front, back] = [vhMatch(`${name}.test`, rule('/')), vhMatch(`${name}.test`, rule('/echo'))];
    store.put('virtualservice', `p-${name}`, child('p', [front], { pool_ref: ref('pool', 'pages'), ...profile }));
    store.put('virtualservice', `e-${name}`, child('p', [back], { pool_ref: ref('pool', 'echo'), ...profile }));
  }
  const { cert, key } = await authority.issue(...Object.keys(profiles).map((name) => `${name}.test`));
  store.put('sslkeyandcertificate', 'cert', { certificate: { certificate: cert }, key });
  store.put('vsvip', 'v', vip(ADDRESS));
  const services = [
    { port: 80, enable_ssl: false, enable_http2: true },
    { port: 443, enable_ssl: true },
  ];
  const certificates = [ref('sslkeyandcertificate', 'cert')];
  store.put('virtualservice', 'p', parent('v', { services, ssl_key_and_certificate_refs: certificates }));
  await bench.plane.settled();
});

afterAll(() => bench.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks for the raw bytes of an answer, over TLS where `tls` says so. */
async function ask(
  name: string,
  path: string,
  headers: Record<string, string> = {},
  { tls = false, method = 'GET', body = [] as readonly string[] } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const host = `${name}.test`;
  const request = (tls ? httpsRequest : httpRequest)(
    {
      host: ADDRESS,
      port: tls ? HTTPS_PORT : HTTP_PORT,
      path,
      method,
      headers: { Host: host, ...headers },
      agent: false,
      ...(tls && { ca: authority.ca, servername: host }),
    },
    (response) => {
      const { statusCode: status = 0, headers: lines } = response;
      buffer(response).then((content) => resolve({ status, headers: lines, body: content }), reject);
    },
  );
  request.on('error', reject);
  for (const part of body) request.write(part);
  request.end();
  return promise;
}

describe('answers', () => {
  it.each([
    ['hsts', 'max-age=172800; includeSubDomains'],
    ['hsts-own', 'max-age=31536000'],
    ['plain', undefined],
  ])('have Strict-Transport-Security over TLS only: %s', async (name, value) => {
    expect((await ask(name, '/', {}, { tls: true })).headers['strict-transport-security']).toBe(value);
    expect((await ask(name, '/')).headers['strict-transport-security']).toBeUndefined();
  });

  it("take the place of a server's own Strict-Transport-Security", async () => {
    const { headers } = await ask('hsts', '/?Strict-Transport-Security=max-age%3D1', {}, { tls: true });
    expect(headers['strict-transport-security']).toBe('max-age=172800; includeSubDomains');
  });

  it('have the attributes of cookies, and redirects that stay with TLS', async () => {
    const cookies = await ask('secure', '/cookies', {}, { tls: true });
    expect(cookies.headers['set-cookie']).toEqual(['a=1; HttpOnly; Secure', 'b=2; secure; HttpOnly']);
    expect((await ask('secure', '/moved', {}, { tls: true })).headers.location).toBe('https://secure.test/there');
    expect((await ask('secure', '/moved')).headers.location).toBe('http://secure.test/there');
    expect((await ask('plain', '/moved', {}, { tls: true })).headers.location).toBe('http://secure.test/there');
    expect((await ask('plain', '/cookies')).headers['set-cookie']).toEqual(['a=1', 'b=2; secure; HttpOnly']);
  });
});

describe('X-Forwarded-For', () => {
  const sent = { 'X-Forwarded-For': '192.0.2.1', 'X-Client': 'me' };
  it.each([
    ['plain', ['127.0.0.1'], ['me']],
    ['off', ['192.0.2.1'], ['me']],
    ['append', ['192.0.2.1, 127.0.0.1'], ['me']],
    ['add', ['192.0.2.1', '127.0.0.1'], ['me']],
    ['named', ['192.0.2.1'], ['127.0.0.1']],
  ])('%s', async (name, forwarded, named) => {
    const { seen } = await bench.get({ address: ADDRESS, host: `${name}.test`, path: '/echo', headers: sent });
    expect(seen.headers['x-forwarded-for']).toEqual(forwarded);
    expect(seen.headers['x-client']).toEqual(named);
    expect(seen.headers['x-forwarded-proto']).toEqual(name === 'named' ? ['http'] : undefined);
  });
});

const HTML = '/?Content-Type=text/html%3B+charset%3Dutf-8';

describe('compression', () => {
  it('is of what clients accept, and says so', async () => {
    const { headers, body } = await ask('gzip', `${HTML}&ETag=%22v1%22`, { 'Accept-Encoding': 'br, gzip' });
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding', etag: 'W/"v1"' });
    expect(headers['content-length']).toBeUndefined();
    expect(body.length).toBeLessThan(PAGE.length / 2);
    expect(gunzipSync(body).toString()).toBe(PAGE);
  });

  it.each([
    ['nothing is accepted', 'gzip', HTML, {}],
    ['gzip is not accepted', 'gzip', HTML, { 'Accept-Encoding': 'gzip;q=0, *' }],
    ['another type', 'gzip', '/?Content-Type=image/png', { 'Accept-Encoding': 'gzip' }],
    ['a type that the list does not have', 'typed', HTML, { 'Accept-Encoding': 'gzip' }],
    ['short', 'gzip', '/short?Content-Type=text/html', { 'Accept-Encoding': 'gzip' }],
    ['fixed by the server', 'gzip', `${HTML}&Cache-Control=no-transform`, { 'Accept-Encoding': 'gzip' }],
    ['a failure', 'gzip', '/missing', { 'Accept-Encoding': 'gzip' }],
    ['custom filters', 'custom', HTML, { 'Accept-Encoding': 'gzip' }],
    ['no compression', 'plain', HTML, { 'Accept-Encoding': 'gzip' }],
  ])('leaves alone: %s', async (_, name, path, headers: Record<string, string>) => {
    const answer = await ask(name, path, headers);
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(['short', PAGE]).toContain(answer.body.toString());
  });

  it('leaves alone what the server has encoded', async () => {
    const { headers, body } = await ask('gzip', `${HTML}&Content-Encoding=x-own`, { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('x-own');
    expect(body.toString()).toBe(PAGE);
  });

  it('is of the types of the list', async () => {
    const { headers } = await ask('typed', '/?Content-Type=application/json', { 'Accept-Encoding': '*' });
    expect(headers['content-encoding']).toBe('gzip');
  });

  it('keeps from servers what clients accept, unless the profile says otherwise', async () => {
    const accepted = async (name: string) => {
      const headers = { 'Accept-Encoding': 'gzip' };
      const { seen } = await bench.get({ address: ADDRESS, host: `${name}.test`, path: '/echo', headers });
      return seen.headers['accept-encoding'];
    };
    expect(await accepted('gzip')).toBeUndefined();
    expect(await accepted('passing')).toEqual(['gzip']);
    expect(await accepted('custom')).toEqual(['gzip']);
  });

  it('works over HTTP/2', async () => {
    const session = connect(`http://${ADDRESS}:${HTTP_PORT}`);
    const stream = session.request({ ':path': HTML, ':authority': 'gzip.test', 'accept-encoding': 'gzip' });
    const encoding = new Promise((resolve) => stream.on('response', (headers) => resolve(headers['content-encoding'])));
    expect(gunzipSync(await buffer(stream)).toString()).toBe(PAGE);
    expect(await encoding).toBe('gzip');
    session.close();
  });
});

describe('sizes of requests', () => {
  const kilobytes = (count: number) => 'x'.repeat(count * 1024);

  it('refuses a body that is announced as too large, before a server gets any of it', async () => {
    arrived.length = 0;
    expect((await ask('small', '/', {}, { method: 'POST', body: [kilobytes(2)] })).status).toBe(200);
    const announced = { 'Content-Length': String(2 * 1024 + 1) };
    expect((await ask('small', '/', announced, { method: 'POST', body: [`${kilobytes(2)}x`] })).status).toBe(413);
    expect((await ask('plain', '/', {}, { method: 'POST', body: [kilobytes(20)] })).status).toBe(200);
    expect(arrived).toEqual([2 * 1024, 20 * 1024]);
  });

  it('refuses a body that turns out to be too large', async () => {
    arrived.length = 0;
    expect((await ask('small', '/', {}, { method: 'POST', body: [kilobytes(1), kilobytes(3)] })).status).toBe(413);
    expect(arrived).toEqual([]);
  });

  it('refuses large bodies over HTTP/2, and serves the next request of the connection', async () => {
    const session = connect(`http://${ADDRESS}:${HTTP_PORT}`);
    const statusOf = async (body: string): Promise<unknown> => {
      const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': 'small.test' });
      const status = new Promise((resolve) => stream.on('response', (headers) => resolve(headers[':status'])));
      stream.on('error', () => undefined);
      stream.end(body);
      await text(stream).catch(() => '');
      return status;
    };
    expect(await statusOf(kilobytes(3))).toBe(413);
    expect(await statusOf(kilobytes(1))).toBe(200);
    session.close();
  });

  it.each([
    ['one header of 1 KB', 'small', { 'X-Large': kilobytes(1) }, 400],
    ['headers of 2 KB', 'small', Object.fromEntries([1, 2, 3].map((n) => [`X-${n}`, 'x'.repeat(700)])), 400],
    ['21 headers', 'small', Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`X-${n}`, 'x'])), 400],
    ['a small request', 'small', { 'X-One': 'x'.repeat(900) }, 200],
    ['12 KB by default', 'plain', { 'X-Large': kilobytes(12) }, 400],
    ['11 KB by default', 'plain', { 'X-Large': kilobytes(11) }, 200],
    ["more than the parent allows, whatever the child's profile says", 'roomy', { 'X-Large': kilobytes(13) }, 400],
    ['more than any profile can allow', 'roomy', { 'X-Large': kilobytes(300) }, 400],
  ] as readonly (readonly [string, string, Record<string, string>, number])[])(
    '%s',
    async (_, name, headers, status) => {
      expect((await ask(name, '/', headers)).status).toBe(status);
    },
  );
});
