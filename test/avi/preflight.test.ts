import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAviClient, type AviClient } from '../../src/avi/client.ts';
import { describeRefusals, preflight, type PreflightSettings } from '../../src/avi/preflight.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';

let simulator: Simulator;
let client: AviClient;

beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false, dnsDomains: ['example.test', 'lab.test'] });
  client = connect(simulator.ca);
});
afterAll(async () => {
  await client.close();
  await simulator.close();
});

function connect(ca: string | undefined): AviClient {
  return createAviClient({
    addresses: [simulator.url],
    credentials: () => ({ username: simulator.username, password: simulator.password }),
    ...(ca !== undefined && { tls: { ca } }),
    retry: { attempts: 1, baseMs: 1, capMs: 1, longestRetryAfterMs: 1 },
  });
}

const settings: PreflightSettings = {
  controller: { apiVersion: '30.2.1' },
  cloud: 'Default-Cloud',
  tenant: 'admin',
  serviceEngineGroup: 'Default-Group',
  vrf: 'global',
  vipNetworks: [{ networkName: 'net-vip' }],
  nodeNetworks: [],
};

describe('preflight', () => {
  it('finds what is configured, and reports what only the controller knows', async () => {
    await expect(preflight(client, settings)).resolves.toEqual({
      ok: true,
      facts: { cloudType: 'CLOUD_NONE', dnsDomains: ['example.test', 'lab.test'], version: '30.2.1', routeIds: [] },
      warnings: [],
    });
  });

  it('takes a network by its uuid', async () => {
    const uuid = simulator.store.list('network').find((network) => network.name === 'net-vip')?.uuid ?? '';
    await expect(preflight(client, { ...settings, vipNetworks: [{ networkUUID: uuid }] })).resolves.toMatchObject({
      ok: true,
    });
  });

  it('finds what the tenant admin shares with other tenants', async () => {
    await client.request('POST', '/api/tenant/', { body: { name: 'blue' } });
    await expect(preflight(client, { ...settings, tenant: 'blue' })).resolves.toMatchObject({ ok: true });
  });

  it.each<[string, Partial<PreflightSettings>]>([
    ['cloud', { cloud: 'nowhere' }],
    ['tenant', { tenant: 'nobody' }],
    ['serviceEngineGroup', { serviceEngineGroup: 'none' }],
    ['vrf', { vrf: 'none' }],
    ['vipNetworks[1].networkName', { vipNetworks: [{ networkName: 'net-vip' }, { networkName: 'none' }] }],
    ['nodeNetworks[0].networkUUID', { nodeNetworks: [{ networkUUID: 'network-none', cidrs: [] }] }],
    ['controller.apiVersion', { controller: { apiVersion: '31.1.1' } }],
  ])('refuses %s, by its key', async (key, wrong) => {
    const result = await preflight(client, { ...settings, ...wrong });
    expect(result.ok).toBe(false);
    if (!result.ok) {
      expect(result.refusals.map((refusal) => refusal.key)).toContain(key);
      expect(describeRefusals(result.refusals)).toContain(`${key}: `);
    }
  });

  it('does not look for a VRF where a router takes its place', async () => {
    const wrong = { ...settings, vrf: 'none', nsxtT1LR: '/infra/tier-1s/t1' };
    await expect(preflight(client, wrong)).resolves.toMatchObject({ ok: true });
  });
});

describe('TLS towards the controller', () => {
  it('is verified unless told otherwise', async () => {
    const strict = connect(undefined);
    await expect(strict.version()).rejects.toMatchObject({ kind: 'network' });
    await strict.close();
    const lax = createAviClient({
      addresses: [simulator.url],
      credentials: () => ({ username: simulator.username, password: simulator.password }),
      tls: { insecureSkipVerify: true },
    });
    await expect(lax.version()).resolves.toBe('30.2.1');
    await lax.close();
  });
});
