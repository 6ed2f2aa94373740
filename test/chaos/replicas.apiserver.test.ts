/** Replicas that are frozen, killed, cut off and replaced: another leads in time, and no two ever write. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { endpointSlice } from '../cluster/apiserver/application.ts';
import type { OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { startTcpProxy, type TcpProxy } from '../cluster/tools/tcp-proxy.ts';
import { leads, startRig, takeOverMs, type Rig } from './rig.ts';

const minutes = 60_000;
jest.setTimeout(4 * minutes);

let rig: Rig;
let network: TcpProxy;
let leader: OperatorProcess;
let follower: OperatorProcess;

beforeAll(async () => {
  rig = await startRig();
  network = await startTcpProxy(Number(new URL(rig.cluster.server).port));
  await rig.deploy('chaos-a', 'chaos-b', 'chaos-c');
  rig.ask('chaos-a');
}, 3 * minutes);

afterAll(async () => {
  await rig?.close();
  await network?.close();
}, minutes);

const slice = (application: string, address: string): Promise<string> =>
  // Servers that stay among those that come: one write is enough.
  rig.apply(endpointSlice(application, ['10.244.1.21', '10.244.1.22', address]));
const kinds = (): readonly string[] => rig.writes().map(({ method, type }) => `${method} ${type}`);
const sessions = (): number => new Set(rig.writes().map(({ session }) => session)).size;

/** A change goes through, and the writes since then are of one session and of these kinds. */
async function onlyChange(address: string): Promise<void> {
  await slice('chaos-a', address);
  await rig.settles(() => expect(rig.members()).toContain(address));
  expect(kinds()).toEqual(['PUT pool']);
  rig.forgetWrites();
}

it('are both ready, and one leads', async () => {
  leader = await rig.start('one');
  await rig.untilLeads(leader);
  follower = await rig.start('two');
  expect([await leads(leader), await leads(follower)]).toEqual([true, false]);
  await rig.settles(() => expect(rig.ours().filter((name) => name.startsWith('vsvip'))).toHaveLength(3));
  expect(sessions()).toBe(1);
  rig.forgetWrites();
});

it('take over from a leader that is frozen; when it wakes it starts no write', async () => {
  await rig.settles(async () => {
    const known = await rig.versions();
    await sleep(500);
    expect(await rig.versions()).toBe(known);
  });
  const versions = await rig.versions();
  // In the middle of a write, which it is to repeat as soon as it wakes.
  const effect = { kind: 'status' as const, status: 503 };
  const refusal = rig.simulator.faults.add({ type: 'pool', method: 'PUT', times: 0, effect });
  await slice('chaos-c', '10.244.1.60');
  await rig.settles(() => expect(rig.simulator.faults.list()[0]?.hit).toBeGreaterThan(1));
  const wake = leader.freeze();
  rig.forgetWrites();
  rig.simulator.faults.remove(refusal);
  expect(await rig.untilLeads(follower)).toBeLessThan(takeOverMs + 2_000);
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.60'));
  expect(kinds()).toEqual(['PUT pool']);
  rig.forgetWrites();
  await onlyChange('10.244.1.61');
  expect(await rig.versions()).toBe(versions);
  // What it has not seen yet, it would write.
  await slice('chaos-b', '10.244.1.62');
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.62'));
  wake();
  await rig.settles(() => expect(leader.ended()).toBe(true));
  expect(sessions()).toBe(1);
  expect(kinds()).toEqual(['PUT pool']);
  expect(leader.log()).toContain('the leadership is lost');
  rig.forgetWrites();
});

it('take over from a leader that is killed', async () => {
  const next = await rig.start('three', undefined, rig.kubeconfigThrough(network.port));
  await follower.kill();
  expect(await rig.untilLeads(next)).toBeLessThan(takeOverMs + 2_000);
  await onlyChange('10.244.1.63');
  leader = next;
});

it('take over from a leader that the network cuts from the API server, and that has work to do', async () => {
  follower = await rig.start('four');
  // It knows of a change, and its controller refuses that for longer than it leads: it would write it when it can.
  const effect = { kind: 'status' as const, status: 503 };
  const refusal = rig.simulator.faults.add({ type: 'pool', method: 'PUT', times: 0, effect });
  await slice('chaos-b', '10.244.1.64');
  await rig.settles(() => expect(rig.simulator.faults.list()[0]?.hit).toBeGreaterThan(0));
  network.cut();
  expect(await rig.untilLeads(follower)).toBeLessThan(takeOverMs + 2_000);
  expect(await leads(leader)).toBe(false);
  rig.forgetWrites();
  rig.simulator.faults.remove(refusal);
  await rig.settles(() => expect(rig.members()).toContain('10.244.1.64'));
  await rig.settles(() => expect(leader.ended()).toBe(true));
  expect(leader.log()).toContain('the leadership is lost');
  expect(sessions()).toBe(1);
  expect(kinds()).toEqual(['PUT pool']);
  rig.forgetWrites();
  await onlyChange('10.244.1.65');
  leader = follower;
});

it('are replaced one after the other without a write, and within 2 s when they end in order', async () => {
  const next = await rig.start('five');
  const ending = leader.stop();
  const took = rig.untilLeads(next);
  expect(await ending).toBe(0);
  const released = performance.now();
  await took;
  // The next one asks each second here: what it takes beyond that is the way through both.
  expect(performance.now() - released).toBeLessThan(2_000);
  await onlyChange('10.244.1.66');
  expect(await next.stop()).toBe(0);
});

it('have never written two at a time, and no request failed', async () => {
  const writers = rig.writers();
  expect(writers.length).toBeGreaterThanOrEqual(5);
  expect(new Set(writers).size).toBe(writers.length);
  await rig.noneFailed();
});
