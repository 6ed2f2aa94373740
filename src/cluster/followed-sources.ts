/** Objects that are followed one by one, since the operator may not list their kind. */
import type { FollowedKind } from './kinds.ts';

/** Follows single Secrets or ConfigMaps; the file provider, which has them all, uses `allObjects`. */
export interface FollowedSource {
  /** Begins to follow an object (key `namespace/name`); nothing happens when it already is. */
  follow(key: string): void;
  /** Stops following it; it is removed from the cluster state. */
  unfollow(key: string): void;
  /** The followed objects of which it is not yet known whether they exist. */
  pending(): Iterable<string>;
}

export type FollowedSources = { readonly [K in FollowedKind]: FollowedSource };

const everything: FollowedSource = { follow: () => undefined, unfollow: () => undefined, pending: () => [] };

export const allObjects: FollowedSources = { Secret: everything, ConfigMap: everything };
