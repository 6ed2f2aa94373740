import type { ObjectKind } from '../routing/extensions/extension-objects.ts';
import type { StatusUpdate } from './update.ts';

/** Where statuses go: the API server, or files. */
export interface StatusWriter {
  /**
   * Takes statuses to write and returns at once. For each object the latest counts; nothing is written that is already
   * so; what fails is tried again until it succeeds or the object is gone.
   */
  submit(updates: readonly StatusUpdate[]): void;
  /** Says whether a GatewayClass of ours has Gateways: while it has, a finalizer keeps it from going away. */
  setClassInUse(name: string, inUse: boolean): void;
  /**
   * Says whether an extension (`namespace/name`) has an object on the controller: while it has, a finalizer keeps it from
   * going away. Without an API server there is none.
   */
  setFinalizer?(kind: ObjectKind, key: string, wanted: boolean): void;
  /**
   * Whether a status is the one that this writer last sent for the object, so that seeing it is no news. To be asked once
   * for each change that is seen: the answer is then forgotten.
   *
   * @param key `namespace/name`, or `name` of a GatewayClass.
   */
  isOwn(kind: string, key: string, status: unknown): boolean;
  /** Resolves when nothing is left to write. */
  idle(): Promise<void>;
  /** Drops what has not been written; nothing is written afterwards. */
  stop(): void;
}
