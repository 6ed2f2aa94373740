import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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
  toPool,
  vhMatch,
  vip,
} from './tools/bodies.ts';
import type { Reply, Sent } from './tools/client.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  for (const name of ['a', 'b']) store.put('pool', name, pool([(await bench.backend(echo(name))).port]));
  store.put('pool', 'down', pool([]));
  store.put('poolgroup', 'g', { members: [{ pool_ref: ref('pool', 'b') }] });
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('virtualservice', 'p', parent('v'));
});
afterAll(() => bench.close());

type Scripts = Readonly<Record<string, string>>;

/** Puts scripts by event on a child with pool `a`. */
async function program(scripts: Scripts, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const datascript = Object.entries(scripts).map(([event, script]) => ({ evt: `VS_DATASCRIPT_EVT_${event}`, script }));
  bench.store.put('vsdatascriptset', 's', {
    datascript,
    pool_refs: ['a', 'b', 'down'].map((name) => ref('pool', name)),
    pool_group_refs: [ref('poolgroup', 'g')],
  });
  bench.store.put(
    'virtualservice',
    'c',
    child('p', [vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') })], {
      pool_ref: ref('pool', 'a'),
      vs_datascripts: [{ index: 1, vs_datascript_set_ref: ref('vsdatascriptset', 's') }],
      ...more,
    }),
  );
  await bench.plane.settled();
}

const get = (request: Partial<Sent> = {}): Promise<Reply> => bench.get({ address: ADDRESS, ...request });

async function answerOf(script: string, request: Partial<Sent> = {}): Promise<Reply> {
  await program({ HTTP_REQ: script });
  return get(request);
}

describe('request scripts', () => {
  it('see the request', async () => {
    const script = `
      local seen = { avi.http.method(), avi.http.hostname(), avi.http.protocol(), avi.http.get_path(), avi.http.get_query(), avi.http.get_query('a'),
        avi.http.get_uri(), avi.http.get_header('X-In'), avi.http.get_cookie('k'), avi.vs.name(), avi.vs.ip(), tostring(avi.vs.port()), avi.vs.client_ip(),
        tostring(avi.http.get_header('X-None')), tostring(avi.ssl.server_name()), avi.http.get_query(avi.QUERY_TABLE).b }
      avi.http.response(200, {['Content-Type'] = 'text/plain', ['X-Own'] = 'yes'}, table.concat(seen, '|'))`;
    const reply = await answerOf(script, { path: '/p%20q?a=1&b=2', headers: { 'X-In': 'in', Cookie: 'j=0; k=v' } });
    expect(reply.body).toBe(
      `GET|app.test|http|/p%20q|a=1&b=2|1|/p%20q?a=1&b=2|in|v|c|${ADDRESS}|80|127.0.0.1|nil|nil|2`,
    );
    expect(reply.headers).toMatchObject({ 'content-type': 'text/plain', 'x-own': 'yes' });
  });

  it('change headers, path and query', async () => {
    const script = `avi.http.add_header('X-A', '2') avi.http.replace_header('X-B', 'new') avi.http.remove_header('X-C')
      avi.http.set_path('/other') avi.http.set_query('z=1') avi.http.add_header('X-U', 'gr\\195\\188n')`;
    const { seen } = await answerOf(script, { path: '/x?y=1', headers: { 'X-A': '1', 'X-B': 'old', 'X-C': '1' } });
    expect(seen.url).toBe('/other?z=1');
    expect(seen.headers).toMatchObject({ 'x-a': ['1', '2'], 'x-b': ['new'] });
    expect(Buffer.from(seen.headers['x-u']![0]!, 'latin1').toString()).toBe('grün');
    expect(seen.headers).not.toHaveProperty('x-c');
  });

  it('select a pool, a server or a pool group that their set refers to', async () => {
    expect((await answerOf(`avi.pool.select('b')`)).seen.backend).toBe('b');
    expect((await answerOf(`avi.pool.select('b', '127.0.0.1')`)).seen.backend).toBe('b');
    expect((await answerOf(`avi.poolgroup.select('g')`)).seen.backend).toBe('b');
    expect((await answerOf(`avi.pool.select('b', '10.0.0.1')`)).status).toBe(500);
    expect(bench.log.at(-1)).toContain('server 10.0.0.1 not found in pool b');
    expect((await answerOf(`avi.pool.select('unknown')`)).status).toBe(500);
  });

  it('are ignored in their selection when a rule switched', async () => {
    bench.store.put('httppolicyset', 'switch', requestPolicy({ switching_action: toPool('a') }));
    await program({ HTTP_REQ: `avi.pool.select('b')` }, policies('switch'));
    expect((await get()).seen.backend).toBe('a');
  });

  it('see the edits of the request policy, and do not run when it answered', async () => {
    bench.store.put(
      'httppolicyset',
      'mark',
      requestPolicy(
        { match: { path: anywhere('EQUALS', '/no') }, switching_action: local(403) },
        { hdr_action: [header('REPLACE', 0, 'X-Mark', 'm1')] },
      ),
    );
    const script = `local mark = avi.http.get_header('X-Mark') avi.http.remove_header('X-Mark') avi.http.response(200, {['X-Was'] = mark})`;
    await program({ HTTP_REQ: script }, policies('mark'));
    expect((await get({ headers: { 'X-Mark': 'forged' } })).headers['x-was']).toBe('m1');
    expect((await get({ path: '/no' })).status).toBe(403);
  });

  it('redirect, close and answer with the documented statuses only', async () => {
    expect(await answerOf(`avi.http.redirect('https://o.test/x', 303)`)).toMatchObject({
      status: 303,
      headers: { location: 'https://o.test/x' },
    });
    expect((await answerOf(`avi.http.response(451)`)).status).toBe(451);
    expect((await answerOf(`avi.http.response(204)`)).status).toBe(500);
    expect((await answerOf(`avi.http.response(421)`)).status).toBe(500);
    expect((await answerOf(`avi.http.response(308)`)).status).toBe(500);
    expect((await answerOf(`avi.http.redirect('/x', 308)`)).status).toBe(500);
    await expect(answerOf(`avi.http.close_conn()`)).rejects.toThrow(/socket hang up|ECONNRESET/);
  });

  it('go on after an answer, of which the first stands', async () => {
    await program({ HTTP_REQ: `avi.http.response(404) avi.http.response(403) avi.vs.log('went on')` });
    expect((await get()).status).toBe(404);
    expect(bench.log.at(-1)).toBe('DataScript s on c: went on');
  });

  it('keep tables between requests; an insert does not overwrite', async () => {
    const script = `
      local count = tonumber(avi.vs.table_lookup('counts', 'k') or '0')
      avi.vs.table_remove('counts', 'k') avi.vs.table_insert('counts', 'k', tostring(count + 1), 60)
      avi.vs.table_insert('fixed', tostring(count), 60)
      avi.http.response(200, {}, count .. ' ' .. avi.vs.table_lookup('fixed'))`;
    await program({ HTTP_REQ: script });
    expect([(await get()).body, (await get()).body, (await get()).body]).toEqual(['0 0', '1 0', '2 0']);
  });
});

describe('the sandbox', () => {
  it.each([
    'error("boom")',
    'this is no lua',
    'local x = nil + 1',
    'return avi.http.no_such_function',
    'avi.nothing.at_all()',
    'pcall(avi.http.no_such_function)',
    'tonumber(nil)',
    'os.exit(1)',
    'io.open("/etc/passwd")',
    'load("return 1")()',
    'require("os")',
    'string.match("a", "a")',
    '("a"):gsub("a", "b")',
    'string.find("a", "a")',
    'string.rep("a", 1e9)',
    'math.random()',
    'coroutine.wrap(function() end)()',
    'debug.sethook()',
    'setmetatable({}, {})',
    'string.lower = nil',
    'avi.http.method = nil',
    'host("http.method")',
    'avi.http.add_header("X-A", "a\\r\\nX-Evil: 1")',
    'avi.http.add_header("X A", "a")',
    'avi.http.set_path("no-slash")',
    'while true do end',
    'while true do pcall(function() while true do end end) end',
    'local t = {} for i = 1, 1e9 do t[i] = string.rep("x", 65536) .. i end',
  ])('answers 500 to %s', async (script) => {
    expect((await answerOf(script)).status).toBe(500);
    expect(bench.log.at(-1)).toMatch(/^DataScript s on c failed: /);
    expect((await answerOf('return')).status).toBe(200);
  });

  it('offers the documented string functions and plain Lua', async () => {
    const script = `
      local ok = string.beginswith('abc', 'ab') and string.endswith('abc', 'bc') and string.contains('abc', 'b') and not string.endswith('abc', 'ab')
      ok = ok and string.find('a.b', '.', 1, true) == 2 and ('ABC'):lower() == 'abc' and string.sub('abc', 2) == 'bc'
      local list = {3, 1, 2} table.sort(list) local caught, message = pcall(error, 'x')
      ok = ok and table.concat(list, ',') == '1,2,3' and caught == false and message == 'x' and select('#', unpack(list)) == 3
      avi.http.response(ok and 200 or 404)`;
    expect((await answerOf(script)).status).toBe(200);
  });

  it('does not carry globals from one request to the next', async () => {
    await program({ HTTP_REQ: `local before = leak leak = 'x' avi.http.response(before and 404 or 200)` });
    expect([(await get()).status, (await get()).status]).toEqual([200, 200]);
  });
});

describe('response scripts', () => {
  it('share request variables, see status and headers, and run before the response policy', async () => {
    bench.store.put(
      'httppolicyset',
      'r',
      responsePolicy({
        match: { rsp_hdrs: [{ hdr: 'X-Script', match_criteria: 'HDR_EXISTS' }] },
        hdr_action: [header('ADD', 0, 'X-Policy', 'saw it')],
      }),
    );
    const scripts = {
      HTTP_REQ: `avi.vs.reqvar.mark = avi.http.get_path() avi.http.set_reqvar('n', 1)`,
      HTTP_RESP: `avi.http.add_header('X-Script', avi.vs.reqvar.mark .. avi.http.status() .. tostring(avi.http.get_reqvar('n')) .. avi.http.get_header('X-Backend') .. avi.http.get_header('X-In', avi.HTTP_REQUEST))
        avi.http.remove_header('X-Backend') if avi.vs.reqvar.none ~= nil then error('x') end`,
    };
    await program(scripts, policies('r'));
    const reply = await get({ path: '/path', headers: { 'X-In': 'in' } });
    expect(reply.headers).toMatchObject({ 'x-script': '/path2001ain', 'x-policy': 'saw it' });
    expect(reply.headers).not.toHaveProperty('x-backend');
  });

  it('may replace the answer, and do not run on answers of the data plane itself', async () => {
    await program({ HTTP_RESP: `avi.http.response(404, {}, 'replaced')` });
    expect(await get()).toMatchObject({ status: 404, body: 'replaced' });
    await program({ HTTP_REQ: `avi.http.response(200)`, HTTP_RESP: `error('must not run')` });
    expect((await get()).status).toBe(200);
  });

  it('of LB_DONE know the pool and change the request that goes there', async () => {
    await program({
      HTTP_REQ: `if avi.pool.name() then error('too early') end avi.poolgroup.select('g')`,
      HTTP_LB_DONE: `avi.http.replace_header('X-Pool', avi.pool.name())`,
      HTTP_RESP: `avi.http.add_header('X-Chosen', avi.pool.name())`,
    });
    for (let turn = 0; turn < 10; turn++) {
      const { seen, headers } = await get();
      expect(seen.headers['x-pool']).toEqual([seen.backend]);
      expect(headers['x-chosen']).toBe(seen.backend);
    }
    await program({ HTTP_LB_DONE: `avi.http.response(403)` });
    expect((await get()).status).toBe(403);
  });

  it('of LB_FAILED answer when no server is up', async () => {
    await program({ HTTP_REQ: `avi.pool.select('down')`, HTTP_LB_FAILED: `avi.http.response(404)` });
    expect((await get()).status).toBe(404);
    await program({ HTTP_REQ: `avi.pool.select('down')` });
    expect((await get()).status).toBe(503);
  });

  it('of events that are not simulated are reported', async () => {
    await program({ HTTP_AUTH: 'return' });
    expect(bench.log).toContain(
      'virtual service c: DataScript set s: event VS_DATASCRIPT_EVT_HTTP_AUTH is not simulated here',
    );
  });
});
