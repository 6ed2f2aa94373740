/**
 * What the handlers tell the engine: which Gateways an event touches, and how much of them.
 */

/**
 * `all`: anything of the Gateway may have changed. Otherwise only the endpoints of the Services with these keys
 * (`namespace/name`) have, so that nothing but their pools needs work.
 */
export type MarkReason = 'all' | readonly string[];

/** The lane of the static routes to pods, where they are configured: marked by what happens to Nodes. */
export const staticRoutesLane = 'StaticRoutes';

/** The engine's side: lanes that coalesce marks. Cheap, synchronous, never throws. */
export interface Marks {
  /**
   * @param gateways keys (`namespace/name`) of the Gateways touched; they may not exist (any more) or not be ours. Also
   *   ids (`Kind/namespace/name`) of extensions, which have lanes of their own.
   * @param explained false when the cause is a deletion that was not observed but found missing in a new list. The
   *   guard against mass deletion holds what follows from it.
   */
  mark(gateways: Iterable<string>, reason: MarkReason, explained: boolean): void;
  /** A GatewayClass was added, changed or deleted, or came into or out of use: its status and finalizer need a look. */
  markClass(name: string): void;
}
