import { describe, expect, it } from '@jest/globals';
import { createClusterState } from '../../src/cluster/state.ts';
import { conditions, gateway, gatewayClass, httpRoute, type Harness, type HarnessOptions } from './harness.ts';
import { settle, sync, useRig } from './rig.ts';

const rig = useRig();

/** A Gateway with one route of two rules. */
function sample(harness: Harness): void {
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', 'a.example.test'));
  harness.put('HTTPRoute', httpRoute('r', ['gw'], { '/a': 'one', '/b': 'two' }));
  harness.service('one', ['10.0.0.1']);
  harness.service('two', ['10.0.0.2']);
}

async function started(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await rig.create(options);
  sample(harness);
  harness.engine.start();
  await harness.engine.synced;
  return harness;
}

describe('the engine', () => {
  it('makes objects and statuses of a Gateway and its route', async () => {
    const harness = await started();
    expect(harness.names().map((name) => name.split(' ')[0])).toEqual(
      expect.arrayContaining(['pool', 'pool', 'poolgroup', 'poolgroup', 'virtualservice', 'virtualservice', 'vsvip']),
    );
    const status = harness.status('Gateway', 'default/gw');
    expect(conditions(status)).toEqual(['Accepted=True/Accepted', 'Programmed=True/Programmed']);
    expect(status?.addresses).toMatchObject([
      { type: 'IPAddress', value: expect.stringMatching(/^127\.10\.0\./) as unknown },
    ]);
    const [parent] = harness.status('HTTPRoute', 'default/r')?.parents as Record<string, unknown>[];
    expect(conditions(parent)).toEqual(
      expect.arrayContaining(['Accepted=True/Accepted', 'ResolvedRefs=True/ResolvedRefs']),
    );
    expect(conditions(harness.status('GatewayClass', 'avi-lb'))).toContain('Accepted=True/Accepted');
  });

  it('writes nothing when it starts again with nothing changed', async () => {
    const first = await started();
    const second = await rig.create({ simulator: first.simulator, state: first.state });
    first.writes();
    await sync(second);
    expect(first.writes()).toEqual([]);
    expect(conditions(second.status('Gateway', 'default/gw'))).toContain('Programmed=True/Programmed');
  });

  it('writes only the pool when only its endpoints changed', async () => {
    const harness = await started();
    harness.writes();
    harness.service('one', ['10.0.0.1', '10.0.0.9']);
    harness.engine.mark(['default/gw'], ['default/one'], true);
    await harness.engine.idle();
    expect(harness.writes()).toEqual(['PUT pool']);
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual([]);
  });

  it('deletes all of a Gateway that is gone, and its neighbour keeps everything', async () => {
    const harness = await started();
    harness.put('Gateway', gateway('other', 'b.example.test'));
    await settle(harness, ['default/other']);
    const before = harness.names();
    harness.state.remove('Gateway', 'default/gw');
    await settle(harness, ['default/gw']);
    expect(harness.names()).toEqual(before.filter((name) => name.endsWith('default-other-EVH')));
    expect(harness.names()).not.toEqual([]);
  });

  it('leaves nothing behind when everything goes', async () => {
    const harness = await started();
    harness.state.remove('HTTPRoute', 'default/r');
    await settle(harness, ['default/gw']);
    harness.state.remove('Gateway', 'default/gw');
    await settle(harness, ['default/gw']);
    expect(harness.names()).toEqual([]);
  });

  it('deletes what is left over from Gateways that went while nobody watched', async () => {
    const first = await started();
    const second = await rig.create({ simulator: first.simulator, state: createClusterState([]) });
    second.put('GatewayClass', gatewayClass());
    await sync(second);
    expect(second.names()).toEqual([]);
  });

  it('holds a deletion of much that nobody saw, until it is confirmed', async () => {
    const first = await started();
    first.put(
      'HTTPRoute',
      httpRoute('many', ['gw'], Object.fromEntries(['c', 'd', 'e', 'f', 'g'].map((path) => [`/${path}`, 'one']))),
    );
    await settle(first, ['default/gw']);
    const all = first.names();
    first.writes();
    const second = await rig.create({ simulator: first.simulator, state: createClusterState([]) });
    second.put('GatewayClass', gatewayClass());
    await sync(second);
    expect(second.names()).toEqual(all);
    expect(first.writes()).toEqual([]);
    expect(await second.metrics.text()).toContain(`avi_gateway_held_deletions ${all.length}`);
    second.engine.confirmDeletions();
    await second.engine.idle();
    expect(second.names()).toEqual([]);
  });

  it('holds what an unexplained mark would delete, also when an explained one follows', async () => {
    const harness = await started();
    harness.put(
      'HTTPRoute',
      httpRoute('many', ['gw'], Object.fromEntries(['c', 'd', 'e', 'f', 'g'].map((path) => [`/${path}`, 'one']))),
    );
    await settle(harness, ['default/gw']);
    const all = harness.names();
    harness.state.remove('HTTPRoute', 'default/many');
    await settle(harness, ['default/gw'], false);
    expect(harness.names()).toEqual(all);
    await settle(harness, ['default/gw'], true);
    expect(harness.names()).toEqual(all);
    harness.engine.confirmDeletions();
    await harness.engine.idle();
    expect(harness.names()).toHaveLength(all.length - 15);
  });

  it('deletes nothing while a source is incomplete', async () => {
    const state = createClusterState(['Gateway']);
    const harness = await rig.create({ state });
    sample(harness);
    state.setSource('Gateway', 'absent');
    harness.engine.start();
    await harness.engine.synced;
    const all = harness.names();
    expect(all).not.toEqual([]);
    harness.state.remove('Gateway', 'default/gw');
    await settle(harness, ['default/gw']);
    expect(harness.names()).toEqual(all);
    state.setSource('Gateway', 'synced');
    await settle(harness, ['default/gw']);
    expect(harness.names()).toEqual([]);
  });

  it('promotes the next owner of a hostname by itself', async () => {
    const harness = await started();
    harness.put(
      'Gateway',
      gateway('late', 'a.example.test', { namespace: 'elsewhere', created: '2026-02-01T00:00:00Z' }),
    );
    await settle(harness, ['elsewhere/late']);
    const listener = (): readonly string[] => {
      const [first] = harness.status('Gateway', 'elsewhere/late')?.listeners as Record<string, unknown>[];
      return conditions(first);
    };
    expect(listener()).toContain('Conflicted=True/HostnameConflict');
    harness.state.remove('Gateway', 'default/gw');
    await settle(harness, ['default/gw']);
    expect(listener()).not.toContain('Conflicted=True/HostnameConflict');
    expect(harness.names()).toContain('virtualservice ako-gw-c1--elsewhere-late-EVH');
  });

  it('takes back what a route said about a Gateway that went while nobody watched', async () => {
    const harness = await rig.create();
    sample(harness);
    const entry = (controller: string) => ({
      parentRef: { name: 'gone' },
      controllerName: controller,
      conditions: [],
    });
    const parents = [entry('ako.vmware.com/avi-lb'), entry('example.com/other')];
    harness.put('HTTPRoute', { ...httpRoute('lost', ['gone'], { '/a': 'one' }), status: { parents } });
    harness.engine.start();
    await harness.engine.synced;
    expect(harness.status('HTTPRoute', 'default/lost')?.parents).toMatchObject([
      { controllerName: 'example.com/other' },
    ]);
  });

  it('leaves Gateways of other classes alone', async () => {
    const harness = await started();
    harness.put('GatewayClass', gatewayClass('other', 'example.com/other'));
    harness.put('Gateway', gateway('foreign', 'f.example.test', { className: 'other' }));
    harness.writes();
    await settle(harness, ['default/foreign']);
    expect(harness.writes()).toEqual([]);
    expect(harness.status('Gateway', 'default/foreign')).toBeUndefined();
  });

  it('merges the parents of a route that names two Gateways', async () => {
    const harness = await started();
    harness.put('Gateway', gateway('second', 'b.example.test'));
    harness.put('HTTPRoute', httpRoute('r', ['gw', 'second'], { '/a': 'one' }));
    await settle(harness, ['default/gw', 'default/second']);
    const parents = harness.status('HTTPRoute', 'default/r')?.parents as { parentRef: { name: string } }[];
    expect(parents.map(({ parentRef }) => parentRef.name)).toEqual(['gw', 'second']);
    harness.put('HTTPRoute', httpRoute('r', ['second'], { '/a': 'one' }));
    await settle(harness, ['default/gw', 'default/second']);
    const left = harness.status('HTTPRoute', 'default/r')?.parents as { parentRef: { name: string } }[];
    expect(left.map(({ parentRef }) => parentRef.name)).toEqual(['second']);
  });
});

describe('leadership', () => {
  it('writes nothing as a follower, and nothing more than is missing when it takes over', async () => {
    const first = await started();
    const follower = await rig.create({ simulator: first.simulator, state: first.state, leader: false });
    first.writes();
    follower.engine.start();
    await follower.engine.synced;
    expect(follower.submitted).toEqual([]);
    follower.leader = true;
    follower.engine.lead();
    await follower.engine.idle();
    expect(first.writes()).toEqual([]);
    expect(follower.engine.isSynced()).toBe(true);
  });

  it('stops writing once the leadership is lost', async () => {
    const harness = await started();
    harness.writes();
    harness.leader = false;
    harness.service('one', ['10.0.0.7']);
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual([]);
  });
});

describe('drift', () => {
  const drift = (mode: 'repair' | 'report') => ({ deps: { drift: { mode, intervalMs: 20 } } }) as const;
  const parent = 'ako-gw-c1--default-gw-EVH';

  async function until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async function switchOff(harness: Harness): Promise<void> {
    const found = harness.simulator.store.list('virtualservice').find((object) => object.name === parent);
    await harness.client.request('PATCH', `/api/virtualservice/${found?.uuid}`, {
      body: { replace: { enabled: false } },
    });
  }
  const enabled = (harness: Harness): unknown =>
    harness.simulator.store.list('virtualservice').find((object) => object.name === parent)?.body.enabled;

  it('repairs what somebody changed or deleted', async () => {
    const harness = await started(drift('repair'));
    await switchOff(harness);
    await until(() => enabled(harness) !== false);
    const pool = harness.simulator.store.list('virtualservice').find((object) => object.name !== parent);
    await harness.client.request('DELETE', `/api/virtualservice/${pool?.uuid}`);
    await until(() => harness.names().includes(`virtualservice ${pool?.name}`));
    expect(await harness.metrics.text()).toMatch(/avi_gateway_drift_objects_total [1-9]/);
  });

  it('only says so in report mode', async () => {
    const harness = await started(drift('report'));
    await switchOff(harness);
    let text = '';
    while (!/avi_gateway_drift_objects_total [1-9]/.test(text)) {
      text = await harness.metrics.text();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(enabled(harness)).toBe(false);
  });
});

describe('drift of types that are only reported', () => {
  it('is left, and that of others repaired', async () => {
    const harness = await started({ deps: { drift: { mode: 'repair', intervalMs: 20, reportTypes: ['poolgroup'] } } });
    const { simulator, client } = harness;
    const first = (type: string) => simulator.store.list(type).find(({ name }) => name.startsWith('ako-gw-c1'));
    const changed = { poolgroup: { min_servers: 7 }, pool: { lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' } };
    type Type = keyof typeof changed;
    const edit = (type: Type) =>
      client.request('PATCH', `/api/${type}/${first(type)?.uuid}`, { body: { replace: changed[type] } });
    const hand = (type: Type): boolean =>
      Object.entries(changed[type]).every(([field, value]) => first(type)?.body[field] === value);
    await edit('poolgroup');
    while (!/avi_gateway_drift_objects_total [1-9]/.test(await harness.metrics.text()))
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(hand('poolgroup')).toBe(true);
    await edit('pool');
    while (hand('pool')) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe('a controller in trouble', () => {
  it('waits for a controller that is away at start, and says what it knows meanwhile', async () => {
    const harness = await rig.create();
    sample(harness);
    harness.simulator.faults.add({ times: 30, effect: { kind: 'status', status: 503 } });
    harness.engine.start();
    await harness.engine.synced;
    expect(harness.names()).toContain('virtualservice ako-gw-c1--default-gw-EVH');
  }, 20_000);

  it.each([
    ['a lost reply after the write', { method: 'POST', times: 3, effect: { kind: 'drop', when: 'after' } }],
    ['a lost call', { method: 'POST', times: 3, effect: { kind: 'drop', when: 'before' } }],
    ['ended sessions', { method: 'POST', nth: 2, times: 2, effect: { kind: 'expire-sessions' } }],
    ['too many calls', { method: 'POST', times: 2, effect: { kind: 'status', status: 429, retryAfterSeconds: 0 } }],
    ['a proxy page', { method: 'POST', times: 2, effect: { kind: 'html', status: 200, when: 'after' } }],
    ['half a reply', { method: 'POST', times: 2, effect: { kind: 'truncate' } }],
    [
      'server errors after the write',
      { method: 'POST', times: 3, effect: { kind: 'status', status: 500, when: 'after' } },
    ],
  ] as const)('comes through %s', async (_name, fault) => {
    const harness = await rig.create();
    sample(harness);
    harness.simulator.faults.add(fault);
    await sync(harness);
    expect(conditions(harness.status('Gateway', 'default/gw'))).toContain('Programmed=True/Programmed');
    const names = harness.names();
    expect(new Set(names).size).toBe(names.length);
    harness.writes();
    await settle(harness, ['default/gw']);
    expect(harness.writes()).toEqual([]);
  });

  it('keeps the address in the status while the controller refuses every write', async () => {
    const harness = await started();
    const before = harness.status('Gateway', 'default/gw')?.addresses;
    expect(before).toHaveLength(1);
    harness.simulator.faults.add({ method: 'PUT', times: 0, effect: { kind: 'status', status: 503 } });
    const { status } = harness.state.get('Gateway', 'default/gw') ?? {};
    harness.put('Gateway', { ...gateway('gw', 'new.example.test'), ...(status && { status }) });
    await settle(harness, ['default/gw']);
    expect(harness.status('Gateway', 'default/gw')?.addresses).toEqual(before);
  });
});
