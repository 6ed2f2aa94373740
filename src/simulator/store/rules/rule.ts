import type { Draft } from '../document.ts';
import type { ObjectStore } from '../object-store.ts';
import type { StoredObject } from '../types.ts';

/** What a type's rule sees of a write: references are resolved, defaults filled, nothing is stored yet. */
export interface RuleContext {
  readonly store: ObjectStore;
  readonly draft: Draft;
  readonly uuid: string;
  readonly name: string;
  readonly tenant: string;
  /** The object that a PUT or PATCH replaces. */
  readonly previous?: StoredObject;
  /** Checks that a real controller makes but an older client may not expect are on. */
  readonly strict: boolean;
  readonly now: Date;
}

/** Checks and completes a draft of one type; throws ApiError. */
export type Rule = (context: RuleContext) => void;

/** Stored reference to a system object by name, if there is one. */
export function systemReference(store: ObjectStore, type: string, name: string): string | undefined {
  const object = store.named(type, name).find((candidate) => candidate.tenant === 'admin');
  return object && `/api/${type}/${object.uuid}`;
}

/** Fills an absent reference with a system object. */
export function fillReference(context: RuleContext, field: string, type: string, name: string): void {
  if (context.draft[field] !== undefined) return;
  const reference = systemReference(context.store, type, name);
  if (reference) context.draft[field] = reference;
}
