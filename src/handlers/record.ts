import { isDeepStrictEqual } from 'node:util';
import type { WatchedKind, WatchedObjects } from '../cluster/kinds.ts';
import { keyOf, type ObjectMeta } from '../routing/snapshot.ts';
import type { HandlerContext, ResourceChange } from './context.ts';

/** An object before and after a change; one of them is undefined for an addition or a deletion. */
export interface Recorded<T> {
  readonly key: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** Puts the change into the cluster state. What comes or goes is news to the policies that target it, whoever serves it. */
export function record<K extends WatchedKind>(
  context: HandlerContext,
  kind: K,
  change: ResourceChange<WatchedObjects[K]>,
): Recorded<WatchedObjects[K]> {
  const key = keyOf(change.object.metadata ?? {});
  const isGone = change.type === 'DELETED';
  const before = isGone ? context.state.remove(kind, key) : context.state.put(kind, change.object);
  if (isGone || !before) markPolicies(context, `${kind}/${key}`, change.explained);
  return { key, before, after: isGone ? undefined : change.object };
}

function markPolicies({ references, marks }: HandlerContext, target: string, explained: boolean): void {
  const policies = references.policiesOfTarget(target);
  if (policies.size > 0) marks.mark([...policies], 'all', explained);
}

/** The parts of an object's metadata that a user sets. */
interface UserMetadata {
  readonly uid?: string;
  readonly generation?: number;
  readonly deletionTimestamp?: string | null;
  readonly labels?: unknown;
  readonly annotations?: unknown;
  readonly finalizers?: readonly string[];
}

interface WithStatus {
  readonly metadata?: UserMetadata;
  readonly status?: unknown;
}

/**
 * Whether a change of an object with a generation is no news: same specification and metadata, and a status that is
 * unchanged or the one we wrote. A status that somebody else changed, and a finalizer that somebody took away, are news,
 * since they may have to be put right.
 */
export function isEcho(
  context: HandlerContext,
  kind: WatchedKind,
  { key, before, after }: Recorded<WithStatus>,
): boolean {
  if (!before || !after || !sameMetadata(before.metadata, after.metadata)) return false;
  return isDeepStrictEqual(before.status, after.status) || context.isOwnStatus(kind, key, after.status);
}

function sameMetadata(before: UserMetadata = {}, after: UserMetadata = {}): boolean {
  return (
    before.uid === after.uid &&
    before.generation === after.generation &&
    before.deletionTimestamp === after.deletionTimestamp &&
    isDeepStrictEqual(before.labels, after.labels) &&
    isDeepStrictEqual(before.annotations, after.annotations) &&
    (before.finalizers ?? []).every((finalizer) => after.finalizers?.includes(finalizer))
  );
}

/** Whether two objects differ in what `select` takes of them. */
export function differs<T extends { readonly metadata: ObjectMeta }>(
  { before, after }: Recorded<T>,
  select: (object: T) => unknown,
): boolean {
  if (!before || !after) return before !== after;
  return !isDeepStrictEqual(select(before), select(after));
}
