/** Targets of a policy that do not exist, of which no Gateway can speak. */
import { splitKey } from '../../values/read.ts';
import { routeKinds, routesOf } from '../routes/route-kinds.ts';
import type { Snapshot } from '../snapshot.ts';
import { policyTargets } from './policy-index.ts';

/** Something that a policy targets and that does not exist. */
export interface MissingTarget {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** @param key `namespace/name` of the policy, whose spec has `targetRefs` */
export function missingTargets(
  key: string,
  { spec }: { readonly spec: object },
  snapshot: Snapshot,
): readonly MissingTarget[] {
  if (!('targetRefs' in spec)) return [];
  const { namespace } = splitKey(key);
  const targets = policyTargets({ spec: spec as Parameters<typeof policyTargets>[0]['spec'] }, namespace);
  const absent = targets.filter(({ id }) => !exists(id, snapshot));
  const byId = new Map(absent.map((target) => [target.id, target]));
  return [...byId.values()].map(({ id, group }) => {
    const slash = id.indexOf('/');
    return { group, kind: id.slice(0, slash), ...splitKey(id.slice(slash + 1)) };
  });
}

function exists(id: string, snapshot: Snapshot): boolean {
  const slash = id.indexOf('/');
  const kind = id.slice(0, slash);
  const key = id.slice(slash + 1);
  const routeKind = routeKinds.find((known) => known === kind);
  if (routeKind) return routesOf(snapshot, routeKind).has(key);
  if (kind === 'Gateway') return snapshot.gateways.has(key);
  return kind === 'ListenerSet' ? snapshot.listenerSets.has(key) : snapshot.services.has(key);
}
