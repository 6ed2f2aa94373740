import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { staticRoutesLane } from '../../src/handlers/marks.ts';
import { reconcileStaticRoutes } from '../../src/loop/static-routes.ts';
import type { Node } from '../../src/routing/snapshot.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { createHarness, type Harness } from './harness.ts';

const settings = { clusterName: 'c1', vrf: 'global', cloud: 'Default-Cloud', tenant: 'admin' };
const foreign = {
  route_id: 'c1-1',
  prefix: { ip_addr: { addr: '10.8.0.0', type: 'V4' }, mask: 16 },
  next_hop: { addr: '10.0.0.254', type: 'V4' },
};

function node(number: number): Node {
  return {
    metadata: { name: `n${number}` },
    spec: { podCIDRs: [`10.244.${number}.0/24`] },
    status: { addresses: [{ type: 'InternalIP', address: `10.9.0.${number}` }] },
  };
}

const nothing = { nodes: new Map<string, Node>(), blockAffinities: new Map() };

interface Route {
  readonly route_id: string;
  readonly next_hop: { readonly addr: string };
}

describe('static routes to the networks of pods', () => {
  let harness: Harness;
  const routes = () => {
    const vrf = harness.simulator.store.list('vrfcontext').find(({ name }) => name === 'global');
    return ((vrf?.body.static_routes ?? []) as unknown as readonly Route[]).map(({ next_hop: hop }) => hop.addr);
  };
  const look = async () => {
    harness.engine.mark([staticRoutesLane], 'all', true);
    await harness.engine.idle();
  };

  beforeEach(async () => {
    harness = await createHarness({ deps: { staticRoutes: { source: 'podCIDR', ...settings } } });
    const [vrf] = await harness.client.list('/api/vrfcontext/', { query: { name: 'global' } });
    await harness.client.request('PUT', `/api/vrfcontext/${String(vrf?.uuid)}`, {
      body: { ...vrf, static_routes: [foreign] },
    });
    harness.put('Node', node(1), node(2));
    harness.writes();
  });
  afterEach(() => harness.close());

  it('follow the nodes by one write each time, beside those of others', async () => {
    harness.engine.start();
    await harness.engine.synced;
    await harness.engine.idle();
    expect(routes()).toEqual(expect.arrayContaining(['10.0.0.254', '10.9.0.1', '10.9.0.2']));
    expect(harness.writes()).toEqual(['PUT vrfcontext']);

    await look();
    expect(harness.writes()).toEqual([]);

    harness.state.remove('Node', 'n1');
    await look();
    expect(routes()).toEqual(['10.0.0.254', '10.9.0.2']);
    expect(harness.writes()).toEqual(['PUT vrfcontext']);
  });

  it('are written by the leader only, which looks when it becomes it', async () => {
    harness.leader = false;
    harness.engine.start();
    await harness.engine.synced;
    expect(harness.writes()).toEqual([]);
    harness.leader = true;
    harness.engine.lead();
    while (routes().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(harness.writes()).toEqual(['PUT vrfcontext']);
  });

  it('are removed where none are wanted any more', async () => {
    harness.engine.start();
    await harness.engine.synced;
    await harness.engine.idle();
    const deps = { client: harness.client, guard: { percent: 30, minimum: 10 }, logger: silentLogger() };
    expect(await reconcileStaticRoutes(nothing, true, { ...deps, settings })).toBe('done');
    expect(routes()).toEqual(['10.0.0.254']);
  });

  it('wait for a VRF context that is gone', async () => {
    const deps = { client: harness.client, guard: { percent: 30, minimum: 10 }, logger: silentLogger() };
    const elsewhere = { ...settings, vrf: 'nowhere' };
    expect(await reconcileStaticRoutes(nothing, true, { ...deps, settings: elsewhere })).toBe('retry');
  });
});
