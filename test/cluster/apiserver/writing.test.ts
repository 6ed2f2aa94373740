import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startLeaderElection, type LeaderElection } from '../../../src/loop/leader.ts';
import { keyOf } from '../../../src/routing/snapshot.ts';
import { classFinalizer, createStatusWriter } from '../../../src/status/write.ts';
import type { StatusUpdate } from '../../../src/status/update.ts';
import { createEvents } from '../../../src/telemetry/events.ts';
import { eventually } from '../eventually.ts';
import { controllerName, gateway, group, startWatchedCluster, type WatchedCluster } from './watched-cluster.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

const minutes = 60_000;
let watched: WatchedCluster;
let cluster: WatchedCluster['cluster'];
let kubeConfig: WatchedCluster['kubeConfig'];
let state: WatchedCluster['state'];
const failures: string[] = [];

beforeAll(async () => {
  watched = await startWatchedCluster();
  ({ cluster, kubeConfig, state } = watched);
}, 3 * minutes);

afterAll(() => watched?.stop(), minutes);

describe('writing to a real API server', () => {
  const condition = (type: string, message: string) => ({
    type,
    status: 'True',
    reason: 'Test',
    message,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  });
  const update = (name: string, status: object): StatusUpdate => ({
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { namespace: 'default', name },
    status: { ...status },
  });
  const statusOf = async (name: string) =>
    JSON.parse(await cluster.kubectl(['get', 'gateway', name, '-o', 'jsonpath={.status}'])) as Record<string, unknown>;
  const writer = () =>
    createStatusWriter({
      kubeConfig,
      state,
      controllerName,
      mayWrite: () => true,
      onFailure: (resource, error) => void failures.push(`${resource}: ${error.message}`),
    });

  beforeAll(async () => {
    await watched.apply(gateway('status'));
    await eventually(() => expect(state.get('Gateway', 'default/status')).toBeDefined());
  });

  it('writes a status once, takes away what is gone, and knows its own', async () => {
    const statuses = writer();
    const first = { conditions: [condition('Accepted', 'one')], addresses: [{ type: 'IPAddress', value: '10.0.0.1' }] };
    statuses.submit([update('status', first)]);
    await statuses.idle();
    expect(await statusOf('status')).toMatchObject(first);
    await eventually(() =>
      expect(statuses.isOwn('Gateway', 'default/status', state.get('Gateway', 'default/status')?.status)).toBe(true),
    );
    const { resourceVersion } = state.get('Gateway', 'default/status')?.metadata as {
      readonly resourceVersion: string;
    };
    statuses.submit([update('status', first)]);
    await statuses.idle();
    const version = await cluster.kubectl(['get', 'gateway', 'status', '-o', 'jsonpath={.metadata.resourceVersion}']);
    expect(version).toBe(resourceVersion);

    statuses.submit([update('status', { conditions: [condition('Accepted', 'two')] })]);
    await statuses.idle();
    expect(await statusOf('status')).not.toHaveProperty('addresses');
    expect(failures).toEqual([]);
    statuses.stop();
  });

  it('keeps what others wrote, also when they were quicker', async () => {
    const statuses = writer();
    const foreign = {
      status: { conditions: [condition('Accepted', 'two'), condition('example.com/Seen', 'foreign')] },
    };
    const frozen = state.get('Gateway', 'default/status');
    await cluster.kubectl([
      'patch',
      'gateway',
      'status',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify(foreign),
    ]);
    // As if the watch were late.
    if (frozen) state.put('Gateway', frozen);
    statuses.submit([update('status', { conditions: [condition('Accepted', 'three')] })]);
    await statuses.idle();
    const { conditions } = (await statusOf('status')) as {
      readonly conditions: readonly { type: string; message: string }[];
    };
    expect(conditions.map(({ type, message }) => `${type} ${message}`).sort()).toEqual([
      'Accepted three',
      'example.com/Seen foreign',
    ]);
    expect(failures).toEqual([]);
    statuses.stop();
  });

  it('gives up on objects that are gone and on statuses that are refused', async () => {
    const statuses = writer();
    const gone = {
      ...gateway('gone'),
      metadata: { name: 'gone', namespace: 'default', uid: 'u', resourceVersion: '1' },
    };
    state.put('Gateway', gone as unknown as Parameters<typeof state.put<'Gateway'>>[1]);
    statuses.submit([
      update('gone', { conditions: [condition('Accepted', 'x')] }),
      update('status', { conditions: [{ type: 'Accepted' }] }),
    ]);
    await statuses.idle();
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^Gateway\/default\/status: 422 /);
    state.remove('Gateway', 'default/gone');
    failures.length = 0;
    statuses.stop();
  });

  it('keeps a class while it is in use', async () => {
    const statuses = writer();
    const finalizers = () =>
      cluster.kubectl(['get', 'gatewayclass', 'avi-lb', '-o', 'jsonpath={.metadata.finalizers}']);
    statuses.setClassInUse('avi-lb', true);
    await statuses.idle();
    expect(await finalizers()).toBe(`["${classFinalizer}"]`);
    statuses.setClassInUse('avi-lb', false);
    await statuses.idle();
    expect(await finalizers()).toBe('');
    statuses.stop();
  });

  it('tells users by Events, each thing once', async () => {
    const errors: Error[] = [];
    const events = createEvents({
      kubeConfig,
      controllerName,
      instance: 'test',
      uidOf: ({ namespace = '', name }) => state.get('Gateway', keyOf({ namespace, name }))?.metadata?.uid,
      mayWrite: () => true,
      onFailure: (error) => void errors.push(error),
    });
    const regarding = { apiVersion: `${group}/v1`, kind: 'Gateway', namespace: 'default', name: 'status' };
    const event = { type: 'Warning', reason: 'CertificateExpired', message: 'It is over', regarding } as const;
    events.emit([event, event]);
    events.emit([event]);
    await eventually(async () => {
      const described = await cluster.kubectl(['describe', 'gateway', 'status']);
      expect(described.match(/CertificateExpired.*It is over/g)).toHaveLength(1);
    }, 10_000);
    expect(errors).toEqual([]);
  });
});

describe('leader election by a real Lease', () => {
  const elections: LeaderElection[] = [];
  const elect = (identity: string, log: string[]) => {
    const election = startLeaderElection({
      kubeConfig,
      namespace: 'default',
      name: 'leader',
      identity,
      onStarted: () => void log.push(`${identity} leads`),
      onLost: () => void log.push(`${identity} lost`),
      timings: { leaseMs: 20_000, renewDeadlineMs: 15_000, retryMs: 200, callMs: 5_000 },
    });
    elections.push(election);
    return election;
  };
  afterAll(() => Promise.all(elections.map((election) => election.stop())));

  it('has one leader, and the next as soon as the lease is given back', async () => {
    const log: string[] = [];
    const first = elect('first', log);
    await eventually(() => expect(first.isLeader()).toBe(true));
    const second = elect('second', log);
    await eventually(() => expect(second.holder()).toBe('first'));
    expect(second.isLeader()).toBe(false);
    await first.stop();
    await eventually(() => expect(second.isLeader()).toBe(true), 10_000);
    expect(log).toEqual(['first leads', 'first lost', 'second leads']);
    const lease = await cluster.kubectl(['get', 'lease', 'leader', '-o', 'json']);
    expect(JSON.parse(lease)).toMatchObject({ spec: { holderIdentity: 'second', leaseTransitions: 1 } });
  });
});
