/** Children with their pool groups and pools by one macro call (`apply.macro`). */
import { describe, expect, it } from '@jest/globals';
import { conditions, controllerContent, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';
import { settle, sync, useRig } from './rig.ts';

const rig = useRig();

async function synced(macro: boolean, routes: number): Promise<Harness> {
  const harness = await rig.create({ deps: { macro } });
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', '*.example.test'));
  for (let index = 0; index < routes; index += 1) {
    const paths = { '/a': `app-${index}`, '/b': `app-${index}` };
    harness.put('HTTPRoute', httpRoute(`r-${index}`, ['gw'], paths, [`h-${index}.example.test`]));
    harness.service(`app-${index}`, [`10.0.${index}.1`]);
  }
  await sync(harness);
  return harness;
}

const count = (writes: readonly string[], write: string) => writes.filter((one) => one === write).length;
const accepted = (harness: Harness, name: string) => {
  const { parents = [] } = (harness.status('HTTPRoute', `default/${name}`) ?? {}) as {
    readonly parents?: readonly Readonly<Record<string, unknown>>[];
  };
  return parents.flatMap((parent) => conditions(parent)).join();
};

describe('apply.macro', () => {
  it('makes what single calls make, by one call a rule, and one read for many objects', async () => {
    const single = await synced(false, 30);
    const content = controllerContent(rig.simulator);
    const before = single.writes();
    await rig.reset();

    const harness = await synced(true, 30);
    expect(JSON.parse(controllerContent(rig.simulator))).toEqual(JSON.parse(content));
    const writes = harness.writes();
    expect(count(before, 'POST virtualservice')).toBe(61);
    expect([count(writes, 'POST macro'), count(writes, 'POST virtualservice')]).toEqual([60, 1]);
    expect([count(writes, 'POST pool'), count(writes, 'POST poolgroup')]).toEqual([0, 0]);
    const { byCall } = rig.simulator.stats.read();
    expect(byCall['GET pool']).toBe(1 + 2);
    expect(accepted(harness, 'r-7')).toContain('Programmed=True');
  });

  it('leaves nothing to do for one who starts afresh, and lets pools be changed and all be deleted', async () => {
    const first = await synced(true, 2);
    await first.close();
    const harness = await synced(true, 2);
    harness.writes();
    harness.service('app-1', ['10.0.1.1', '10.0.1.2']);
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual(['PUT pool', 'PUT pool']);
    harness.state.remove('HTTPRoute', 'default/r-1');
    await settle(harness, ['default/gw']);
    expect(harness.writes().filter((write) => write.startsWith('DELETE')).length).toBe(6);
  });

  it('adopts what a call whose reply was lost has made', async () => {
    rig.simulator.faults.add({ method: 'POST', path: '/api/macro', effect: { kind: 'drop', when: 'after' } });
    const harness = await synced(true, 1);
    expect(accepted(harness, 'r-0')).toContain('Programmed=True');
    expect(rig.simulator.store.list('pool').filter(({ name }) => name.startsWith('ako-gw-')).length).toBe(2);
    expect(count(harness.writes(), 'PUT pool')).toBe(0);
  });

  it('changes nothing that is not ours, and says what is in the way', async () => {
    await synced(true, 1);
    const pool = rig.simulator.store.list('pool').find(({ name }) => name.startsWith('ako-gw-'))?.name ?? '';
    await rig.reset();
    const second = await rig.create({ deps: { macro: true } });
    await second.client.request('POST', '/api/pool', { body: { name: pool } });
    await second.close();

    const third = await synced(true, 1);
    expect(rig.simulator.store.list('pool').find(({ name }) => name === pool)?.body.servers ?? []).toEqual([]);
    expect(accepted(third, 'r-0')).toContain('Programmed=False');
    expect(rig.simulator.store.list('virtualservice').length).toBe(2);
  });

  it('goes one by one where the controller refuses macros', async () => {
    const effect = { kind: 'status', status: 405, body: { detail: "Method 'POST' not allowed." } } as const;
    rig.simulator.faults.add({ method: 'POST', path: '/api/macro', times: 0, effect });
    const harness = await synced(true, 2);
    expect(accepted(harness, 'r-1')).toContain('Programmed=True');
    expect(count(harness.writes(), 'POST pool')).toBe(4);
  });

  it('ends as failed while the controller is ill, and is made again', async () => {
    const effect = { kind: 'status', status: 503 } as const;
    rig.simulator.faults.add({ method: 'POST', path: '/api/macro', times: 8, effect });
    const harness = await synced(true, 2);
    for (let round = 0; round < 5; round += 1) {
      await settle(harness, ['default/gw']);
    }
    expect(accepted(harness, 'r-1')).toContain('Programmed=True');
  });
});
