import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A Namespace's labels decide which listeners take its routes, its annotations the Avi tenant of its Gateways. */
export function createNamespaceHandler(context: HandlerContext): Handler<'Namespace'> {
  return (change) => {
    const recorded = record(context, 'Namespace', change);
    if (!differs(recorded, ({ metadata }) => [metadata.labels, metadata.annotations])) return;
    const extensions = context.references.extensionsOfNamespace(recorded.key);
    context.marks.mark(extensions, 'all', change.explained);
    context.marks.mark(ours(context, context.references.gatewaysOfNamespace(recorded.key)), 'all', change.explained);
  };
}
