import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, silentLogger } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { startTelemetryServer, type TelemetryServer, type TelemetryServerOptions } from '../../src/telemetry/server.ts';

function lines(stream: PassThrough): readonly Record<string, unknown>[] {
  const text = ((stream.read() as Buffer | null) ?? Buffer.from('')).toString();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('writes JSON with its fields, from its level up', () => {
    const stream = new PassThrough();
    const logger = createLogger('info', stream);
    logger.debug('not said');
    logger.child({ gateway: 'ns/gw' }).warn('said', { count: 2, message: 'not this', level: 'error' });
    expect(lines(stream)).toMatchObject([
      { level: 'warn', message: 'said', gateway: 'ns/gw', count: 2, timestamp: expect.any(String) as unknown },
    ]);
  });

  it('changes its level while running, for its children too', () => {
    const stream = new PassThrough();
    const logger = createLogger('error', stream);
    const child = logger.child({});
    logger.setLevel('debug');
    child.debug('now said');
    expect(lines(stream)).toHaveLength(1);
    expect(child.level()).toBe('debug');
  });

  it('keeps secrets out, however deep', () => {
    const stream = new PassThrough();
    const pem = '-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----';
    createLogger('info', stream).info(`body ${pem}`, {
      body: { name: 'c', key: 'SECRET', nested: [{ password: 'SECRET', text: pem }] },
      error: Object.assign(new Error(`password=SECRET ${pem}`), { code: 'AVI_AUTH' }),
    });
    const [line] = lines(stream);
    expect(JSON.stringify(line)).not.toContain('SECRET');
    expect(line).toMatchObject({ body: { name: 'c' }, error: { code: 'AVI_AUTH' } });
  });

  it('survives a reader that goes away, and nothing else', () => {
    const stream = new PassThrough();
    createLogger('info', stream);
    expect(() => stream.emit('error', Object.assign(new Error('closed'), { code: 'EPIPE' }))).not.toThrow();
    expect(() => stream.emit('error', new Error('disk full'))).toThrow('disk full');
  });
});

describe('createMetrics', () => {
  it('counts calls, retries and objects under avi_gateway_ names', async () => {
    const metrics = createMetrics();
    metrics.apiCall({ type: 'pool', method: 'POST', code: '201', durationMs: 30, attempt: 1 });
    metrics.apiCall({ type: 'pool', method: 'POST', code: '503', durationMs: 30, attempt: 2 });
    metrics.owned(new Map([['pool', 3]]));
    metrics.gateway('ns/gw', 2, 5);
    metrics.certificate('ns/cert', 1_700_000_000_000);
    metrics.synced(1_700_000_000_500);
    metrics.watchRestarted('Gateway');
    const text = await metrics.text();
    expect(text).toContain('avi_gateway_api_requests_total{type="pool",method="POST",code="201"} 1');
    expect(text).toContain('avi_gateway_api_retries_total{type="pool",method="POST"} 1');
    expect(text).toContain('avi_gateway_api_request_duration_seconds_bucket{le="0.05",type="pool",method="POST"} 2');
    expect(text).toContain('avi_gateway_objects{type="pool"} 3');
    expect(text).toContain('avi_gateway_routes{gateway="ns/gw"} 5');
    expect(text).toContain('avi_gateway_certificate_expiry_timestamp_seconds{secret="ns/cert"} 1700000000');
    expect(text).toContain('avi_gateway_last_sync_timestamp_seconds 1700000000.5');
    expect(text).toContain('avi_gateway_watch_restarts_total{kind="Gateway"} 1');
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(names.every((name) => name?.startsWith('avi_gateway_'))).toBe(true);
  });

  it('forgets what is gone', async () => {
    const metrics = createMetrics();
    metrics.gateway('ns/gw', 2, 5);
    metrics.owned(new Map([['pool', 3]]));
    metrics.certificate('ns/cert', 1);
    metrics.gateway('ns/gw', 0, 0);
    metrics.owned(new Map());
    metrics.certificate('ns/cert', undefined);
    expect(await metrics.text()).not.toMatch(/ns\/gw|ns\/cert|type="pool"/);
  });
});

describe('startTelemetryServer', () => {
  const servers: TelemetryServer[] = [];
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });

  async function start(
    options: Partial<TelemetryServerOptions> = {},
  ): Promise<(path: string, method?: string) => Promise<Response>> {
    const server = await startTelemetryServer({
      host: '127.0.0.1',
      port: 0,
      healthy: () => true,
      ready: () => true,
      logger: silentLogger(),
      ...options,
    });
    servers.push(server);
    return (path, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });
  }

  it('says whether it is alive and ready', async () => {
    let ready = false;
    const get = await start({ ready: () => ready });
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
    ready = true;
    expect((await get('/readyz')).status).toBe(200);
  });

  it('serves metrics as Prometheus reads them', async () => {
    const get = await start({ metrics: () => Promise.resolve('a 1\n') });
    const reply = await get('/metrics');
    expect(reply.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await reply.text()).toBe('a 1\n');
  });

  it('has no /debug/ and no /metrics unless they are given', async () => {
    const get = await start();
    for (const path of ['/debug/engine', '/debug/loglevel', '/metrics', '/other'])
      expect((await get(path)).status).toBe(404);
  });

  it('changes the log level and does what is offered under /debug/', async () => {
    const logger = createLogger('info', new PassThrough());
    let confirmed = 0;
    const get = await start({
      logger,
      debug: { engine: () => ({ phase: 'working' }) },
      actions: { confirm: () => void (confirmed += 1) },
    });
    expect(await (await get('/debug/engine')).json()).toEqual({ phase: 'working' });
    expect((await get('/debug/loglevel?level=debug', 'PUT')).status).toBe(200);
    expect(logger.level()).toBe('debug');
    expect((await get('/debug/loglevel?level=loud', 'PUT')).status).toBe(400);
    expect((await get('/debug/confirm', 'PUT')).status).toBe(202);
    expect((await get('/debug/confirm')).status).toBe(404);
    expect((await get('/debug/toString')).status).toBe(404);
    expect(confirmed).toBe(1);
  });

  it('answers 500 without a word about why when something inside fails', async () => {
    const get = await start({ metrics: () => Promise.reject(new Error('secret detail')) });
    const reply = await get('/metrics');
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain('secret');
  });
});
