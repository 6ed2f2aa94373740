import { extensionId, type ExtensionKind } from '../routing/extension-kinds.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { follow } from './follow.ts';
import { isEcho, record } from './record.ts';

/** An extension touches its own lane, and the Gateways with routes that refer to it, directly or by another extension. */
export function createExtensionHandler<K extends ExtensionKind>(context: HandlerContext, kind: K): Handler<K> {
  return (change) => {
    const recorded = record(context, kind, change);
    if (isEcho(context, kind, recorded)) return;
    const { references } = context;
    const id = extensionId(kind, recorded.key);
    const before = references.followedByExtension(id);
    references.setExtension(id, recorded.after);
    follow(context, [...before, ...references.followedByExtension(id)]);
    context.marks.mark([id, ...ours(context, references.gatewaysOfExtension(id))], 'all', change.explained);
  };
}
