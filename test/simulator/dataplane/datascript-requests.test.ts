import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { echo, type Seen } from './tools/backends.ts';
import { anywhere, child, header, parent, policies, pool, requestPolicy, vhMatch, vip } from './tools/bodies.ts';
import type { Reply, Sent } from './tools/client.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
let copies: Seen[] = [];
let release: (() => void) | undefined;

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  const main = await bench.backend(echo('main'));
  const mirror = await bench.backend((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const headers = req.headersDistinct as Seen['headers'];
      const body = Buffer.concat(chunks).toString('latin1');
      copies.push({ backend: 'mirror', method: req.method!, url: req.url!, host: req.headers.host!, headers, body });
      const answer = (): unknown => res.writeHead(202, { 'X-Mirror': 'm' }).end('copied');
      if (req.url === '/wait') release = answer;
      else answer();
    });
  });
  store.put('pool', 'main', pool([main.port]));
  store.put('pool', 'mirror', pool([mirror.port]));
  store.put('pool', 'down', pool([]));
  store.put('pool', 'foreign', pool([mirror.port]));
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('virtualservice', 'p', parent('v'));
});
beforeEach(() => {
  copies = [];
});
afterAll(() => bench.close());

async function program(
  scripts: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  bench.store.put('vsdatascriptset', 's', {
    datascript: Object.entries(scripts).map(([event, script]) => ({ evt: `VS_DATASCRIPT_EVT_${event}`, script })),
    pool_refs: ['main', 'mirror', 'down'].map((name) => ref('pool', name)),
  });
  bench.store.put(
    'virtualservice',
    'c',
    child('p', [vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') })], {
      pool_ref: ref('pool', 'main'),
      vs_datascripts: [{ index: 1, vs_datascript_set_ref: ref('vsdatascriptset', 's') }],
      ...more,
    }),
  );
  await bench.plane.settled();
}

const get = (request: Partial<Sent> = {}): Promise<Reply> => bench.get({ address: ADDRESS, ...request });

describe('avi.requests', () => {
  it('sends a request to a pool and waits for its answer', async () => {
    await program({
      HTTP_REQ: `local answer = avi.requests.get('mirror', '/copy?a=1')
        avi.http.response(200, {}, answer.status .. answer.headers['X-Mirror'] .. answer.body)`,
    });
    expect((await get()).body).toBe('202mcopied');
    expect(copies).toMatchObject([{ method: 'GET', url: '/copy?a=1', host: 'app.test' }]);
  });

  it('carries the headers that the script names, as edited so far, or Host alone', async () => {
    bench.store.put(
      'httppolicyset',
      'edits',
      requestPolicy({
        hdr_action: [header('REPLACE', 0, 'X-Set', 'policy'), header('REMOVE', 1, 'X-Gone')],
      }),
    );
    const script = `avi.http.add_header('X-Script', 's')
      avi.requests.get('mirror', avi.http.get_uri(), { headers = avi.http.get_header() })
      avi.requests.get('mirror', '/named', { headers = { Host = 'other.test', ['X-Named'] = 'n' } })
      avi.requests.get('mirror', '/bare')`;
    await program({ HTTP_REQ: script }, policies('edits'));
    const { seen } = await get({ path: '/p?q=1', headers: { 'X-Gone': '1', 'X-Set': '0', 'X-Two': ['a', 'b'] } });
    expect(seen.backend).toBe('main');
    expect(copies[0]).toMatchObject({ url: '/p?q=1', host: 'app.test' });
    expect(copies[0]!.headers).toMatchObject({ 'x-set': ['policy'], 'x-script': ['s'] });
    expect(copies[0]!.headers).not.toHaveProperty('x-gone');
    expect(copies[1]).toMatchObject({ url: '/named', host: 'other.test', headers: { 'x-named': ['n'] } });
    expect(copies[1]!.headers).not.toHaveProperty('x-set');
    expect(copies[2]).toMatchObject({ url: '/bare', host: 'app.test' });
    expect(copies[2]!.headers).not.toHaveProperty('x-set');
  });

  it.each([
    ['get', 'GET', ''],
    ['head', 'HEAD', ''],
    ['post', 'POST', 'own'],
    ['put', 'PUT', 'own'],
  ])('has %s', async (name, method, body) => {
    const args = body === '' ? '' : `, { body = '${body}' }`;
    await program({ HTTP_REQ: `avi.requests.${name}('mirror', '/x'${args})` });
    // What the client sends belongs to the request, not to the copy.
    await get({ method: 'POST', body: 'the client’s body' });
    expect(copies).toMatchObject([{ method, body }]);
  });

  it('takes a server of the pool, with or without its port', async () => {
    await program({
      HTTP_REQ: `avi.requests.get('mirror', '127.0.0.1', '/x') avi.requests.get('mirror', '10.0.0.9', '/x')`,
    });
    expect((await get()).status).toBe(500);
    expect(copies).toHaveLength(1);
    expect(bench.log.at(-1)).toContain('server 10.0.0.9 not found in pool mirror');
  });

  it('gives nil when no server answers', async () => {
    await program({ HTTP_REQ: `avi.http.response(avi.requests.get('down', '/x') == nil and 200 or 404)` });
    expect((await get()).status).toBe(200);
  });

  it.each([
    `avi.requests.get('foreign', '/x')`,
    `avi.requests.get('mirror', 'no-slash')`,
    `avi.requests.get('mirror', '/a b')`,
    `avi.requests.get('mirror', '/x', { headers = { ['X A'] = '1' } })`,
    `avi.requests.get('mirror', '/x', { headers = { ['X-A'] = 'a\\r\\nX-Evil: 1' } })`,
    `avi.requests.delete('mirror', '/x')`,
  ])('refuses %s', async (script) => {
    await program({ HTTP_REQ: script });
    expect((await get()).status).toBe(500);
    expect(copies).toEqual([]);
  });

  it('is not there in response events', async () => {
    await program({ HTTP_RESP: `avi.requests.get('mirror', '/x')` });
    expect((await get()).status).toBe(500);
    expect(copies).toEqual([]);
  });

  it('passes the body on when it has been buffered, byte for byte', async () => {
    await program({
      HTTP_REQ: `avi.http.set_request_body_buffer_size(32768)
        if avi.http.get_req_body() ~= nil then error('too early') end`,
      HTTP_REQ_DATA: `avi.requests.post('mirror', avi.http.get_path(), { body = avi.http.get_req_body() })`,
    });
    const { seen } = await get({ method: 'POST', path: '/body', body: 'grün \u0000 €' });
    expect(seen).toMatchObject({ backend: 'main', body: 'grün \u0000 €' });
    expect(Buffer.from(copies[0]!.body, 'latin1').toString()).toBe('grün \u0000 €');
    await get({ path: '/none' });
    expect(copies).toHaveLength(1);
  });

  it('buffers no more than asked for, and still sends all of the body', async () => {
    await program({
      HTTP_REQ: `avi.http.set_request_body_buffer_size(4)`,
      HTTP_REQ_DATA: `avi.http.add_header('X-Start', avi.http.get_req_body())`,
    });
    const body = 'abcdefgh'.repeat(40_000);
    const { seen } = await get({ method: 'POST', body });
    expect(seen.headers['x-start']).toEqual(['abcd']);
    expect(seen.body).toBe(body);
    await program({ HTTP_REQ: `avi.http.set_request_body_buffer_size(32769)` });
    expect((await get()).status).toBe(500);
  });

  it('keeps the globals and limits of scripts that wait apart', async () => {
    await program({
      HTTP_REQ: `mine = avi.http.get_query('id')
        if mine == 'slow' then avi.requests.get('mirror', '/wait') end
        avi.http.response(200, {}, mine .. avi.http.get_query('id'))`,
    });
    const slow = get({ path: '/?id=slow' });
    while (!release) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await get({ path: '/?id=fast' })).body).toBe('fastfast');
    release();
    expect((await slow).body).toBe('slowslow');
  });

  it('waits inside pcall too', async () => {
    await program({
      HTTP_REQ: `local ok, answer = pcall(avi.requests.get, 'mirror', '/x') avi.http.response(200, {}, tostring(ok) .. answer.status)`,
    });
    expect((await get()).body).toBe('true202');
  });
});
