import { objects } from '../store/document.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { StoreChange, StoredObject } from '../store/types.ts';
import type { EmptiedRecord } from './stats.ts';

const memberList: Readonly<Record<string, string>> = { pool: 'servers', poolgroup: 'members' };

/**
 * Watches a store for updates that take the last member away from a pool or pool group which a virtual service uses.
 * References cannot dangle (referential integrity), so this is how a wrong order of writes shows.
 */
export function recordEmptied(
  store: ObjectStore,
  record: (entry: EmptiedRecord) => void,
  now: () => number = Date.now,
): () => void {
  return store.subscribe((change) => {
    const type = change.object.type;
    if ((type !== 'pool' && type !== 'poolgroup') || !lostLastMember(change)) return;
    const users = virtualServicesUsing(store, change.object);
    if (users.length === 0) return;
    record({ time: now(), type, name: change.object.name, virtualServices: users });
  });
}

function lostLastMember({ kind, object, previous }: StoreChange): boolean {
  const list = memberList[object.type];
  if (kind !== 'updated' || list === undefined) return false;
  return objects(object.body[list]).length === 0 && objects(previous?.body[list]).length > 0;
}

function virtualServicesUsing(store: ObjectStore, start: StoredObject): readonly string[] {
  const seen = new Set([start.uuid]);
  const names: string[] = [];
  const queue = [start];
  for (let object = queue.pop(); object; object = queue.pop()) {
    for (const referrer of store.referrers(object.uuid)) {
      if (seen.has(referrer.uuid)) continue;
      seen.add(referrer.uuid);
      if (referrer.type === 'virtualservice') names.push(referrer.name);
      else queue.push(referrer);
    }
  }
  return names.sort();
}
