import type { AviType, JsonObject } from '../../translate/desired.ts';

/** An object as the controller last returned it. */
export interface InventoryObject {
  readonly type: AviType;
  readonly tenant: string;
  readonly name: string;
  readonly uuid: string;
  /** As returned with `include_name`: refs are `…/<uuid>#<name>`. Private keys are never in it. */
  readonly body: JsonObject;
  /**
   * Differences from what we sent that the controller's reply to our own write had: its choice, so no reason to write
   * again. Each as `path`, desired and current value in one JSON text.
   */
  readonly settled?: ReadonlySet<string>;
}

/** What is known of the controller: every object of the types that we write which is ours, or stands where ours would. */
export interface Inventory {
  /** By `objectId`. */
  readonly objects: ReadonlyMap<string, InventoryObject>;
  /** False until every type has been listed completely; nothing is deleted before. */
  readonly complete: boolean;
  /** What has changed since an earlier moment; absent: that is not known. */
  readonly changes?: Changes;
  /** Kept with the objects; absent: it is made when it is needed. */
  readonly index?: InventoryIndex;
}

/** Who refers to whom, and what belongs to a Gateway. */
export interface InventoryIndex {
  /** Virtual services, policy sets and scripts that refer to an object, by its id. */
  readonly usersOf: (id: string) => readonly InventoryObject[];
  /** Ids of objects whose markers name the Gateway (`namespace/name`); of those that name none, if it is undefined. */
  readonly ofGateway: (gateway: string | undefined) => Iterable<string>;
}

/** Moments are numbers; later ones are higher. */
export interface Changes {
  now(): number;
  /** Ids of objects that changed, came or went; undefined when that is not known any more. */
  since(moment: number): ReadonlySet<string> | undefined;
}
