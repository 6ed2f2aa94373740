/** A controller that moves, rests, forgets or gets other credentials: afterwards all is as desired, and traffic never noticed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../cluster/eventually.ts';
import { createControllerRig, factor, patience } from './rig.ts';

const rig = createControllerRig(0);
const { served, noneFailed, addRoute, childrenOf, untilServed, administrator, stored, startNode } = rig;

describe('a controller', () => {
  it('of three nodes whose leader moves twice is followed', async () => {
    const nodes = [await startNode(), await startNode(), await startNode()];
    await served({ addresses: nodes.map(({ url }) => url), requestTimeoutMs: 5_000 });
    for (const [index, name] of ['b', 'c'].entries()) {
      nodes[index]?.down();
      addRoute(name);
      await untilServed(`${name}.example.test`);
    }
    await noneFailed();
  });

  it('in maintenance for minutes is asked seldom, and gets what has changed when it is back', async () => {
    const operator = await served();
    rig.simulator().faults.add({ times: 0, effect: { kind: 'status', status: 503 } });
    const before = rig.simulator().stats.read().calls;
    for (const name of ['b', 'c', 'd']) addRoute(name);
    rig.feed().remove('HTTPRoute', 'default/b');
    // Four minutes.
    await sleep(240_000 / factor);
    // Each of a handful of operations six times, the whole of it in growing backoffs: a storm would be thousands.
    expect(rig.simulator().stats.read().calls - before).toBeLessThan(400);
    rig.simulator().faults.clear();
    await untilServed('c.example.test');
    await untilServed('d.example.test');
    await eventually(() => expect(childrenOf('b.example.test')).toBe(0), patience);
    await operator.engine.idle();
    await noneFailed();
  });

  it('that was restored from an older backup gets back what it lost, and loses what is of the past', async () => {
    addRoute('past');
    const operator = await served({}, { drift: { mode: 'repair', intervalMs: 30_000 } });
    const admin = await administrator();
    const types = ['pool', 'poolgroup', 'virtualservice'];
    const copies = types.map((type) => ({ type, body: stored(type, 'past').body }));
    rig.feed().remove('HTTPRoute', 'default/past');
    await eventually(() => expect(childrenOf('past.example.test')).toBe(0), patience);
    addRoute('new');
    await untilServed('new.example.test');
    // The backup has `past` and does not have `new`.
    for (const type of types.toReversed()) await admin.request('DELETE', `/api/${type}/${stored(type, 'new').uuid}`);
    for (const { type, body } of copies) {
      const { uuid: _uuid, url: _url, _last_modified, ...rest } = body;
      const text = JSON.stringify(rest).replaceAll(/\/api\/(pool|poolgroup)\/[\w-]+/g, (ref, kind: string) => {
        const named = copies.find((copy) => copy.type === kind)?.body.name as string | undefined;
        return named === undefined ? ref : `/api/${kind}/?name=${named}`;
      });
      await admin.request('POST', `/api/${type}/`, { body: JSON.parse(text) as unknown });
    }
    expect([childrenOf('past.example.test'), childrenOf('new.example.test')]).toEqual([1, 0]);
    await untilServed('new.example.test');
    await eventually(() => expect(childrenOf('past.example.test')).toBe(0), patience);
    const left = (): readonly string[] => types.filter((type) => rig.has(type, 'past'));
    await eventually(() => expect(left()).toEqual([]), patience);
    expect(types.filter((type) => !rig.has(type, 'new'))).toEqual([]);
    await operator.engine.idle();
    await noneFailed();
  });

  it('on which somebody takes a pool away that is in use gets it back', async () => {
    await served({}, { drift: { mode: 'repair', intervalMs: 30_000 } });
    addRoute('b');
    await untilServed('b.example.test');
    const admin = await administrator();
    const group = stored('poolgroup', 'b');
    await expect(admin.request('DELETE', `/api/pool/${stored('pool', 'b').uuid}`)).rejects.toMatchObject({
      kind: 'inUse',
    });
    await admin.request('PUT', `/api/poolgroup/${group.uuid}`, { body: { ...group.body, members: [] } });
    await admin.request('DELETE', `/api/pool/${stored('pool', 'b').uuid}`);
    await eventually(() => {
      const members = stored('poolgroup', 'b').body.members as readonly unknown[] | undefined;
      expect(members).toHaveLength(1);
      stored('pool', 'b');
    }, patience);
    await noneFailed();
  });

  it('whose credentials were changed is logged in to with the new ones, without locking the account before', async () => {
    let password = rig.simulator().password;
    await served({ credentials: () => ({ username: rig.simulator().username, password }) });
    password = 'of yesterday';
    rig.simulator().expireSessions();
    const logins = (): number => rig.simulator().stats.read().byCall['POST login'] ?? 0;
    const before = logins();
    addRoute('b');
    // Three minutes.
    await sleep(180_000 / factor);
    expect(childrenOf('b.example.test')).toBe(0);
    expect(logins() - before).toBeLessThanOrEqual(7);
    password = rig.simulator().password;
    await untilServed('b.example.test');
    await noneFailed();
  });
});
