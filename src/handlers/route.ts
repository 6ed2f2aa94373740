import type { RouteKind } from '../routing/result/routed-route.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { isEcho, record } from './record.ts';

/** A route touches the Gateways that it names, itself or by their ListenerSets, and those that it named before. */
export function createRouteHandler<K extends RouteKind>(context: HandlerContext, kind: K): Handler<K> {
  return (change) => {
    const recorded = record(context, kind, change);
    if (isEcho(context, kind, recorded)) return;
    const { references } = context;
    const parentsBefore = references.gatewaysOfRoute(kind, recorded.key);
    references.setRoute(kind, recorded.key, recorded.after);
    const parents = new Set([...parentsBefore, ...references.gatewaysOfRoute(kind, recorded.key)]);
    context.marks.mark(ours(context, parents), 'all', change.explained);
  };
}
