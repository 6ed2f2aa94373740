/** ListenerSets whose Gateway is gone: nobody routes them any more, and their status would stay as it was. */
import { gatewayOfSet, listenerSetsOf } from '../routing/listeners/listener-sets.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import { computeOrphanedSetStatus, isAcceptedByUs } from '../status/compute-listener-set.ts';
import type { StatusUpdate } from '../status/update.ts';

export interface OrphanedSets {
  /** The statuses of sets that a Gateway of ours had or has as parent, as far as they name one that does not exist. */
  left(gateway: string, routed: RoutedGateway | undefined, snapshot: Snapshot, now: string): readonly StatusUpdate[];
  /** Those of all sets that say that a Gateway of ours accepts them, while the one that they name does not exist. */
  all(snapshot: Snapshot, now: string): readonly StatusUpdate[];
}

export function createOrphanedSets(): OrphanedSets {
  /** ListenerSets by the Gateway that they were routed with last. */
  const routedSets = new Map<string, readonly string[]>();

  const status = (key: string, snapshot: Snapshot, now: string): readonly StatusUpdate[] => {
    const resource = snapshot.listenerSets.get(key);
    const gateway = resource && gatewayOfSet(key, resource);
    if (!resource || resource.metadata?.deletionTimestamp || gateway === undefined) return [];
    return snapshot.gateways.has(gateway) ? [] : [computeOrphanedSetStatus(key, resource, gateway, now)];
  };

  return {
    left(gateway, routed, snapshot, now) {
      const before = routedSets.get(gateway) ?? [];
      const after = (routed?.listenerSets ?? []).map(({ key }) => key);
      if (after.length > 0) routedSets.set(gateway, after);
      else routedSets.delete(gateway);
      const stale = listenerSetsOf(snapshot.listenerSets, gateway).filter(({ resource }) =>
        isAcceptedByUs(resource.status),
      );
      const candidates = new Set([...before.filter((key) => !after.includes(key)), ...stale.map(({ key }) => key)]);
      return [...candidates].flatMap((key) => status(key, snapshot, now));
    },
    all: (snapshot, now) =>
      [...snapshot.listenerSets]
        .filter(([, resource]) => isAcceptedByUs(resource.status))
        .flatMap(([key]) => status(key, snapshot, now)),
  };
}
