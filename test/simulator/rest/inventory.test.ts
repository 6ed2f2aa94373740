import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
let vs: Record<string, unknown>;
const server = (port: number, enabled = true): object => ({ ip: { addr: '127.0.0.1', type: 'V4' }, port, enabled });

beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false, dnsDomains: ['example.com', 'avi.internal'] });
  client = await login(simulator);
  await client.create('pool', { name: 'web', servers: [server(1), server(2), server(3, false)] });
  await client.create('pool', { name: 'down', servers: [server(1, false)] });
  await client.create('pool', { name: 'off', enabled: false, servers: [server(1)] });
  const members = ['down', 'web'].map((name) => ({ pool_ref: `/api/pool?name=${name}` }));
  await client.create('poolgroup', { name: 'group', members });
  await client.create('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
  vs = await client.create('virtualservice', {
    name: 'vs',
    vsvip_ref: '/api/vsvip?name=vip',
    pool_ref: '/api/pool?name=web',
  });
});
afterAll(() => simulator.close());

const uuid = (type: string, name: string): string =>
  simulator.store.list(type).find((object) => object.name === name)?.uuid ?? '';

describe('inventory', () => {
  it('of virtual services has configuration, state, VIPs and pools', async () => {
    expect(await client.list('/api/virtualservice-inventory?include_name')).toMatchObject([
      {
        uuid: vs['uuid'],
        config: { name: 'vs' },
        runtime: {
          oper_status: { state: 'OPER_UP' },
          percent_ses_up: 100,
          vip_summary: [{ vip_id: '0', ip_address: { addr: '127.10.0.1' }, oper_status: { state: 'OPER_UP' } }],
        },
        health_score: { health_score: 100 },
        pools: [{ ref: `${simulator.url}/api/pool/${uuid('pool', 'web')}#web` }],
        poolgroups: [],
      },
    ]);
  });

  it('of pools counts servers', async () => {
    const [web] = await client.list('/api/pool-inventory?name=web');
    expect(web?.['runtime']).toMatchObject({
      oper_status: { state: 'OPER_UP' },
      num_servers: 3,
      num_servers_enabled: 2,
      num_servers_up: 2,
      percent_servers_up_enabled: 100,
      percent_servers_up_total: 66,
    });
    const states = await client.list('/api/pool-inventory?name.in=down,off');
    expect(states.map((pool) => (pool['runtime'] as { oper_status: { state: string } }).oper_status.state)).toEqual([
      'OPER_DOWN',
      'OPER_DISABLED',
    ]);
  });

  it('is paged and filtered like lists, and read by uuid', async () => {
    const page = await client.call('GET', '/api/pool-inventory?page_size=2');
    expect(page.body['next']).toBe(`${simulator.url}/api/pool-inventory?page_size=2&page=2`);
    expect((await client.call('GET', `/api/poolgroup-inventory/${uuid('poolgroup', 'group')}`)).body).toMatchObject({
      config: { name: 'group' },
      runtime: { oper_status: { state: 'OPER_UP' } },
    });
    expect(await client.list('/api/vsvip-inventory')).toMatchObject([{ config: { name: 'vip' } }]);
    expect(await client.list('/api/serviceengine-inventory')).toEqual([]);
    expect((await client.call('GET', '/api/pool-inventory/pool-1')).status).toBe(404);
  });
});

describe('runtime', () => {
  it.each(['', '/', '/summary'])('of a virtual service at runtime%s is an object', async (part) => {
    const reply = await client.call('GET', `/api/virtualservice/${String(vs['uuid'])}/runtime${part}`);
    expect(reply.body).toMatchObject({ oper_status: { state: 'OPER_UP' }, vip_summary: [{ vip_id: '0' }] });
  });

  it.each(['virtualservice/vs', 'pool/web', 'poolgroup/group'])('detail of %s is a list', async (path) => {
    const [type = '', name = ''] = path.split('/');
    const reply = await client.call('GET', `/api/${type}/${uuid(type, name)}/runtime/detail/`);
    expect(reply.body).toMatchObject([{ oper_status: { state: 'OPER_UP' } }]);
  });

  it('of servers lists them', async () => {
    const reply = await client.call('GET', `/api/pool/${uuid('pool', 'web')}/runtime/server`);
    expect(reply.body).toMatchObject([
      { ip_addr: { addr: '127.0.0.1', type: 'V4' }, port: 1, oper_status: { state: 'OPER_UP' } },
      { port: 2 },
      { port: 3, oper_status: { state: 'OPER_DISABLED' } },
    ]);
  });

  it('of a disabled virtual service says so', async () => {
    const path = `/api/virtualservice/${String(vs['uuid'])}`;
    await client.call('PATCH', path, { replace: { enabled: false } });
    expect((await client.call('GET', `${path}/runtime`)).body).toMatchObject({
      oper_status: { state: 'OPER_DISABLED' },
    });
    await client.call('PATCH', path, { replace: { enabled: true } });
  });
});

describe('macro', () => {
  const graph = (name: string, pool: object): object => ({
    model_name: 'VirtualService',
    data: {
      name,
      vsvip_ref_data: { name: `${name}-vip`, vip: [{ auto_allocate_ip: true }] },
      pool_group_ref_data: { name: `${name}-group`, members: [{ ratio: 2, pool_ref_data: pool }] },
    },
  });

  it('creates a graph and deletes what only it used', async () => {
    const made = await client.call(
      'POST',
      '/api/macro',
      graph('m', { name: 'm-pool', health_monitor_refs: ['/api/healthmonitor?name=System-TCP'] }),
    );
    expect(made.status).toBe(201);
    expect(await client.list('/api/poolgroup?name=m-group&include_name')).toMatchObject([
      { members: [{ ratio: 2, pool_ref: `${simulator.url}/api/pool/${uuid('pool', 'm-pool')}#m-pool` }] },
    ]);
    await client.create('poolgroup', { name: 'keeps', members: [{ pool_ref: '/api/pool?name=m-pool' }] });
    const removed = await client.call('DELETE', '/api/macro', {
      model_name: 'VirtualService',
      data: { uuid: made.body['uuid'] },
    });
    expect(removed.status).toBe(204);
    expect([uuid('virtualservice', 'm'), uuid('vsvip', 'm-vip'), uuid('poolgroup', 'm-group')]).toEqual(['', '', '']);
    expect(uuid('pool', 'm-pool')).not.toBe('');
    expect(uuid('healthmonitor', 'System-TCP')).not.toBe('');
  });

  it('creates all or nothing', async () => {
    const before = simulator.store.list('vsvip').length;
    const refused = await client.call('POST', '/api/macro', graph('n', { name: 'n-pool', lb_algorithm: 'NONE' }));
    expect([refused.status, Object.keys(refused.body)]).toEqual([400, ['lb_algorithm']]);
    expect(simulator.store.list('vsvip')).toHaveLength(before);
    expect(uuid('poolgroup', 'n-group')).toBe('');
  });

  it('answers with the object that it names, and refuses a name that is taken, fields of later versions and keys of its own', async () => {
    const pool = { name: 'taken', health_monitor_refs: ['/api/healthmonitor?name=System-TCP'] };
    const made = await client.call('POST', '/api/macro', graph('t', pool));
    expect(made.body).toMatchObject({ name: 't', pool_group_ref: expect.stringMatching(/#t-group$/) });
    expect(made.body).not.toHaveProperty('pool_group_ref_data');
    const again = await client.call('POST', '/api/macro', graph('u', pool));
    expect([again.status, uuid('vsvip', 'u-vip'), uuid('virtualservice', 'u')]).toEqual([409, '', '']);
    const more = { ...graph('v', { name: 'v-pool' }), asynchronous: true };
    expect((await client.call('POST', '/api/macro', more)).status).toBe(400);
  });

  it('needs a model that exists', async () => {
    expect((await client.call('POST', '/api/macro', { model_name: 'Nothing', data: {} })).status).toBe(400);
    expect((await client.call('POST', '/api/macro', {})).status).toBe(400);
    expect((await client.call('DELETE', '/api/macro', { model_name: 'Pool', data: { uuid: 'pool-1' } })).status).toBe(
      404,
    );
  });
});

describe('the controller about itself', () => {
  it('is up, alone, and licensed', async () => {
    expect((await client.call('GET', '/api/cluster/runtime')).body).toMatchObject({
      cluster_state: { state: 'CLUSTER_UP_NO_HA' },
      node_states: [{ role: 'CLUSTER_LEADER' }],
    });
    expect((await client.call('GET', '/api/cluster')).body['uuid']).toMatch(/^cluster-/);
    expect((await client.call('GET', '/api/systemconfiguration')).body['default_license_tier']).toBe('ENTERPRISE');
  });

  it('knows the DNS domains of a cloud', async () => {
    const cloud = uuid('cloud', 'Default-Cloud');
    expect((await client.call('GET', `/api/ipamdnsproviderprofiledomainlist?cloud_uuid=${cloud}`)).body).toEqual({
      domains: ['example.com', 'avi.internal'],
    });
    expect((await client.call('GET', '/api/ipamdnsproviderprofiledomainlist?cloud_uuid=cloud-1')).body).toEqual({
      domains: [],
    });
  });
});
