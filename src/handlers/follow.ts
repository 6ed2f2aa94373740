import type { FollowedObject } from '../cluster/references.ts';
import { isOurs, type HandlerContext } from './context.ts';

/**
 * Follows those of the Secrets and ConfigMaps that a Gateway of ours, a ListenerSet of its or a policy names, and stops
 * following those that none does any more.
 */
export function follow(context: HandlerContext, objects: Iterable<FollowedObject>): void {
  const { references, followed } = context;
  for (const { kind, key } of objects) {
    const used =
      references.isNamedByPolicy(kind, key) ||
      [...references.gatewaysNaming(kind, key)].some((gateway) => isOurs(context, gateway));
    if (used) followed[kind].follow(key);
    else followed[kind].unfollow(key);
  }
}
