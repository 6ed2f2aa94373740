/** Which path keys each rule owns, and with them which rules have a child virtual service. */
import type { RoutedListener } from '../../routing/result/routed-listener.ts';
import type { Topology } from '../virtual-services/host-ports.ts';
import type { HostPort, PathKey } from '../policies/path-keys.ts';

/** Path keys that a rule owns on one host and port. */
export interface OwnedKeys {
  readonly at: HostPort;
  readonly listener: RoutedListener;
  readonly keys: readonly PathKey[];
}

/** Rules that own path keys, with the keys, by rule id. */
export function ownedKeys(topology: Topology): ReadonlyMap<string, readonly OwnedKeys[]> {
  const owned = new Map<string, OwnedKeys[]>();
  for (const at of topology.hostPorts) {
    const listener = topology.listenerFor(at.hostname, at.port);
    if (!listener) continue;
    for (const [id, keys] of keysByOwner(at)) {
      const known = owned.get(id);
      if (known) known.push({ at, listener, keys });
      else owned.set(id, [{ at, listener, keys }]);
    }
  }
  return owned;
}

const byOwner = new WeakMap<HostPort, ReadonlyMap<string, readonly PathKey[]>>();

/** The same lists for the same host, which never changes. */
function keysByOwner(at: HostPort): ReadonlyMap<string, readonly PathKey[]> {
  const known = byOwner.get(at) ?? Map.groupBy(at.keys, (key) => key.owner.id);
  byOwner.set(at, known);
  return known;
}
