/** Every golden case against the simulated controller: programmed once, a restart finds nothing to do, and all of it goes. */
import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readManifests } from '../../src/cluster/manifests.ts';
import { createClusterState } from '../../src/cluster/state.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createHarness, gatewayClass, type Harness } from './harness.ts';

const golden = join(import.meta.dirname, '..', 'golden');
/** Cases that name objects of types that the simulator does not have. */
const unknownTypes = ['p05-icap-and-bots', 'p13-host-rule-icap', 'p22-frontend-icap-and-bots'];
const cases = readdirSync(golden).filter(
  (name) => existsSync(join(golden, name, 'in.yaml')) && !unknownTypes.includes(name),
);

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false, vipPool: '10.50.0.0/16', vipPool6: '2001:db8::/64' });
});
afterAll(() => simulator.close());

async function load(name: string): Promise<ReturnType<typeof createClusterState>> {
  const state = createClusterState([]);
  state.put('GatewayClass', gatewayClass());
  const { objects } = await readManifests([join(golden, name, 'in.yaml')], '2026-01-01T00:00:00Z');
  for (const { kind, object } of objects) state.put(kind, object);
  return state;
}

async function run(harness: Harness): Promise<void> {
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
}

describe('every golden case', () => {
  it('is found', () => expect(cases.length).toBeGreaterThan(20));

  it.each(cases)('%s', async (name) => {
    simulator.reset();
    const state = await load(name);
    const vipNetworks = [{ networkName: 'net-vip', cidr: '10.50.0.0/16', v6cidr: '2001:db8::/64' }];
    const first = await createHarness({ simulator, state, vipNetworks });
    const second = await createHarness({ simulator, state, vipNetworks });
    try {
      await first.client.request('POST', '/api/tenant/', { body: { name: 'team-tenant' } });
      await run(first);
      const described = JSON.stringify(first.engine.describe());
      expect(described).not.toMatch(/"state":"(failed|blocked|refused)"/);
      first.writes();
      await run(second);
      expect(first.writes()).toEqual([]);
      const gateways = [...state.snapshot().gateways.keys()];
      for (const key of gateways) state.remove('Gateway', key);
      second.engine.mark(gateways, 'all', true);
      await second.engine.idle();
      expect(second.names()).toEqual([]);
    } finally {
      await first.close();
      await second.close();
    }
  });
});
