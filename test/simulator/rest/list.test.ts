import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
const uuids: Record<string, string> = {};

beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false });
  client = await login(simulator);
  await client.create('cloud', { name: 'second', vtype: 'CLOUD_NONE' });
  const markers = (value: string): object[] => [{ key: 'clustername', values: [value] }];
  const pools = [
    { name: 'apple', created_by: 'one', markers: markers('c1'), enabled: false },
    {
      name: 'Banana',
      created_by: 'one',
      markers: markers('c2'),
      health_monitor_refs: ['/api/healthmonitor?name=System-TCP'],
    },
    { name: 'cherry', created_by: 'two', markers: markers('c1') },
    { name: 'date', cloud_ref: '/api/cloud?name=second', description: 'sweet fruit' },
  ];
  for (const pool of pools) uuids[pool.name] = String((await client.create('pool', pool))['uuid']);
  const members = ['apple', 'cherry'].map((name) => ({ pool_ref: `/api/pool?name=${name}` }));
  uuids['group'] = String((await client.create('poolgroup', { name: 'group', members }))['uuid']);
  for (let index = 0; index < 60; index += 1)
    await client.create('stringgroup', { name: `s${String(index).padStart(2, '0')}`, type: 'SG_TYPE_STRING' });
});
afterAll(() => simulator.close());

async function names(query: string, type = 'pool'): Promise<readonly unknown[]> {
  return (await client.list(`/api/${type}?${query}`)).map((object) => object['name']);
}

describe('filters', () => {
  const all = ['apple', 'Banana', 'cherry', 'date'];
  const cloud = (name: string): string =>
    simulator.store.list('cloud').find((object) => object.name === name)?.uuid ?? '';

  it.each([
    ['', all],
    ['name=cherry', ['cherry']],
    ['name=cher', []],
    ['name.in=cherry,apple,nobody', ['cherry', 'apple']],
    ['name.contains=an', ['Banana']],
    ['name.contains=bA', []],
    ['name.icontains=bA', ['Banana']],
    ['created_by=one', ['apple', 'Banana']],
    ['enabled=false', ['apple']],
    ['label_key=clustername&label_value=c1', ['apple', 'cherry']],
    ['label_key=clustername', ['apple', 'Banana', 'cherry']],
    ['label_key=other&label_value=c1', []],
    ['cloud_ref.name=second', ['date']],
    ['cloud_ref.name=nowhere', []],
    ['search=err', ['cherry']],
    ['isearch=BAN', ['Banana']],
    ['search=(description,sweet)', ['date']],
    ['created_by=one&cloud_ref.name=Default-Cloud&name.contains=app', ['apple']],
    ['some_unknown_parameter=1', all],
    ['sort=name', ['Banana', 'apple', 'cherry', 'date']],
    ['sort=-name', ['date', 'cherry', 'apple', 'Banana']],
  ])('?%s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('by uuid and by reference', async () => {
    expect(await names(`uuid.in=${uuids['date']},${uuids['apple']}`)).toEqual(['date', 'apple']);
    expect(await names(`cloud_ref.uuid=${cloud('second')}`)).toEqual(['date']);
    expect(await names(`cloud_uuid=${cloud('second')}`)).toEqual(['date']);
    expect(await names(`referred_by=poolgroup:${uuids['group']}`)).toEqual(['apple', 'cherry']);
    expect(await names(`refers_to=pool:${uuids['cherry']}`, 'poolgroup')).toEqual(['group']);
    expect(await names(`refers_to=pool:${uuids['date']}`, 'poolgroup')).toEqual([]);
    expect(await names('health_monitor_refs.name=System-TCP')).toEqual(['Banana']);
  });

  it('never look into a secret', async () => {
    expect(await names('key=x', 'sslkeyandcertificate')).toEqual(await names('', 'sslkeyandcertificate'));
  });
});

describe('pages', () => {
  it('have 25 objects and lead to the next by an absolute URL with the same query', async () => {
    const first = await client.call('GET', '/api/stringgroup?include_name=true&name.contains=s');
    expect(first.body['count']).toBe(60);
    expect(first.body['results']).toHaveLength(25);
    const next = new URL(String(first.body['next']));
    expect(next.origin + next.pathname).toBe(`${simulator.url}/api/stringgroup`);
    expect(Object.fromEntries(next.searchParams)).toEqual({ include_name: 'true', 'name.contains': 's', page: '2' });
    const seen = [...(first.body['results'] as { name: string }[])];
    let url: unknown = first.body['next'];
    while (typeof url === 'string') {
      const page = await client.call('GET', url.slice(simulator.url.length));
      seen.push(...(page.body['results'] as { name: string }[]));
      url = page.body['next'];
    }
    expect(seen.map((group) => group.name)).toEqual(
      Array.from({ length: 60 }, (_entry, index) => `s${String(index).padStart(2, '0')}`),
    );
  });

  it('have the size that was asked for, up to 200', async () => {
    expect(await names('page_size=7&page=9', 'stringgroup')).toEqual(['s56', 's57', 's58', 's59']);
    expect(await names('page_size=1000', 'stringgroup')).toHaveLength(60);
    expect(await names('page_size=nonsense', 'stringgroup')).toHaveLength(25);
  });

  it('that do not exist are 404, and an empty list is not', async () => {
    expect((await client.call('GET', '/api/stringgroup?page=9')).status).toBe(404);
    expect((await client.call('GET', '/api/pool?name=none')).body).toEqual({ count: 0, results: [] });
  });
});

describe('projections', () => {
  const one = async (query: string): Promise<readonly string[]> =>
    Object.keys((await client.list(`/api/pool?name=date&${query}`))[0] ?? {});

  it('fields and exclude', async () => {
    expect([...(await one('fields=created_by,enabled'))].sort()).toEqual(['enabled', 'name', 'url', 'uuid']);
    expect(await one('exclude=servers,lb_algorithm,name')).not.toContain('lb_algorithm');
    expect(await one('exclude=name')).toContain('name');
  });

  it('skip_default leaves only what differs', async () => {
    const keys = await one('skip_default=true');
    expect(keys).toEqual(expect.arrayContaining(['name', 'description', 'cloud_ref', 'uuid', 'url', '_last_modified']));
    for (const filled of ['lb_algorithm', 'enabled', 'max_concurrent_connections_per_server'])
      expect(keys).not.toContain(filled);
    expect(Object.keys((await client.list('/api/pool?name=apple&skip_default=true'))[0] ?? {})).toContain('enabled');
  });

  it('join_subresources=runtime', async () => {
    expect(await client.list('/api/pool?name=date&join_subresources=runtime')).toMatchObject([
      { runtime: { oper_status: { state: 'OPER_DOWN' } } },
    ]);
  });
});
