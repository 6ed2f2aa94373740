import type { InventoryObject } from '../plan/inventory.ts';

/** What became of one object. */
export type ObjectOutcome =
  | { readonly state: 'done'; readonly object?: InventoryObject }
  | { readonly state: 'unchanged'; readonly object: InventoryObject }
  | { readonly state: 'failed'; readonly message: string; readonly code?: number; readonly retryable: boolean }
  | { readonly state: 'blocked'; readonly by: string }
  | { readonly state: 'refused'; readonly message: string };

/** What became of a Gateway's objects, by `objectId`. */
export type Outcome = ReadonlyMap<string, ObjectOutcome>;
