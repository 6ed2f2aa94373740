import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { everyPath } from '../store/fixture.ts';
import { login, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false });
  client = await login(simulator);
});
afterAll(() => simulator.close());

const at = (version: string): Readonly<Record<string, string>> => ({ 'X-Avi-Version': version });

describe('the version header', () => {
  it('is echoed', async () => {
    expect((await client.call('GET', '/api/pool', undefined, at('22.1.3'))).headers.get('avi_api_version')).toBe(
      '22.1.3',
    );
    const without = await fetch(`${simulator.url}/api/pool`, { headers: { Cookie: client.cookies } });
    expect(without.headers.get('avi_api_version')).toBe('16_4_2');
  });

  it.each([
    ['newer than the controller', '30.2.2', /Unsupported API version v30_2_2/],
    ['no version', 'thirty', /Invalid version header/],
  ])('is refused when it is %s', async (_what, version, expected) => {
    const reply = await client.call('GET', '/api/pool', undefined, at(version));
    expect(reply.status).toBe(400);
    expect(reply.text).toMatch(expected);
  });

  it('decides which fields are known', async () => {
    const old = await client.call('POST', '/api/pool', { name: 'p', enable_http2: true }, at('18.2.8'));
    expect([old.status, old.body]).toEqual([
      400,
      { error: 'Incoming request (v18_2_8) has field (enable_http2) introduced in later versions(v20_1_1).' },
    ]);
    expect((await client.call('POST', '/api/pool', { name: 'p', enable_http2: true }, at('20.1.1'))).status).toBe(201);
    const body = { name: 'c', type: 'VS_TYPE_VH_CHILD', vh_matches: [everyPath('a')] };
    expect((await client.call('POST', '/api/virtualservice', body, at('22.1.2'))).body).toEqual({
      vh_matches: '{"path":"Field check for path failed : There must be at least 1 path"}',
    });
  });

  it('may be raised by option', async () => {
    const newer = await startSimulator({ tls: false, dataPlane: false, apiVersionMax: '31.1.1' });
    const own = await login(newer);
    expect((await own.call('GET', '/api/pool', undefined, at('31.1.1'))).status).toBe(200);
    expect((await own.call('GET', '/api/initial-data')).body).toMatchObject({ version: { Version: '31.1.1' } });
    await newer.close();
  });
});

describe('the tenant header', () => {
  const tenant = (name: string): Readonly<Record<string, string>> => ({ 'X-Avi-Tenant': name });

  it('isolates tenants, and * sees all', async () => {
    const { uuid } = await client.create('tenant', { name: 'blue' });
    const own = await client.create('pool', { name: 'shared-name' }, tenant('blue'));
    const admin = await client.create('pool', { name: 'shared-name' });
    expect(own['tenant_ref']).toMatch(/\/api\/tenant\/tenant-[0-9a-f-]+#blue$/);
    const uuids = async (name: string): Promise<readonly unknown[]> =>
      (await client.list('/api/pool?name=shared-name', tenant(name))).map((pool) => pool['uuid']);
    expect(await uuids('blue')).toEqual([own['uuid']]);
    expect(await uuids('admin')).toEqual([admin['uuid']]);
    expect(await uuids('*')).toEqual([own['uuid'], admin['uuid']]);
    expect((await client.call('GET', `/api/pool/${String(admin['uuid'])}`, undefined, tenant('blue'))).status).toBe(
      404,
    );
    expect((await client.call('DELETE', `/api/pool/${String(own['uuid'])}`)).status).toBe(404);
    const byUuid = await client.call('GET', `/api/pool/${String(own['uuid'])}`, undefined, {
      'X-Avi-Tenant-UUID': String(uuid),
    });
    expect(byUuid.status).toBe(200);
    expect((await client.call('DELETE', `/api/tenant/${String(uuid)}`)).body).toMatchObject({
      error: expect.stringContaining('Pool shared-name'),
    });
  });

  it('does not change what belongs to another', async () => {
    const monitor = (await client.list('/api/healthmonitor?name=System-TCP', tenant('blue')))[0];
    const path = `/api/healthmonitor/${String(monitor?.['uuid'])}`;
    for (const [method, body] of [
      ['PUT', monitor],
      ['PATCH', { replace: { description: 'x' } }],
      ['DELETE', undefined],
    ] as const) {
      const reply = await client.call(method, path, body, tenant('blue'));
      expect([method, reply.status]).toEqual([method, 403]);
    }
    expect((await client.call('PATCH', path, { replace: { description: 'x' } })).status).toBe(200);
  });

  it('shows system objects and infrastructure everywhere', async () => {
    const found = await client.list('/api/healthmonitor?name=System-TCP', tenant('blue'));
    expect(found).toHaveLength(1);
    expect(await client.list('/api/network', tenant('blue'))).toHaveLength(1);
    expect(await client.list('/api/tenant?name=blue', tenant('blue'))).toHaveLength(1);
  });

  it('names a tenant that exists', async () => {
    const reply = await client.call('GET', '/api/pool', undefined, tenant('nobody'));
    expect([reply.status, reply.body]).toEqual([403, { error: "Tenant 'nobody' does not exist!" }]);
    const byUuid = await client.call('GET', '/api/pool', undefined, { 'X-Avi-Tenant-UUID': 'tenant-1' });
    expect(byUuid.status).toBe(403);
  });
});

describe('other headers', () => {
  it('of replies are those of the controller', async () => {
    const created = await client.call('POST', '/api/pool', { name: 'headers' });
    expect(created.headers.get('location')).toBe(`${simulator.url}/api/pool/${String(created.body['uuid'])}`);
    expect(created.headers.get('allow')).toBe('HEAD, POST, GET, OPTIONS');
    expect(created.headers.get('vary')).toBe('Accept, Cookie');
    const read = await client.call('GET', `/api/pool/${String(created.body['uuid'])}`);
    expect(read.headers.get('allow')).toBe('HEAD, GET, PUT, PATCH, OPTIONS, DELETE');
  });

  it('Slug forces the uuid, once', async () => {
    const forced = await client.create('pool', { name: 'forced' }, { Slug: 'pool-force-42' });
    expect(forced['uuid']).toBe('pool-force-42');
    expect((await client.call('POST', '/api/pool', { name: 'again' }, { Slug: 'pool-force-42' })).status).toBe(409);
    expect((await client.call('POST', '/api/pool', { name: 'again' }, { Slug: '../x' })).status).toBe(400);
  });
});
