import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A Service touches the Gateways with routes that use it. */
export function createServiceHandler(context: HandlerContext): Handler<'Service'> {
  return (change) => {
    const recorded = record(context, 'Service', change);
    if (!differs(recorded, ({ metadata, spec }) => [metadata.labels, metadata.annotations, spec])) return;
    context.marks.mark(ours(context, context.references.gatewaysOfService(recorded.key)), 'all', change.explained);
  };
}
