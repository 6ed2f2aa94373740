import type { AviType, JsonObject } from '../translate/desired.ts';

/** An object as the controller last returned it. */
export interface InventoryObject {
  readonly type: AviType;
  readonly tenant: string;
  readonly name: string;
  readonly uuid: string;
  /** As returned with `include_name`: refs are `…/<uuid>#<name>`. Private keys are never in it. */
  readonly body: JsonObject;
}

/** What is known of the controller: every object of the types that we write which is ours, or stands where ours would. */
export interface Inventory {
  /** By `objectId`. */
  readonly objects: ReadonlyMap<string, InventoryObject>;
  /** False until every type has been listed completely; nothing is deleted before. */
  readonly complete: boolean;
}
