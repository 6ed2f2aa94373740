import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { echo, startBackend } from './tools/backends.ts';
import { parent, pool, vip } from './tools/bodies.ts';
import { address, eventually, startBench, type Bench } from './tools/plane.ts';
import { ref, uuid } from './tools/store.ts';

const ADDRESS = address(1);
const TCP = {
  type: 'HEALTH_MONITOR_TCP',
  send_interval: 10,
  receive_timeout: 4,
  successful_checks: 2,
  failed_checks: 2,
};
let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
  bench.store.put('healthmonitor', 'tcp', TCP);
  bench.store.put('vsvip', 'v', vip(ADDRESS));
});
afterEach(() => bench.close());

/** A virtual service whose only pool has these servers. */
async function serve(ports: readonly number[], more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  bench.store.put('pool', 'a', pool(ports, { health_monitor_refs: [ref('healthmonitor', 'tcp')], ...more }));
  bench.store.put('virtualservice', 'vs', parent('v', { pool_ref: ref('pool', 'a') }));
  await bench.plane.settled();
}

const poolState = (): string => bench.plane.pool(uuid('pool', 'a')).state;
const status = async (path = '/'): Promise<number> => (await bench.get({ address: ADDRESS, path })).status;

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const backend = await startBackend(echo('x'));
  await backend.close();
  return backend.port;
}

describe('health monitors', () => {
  it('that wait for their turn end with the data plane, without a word', async () => {
    const rejected: unknown[] = [];
    const note = (reason: unknown): void => void rejected.push(reason);
    process.on('unhandledRejection', note);
    const other = await startBench();
    other.store.put('healthmonitor', 'tcp', TCP);
    other.store.put('vsvip', 'v', vip(address(2)));
    const ports = Array.from({ length: 200 }, (_, index) => 20_000 + index);
    other.store.put('pool', 'a', pool(ports, { health_monitor_refs: [ref('healthmonitor', 'tcp')] }));
    other.store.put('virtualservice', 'vs', parent('v', { pool_ref: ref('pool', 'a') }));
    await new Promise((resolve) => setTimeout(resolve, 10));
    await other.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(rejected).toEqual([]);
  });

  it('are done once when settled: up servers serve, down ones are passed over', async () => {
    const backend = await bench.backend(echo('a'));
    await serve([backend.port, await closedPort()]);
    expect(bench.plane.pool(uuid('pool', 'a')).servers.map(({ state }) => state)).toEqual(['OPER_UP', 'OPER_DOWN']);
    expect(bench.plane.virtualService(uuid('virtualservice', 'vs'))).toEqual({ state: 'OPER_UP', reason: [] });
    for (let turn = 0; turn < 6; turn++) expect(await status()).toBe(200);
  });

  it('follow a server down and up again', async () => {
    const first = await startBackend(echo('a'));
    await serve([first.port]);
    expect(await status()).toBe(200);
    await first.close();
    await eventually(poolState, (state) => state === 'OPER_DOWN');
    expect(await status()).toBe(503);
    expect(bench.plane.virtualService(uuid('virtualservice', 'vs'))).toEqual({
      state: 'OPER_DOWN',
      reason: ['Pool a is down'],
    });
    await bench.backend(echo('a'), undefined, first.port);
    await eventually(poolState, (state) => state === 'OPER_UP');
    expect(await status()).toBe(200);
    expect(bench.log.filter((line) => line.includes(`of pool a is`))).toHaveLength(2);
  });

  it('judge an HTTP answer by its class and content', async () => {
    let healthy = true;
    const backend = await bench.backend((_, res) => res.writeHead(healthy ? 200 : 500).end('fine'));
    const http_monitor = {
      http_request: 'GET /healthz HTTP/1.1',
      http_response_code: ['HTTP_2XX'],
      http_response: 'fine',
    };
    bench.store.put('healthmonitor', 'http', { ...TCP, type: 'HEALTH_MONITOR_HTTP', http_monitor });
    await serve([backend.port], { health_monitor_refs: [ref('healthmonitor', 'tcp'), ref('healthmonitor', 'http')] });
    expect(poolState()).toBe('OPER_UP');
    healthy = false;
    await eventually(poolState, (state) => state === 'OPER_DOWN');
    bench.store.put('healthmonitor', 'http', {
      ...TCP,
      type: 'HEALTH_MONITOR_HTTP',
      http_monitor: { ...http_monitor, http_response_code: ['HTTP_5XX'] },
    });
    await eventually(poolState, (state) => state === 'OPER_UP');
  });

  it('time out on a server that accepts and says nothing', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    bench.store.put('healthmonitor', 'tcp', { ...TCP, type: 'HEALTH_MONITOR_HTTP', receive_timeout: 0.1 });
    await serve([(silent.address() as { port: number }).port]);
    expect(poolState()).toBe('OPER_DOWN');
    silent.close();
  });

  it('leave disabled servers and servers outside the allowed networks alone', async () => {
    const backend = await bench.backend(echo('a'));
    const server = (addr: string, enabled: boolean): object => ({
      ip: { addr, type: 'V4' },
      port: backend.port,
      enabled,
    });
    await serve([], { servers: [server('127.0.0.1', false), server('192.0.2.1', true)] });
    expect(bench.plane.pool(uuid('pool', 'a')).servers.map(({ state }) => state)).toEqual([
      'OPER_DISABLED',
      'OPER_DOWN',
    ]);
    expect(await status()).toBe(503);
    bench.store.put('pool', 'a', pool([backend.port], { health_monitor_refs: [ref('healthmonitor', 'tcp')] }));
    await bench.plane.settled();
    expect(await status()).toBe(200);
  });

  it('are not needed: servers of a pool without any count as up', async () => {
    await serve([await closedPort()], { health_monitor_refs: [] });
    expect(poolState()).toBe('OPER_UP');
    expect(await status()).toBe(503);
  });
});

describe('fail actions', () => {
  it('close the connection by default', async () => {
    await serve([], { fail_action: undefined });
    await expect(status()).rejects.toThrow();
  });

  it('answer locally or redirect', async () => {
    const file = { content_type: 'text/plain', file_content: 'later' };
    await serve([], {
      fail_action: {
        type: 'FAIL_ACTION_HTTP_LOCAL_RSP',
        local_rsp: { status_code: 'FAIL_HTTP_STATUS_CODE_200', file },
      },
    });
    expect(await bench.get({ address: ADDRESS })).toMatchObject({ status: 200, body: 'later' });
    await serve([], {
      fail_action: {
        type: 'FAIL_ACTION_HTTP_REDIRECT',
        redirect: { host: 'sorry.test', path: 'down', protocol: 'HTTP' },
      },
    });
    expect(await bench.get({ address: ADDRESS, path: '/x?y=1' })).toMatchObject({
      status: 302,
      headers: { location: 'http://sorry.test/down?y=1' },
    });
  });
});

describe('timeouts and reselection', () => {
  it('answers 504 when server_timeout passes', async () => {
    const backend = await bench.backend(() => undefined);
    await serve([backend.port], { server_timeout: 60 });
    expect(await status()).toBe(504);
  });

  it('answers 502 when a server breaks off', async () => {
    const backend = await bench.backend((_, res) => res.destroy());
    await serve([backend.port]);
    expect(await status()).toBe(502);
  });

  it('retries a status on another server, each server once, idempotent requests only', async () => {
    let calls = 0;
    const fail = (): Promise<{ port: number }> =>
      bench.backend((_, res) => {
        calls += 1;
        res.writeHead(503).end();
      });
    const [bad, worse, good] = [await fail(), await fail(), await bench.backend(echo('good'))];
    const server_reselect = { enabled: true, num_retries: 4, svr_resp_code: { codes: [503] } };
    await serve([bad.port, worse.port, good.port], { server_reselect, lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' });
    for (let turn = 0; turn < 6; turn++) expect(await status()).toBe(200);
    expect(calls).toBeGreaterThan(0);
    const posts = [];
    for (let turn = 0; turn < 6; turn++) posts.push((await bench.get({ address: ADDRESS, method: 'POST' })).status);
    expect(posts).toContain(503);
    calls = 0;
    await serve([bad.port], { server_reselect });
    expect(await status()).toBe(503);
    expect(calls).toBe(1);
  });

  it('retries a refused connection and a try that takes too long', async () => {
    const slow = await bench.backend(() => undefined);
    const good = await bench.backend(echo('good'));
    const more = {
      health_monitor_refs: [],
      server_reselect: { enabled: true, retry_timeout: 500 },
      lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN',
    };
    await serve([await closedPort(), slow.port, good.port], more);
    for (let turn = 0; turn < 3; turn++) expect(await status()).toBe(200);
  });

  it('sends a body to another server only while none has got it', async () => {
    let calls = 0;
    const bad = await bench.backend((req, res) => {
      calls += 1;
      req.resume().on('end', () => res.writeHead(503).end());
    });
    const good = await bench.backend(echo('good'));
    const more = (nonIdempotent: boolean): Readonly<Record<string, unknown>> => ({
      health_monitor_refs: [],
      server_reselect: {
        enabled: true,
        num_retries: 4,
        retry_nonidempotent: nonIdempotent,
        svr_resp_code: { codes: [503] },
      },
      lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN',
    });
    const send = (method: string) => bench.get({ address: ADDRESS, method, body: 'content' });
    await serve([await closedPort(), good.port], more(false));
    for (let turn = 0; turn < 3; turn++) expect((await send('PUT')).seen).toMatchObject({ body: 'content' });
    expect([(await send('POST')).status, (await send('POST')).status].toSorted()).toEqual([200, 503]);
    await serve([await closedPort(), good.port], more(true));
    for (let turn = 0; turn < 3; turn++) expect((await send('POST')).seen).toMatchObject({ body: 'content' });
    await serve([bad.port, good.port], more(true));
    expect([(await send('PUT')).status, (await send('PUT')).status].toSorted()).toEqual([200, 503]);
    expect(calls).toBe(1);
  });

  it('sends a request again when the server had closed the kept connection', async () => {
    const backend = await bench.backend(echo('a'));
    await serve([backend.port]);
    for (let turn = 0; turn < 20; turn++) {
      expect(await status()).toBe(200);
      backend.server.closeAllConnections();
    }
  });
});
