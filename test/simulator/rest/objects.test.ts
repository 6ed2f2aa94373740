import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServerCertificate } from '../../../src/simulator/options/certificate.ts';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { everyPath } from '../store/fixture.ts';
import { login, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false });
  client = await login(simulator);
});
beforeEach(() => simulator.reset());
afterAll(() => simulator.close());

const server = (addr: string): object => ({ ip: { addr, type: 'V4' }, port: 80 });

describe('paths', () => {
  it.each(['/api/pool', '/api/pool/', '//api/pool', '//api//pool//', '/api/pool/?name=p', '/api/pool?name=p'])(
    '%s is the list',
    async (path) => {
      await client.create('pool/', { name: 'p' });
      expect(await client.list(path)).toMatchObject([{ name: 'p' }]);
    },
  );

  it('that do not exist are 404, methods that do not are 405', async () => {
    expect((await client.call('GET', '/api/abcd')).status).toBe(404);
    expect((await client.call('GET', '/api/pool/pool-1')).body).toEqual({ error: 'Pool object not found!' });
    expect((await client.call('GET', '/elsewhere')).status).toBe(404);
    const refused = await client.call('DELETE', '/api/pool');
    expect([refused.status, refused.body]).toEqual([405, { detail: "Method 'DELETE' not allowed." }]);
    expect((await client.call('POST', '/api/pool/pool-1', {})).status).toBe(405);
    expect((await client.call('OPTIONS', '/api/pool')).headers.get('allow')).toContain('POST');
  });

  it('take only JSON objects', async () => {
    for (const body of ['{', '[]', '"x"', '']) expect((await client.call('POST', '/api/pool', body)).status).toBe(400);
  });
});

describe('an object in a reply', () => {
  it('has absolute references on the host that the client used, with names after writes', async () => {
    const pool = await client.create('pool', {
      name: 'web',
      health_monitor_refs: ['/api/healthmonitor?name=System-TCP'],
    });
    expect(pool['url']).toBe(`${simulator.url}/api/pool/${String(pool['uuid'])}#web`);
    expect(pool['health_monitor_refs']).toEqual([
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/api\/healthmonitor\/healthmonitor-.*#System-TCP$/),
    ]);
    const port = new URL(simulator.url).port;
    const read = await fetch(`http://localhost:${port}/api/pool/${String(pool['uuid'])}`, {
      headers: { Cookie: client.cookies },
    });
    const body = (await read.json()) as { health_monitor_refs: string[]; url: string };
    expect(body.url).toBe(`http://localhost:${port}/api/pool/${String(pool['uuid'])}`);
    expect(body.health_monitor_refs[0]).not.toContain('#');
  });

  it.each(['include_name=true', 'include_name', 'include_name='])('has names on GET with ?%s', async (query) => {
    const { uuid } = await client.create('pool', { name: 'web' });
    const named = await client.call('GET', `/api/pool/${String(uuid)}?${query}`);
    expect(named.body['url']).toMatch(/#web$/);
    expect(named.body['tenant_ref']).toMatch(/\/api\/tenant\/admin#admin$/);
  });

  it('never has a private key', async () => {
    const { certificate, key } = await createServerCertificate(['a.example.com']);
    const created = await client.create('sslkeyandcertificate', { name: 'c', certificate: { certificate }, key });
    const path = `/api/sslkeyandcertificate/${String(created['uuid'])}`;
    const replies = [created, (await client.call('GET', path)).body, await client.list('/api/sslkeyandcertificate')];
    expect(JSON.stringify(replies)).toContain('BEGIN CERTIFICATE');
    expect(JSON.stringify(replies)).not.toContain('PRIVATE KEY');
    const put = await client.call('PUT', path, (await client.call('GET', path)).body);
    expect(put.status).toBe(200);
    expect(simulator.store.get('sslkeyandcertificate', String(created['uuid']))?.body['key']).toBe(key);
    expect(JSON.stringify(simulator.stats.read().writes)).not.toContain('PRIVATE KEY');
  });

  it('knows what it is used by', async () => {
    const vip = await client.create('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
    const enhanced = { vh_type: 'VS_TYPE_VH_ENHANCED' };
    const parent = await client.create('virtualservice', {
      name: 'p',
      type: 'VS_TYPE_VH_PARENT',
      ...enhanced,
      vsvip_ref: vip['url'],
    });
    expect(parent['vh_child_vs_uuid']).toEqual([]);
    const child = await client.create('virtualservice', {
      name: 'c',
      type: 'VS_TYPE_VH_CHILD',
      ...enhanced,
      vh_parent_vs_ref: parent['url'],
      vh_matches: [everyPath('a.example.com')],
    });
    const read = (await client.call('GET', `/api/virtualservice/${String(parent['uuid'])}`)).body;
    expect(read['vh_child_vs_uuid']).toEqual([child['uuid']]);
    expect(read['vip_runtime']).toEqual([{ vip_id: '0' }]);
    expect((await client.call('GET', `/api/vsvip/${String(vip['uuid'])}?include_name`)).body['vs_refs']).toEqual([
      parent['url'],
    ]);
  });
});

describe('PATCH', () => {
  let path: string;
  beforeEach(async () => {
    const pool = await client.create('pool', { name: 'p', description: 'd', servers: [server('10.0.0.1')] });
    path = `/api/pool/${String(pool['uuid'])}`;
  });
  const addresses = (body: Record<string, unknown>): readonly string[] =>
    ((body['servers'] ?? []) as readonly { ip: { addr: string } }[]).map((entry) => entry.ip.addr);

  it('adds to lists and sets scalars', async () => {
    const reply = await client.call('PATCH', path, { add: { servers: [server('10.0.0.2')], description: 'new' } });
    expect(reply.status).toBe(200);
    expect(addresses(reply.body)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(reply.body['description']).toBe('new');
  });

  it('replaces', async () => {
    const reply = await client.call('PATCH', path, { replace: { servers: [server('10.0.0.3')] } });
    expect(addresses(reply.body)).toEqual(['10.0.0.3']);
    expect(reply.body['description']).toBe('d');
  });

  it('deletes list elements by what is given of them, and unsets scalars', async () => {
    await client.call('PATCH', path, { add: { servers: [server('10.0.0.2')] } });
    const reply = await client.call('PATCH', path, {
      delete: { servers: [{ ip: { addr: '10.0.0.1' } }], description: '' },
    });
    expect(addresses(reply.body)).toEqual(['10.0.0.2']);
    expect(reply.body).not.toHaveProperty('description');
  });

  it('understands references in every spelling', async () => {
    const added = await client.call('PATCH', path, {
      add: { health_monitor_refs: ['/api/healthmonitor?name=System-TCP'] },
    });
    expect(added.body['health_monitor_refs']).toHaveLength(1);
    const removed = await client.call('PATCH', path, {
      delete: { health_monitor_refs: added.body['health_monitor_refs'] },
    });
    expect(removed.body['health_monitor_refs']).toEqual([]);
  });

  it.each([
    ['another operation', { remove: {} }, /Invalid patch operation 'remove'/],
    ['a field as operation', { description: 'x' }, /Invalid patch operation/],
    ['no object', { add: [] }, /needs an object/],
    ['an unknown field', { add: { nonsense: 1 } }, /nonsense/],
    ['a wrong value', { replace: { servers: [{}] } }, /servers\[0\]\.ip/],
  ])('is refused with %s, and then changes nothing', async (_what, body, expected) => {
    const before = (await client.call('GET', path)).text;
    const reply = await client.call('PATCH', path, body);
    expect(reply.status).toBe(400);
    expect(reply.text).toMatch(expected);
    expect((await client.call('GET', path)).text).toBe(before);
  });
});

describe('DELETE', () => {
  it('answers 204 with nothing, then 404', async () => {
    const { uuid } = await client.create('pool', { name: 'p' });
    const gone = await client.call('DELETE', `/api/pool/${String(uuid)}`);
    expect([gone.status, gone.text]).toEqual([204, '']);
    expect((await client.call('DELETE', `/api/pool/${String(uuid)}`)).status).toBe(404);
  });
});

describe('a write', () => {
  it('leaves every other object as it was, uncopied', async () => {
    for (let index = 0; index < 20; index += 1) await client.create('pool', { name: `p${index}` });
    const before = simulator.store.list('pool');
    await client.create('pool', { name: 'last' });
    expect(before.every((object, index) => simulator.store.list('pool')[index] === object)).toBe(true);
  });
});
