import { ours, type Handler, type HandlerContext } from './context.ts';
import { isEcho, record } from './record.ts';

/** A route touches the Gateways that it names, and those that it named before. */
export function createHttpRouteHandler(context: HandlerContext): Handler<'HTTPRoute'> {
  return (change) => {
    const recorded = record(context, 'HTTPRoute', change);
    if (isEcho(context, 'HTTPRoute', recorded)) return;
    const parentsBefore = context.references.gatewaysOfRoute(recorded.key);
    context.references.setRoute(recorded.key, recorded.after);
    const parents = new Set([...parentsBefore, ...context.references.gatewaysOfRoute(recorded.key)]);
    context.marks.mark(ours(context, parents), 'all', change.explained);
  };
}
