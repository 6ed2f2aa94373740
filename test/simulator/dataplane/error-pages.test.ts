import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anywhere, child, local, parent, policies, pool, requestPolicy, vhMatch, vip } from './tools/bodies.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
  const { store } = bench;
  const broken = await bench.backend((req, res) => {
    if (req.url === '/own') res.writeHead(502).end('of the server');
    else req.socket.destroy();
  });
  store.put('pool', 'broken', pool([broken.port]));
  store.put('pool', 'empty', pool([]));
  store.put('httppolicyset', 'answers', requestPolicy({ switching_action: local(502) }));
  const page = (index: number, codes: readonly number[], error_redirect: string, enable = true) => ({
    index,
    enable,
    error_redirect,
    match: { match_criteria: 'IS_IN', status_codes: codes, ranges: codes.length > 0 ? [] : [{ begin: 500, end: 599 }] },
  });
  store.put('errorpageprofile', 'pages', {
    error_pages: [
      page(3, [], 'https://pages.test/other'),
      page(1, [502], 'https://pages.test/off', false),
      page(2, [502], 'https://pages.test/broken'),
    ],
  });
  const error_page_profile_ref = ref('errorpageprofile', 'pages');
  const host = (name: string) => [vhMatch(name, { path: anywhere('BEGINS_WITH', '/') })];
  const put = (name: string, target: string, more: object) =>
    store.put('virtualservice', name, child('p', host(`${name}.test`), { pool_ref: ref('pool', target), ...more }));
  put('paged', 'broken', { error_page_profile_ref });
  put('plain', 'broken', {});
  put('empty', 'empty', { error_page_profile_ref });
  put('answers', 'broken', { error_page_profile_ref, ...policies('answers') });
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('virtualservice', 'p', parent('v'));
  await bench.plane.settled();
});

afterAll(() => bench.close());

describe('error pages', () => {
  it.each([
    ['paged', '/', 302, 'https://pages.test/broken'],
    ['paged', '/own', 502, undefined],
    ['plain', '/', 502, undefined],
    ['empty', '/', 503, undefined],
    ['answers', '/', 502, undefined],
  ])('are for errors of the data plane itself: %s%s', async (name, path, status, location) => {
    const reply = await bench.get({ address: ADDRESS, host: `${name}.test`, path });
    expect([reply.status, reply.headers.location]).toEqual([status, location]);
  });
});
