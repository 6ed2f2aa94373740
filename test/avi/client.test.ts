import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAviClient, type AviClientOptions, type CallReport } from '../../src/avi/client.ts';
import { startFakeController, type FakeController } from './fake-controller.ts';

let fake: FakeController;
let slept: number[];
const clients: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  fake = await startFakeController();
  slept = [];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await fake.close();
});

function client(options: Partial<AviClientOptions> = {}) {
  const made = createAviClient({
    addresses: [fake.url],
    credentials: () => ({ username: 'admin', password: 'right' }),
    random: () => 0.5,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
    ...options,
  });
  clients.push(made);
  return made;
}

/** A fault for the first `count` calls. */
function first(count: number, fault: ReturnType<FakeController['fault']>): void {
  let left = count;
  fake.fault = () => ((left -= 1) >= 0 ? fault : undefined);
}

describe('session', () => {
  it('logs in once for calls at the same time and sends cookies, CSRF token, Referer, version and tenant', async () => {
    const avi = client();
    await Promise.all(
      [1, 2, 3].map((n) => avi.request('POST', '/api/pool/', { tenant: 'blue', body: { name: `p${n}` } })),
    );
    expect(fake.logins).toBe(1);
    expect(fake.calls[0]?.headers).toMatchObject({
      'x-avi-version': '30.2.1',
      'x-avi-tenant': 'blue',
      'x-csrftoken': 'csrf-1',
      referer: `${fake.url}/`,
      cookie: expect.stringContaining('avi-sessionid=session-1') as unknown,
    });
  });

  it('renews an ended session once for all calls in flight and makes them again', async () => {
    const avi = client();
    await avi.request('GET', '/api/pool/');
    fake.endSessions();
    fake.latencyMs = 5;
    const replies = await Promise.all(
      [1, 2, 3, 4].map((n) => avi.request('POST', '/api/pool/', { body: { name: `p${n}` } })),
    );
    expect(replies.map((reply) => reply.status)).toEqual([201, 201, 201, 201]);
    expect(fake.logins).toBe(2);
    expect(fake.objects.size).toBe(4);
  });

  it('takes a 419 as an ended session', async () => {
    const avi = client();
    first(1, { reply: 419 });
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
    expect(fake.logins).toBe(2);
  });

  it('asks for credentials at each login, and does not hammer the controller with refused ones', async () => {
    let password = 'old';
    const avi = client({ credentials: () => ({ username: 'admin', password }) });
    await expect(avi.request('GET', '/api/pool/')).rejects.toMatchObject({ kind: 'auth', code: 'AVI_AUTH' });
    await expect(avi.request('GET', '/api/pool/')).rejects.toMatchObject({ kind: 'auth' });
    expect(fake.logins).toBe(1);
    password = 'right';
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
  });

  it('goes to the next address of the cluster when one cannot be reached', async () => {
    const gone = await startFakeController();
    await gone.close();
    const avi = client({ addresses: [gone.url, fake.url] });
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
    expect(slept).toEqual([]);
  });

  it('leaves a node that does not answer in time', async () => {
    const hung = await startFakeController();
    const avi = client({ addresses: [hung.url, fake.url], requestTimeoutMs: 100 });
    await avi.request('GET', '/api/pool/');
    hung.latencyMs = 10_000;
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
    expect(fake.calls).toHaveLength(1);
    await hung.close();
  });

  it('fails over in mid-flight when the node goes away', async () => {
    const node = await startFakeController();
    const avi = client({ addresses: [node.url, fake.url] });
    await avi.request('GET', '/api/pool/');
    await node.close();
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
    expect(fake.calls).toHaveLength(1);
  });

  it('logs out when it is closed, and refuses calls afterwards', async () => {
    const avi = client();
    await avi.request('GET', '/api/pool/');
    await avi.close();
    expect(fake.calls.at(-1)).toMatchObject({ method: 'POST', path: '/logout' });
    await expect(avi.request('GET', '/api/pool/')).rejects.toMatchObject({ kind: 'closed' });
  });
});

describe('retries', () => {
  it('tries again after 5xx with growing backoff, and reports each attempt', async () => {
    const reports: CallReport[] = [];
    const avi = client({ onCall: (report) => reports.push(report) });
    first(2, { reply: 503 });
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
    expect(slept).toEqual([100, 200]);
    expect(reports.map(({ type, code, attempt }) => ({ type, code, attempt }))).toEqual([
      { type: 'login', code: '200', attempt: 1 },
      { type: 'pool', code: '503', attempt: 1 },
      { type: 'pool', code: '503', attempt: 2 },
      { type: 'pool', code: '200', attempt: 3 },
    ]);
  });

  it('waits as long as a 429 asks', async () => {
    const avi = client();
    first(1, { reply: 429, headers: { 'retry-after': '7' } });
    await avi.request('GET', '/api/pool/');
    expect(slept.some((milliseconds) => milliseconds >= 7000)).toBe(true);
  });

  it('gives up after the allowed attempts with the controller’s message', async () => {
    const avi = client({ retry: { attempts: 3, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 } });
    first(99, { reply: 500, body: { error: 'database is away' } });
    await expect(avi.request('GET', '/api/pool/')).rejects.toThrow('GET /api/pool/: 500 database is away');
    expect(fake.calls).toHaveLength(3);
  });

  it('repeats a call whose reply was lost', async () => {
    const avi = client();
    first(1, { drop: 'before' });
    await expect(avi.request('GET', '/api/pool/')).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    ['GET', '/api/pool/'],
    ['DELETE', '/api/pool/1'],
  ] as const)('does not take a page of a proxy for the answer to a %s', async (method, path) => {
    first(1, { reply: 200, body: '<html>please wait</html>', headers: { 'content-type': 'text/html' } });
    await client()
      .request(method, path)
      .catch(() => undefined);
    expect(fake.calls).toHaveLength(2);
  });

  it('starts and repeats no write once it may not write any more, and goes on reading', async () => {
    let asked = 0;
    const avi = client({ mayWrite: () => (asked += 1) <= 1 });
    first(1, { reply: 503 });
    await expect(avi.request('POST', '/api/pool/', { body: { name: 'p' } })).rejects.toMatchObject({
      kind: 'notLeader',
      retryable: true,
    });
    expect(fake.writes()).toHaveLength(1);
    await avi.request('GET', '/api/pool/');
    expect(asked).toBe(2);
  });

  it('does not repeat what the controller refuses', async () => {
    const avi = client();
    first(1, { reply: 400, body: { error: 'bad port' } });
    await expect(avi.request('POST', '/api/pool/', { body: { name: 'p' } })).rejects.toMatchObject({
      kind: 'validation',
      status: 400,
      retryable: false,
    });
    expect(fake.calls).toHaveLength(1);
  });
});

describe('calls', () => {
  it('keeps within its concurrency', async () => {
    const avi = client({ concurrency: 3 });
    fake.latencyMs = 5;
    await Promise.all(Array.from({ length: 12 }, () => avi.request('GET', '/api/pool/')));
    expect(fake.mostInFlight).toBe(3);
  });

  it('follows the pages of a list under the address that it uses itself', async () => {
    const avi = client();
    fake.pageSize = 2;
    for (const name of ['a', 'b', 'c', 'd', 'e']) await avi.request('POST', '/api/pool/', { body: { name } });
    const found = await avi.list('/api/pool/', { query: { page_size: '2' } });
    expect(found.map((pool) => pool.name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each(['/api/pool/?page=2', '@other.example.test/x', 7, { a: 1 }])(
    'does not follow pages for ever, nor %j',
    async (next) => {
      fake.fault = () => ({ reply: 200, body: { results: [], next } });
      await expect(client().list('/api/pool/')).rejects.toThrow('the pages of the list do not end');
      expect(fake.calls.length).toBeLessThan(5);
    },
  );

  it('keeps keys and passwords out of messages', async () => {
    const avi = client();
    const pem = '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----';
    first(1, { reply: 400, body: { error: `bad body {"password": "hunter2"} ${pem}` } });
    const failure = await avi.request('POST', '/api/pool/', { body: {} }).catch((error: unknown) => String(error));
    expect(failure).toContain('bad body');
    expect(failure).not.toMatch(/hunter2|PRIVATE KEY|abc/);
  });
});
