/** ReferenceGrants: which references may cross into another namespace (referencegrant_types.go). */
import type { ReferenceGrant } from '../../generated/gateway-api.ts';
import { list, splitKey } from '../values/read.ts';
import type { Snapshot } from './snapshot.ts';

/** A reference from one object to another; kinds with their API group, the core group being `''`. */
export interface Reference {
  readonly from: { readonly group: string; readonly kind: string; readonly namespace: string };
  readonly to: { readonly group: string; readonly kind: string; readonly namespace: string; readonly name: string };
}

/** ReferenceGrants by their namespace, which is the one of the objects that they open. */
export type GrantIndex = ReadonlyMap<string, readonly ReferenceGrant[]>;

export function indexGrants(snapshot: Pick<Snapshot, 'referenceGrants'>): GrantIndex {
  const index = new Map<string, ReferenceGrant[]>();
  for (const [key, grant] of snapshot.referenceGrants) {
    const { namespace } = splitKey(key);
    const known = index.get(namespace);
    if (known) known.push(grant);
    else index.set(namespace, [grant]);
  }
  return index;
}

/** Whether the reference stays in its namespace, or a ReferenceGrant in the target's namespace allows it. */
export function isPermitted(grants: GrantIndex, { from, to }: Reference): boolean {
  if (from.namespace === to.namespace) return true;
  return (grants.get(to.namespace) ?? []).some(
    (grant) =>
      list(grant.spec?.from).some(
        (entry) => entry.group === from.group && entry.kind === from.kind && entry.namespace === from.namespace,
      ) &&
      list(grant.spec?.to).some(
        (entry) =>
          entry.group === to.group && entry.kind === to.kind && (entry.name === undefined || entry.name === to.name),
      ),
  );
}
