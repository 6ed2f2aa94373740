/** Merging conditions into what a status already says, by the specification's notes for implementors. */
import { integer, list, record, splitKey, text } from '../values/read.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import type { Condition, StatusUpdate } from './update.ts';

/** When and for which generation of the object conditions are written. */
export interface Stamp {
  /** `metadata.generation` that the conditions were computed from. */
  readonly generation?: number;
  /** RFC 3339. */
  readonly now: string;
}

/** The stamp of what is computed for an object as it is now. @param now RFC 3339 */
export function stampOf({ metadata }: { readonly metadata?: { readonly generation?: number } }, now: string): Stamp {
  const generation = integer(metadata?.generation);
  return { now, ...(generation === undefined ? {} : { generation }) };
}

/** Which object, in which generation, a status is of. @param key `namespace/name`, or the name alone */
export function metadataOf(key: string, { generation }: Stamp): StatusUpdate['metadata'] {
  const { namespace, name } = splitKey(key);
  return { ...(namespace && { namespace }), name, ...(generation === undefined ? {} : { generation }) };
}

/** Conditions of a status as they are; what is no condition is left out. */
export function readConditions(value: unknown): readonly Condition[] {
  return list(Array.isArray(value) ? (value as readonly unknown[]) : []).filter(isCondition);
}

/**
 * The conditions that a status should have: foreign types stay where they are, ours are replaced in place or removed
 * when they no longer apply, new ones follow. `lastTransitionTime` moves only with `status`; a condition that a newer
 * generation has already set is left alone ("MUST NOT perform the update on that Condition").
 *
 * @param ownTypes the types that we are responsible for on this resource
 */
export function mergeConditions(
  previous: readonly Condition[],
  drafts: readonly ConditionDraft[],
  ownTypes: readonly string[],
  stamp: Stamp,
): readonly Condition[] {
  const wanted = new Map(drafts.map((draft) => [draft.type, draft]));
  const merged: Condition[] = [];
  for (const condition of previous) {
    const draft = wanted.get(condition.type);
    wanted.delete(condition.type);
    if (isNewer(condition, stamp)) merged.push(condition);
    else if (draft) merged.push(stampCondition(draft, condition, stamp));
    else if (!ownTypes.includes(condition.type)) merged.push(condition);
  }
  return [...merged, ...[...wanted.values()].map((draft) => stampCondition(draft, undefined, stamp))];
}

function isNewer(condition: Condition, { generation }: Stamp): boolean {
  return generation !== undefined && (condition.observedGeneration ?? 0) > generation;
}

function stampCondition(draft: ConditionDraft, previous: Condition | undefined, { generation, now }: Stamp): Condition {
  const unchanged = previous?.status === draft.status;
  return {
    type: draft.type,
    status: draft.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: unchanged ? previous.lastTransitionTime : now,
    reason: draft.reason,
    message: draft.message,
  };
}

function isCondition(value: unknown): value is Condition {
  const condition = record(value);
  return text(condition['type']) !== undefined && text(condition['status']) !== undefined;
}
