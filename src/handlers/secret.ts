import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A Secret touches the Gateways with listeners that name it. */
export function createSecretHandler(context: HandlerContext): Handler<'Secret'> {
  return (change) => {
    const recorded = record(context, 'Secret', change);
    if (!differs(recorded, ({ type, data }) => [type, data])) return;
    context.marks.mark(ours(context, context.references.gatewaysOfSecret(recorded.key)), 'all', change.explained);
  };
}
