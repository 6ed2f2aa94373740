import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { login, type TestClient } from '../client.ts';

let simulator: Simulator;
let client: TestClient;
beforeAll(async () => {
  simulator = await startSimulator({ tls: false, dataPlane: false });
  client = await login(simulator);
});
afterAll(() => simulator.close());

const servers = [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 }];
const members = [{ pool_ref: '/api/pool?name=web' }];
const put = async (type: string, name: string, body: object): Promise<number> => {
  const uuid = simulator.store.list(type).find((object) => object.name === name)?.uuid ?? '';
  return (await client.call('PUT', `/api/${type}/${uuid}`, { name, ...body })).status;
};

describe('the record of lost members', () => {
  beforeEach(async () => {
    simulator.reset();
    await client.create('pool', { name: 'web', servers });
    await client.create('poolgroup', { name: 'group', members });
  });

  async function serve(): Promise<void> {
    const switching_action = { action: 'HTTP_SWITCHING_SELECT_POOLGROUP', pool_group_ref: '/api/poolgroup?name=group' };
    const rules = [{ name: 'r', index: 1, enable: true, switching_action }];
    await client.create('httppolicyset', { name: 'rules', http_request_policy: { rules } });
    await client.create('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
    const http_policies = [{ index: 1, http_policy_set_ref: '/api/httppolicyset?name=rules' }];
    await client.create('virtualservice', { name: 'vs', vsvip_ref: '/api/vsvip?name=vip', http_policies });
  }

  it('has pools and pool groups that a virtual service uses, also through a policy', async () => {
    await serve();
    expect(await put('pool', 'web', {})).toBe(200);
    expect(await put('poolgroup', 'group', { members: [] })).toBe(200);
    expect(simulator.stats.read().emptied).toMatchObject([
      { type: 'pool', name: 'web', virtualServices: ['vs'] },
      { type: 'poolgroup', name: 'group', virtualServices: ['vs'] },
    ]);
  });

  it('has nothing that nobody uses, that was empty before, or that keeps a member', async () => {
    await put('pool', 'web', {});
    await put('pool', 'web', { servers });
    await serve();
    await put('pool', 'web', { servers: [{ ip: { addr: '10.0.0.2', type: 'V4' }, port: 80 }] });
    await client.create('pool', { name: 'empty' });
    await put('pool', 'empty', { description: 'still empty' });
    expect(simulator.stats.read().emptied).toEqual([]);
  });
});
