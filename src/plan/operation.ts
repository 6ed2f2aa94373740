import type { AviObject, AviType, JsonObject } from '../translate/desired.ts';

/** One call to the controller. */
export type Operation = {
  /** `objectId` of the object, with `#` and the stage behind it for a write in between. */
  readonly id: string;
  /**
   * Absent: the write that makes the object as desired. Otherwise one in between, with the object's other writes around
   * it: `warm`, `prepare`, `keep` and `restore` of a parent's policy set, `claim` and `release` of a child.
   */
  readonly stage?: 'warm' | 'prepare' | 'keep' | 'restore' | 'claim' | 'release';
  /** `objectId`s of pools that come into use by this write; its effect includes that they are up. */
  readonly warms?: readonly string[];
  readonly type: AviType;
  readonly tenant: string;
  readonly name: string;
  /** Ids of operations that must have succeeded before this one starts. */
  readonly dependsOn: readonly string[];
  /**
   * Those of `dependsOn` whose write must also have reached the Service Engines: it takes traffic over, or stops
   * sending it, before this operation takes something away.
   */
  readonly afterEffectOf: readonly string[];
} & (
  | { readonly verb: 'create'; readonly body: JsonObject }
  | {
      readonly verb: 'update';
      readonly uuid: string;
      readonly body: JsonObject;
      readonly changes: readonly FieldChange[];
    }
  | { readonly verb: 'delete'; readonly uuid: string }
);

/** A difference of one field, for `diff` and logs; secrets are redacted. */
export interface FieldChange {
  /** Path in the body, as `services[0].port`. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Something the plan declines to do, and why. */
export interface Refusal {
  readonly id: string;
  readonly object?: AviObject;
  readonly reason: 'Foreign' | 'HeldDeletion' | 'IncompleteInventory';
  readonly message: string;
}

/** What has to be done to make the controller equal to the desired state. */
export interface Plan {
  readonly operations: readonly Operation[];
  readonly refusals: readonly Refusal[];
  /** Ids of desired objects that already are as they should be. */
  readonly unchanged: readonly string[];
  /**
   * How many requirements on the order had to be left out, as they contradict one another; absent: none. Some requests
   * may be answered by another rule of these routes for a moment.
   */
  readonly compromises?: number;
  /**
   * Objects that are written instead of desired ones, which are said to be unchanged: another plan must follow, that
   * makes them as desired. Absent: none.
   */
  readonly interim?: readonly AviObject[];
}
