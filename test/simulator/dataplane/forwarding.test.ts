import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { echo } from './tools/backends.ts';
import {
  anywhere,
  child,
  header,
  literal,
  local,
  newPrefix,
  parent,
  policies,
  pool,
  requestPolicy,
  responsePolicy,
  toPool,
  vhMatch,
  vip,
} from './tools/bodies.ts';
import { type send } from './tools/client.ts';
import { address, HTTP_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  const a = await bench.backend(echo('a'));
  const b = await bench.backend(echo('b'));
  store.put('pool', 'a', pool([a.port]));
  store.put('pool', 'b', pool([b.port]));
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('httppolicyset', 'default', requestPolicy({ switching_action: local(404, 'nothing here') }));
  store.put('virtualservice', 'p', parent('v', policies('default')));
  const path = (criteria: string, ...values: string[]): { path: unknown } => ({ path: anywhere(criteria, ...values) });
  store.put(
    'virtualservice',
    'c-a',
    child('p', [vhMatch('app.test', path('BEGINS_WITH', '/'))], { pool_ref: ref('pool', 'a') }),
  );
  store.put(
    'virtualservice',
    'c-b',
    child('p', [vhMatch('app.test', path('EQUALS', '/b'), path('BEGINS_WITH', '/b/'))], { pool_ref: ref('pool', 'b') }),
  );

  store.put(
    'httppolicyset',
    'edits',
    requestPolicy(
      {
        match: { path: anywhere('BEGINS_WITH', '/edit') },
        hdr_action: [
          header('ADD', 2, 'X-Add', 'two'),
          header('REPLACE', 0, 'X-Set', 'one'),
          header('REMOVE', 1, 'X-Gone'),
          header('REPLACE', 3, 'X-Ip', { var: 'HTTP_POLICY_VAR_CLIENT_IP' }),
        ],
        switching_action: toPool('a'),
      },
      {
        match: { path: anywhere('BEGINS_WITH', '/old') },
        redirect_action: {
          protocol: 'HTTPS',
          port: 443,
          status_code: 'HTTP_REDIRECT_STATUS_CODE_301',
          path: newPrefix('new', 1),
        },
      },
      {
        match: { path: anywhere('BEGINS_WITH', '/rewrite/me') },
        rewrite_url_action: {
          path: newPrefix('', 2),
          host_hdr: literal('inside.test'),
          query: { keep_query: true, add_string: 'extra=1' },
        },
      },
    ),
  );
  store.put(
    'httppolicyset',
    'answers',
    responsePolicy(
      { hdr_action: [header('REPLACE', 0, 'X-First', 'yes'), header('REMOVE', 1, 'X-Backend-Secret')] },
      { match: { path: anywhere('BEGINS_WITH', '/rewrite') }, hdr_action: [header('ADD', 0, 'X-Second', 'yes')] },
      {
        match: { status: { match_criteria: 'IS_NOT_IN', status_codes: [200] } },
        hdr_action: [header('ADD', 0, 'X-Failed', 'yes')],
      },
    ),
  );
  store.put(
    'virtualservice',
    'c-policy',
    child('p', [vhMatch('policy.test', path('BEGINS_WITH', '/'))], {
      pool_ref: ref('pool', 'b'),
      ...policies('edits', 'answers'),
    }),
  );
  await bench.plane.settled();
});

afterAll(() => bench.close());

describe('children and their servers', () => {
  it.each([
    ['/', 'a'],
    ['/blue', 'a'],
    ['/b', 'b'],
    ['/b/x', 'b'],
  ])('serves %s from backend %s', async (path, backend) => {
    const reply = await bench.get({ address: ADDRESS, path });
    expect(reply.seen.backend).toBe(backend);
  });

  it('gives hosts that no child names to the parent, whatever the port in Host', async () => {
    expect(await bench.get({ address: ADDRESS, host: 'other.test' })).toMatchObject({
      status: 404,
      body: 'nothing here',
    });
    expect(await bench.get({ address: ADDRESS, host: 'APP.test:18080' })).toMatchObject({ status: 200 });
  });

  it('hands method, path, query, body and repeated headers on, and keeps Host', async () => {
    const reply = await bench.get({
      address: ADDRESS,
      method: 'POST',
      path: '/x%20y?q=1&q=%2F',
      headers: { 'X-Two': ['1', '2'] },
      body: 'content',
    });
    expect(reply.seen).toMatchObject({ method: 'POST', url: '/x%20y?q=1&q=%2F', host: 'app.test', body: 'content' });
    expect(reply.seen.headers['x-two']).toEqual(['1', '2']);
  });

  it('keeps hop-by-hop headers to itself and replaces X-Forwarded-For', async () => {
    const headers = { Connection: 'close, X-Hop', 'X-Hop': '1', TE: 'trailers', 'X-Forwarded-For': '1.2.3.4' };
    const { seen } = await bench.get({ address: ADDRESS, headers });
    expect(seen.headers).not.toHaveProperty('x-hop');
    expect(seen.headers).not.toHaveProperty('te');
    expect(seen.headers['x-forwarded-for']).toEqual(['127.0.0.1']);
  });

  it('answers HEAD without a body', async () => {
    expect(await bench.get({ address: ADDRESS, method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  it('streams a body while the server is still writing it', async () => {
    const release = Promise.withResolvers<void>();
    const slow = await bench.backend((_, res) => {
      res.write('first');
      void release.promise.then(() => res.end('last'));
    });
    bench.store.put('pool', 'slow', pool([slow.port]));
    bench.store.put(
      'virtualservice',
      'c-slow',
      child('p', [vhMatch('slow.test', { path: anywhere('BEGINS_WITH', '/') })], { pool_ref: ref('pool', 'slow') }),
    );
    await bench.plane.settled();
    const response = await fetchRaw('slow.test');
    const first = await response.next();
    expect(first.value).toBe('first');
    release.resolve();
    expect((await response.next()).value).toBe('last');
  });

  it.each(['chunked', 'with a length'])('hands a large body on, %s', async (kind) => {
    const body = 'x'.repeat(3_000_000);
    const headers: Record<string, string> =
      kind === 'chunked' ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(body.length) };
    const { seen } = await bench.get({ address: ADDRESS, method: 'PUT', headers, body });
    expect(seen.body.length).toBe(body.length);
  });

  it('serves many requests over one connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < 5; turn++) expect((await bench.get({ address: ADDRESS, agent })).status).toBe(200);
    agent.destroy();
  });
});

async function fetchRaw(host: string): Promise<AsyncIterator<string>> {
  const { request } = await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<AsyncIterator<string>>();
  request({ host: ADDRESS, port: HTTP_PORT, headers: { Host: host }, agent: false }, (response) => {
    response.setEncoding('utf8');
    resolve(response[Symbol.asyncIterator]() as AsyncIterator<string>);
  })
    .on('error', reject)
    .end();
  return promise;
}

describe('policies on the wire', () => {
  const get = (path: string, headers = {}): ReturnType<typeof send> =>
    bench.get({ address: ADDRESS, host: 'policy.test', path, headers });

  it('edits request headers in the order of hdr_index', async () => {
    const { seen } = await get('/edit', { 'X-Set': 'old', 'X-Gone': '1', 'X-Add': 'one' });
    expect(seen.backend).toBe('a');
    expect(seen.headers).toMatchObject({ 'x-set': ['one'], 'x-add': ['one', 'two'], 'x-ip': ['127.0.0.1'] });
    expect(seen.headers).not.toHaveProperty('x-gone');
  });

  it('redirects with the path rewritten and the query kept', async () => {
    expect(await get('/old/page?x=1')).toMatchObject({
      status: 301,
      headers: { location: 'https://policy.test/new/page?x=1' },
    });
  });

  it('rewrites path, host and query and goes on to the default pool', async () => {
    const { seen } = await get('/rewrite/me/there?x=1');
    expect(seen).toMatchObject({ backend: 'b', url: '/there?x=1&extra=1', host: 'inside.test' });
    expect((await get('/rewrite/me')).seen.url).toBe('/?extra=1');
  });

  it('applies every matching response rule, judged by the client request', async () => {
    const reply = await get('/rewrite/me/x');
    expect(reply.headers).toMatchObject({ 'x-first': 'yes', 'x-second': 'yes' });
    expect((await get('/edit')).headers).not.toHaveProperty('x-second');
    expect(reply.headers).not.toHaveProperty('x-failed');
  });

  it('survives edits that make no valid header, and gives the server connection back', async () => {
    bench.store.put(
      'httppolicyset',
      'bad',
      responsePolicy({ hdr_action: [header('ADD', 0, 'X-Bad', 'a\r\nX-Evil: 1')] }),
    );
    bench.store.put(
      'httppolicyset',
      'worse',
      requestPolicy({
        match: { path: anywhere('EQUALS', '/request') },
        hdr_action: [header('ADD', 0, 'X-Bad', 'a\0')],
      }),
    );
    const matches = [vhMatch('bad.test', { path: anywhere('BEGINS_WITH', '/') })];
    bench.store.put(
      'virtualservice',
      'c-bad',
      child('p', matches, { pool_ref: ref('pool', 'a'), ...policies('bad', 'worse') }),
    );
    await bench.plane.settled();
    expect(await bench.get({ address: ADDRESS, host: 'bad.test' })).toMatchObject({ status: 500 });
    expect((await bench.get({ address: ADDRESS, host: 'bad.test' })).headers).not.toHaveProperty('x-evil');
    expect(await bench.get({ address: ADDRESS, host: 'bad.test', path: '/request' })).toMatchObject({ status: 502 });
    expect((await bench.get({ address: ADDRESS })).status).toBe(200);
  });

  it('carries text outside ASCII as UTF-8', async () => {
    bench.store.put(
      'httppolicyset',
      'utf8',
      requestPolicy({
        hdr_action: [header('ADD', 0, 'X-U', 'grün')],
        rewrite_url_action: { path: literal('/grün weg') },
      }),
    );
    const matches = [
      vhMatch('utf8.test', {
        hdrs: [{ hdr: 'X-In', match_criteria: 'HDR_EQUALS', match_case: 'SENSITIVE', value: ['blau€'] }],
      }),
    ];
    bench.store.put(
      'virtualservice',
      'c-utf8',
      child('p', matches, { pool_ref: ref('pool', 'a'), ...policies('utf8') }),
    );
    await bench.plane.settled();
    const { seen } = await bench.get({
      address: ADDRESS,
      host: 'utf8.test',
      headers: { 'X-In': Buffer.from('blau€').toString('latin1') },
    });
    expect(seen.url).toBe('/gr%C3%BCn%20weg');
    expect(Buffer.from(seen.headers['x-u']![0]!, 'latin1').toString()).toBe('grün');
  });

  it('does not run response rules on answers of its own', async () => {
    expect((await get('/old/page')).headers).not.toHaveProperty('x-first');
  });
});
