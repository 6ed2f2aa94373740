import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ListenerSet } from '../../generated/gateway-api.ts';
import { createOrphanedSets, type OrphanedSets } from '../../src/loop/orphaned-sets.ts';
import type { Snapshot } from '../../src/routing/snapshot.ts';
import { computeListenerSetStatus } from '../../src/status/compute-listener-set.ts';
import { settings, gateway, listener, routed, snapshotOf } from '../routing/world.ts';

const now = '2026-07-01T00:00:00Z';
const allowing = gateway({ allowedListeners: { namespaces: { from: 'All' } } });

function setOf(parent: string, status?: unknown): ListenerSet {
  return {
    metadata: { name: 'set', namespace: 'default', generation: 1, creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: { parentRef: { name: parent }, listeners: [listener({ name: 'web', port: 8080, hostname: 'a.example' })] },
    ...(status === undefined ? {} : { status }),
  } as ListenerSet;
}

const result = routed({ gateways: [allowing], listenerSets: [setOf('gw')] }, settings);
const [routedSet] = result.listenerSets;
if (!routedSet) throw new Error('no ListenerSet');
const accepted = computeListenerSetStatus(routedSet, result, undefined, {}, now, undefined).status;
const foreign = {
  conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'fine', observedGeneration: 1 }],
};

const cluster = (set: ListenerSet, gateways = false): Snapshot =>
  snapshotOf({ gateways: gateways ? [allowing] : [], listenerSets: [set] });

describe('ListenerSets whose Gateway is gone', () => {
  let sets: OrphanedSets;

  beforeEach(() => {
    sets = createOrphanedSets();
  });

  it('say so: neither accepted nor programmed, without routes', () => {
    expect(sets.left('default/gw', result, cluster(setOf('gw', accepted), true), now)).toEqual([]);
    const [update, ...others] = sets.left('default/gw', undefined, cluster(setOf('gw', accepted)), now);
    expect(others).toEqual([]);
    expect(update?.status).toMatchObject({
      conditions: [
        {
          type: 'Accepted',
          status: 'False',
          reason: 'ParentNotAccepted',
          message: 'Gateway default/gw does not exist',
        },
        { type: 'Programmed', status: 'False', reason: 'ParentNotAccepted' },
      ],
      listeners: [{ name: 'web', attachedRoutes: 0 }],
    });
    const [listenerStatus] = update?.status.listeners as { conditions: { type: string; status: string }[] }[];
    expect(listenerStatus?.conditions.find(({ type }) => type === 'Programmed')?.status).toBe('False');
  });

  it('are found after a restart by what their status says, if it is in our words', () => {
    expect(sets.all(cluster(setOf('gw', accepted)), now)).toHaveLength(1);
    expect(sets.all(cluster(setOf('gw', accepted), true), now)).toEqual([]);
    expect(sets.all(cluster(setOf('gw', foreign)), now)).toEqual([]);
    expect(sets.left('default/gw', undefined, cluster(setOf('gw', foreign)), now)).toEqual([]);
  });

  it('were moved to a Gateway that does not exist', () => {
    sets.left('default/gw', result, cluster(setOf('gw', accepted), true), now);
    const moved = cluster(setOf('missing', accepted), true);
    expect(sets.left('default/gw', { ...result, listenerSets: [] }, moved, now)).toHaveLength(1);
  });

  it('are left to their other Gateway where that exists', () => {
    sets.left('default/gw', result, cluster(setOf('gw', accepted), true), now);
    const other = snapshotOf({ gateways: [gateway({}, { name: 'other' })], listenerSets: [setOf('other', accepted)] });
    expect(sets.left('default/gw', undefined, other, now)).toEqual([]);
  });
});
