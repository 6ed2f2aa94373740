import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createAviClient } from '../../../src/avi/client.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { nextTryMs, startLeaderElection, type LeaderElection, type LeaderOptions } from '../../../src/loop/leader.ts';
import { eventually } from '../../cluster/eventually.ts';
import { startFakeLeases, type FakeLeases } from './fake-leases.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let leases: FakeLeases;
let elections: LeaderElection[] = [];
let log: string[] = [];

beforeEach(async () => {
  leases = await startFakeLeases();
  elections = [];
  log = [];
});

afterEach(async () => {
  leases.hang(false);
  await Promise.all(elections.map((election) => election.stop()));
  await leases.close();
});

function elect(identity: string, options: Partial<LeaderOptions> = {}): LeaderElection {
  const election = startLeaderElection({
    kubeConfig: leases.kubeConfig(),
    namespace: 'ns',
    name: 'leader',
    identity,
    onStarted: () => void log.push(`${identity} leads`),
    onLost: () => void log.push(`${identity} lost`),
    timings: { leaseMs: 3_000, renewDeadlineMs: 2_000, retryMs: 50, callMs: 500 },
    ...options,
  });
  elections.push(election);
  return election;
}

describe('leader election', () => {
  it('elects one of many', async () => {
    const all = ['a', 'b', 'c'].map((identity) => elect(identity));
    await eventually(() => expect(all.filter((election) => election.isLeader())).toHaveLength(1));
    await eventually(() => expect(new Set(all.map((election) => election.holder())).size).toBe(1));
    expect(log).toHaveLength(1);
  });

  it('takes over from a leader that is silent, after the lease has run out', async () => {
    const first = elect('first');
    await eventually(() => expect(first.isLeader()).toBe(true));
    await first.stop();
    leases.take('silent');
    const second = elect('second');
    await eventually(() => expect(second.holder()).toBe('silent'));
    expect(second.isLeader()).toBe(false);
    await eventually(() => expect(second.isLeader()).toBe(true), 15_000);
    expect(leases.lease()?.spec).toMatchObject({ holderIdentity: 'second' });
  });

  it('stops leading by its own clock when nobody answers, before another may begin', async () => {
    const election = elect('first');
    await eventually(() => expect(election.isLeader()).toBe(true));
    leases.hang(true);
    await eventually(() => expect(election.isLeader()).toBe(false), 15_000);
    await eventually(() => expect(log).toEqual(['first leads', 'first lost']));
    leases.hang(false);
    await eventually(() => expect(election.isLeader()).toBe(true), 15_000);
    expect(log).toEqual(['first leads', 'first lost', 'first leads']);
  });

  it('knows that it does not lead after it was suspended past its deadline', async () => {
    let suspended = 0;
    const election = elect('first', { clock: () => performance.now() + suspended });
    await eventually(() => expect(election.isLeader()).toBe(true));
    suspended = 10_000;
    expect(election.isLeader()).toBe(false);
  });

  it('starts no write when it wakes in the middle of one, before it has asked anybody', async () => {
    const simulator = await startSimulator({ dataPlane: false });
    let suspended = 0;
    const election = elect('first', { clock: () => performance.now() + suspended });
    await eventually(() => expect(election.isLeader()).toBe(true));
    const client = createAviClient({
      addresses: [simulator.url],
      credentials: () => ({ username: simulator.username, password: simulator.password }),
      tls: { ca: simulator.ca },
      mayWrite: () => election.isLeader(),
      // Frozen while it waits to repeat the write.
      sleep: () => Promise.resolve(void (suspended = 10_000)),
    });
    await client.request('POST', '/api/pool/', { body: { name: 'before' } });
    simulator.faults.add({ type: 'pool', method: 'POST', effect: { kind: 'status', status: 503 } });
    const repeated = client.request('POST', '/api/pool/', { body: { name: 'after' } });
    await expect(repeated).rejects.toMatchObject({ kind: 'notLeader' });
    await expect(client.request('DELETE', '/api/pool/pool-1')).rejects.toMatchObject({ kind: 'notLeader' });
    expect(simulator.stats.read().writes.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 201',
      'POST 503',
    ]);
    await client.close();
    await simulator.close();
  });

  it('gives way when another holds the lease', async () => {
    const election = elect('first');
    await eventually(() => expect(election.isLeader()).toBe(true));
    leases.take('other');
    await eventually(() => expect(log).toEqual(['first leads', 'first lost']));
    expect(election.isLeader()).toBe(false);
  });

  it('reads what somebody tells the leader by an annotation, once, and leaves other annotations', async () => {
    const heard: string[] = [];
    const message = (who: string) => ({
      annotation: 'test/confirm',
      onRead: (text: string) => void heard.push(`${who} ${text}`),
    });
    const first = elect('first', { message: message('first') });
    await eventually(() => expect(first.isLeader()).toBe(true));
    const second = elect('second', { message: message('second') });
    await eventually(() => expect(second.holder()).toBe('first'));
    leases.annotate({ 'test/confirm': 'plan-1', other: 'stays' });
    await eventually(() => expect(heard).toEqual(['first plan-1']));
    await eventually(() => expect(leases.lease()?.metadata.annotations).toEqual({ other: 'stays' }));
    leases.annotate({ 'test/confirm': 'plan-2' });
    await eventually(() => expect(heard).toEqual(['first plan-1', 'first plan-2']));
    expect(first.isLeader()).toBe(true);
  });

  it('is tried for often enough to lead within 2 s after it was given back, and renewed as configured', () => {
    const retryMs = 2_000;
    expect([0, 1].map((random) => nextTryMs(false, retryMs, random))).toEqual([1_500, 1_800]);
    expect([0, 1].map((random) => nextTryMs(true, retryMs, random))).toEqual([2_000, 2_400]);
    expect(nextTryMs(false, 500, 0)).toBe(500);
  });

  it('gives the lease back when it stops, and nothing when it does not hold it', async () => {
    const first = elect('first');
    await eventually(() => expect(first.isLeader()).toBe(true));
    const second = elect('second');
    await eventually(() => expect(second.holder()).toBe('first'));
    await second.stop();
    expect(leases.lease()?.spec.holderIdentity).toBe('first');
    await first.stop();
    expect(leases.lease()?.spec.holderIdentity).toBe('');
    expect(log).toEqual(['first leads', 'first lost']);
  });
});
