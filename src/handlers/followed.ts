import type { FollowedKind } from '../cluster/kinds.ts';
import type { ConfigMap, Secret } from '../routing/snapshot.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record, type Recorded } from './record.ts';

/** A Secret or ConfigMap touches the Gateways that need it, themselves or by their ListenerSets and their backends' policies. */
export function createFollowedHandler<K extends FollowedKind>(context: HandlerContext, kind: K): Handler<K> {
  return (change) => {
    const recorded: Recorded<Secret | ConfigMap> = record(context, kind, change);
    if (!differs(recorded, (object) => ['type' in object ? object.type : undefined, object.data])) return;
    const gateways = context.references.gatewaysOfNamed(kind, recorded.key);
    context.marks.mark(ours(context, gateways), 'all', change.explained);
  };
}
