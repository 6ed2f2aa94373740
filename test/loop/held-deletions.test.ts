/** Much that disappears without anybody having seen it go is kept on the controller, until somebody confirms. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { HeldDeletions } from '../../src/plan/guard.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createFeed, type Feed } from '../chaos/feed.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness, type HarnessOptions } from './harness.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false });
});
afterAll(() => simulator.close());

interface Operator extends Harness {
  readonly told: HeldDeletions[];
}

const running: Operator[] = [];
afterEach(async () => {
  for (const operator of running.splice(0)) await operator.close();
  simulator.reset();
});

async function operate(feed: Feed, deps: HarnessOptions['deps'] = {}): Promise<Operator> {
  const told: HeldDeletions[] = [];
  const harness = await createHarness({
    simulator,
    state: feed.state,
    deps: { onHeld: (held) => told.push(held), ...deps },
  });
  const operator = Object.assign(harness, { told });
  running.push(operator);
  feed.connect(operator.engine);
  operator.engine.start();
  await operator.engine.synced;
  await operator.engine.idle();
  return operator;
}

const paths = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [`/${name}`, 'one']));

/** Two Gateways; what belongs to `big` passes the limits of the guard. */
function cluster(): Feed {
  const feed = createFeed();
  feed.put('GatewayClass', gatewayClass());
  feed.put('Gateway', gateway('big', '*.big.test'));
  feed.put('Gateway', gateway('small', '*.small.test'));
  feed.put('HTTPRoute', httpRoute('many', ['big'], paths('a', 'b', 'c', 'd', 'e'), ['a.big.test']));
  feed.put('HTTPRoute', httpRoute('few', ['big'], paths('f'), ['b.big.test']));
  feed.put('HTTPRoute', httpRoute('other', ['small'], paths('g'), ['c.small.test']));
  feed.put('Service', { metadata: { name: 'one', namespace: 'default' }, spec: { ports: [{ port: 80 }] } });
  return feed;
}

/** Objects of the Gateway `small`: VsVip, parent with its policy, and a child with pool group and pool. */
const small = 6;

async function gauge(operator: Operator): Promise<number> {
  return Number(/^avi_gateway_held_deletions (\d+)$/m.exec(await operator.metrics.text())?.[1]);
}

describe('what nobody saw go', () => {
  it.each([
    ['routes, found missing in a new list', 15, (feed: Feed) => feed.remove('HTTPRoute', 'default/many', false)],
    ['a Gateway, found missing in a new list', 20, (feed: Feed) => feed.remove('Gateway', 'default/big', false)],
    ['a GatewayClass, found missing in a new list', 20, (feed: Feed) => feed.remove('GatewayClass', 'avi-lb', false)],
  ] as const)('is kept: %s', async (_name, atLeast, vanish) => {
    const feed = cluster();
    const operator = await operate(feed);
    const all = operator.names();
    vanish(feed);
    await operator.engine.idle();
    expect(operator.names()).toEqual(all);
    expect(await gauge(operator)).toBeGreaterThanOrEqual(atLeast);
    expect(operator.told).toMatchObject([{ owned: all.length }]);
    expect(operator.told[0]?.objects).toHaveLength(await gauge(operator));
  });

  it('is kept when it vanishes piece by piece, as the kinds are listed anew', async () => {
    const feed = cluster();
    for (const name of ['p', 'q', 'r', 's', 't', 'u'])
      feed.put('HTTPRoute', httpRoute(name, ['big'], paths(name), [`${name}.big.test`]));
    const operator = await operate(feed, { unseenSettleMs: 1_500 });
    const all = operator.names();
    for (const name of ['p', 'q', 'r', 's', 't', 'u', 'many', 'few']) {
      feed.remove('HTTPRoute', `default/${name}`, false);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await operator.engine.idle();
    expect(operator.names()).toEqual(all);
    expect(operator.told).toHaveLength(1);
    expect(await gauge(operator)).toBe(36);
  });

  it('changes nothing that serves while its Gateway is still to vanish too', async () => {
    const feed = cluster();
    const operator = await operate(feed, { unseenSettleMs: 1_500 });
    operator.writes();
    feed.remove('Service', 'default/one', false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const route = feed.state.get('HTTPRoute', 'default/few');
    if (route) feed.put('HTTPRoute', route);
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const name of ['big', 'small']) feed.remove('Gateway', `default/${name}`, false);
    await operator.engine.idle();
    expect(operator.writes()).toEqual([]);
    expect(operator.told).toHaveLength(1);
  });

  it('is kept at a start', async () => {
    const feed = cluster();
    const first = await operate(feed);
    const all = first.names();
    await first.engine.stop();
    feed.connect({ mark: () => undefined, markClass: () => undefined });
    feed.remove('Gateway', 'default/big');
    const second = await operate(feed.restart());
    expect(second.names()).toEqual(all);
    expect(await gauge(second)).toBeGreaterThan(15);
  });

  it('stays kept when the same Gateway has ordinary changes', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    feed.remove('HTTPRoute', 'default/many', false);
    await operator.engine.idle();
    const held = (operator.told[0]?.objects ?? []).map((id) => id.replace(' admin/', ' '));
    expect(held).toHaveLength(15);
    const before = operator.names();
    feed.remove('HTTPRoute', 'default/few');
    await operator.engine.idle();
    expect(operator.names()).toEqual(expect.arrayContaining(held));
    expect(operator.names()).toHaveLength(before.length - 3);
  });

  it('is not held any more when it comes back, and nothing is written', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    const all = operator.names();
    const route = feed.state.get('HTTPRoute', 'default/many');
    feed.remove('HTTPRoute', 'default/many', false);
    await operator.engine.idle();
    operator.writes();
    if (route) feed.put('HTTPRoute', route);
    await operator.engine.idle();
    expect(operator.writes()).toEqual([]);
    expect(await gauge(operator)).toBe(0);
    feed.remove('HTTPRoute', 'default/many');
    await operator.engine.idle();
    expect(operator.names()).toHaveLength(all.length - 15);
  });

  it('stays kept when most of it has come back, until the rest comes too', async () => {
    const feed = cluster();
    const names = ['p', 'q', 'r', 's', 't'];
    for (const name of names) feed.put('HTTPRoute', httpRoute(name, ['big'], paths(name), [`${name}.big.test`]));
    const operator = await operate(feed);
    const all = operator.names();
    const routes = names.flatMap((name) => feed.state.get('HTTPRoute', `default/${name}`) ?? []);
    for (const name of names) feed.remove('HTTPRoute', `default/${name}`, false);
    await operator.engine.idle();
    expect(await gauge(operator)).toBe(15);
    operator.writes();
    for (const route of routes.slice(1)) feed.put('HTTPRoute', route);
    await operator.engine.idle();
    expect(operator.names()).toEqual(all);
    expect(await gauge(operator)).toBe(3);
    for (const route of routes.slice(0, 1)) feed.put('HTTPRoute', route);
    await operator.engine.idle();
    expect(operator.writes()).toEqual([]);
    expect(await gauge(operator)).toBe(0);
  });

  it('goes with a Gateway that somebody deletes', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    feed.remove('HTTPRoute', 'default/many', false);
    await operator.engine.idle();
    feed.remove('Gateway', 'default/big');
    await operator.engine.idle();
    expect(operator.names()).toHaveLength(small);
  });
});

describe('names', () => {
  const published = (): readonly string[] =>
    simulator.store
      .list('vsvip')
      .flatMap(({ body }) => (body.dns_info as readonly { readonly fqdn: string }[] | undefined) ?? [])
      .map(({ fqdn }) => fqdn)
      .sort();

  it('stay published while deletions are held, new ones join them, and they go with the confirmation', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    feed.remove('HTTPRoute', 'default/many', false);
    await operator.engine.idle();
    expect(published()).toEqual(['a.big.test', 'b.big.test', 'c.small.test']);
    feed.put('HTTPRoute', httpRoute('new', ['big'], paths('h'), ['d.big.test']));
    await operator.engine.idle();
    expect(published()).toEqual(['a.big.test', 'b.big.test', 'c.small.test', 'd.big.test']);
    operator.engine.confirmDeletions(operator.told[0]?.hash);
    await operator.engine.idle();
    expect(published()).toEqual(['b.big.test', 'c.small.test', 'd.big.test']);
  });

  it('go when so little has gone that it is not held', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    feed.remove('HTTPRoute', 'default/few', false);
    await operator.engine.idle();
    expect(published()).toEqual(['a.big.test', 'c.small.test']);
    const next = await operate(feed.restart());
    expect(published()).toEqual(['a.big.test', 'c.small.test']);
    expect(next.told).toEqual([]);
  });
});

describe('a confirmation', () => {
  it('is of one plan only', async () => {
    const feed = cluster();
    const operator = await operate(feed);
    feed.remove('HTTPRoute', 'default/many', false);
    await operator.engine.idle();
    const all = operator.names();
    operator.engine.confirmDeletions('0123456789abcdef');
    await operator.engine.idle();
    expect(operator.names()).toEqual(all);
    operator.engine.confirmDeletions(operator.told[0]?.hash);
    await operator.engine.idle();
    expect(operator.names()).toHaveLength(all.length - 15);
    expect(await gauge(operator)).toBe(0);
  });

  it('may come before the deletions are held, as to the next leader', async () => {
    const feed = cluster();
    const first = await operate(feed);
    feed.remove('Gateway', 'default/big', false);
    await first.engine.idle();
    const hash = first.told[0]?.hash;
    await first.engine.stop();
    const next = feed.restart();
    const second = await createHarness({ simulator, state: next.state });
    running.push(Object.assign(second, { told: [] }));
    second.engine.confirmDeletions(hash);
    second.engine.start();
    await second.engine.synced;
    await second.engine.idle();
    expect(second.names()).toHaveLength(small);
  });
});

describe('an ordinary deletion of the only Gateway', () => {
  async function alone(): Promise<{ readonly feed: Feed; readonly operator: Operator }> {
    const feed = cluster();
    feed.remove('Gateway', 'default/small');
    return { feed, operator: await operate(feed) };
  }

  it('is not held', async () => {
    const { feed, operator } = await alone();
    expect(operator.names().length).toBeGreaterThan(15);
    feed.remove('Gateway', 'default/big');
    await operator.engine.idle();
    expect(operator.names()).toEqual([]);
    expect(operator.told).toEqual([]);
  });

  it('is not held after a start, before the controller could be reached', async () => {
    const { feed, operator: first } = await alone();
    await first.engine.stop();
    const next = feed.restart();
    simulator.faults.add({ times: 0, effect: { kind: 'status', status: 503 } });
    const second = await createHarness({
      simulator,
      state: next.state,
      deps: { setTimer: (run, milliseconds) => setTimeout(run, milliseconds / 100) },
    });
    running.push(Object.assign(second, { told: [] }));
    next.connect(second.engine);
    second.engine.start();
    while (second.submitted.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    next.remove('Gateway', 'default/big');
    await new Promise((resolve) => setTimeout(resolve, 30));
    simulator.faults.clear();
    await second.engine.synced;
    await second.engine.idle();
    expect(second.names()).toEqual([]);
    expect(await second.metrics.text()).toContain('avi_gateway_held_deletions 0');
  });
});
