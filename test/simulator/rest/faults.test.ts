import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createFaults } from '../../../src/simulator/rest/faults.ts';
import { seededRandom } from '../../../src/simulator/random.ts';
import { startSimulator, type Fault, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, request, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false });
  client = await login(simulator);
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const create = (name: string): ReturnType<TestClient['call']> => client.call('POST', '/api/pool', { name });
const stored = (): readonly string[] => simulator.store.list('pool').map((pool) => pool.name);
const status = (code: number, more: object = {}): Fault['effect'] => ({ kind: 'status', status: code, ...more });

describe('which calls a fault hits', () => {
  const hits = (fault: Fault, count: number, random = seededRandom(1)): readonly number[] => {
    const faults = createFaults(random);
    faults.add(fault);
    const calls = Array.from({ length: count }, (_entry, index) => index + 1);
    return calls.filter(
      () => faults.match({ method: 'POST', type: 'pool', path: '/api/pool', body: '{"name":"x"}' }).length > 0,
    );
  };

  it.each([
    ['the next by default', {}, [1]],
    ['the nth', { nth: 3 }, [3]],
    ['several from the nth on', { nth: 2, times: 2 }, [2, 3]],
    ['all', { times: 0 }, [1, 2, 3, 4, 5]],
    ['its method', { method: 'post' }, [1]],
    ['no other method', { method: 'PUT', times: 0 }, []],
    ['its type', { type: 'pool' }, [1]],
    ['no other type', { type: 'poolgroup', times: 0 }, []],
    ['its path', { path: '/api/po' }, [1]],
    ['its body', { body: '"x"' }, [1]],
    ['no other body', { body: '"y"', times: 0 }, []],
  ])('%s', (_what, conditions, expected) => {
    expect(hits({ ...conditions, effect: status(500) }, 5)).toEqual(expected);
  });

  it('a share of them, the same for the same seed', () => {
    const fault: Fault = { times: 0, probability: 0.3, effect: status(500) };
    const first = hits(fault, 1000, seededRandom(7));
    expect(hits(fault, 1000, seededRandom(7))).toEqual(first);
    expect(first.length).toBeGreaterThan(230);
    expect(first.length).toBeLessThan(370);
  });
});

describe('what a fault does', () => {
  it.each([401, 409, 412, 500, 503])('answers %d without effect', async (code) => {
    simulator.faults.add({ type: 'pool', effect: status(code) });
    expect((await create('p')).status).toBe(code);
    expect(stored()).toEqual([]);
    expect((await create('p')).status).toBe(201);
  });

  it('answers 429 with Retry-After', async () => {
    simulator.faults.add({ effect: status(429, { retryAfterSeconds: 7 }) });
    const reply = await create('p');
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('answers what it is told, after the write when it is told', async () => {
    simulator.faults.add({ effect: status(500, { when: 'after', body: { error: 'too late' } }) });
    const reply = await create('p');
    expect([reply.status, reply.body]).toEqual([500, { error: 'too late' }]);
    expect(stored()).toEqual(['p']);
  });

  it.each([
    ['before', []],
    ['after', ['p']],
  ] as const)('drops the connection %s the write', async (when, expected) => {
    simulator.faults.add({ effect: { kind: 'drop', when } });
    await expect(create('p')).rejects.toThrow();
    expect(stored()).toEqual(expected);
    expect(simulator.stats.read().writes).toMatchObject([{ method: 'POST', type: 'pool', status: 0 }]);
  });

  it('cuts the body in the middle, with the write done', async () => {
    simulator.faults.add({ effect: { kind: 'truncate' } });
    await expect(create('p')).rejects.toThrow();
    expect(stored()).toEqual(['p']);
  });

  it('answers HTML', async () => {
    simulator.faults.add({ effect: { kind: 'html' } });
    const reply = await create('p');
    expect([reply.status, reply.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(reply.text).toContain('<html>');
    expect(stored()).toEqual([]);
  });

  it('answers late, before or after the write', async () => {
    simulator.faults.add({ effect: { kind: 'delay', ms: 60, when: 'after' } });
    const slow = create('p');
    while (stored().length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(simulator.stats.read().inFlight).toBe(1);
    expect((await slow).status).toBe(201);
  });

  it.each([
    ['never does the write', 'before', []],
    ['has done the write', 'after', ['p']],
    ['does the write when the client has gone', 'late', ['p']],
  ] as const)('is silent and %s', async (_name, when, expected) => {
    simulator.faults.add({ effect: { kind: 'silence', when, ms: 5 } });
    const hangUp = new AbortController();
    const answer = fetch(`${simulator.url}/api/pool`, {
      method: 'POST',
      headers: {
        Cookie: client.cookies,
        'X-CSRFToken': client.csrfToken,
        Referer: `${simulator.url}/`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ name: 'p' }),
      signal: hangUp.signal,
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([simulator.stats.read().inFlight, stored()]).toEqual([1, when === 'after' ? ['p'] : []]);
    hangUp.abort();
    await expect(answer).rejects.toThrow();
    while (simulator.stats.read().inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stored()).toEqual(expected);
  });

  it('ends all sessions', async () => {
    const own = await login(simulator);
    simulator.faults.add({ type: 'poolgroup', effect: { kind: 'expire-sessions' } });
    expect((await own.call('GET', '/api/poolgroup')).status).toBe(401);
    expect((await own.call('GET', '/api/pool')).status).toBe(401);
    client = await login(simulator);
  });

  it('hits a login too', async () => {
    simulator.faults.add({ type: 'login', effect: status(503) });
    await expect(login(simulator)).rejects.toThrow('login answered 503');
  });
});

describe('the administration', () => {
  const administer = (
    method: string,
    path: string,
    body?: unknown,
    password = simulator.password,
  ): ReturnType<typeof request> =>
    request(`${simulator.url}/simulator${path}`, {
      method,
      headers: { Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it('needs the password', async () => {
    expect((await administer('GET', '/stats', undefined, 'wrong')).status).toBe(401);
    expect((await request(`${simulator.url}/simulator/faults`, { method: 'DELETE' })).status).toBe(401);
  });

  it('adds, shows and removes faults', async () => {
    const added = await administer('POST', '/faults', { type: 'pool', nth: 2, effect: status(500) });
    expect(added.status).toBe(201);
    expect([(await create('a')).status, (await create('b')).status, (await create('b')).status]).toEqual([
      201, 500, 201,
    ]);
    expect((await administer('GET', '/faults')).body).toMatchObject({
      results: [{ id: added.body['id'], matched: 3, hit: 1 }],
    });
    expect((await administer('DELETE', `/faults/${String(added.body['id'])}`)).status).toBe(204);
    expect((await administer('DELETE', `/faults/${String(added.body['id'])}`)).status).toBe(404);
    await administer('POST', '/faults', { effect: status(500) });
    expect((await administer('DELETE', '/faults')).status).toBe(204);
    expect((await administer('GET', '/faults')).body).toEqual({ results: [] });
  });

  it.each([
    ['no effect', {}, 'effect.kind'],
    ['another effect', { effect: { kind: 'explode' } }, 'effect.kind'],
    ['no status', { effect: { kind: 'status' } }, 'effect.status'],
    ['a delay without ms', { effect: { kind: 'delay' } }, 'effect.ms'],
    ['a text as nth', { nth: '1', effect: status(500) }, 'nth'],
    ['a probability above 1', { probability: 2, effect: status(500) }, 'probability'],
  ])('refuses a fault with %s', async (_what, fault, field) => {
    const reply = await administer('POST', '/faults', fault);
    expect(reply.status).toBe(400);
    expect(reply.text).toContain(field);
  });

  it('counts calls, writes and sessions', async () => {
    await create('a');
    await create('a');
    await client.call('GET', '/api/pool');
    const { body } = await administer('GET', '/stats?writes');
    expect(body).toMatchObject({
      calls: 3,
      byCall: { 'POST pool': 2, 'GET pool': 1 },
      byStatus: { 201: 1, 409: 1, 200: 1 },
      inFlight: 0,
      inFlightMax: 1,
      writes: [
        {
          sequence: 1,
          method: 'POST',
          path: '/api/pool',
          type: 'pool',
          tenant: 'admin',
          status: 201,
          body: { name: 'a' },
        },
        { sequence: 2, status: 409 },
      ],
    });
    expect((await administer('GET', '/stats')).body['writes']).toBe(2);
    expect((await administer('DELETE', '/stats')).status).toBe(204);
    expect(simulator.stats.read()).toMatchObject({ calls: 0, writes: [] });
  });

  it('removes everything but the system objects', async () => {
    await create('a');
    const heard: string[] = [];
    const leave = simulator.store.subscribe((change) => heard.push(`${change.kind} ${change.object.name}`));
    expect((await administer('POST', '/reset')).status).toBe(204);
    leave();
    expect(stored()).toEqual([]);
    expect(heard).toEqual(['deleted a']);
    expect(simulator.store.list('healthmonitor').length).toBeGreaterThan(3);
  });

  it('ends sessions', async () => {
    expect((await administer('DELETE', '/sessions')).status).toBe(204);
    expect((await client.call('GET', '/api/pool')).status).toBe(401);
    client = await login(simulator);
  });
});

describe('faults of the options', () => {
  it('are there from the start, and are checked', async () => {
    const faulty = await startSimulator({
      tls: false,
      dataPlane: false,
      faults: [{ type: 'login', effect: status(503) }],
    });
    await expect(login(faulty)).rejects.toThrow('503');
    await login(faulty);
    await faulty.close();
    const wrong = { effect: { kind: 'status', status: 42 } } as const;
    await expect(startSimulator({ tls: false, dataPlane: false, faults: [wrong] })).rejects.toThrow('effect.status');
  });
});

describe('limits', () => {
  it('latency delays each call, and calls run side by side', async () => {
    const slow = await startSimulator({ tls: false, dataPlane: false, latencyMs: 30 });
    const own = await login(slow);
    const names = Array.from({ length: 10 }, (_entry, index) => `p${index}`);
    const replies = await Promise.all(names.map((name) => own.call('POST', '/api/pool', { name })));
    expect(replies.map((reply) => reply.status)).toEqual(names.map(() => 201));
    expect(slow.stats.read().inFlightMax).toBeGreaterThan(5);
    await slow.close();
  });

  it('a rate limit answers 429 with Retry-After', async () => {
    const limited = await startSimulator({ tls: false, dataPlane: false, rateLimit: 5 });
    const own = await login(limited);
    const replies = await Promise.all(Array.from({ length: 20 }, () => own.call('GET', '/api/pool')));
    const refused = replies.filter((reply) => reply.status === 429);
    expect(refused.length).toBeGreaterThan(5);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    await limited.close();
  });
});
