import { afterEach, describe, expect, it } from '@jest/globals';
import { echo } from './tools/backends.ts';
import { putAnswer, putAnswering } from './tools/answering.ts';
import { anywhere, child, parent, policies, pool, securityPolicy, vhMatch, vip } from './tools/bodies.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref, uuid } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
afterEach(() => bench.close());

const state = (name: string): ReturnType<Bench['plane']['virtualService']> =>
  bench.plane.virtualService(uuid('virtualservice', name));
const put = (name: string, ip: string, status: number, more = {}): void =>
  putAnswering(bench.store, name, ip, status, more);

describe('writes', () => {
  it('of before the start are served, and later ones take effect at once without a delay', async () => {
    bench = await startBench();
    put('vs', ADDRESS, 201);
    expect(state('vs').state).toBe('OPER_CREATING');
    await bench.plane.settled();
    expect(state('vs')).toEqual({ state: 'OPER_UP', reason: [] });
    expect((await bench.get({ address: ADDRESS })).status).toBe(201);
    putAnswer(bench.store, 'vs', 202);
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(202);
  });

  /** Uuids of the virtual services in the order in which they are compiled from now on. */
  function recordProgramming(): readonly string[] {
    const programmed: string[] = [];
    const get = bench.store.get.bind(bench.store);
    Object.assign(bench.store, {
      get: (type: string, id: string) => {
        if (type === 'virtualservice') programmed.push(id);
        return get(type, id);
      },
    });
    return programmed;
  }

  it('take effect in another order than they were made, which the seed decides', async () => {
    const order = async (seed: number): Promise<readonly string[]> => {
      bench = await startBench({ programDelayMs: 100, seed });
      const programmed = recordProgramming();
      ['a', 'b', 'c', 'd', 'e'].forEach((name, index) => put(name, address(10 + index), 200));
      await bench.plane.settled();
      await bench.close();
      return programmed;
    };
    const orders = [await order(1), await order(2), await order(3)];
    expect(orders.map((programmed) => programmed.length)).toEqual([5, 5, 5]);
    expect(new Set(orders.map(String)).size).toBeGreaterThan(1);
  });

  it('reach only the virtual services that depend on them', async () => {
    bench = await startBench();
    put('one', ADDRESS, 200);
    put('two', address(2), 200);
    bench.store.put('pool', 'unused', pool([1]));
    await bench.plane.settled();
    const programmed = recordProgramming();
    putAnswer(bench.store, 'two', 204);
    bench.store.put('pool', 'unused', pool([2]));
    await bench.plane.settled();
    expect(programmed).toEqual(['virtualservice-two']);
  });

  it('of an object that was missing complete the virtual service', async () => {
    bench = await startBench();
    bench.store.put('virtualservice', 'vs', parent('late', policies('late')));
    await bench.plane.settled();
    bench.store.put('vsvip', 'late', vip(ADDRESS));
    putAnswer(bench.store, 'late', 204);
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(204);
  });

  it('that move a child to another parent take it from the first', async () => {
    bench = await startBench();
    put('one', ADDRESS, 404);
    put('two', address(2), 404);
    putAnswer(bench.store, 'child', 200);
    const move = async (to: string): Promise<readonly number[]> => {
      bench.store.put(
        'virtualservice',
        'c',
        child(to, [vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') })], policies('child')),
      );
      await bench.plane.settled();
      return Promise.all([ADDRESS, address(2)].map(async (address) => (await bench.get({ address })).status));
    };
    expect(await move('one')).toEqual([200, 404]);
    expect(await move('two')).toEqual([404, 200]);
    bench.store.remove('virtualservice', 'c');
    await bench.plane.settled();
    expect((await bench.get({ address: address(2) })).status).toBe(404);
  });
});

describe('evhOrder random', () => {
  it('picks any child whose rule matches', async () => {
    bench = await startBench({ evhOrder: 'random' });
    put('p', ADDRESS, 404);
    putAnswer(bench.store, 'wide', 201);
    putAnswer(bench.store, 'narrow', 202);
    bench.store.put(
      'virtualservice',
      'wide',
      child('p', [vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') })], policies('wide')),
    );
    bench.store.put(
      'virtualservice',
      'narrow',
      child('p', [vhMatch('app.test', { path: anywhere('EQUALS', '/x') })], policies('narrow')),
    );
    await bench.plane.settled();
    const seen = new Set<number>();
    for (let turn = 0; turn < 40; turn++) seen.add((await bench.get({ address: ADDRESS, path: '/x' })).status);
    expect(seen).toEqual(new Set([201, 202]));
  });
});

describe('min_pools_up', () => {
  it('takes a child whose pools are down out of the selection', async () => {
    bench = await startBench();
    put('p', ADDRESS, 404);
    bench.store.put('pool', 'down', pool([]));
    const matches = [vhMatch('app.test', { path: anywhere('BEGINS_WITH', '/') })];
    bench.store.put('virtualservice', 'c', child('p', matches, { pool_ref: ref('pool', 'down') }));
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(503);
    bench.store.put('virtualservice', 'c', child('p', matches, { pool_ref: ref('pool', 'down'), min_pools_up: 1 }));
    await bench.plane.settled();
    expect((await bench.get({ address: ADDRESS })).status).toBe(404);
  });
});

describe('what a virtual service without an answer does', () => {
  it('closes the connection, as CLOSE_CONN does', async () => {
    bench = await startBench();
    bench.store.put('vsvip', 'v', vip(ADDRESS));
    bench.store.put('virtualservice', 'vs', parent('v'));
    await bench.plane.settled();
    await expect(bench.get({ address: ADDRESS })).rejects.toThrow(/socket hang up|ECONNRESET/);
    bench.store.put('httppolicyset', 's', securityPolicy({ action: { action: 'HTTP_SECURITY_ACTION_CLOSE_CONN' } }));
    bench.store.put('virtualservice', 'vs', parent('v', policies('s')));
    await bench.plane.settled();
    await expect(bench.get({ address: ADDRESS })).rejects.toThrow(/socket hang up|ECONNRESET/);
  });
});

describe('rate limits', () => {
  it('answer 429 over the limit, for each client address', async () => {
    bench = await startBench();
    const backend = await bench.backend(echo('a'));
    bench.store.put('pool', 'a', pool([backend.port]));
    const rate_profile = {
      rate_limiter: { count: 2, period: 60 },
      action: { type: 'RL_ACTION_LOCAL_RSP' },
      per_client_ip: true,
    };
    bench.store.put(
      'httppolicyset',
      's',
      securityPolicy({ action: { action: 'HTTP_SECURITY_ACTION_RATE_LIMIT', rate_profile } }),
    );
    bench.store.put('vsvip', 'v', vip(ADDRESS));
    bench.store.put('virtualservice', 'vs', parent('v', { ...policies('s'), pool_ref: ref('pool', 'a') }));
    await bench.plane.settled();
    const statuses = [];
    for (let turn = 0; turn < 4; turn++) statuses.push((await bench.get({ address: ADDRESS })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
  });
});

describe('runtime state', () => {
  it('of pool groups follows their pools; unused pools are unused', async () => {
    bench = await startBench();
    const backend = await bench.backend(echo('a'));
    bench.store.put('pool', 'up', pool([backend.port]));
    bench.store.put('pool', 'down', pool([]));
    bench.store.put('pool', 'unused', pool([backend.port]));
    bench.store.put('poolgroup', 'g', {
      members: [{ pool_ref: ref('pool', 'up') }, { pool_ref: ref('pool', 'down') }],
    });
    bench.store.put('poolgroup', 'idle', { members: [{ pool_ref: ref('pool', 'unused') }] });
    bench.store.put('vsvip', 'v', vip(ADDRESS));
    bench.store.put('virtualservice', 'p', parent('v'));
    bench.store.put(
      'virtualservice',
      'c',
      child('p', [vhMatch('a.test', {})], { pool_group_ref: ref('poolgroup', 'g') }),
    );
    await bench.plane.settled();
    const { plane } = bench;
    expect([plane.poolGroup('poolgroup-g').state, plane.poolGroup('poolgroup-idle').state]).toEqual([
      'OPER_UP',
      'OPER_UNUSED',
    ]);
    expect(['up', 'down', 'unused'].map((name) => plane.pool(uuid('pool', name)).state)).toEqual([
      'OPER_UP',
      'OPER_DOWN',
      'OPER_UNUSED',
    ]);
    expect(state('c')).toEqual({ state: 'OPER_UP', reason: [] });
    bench.store.remove('virtualservice', 'p');
    await bench.plane.settled();
    expect(state('c')).toEqual({ state: 'OPER_DOWN', reason: ['The parent virtual service is not programmed'] });
  });
});
