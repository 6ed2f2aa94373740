import { isOurClass, type Handler, type HandlerContext } from './context.ts';
import { isEcho, record } from './record.ts';
import { follow } from './follow.ts';

/** A GatewayClass decides whether its Gateways are ours: all of them are looked at again. */
export function createGatewayClassHandler(context: HandlerContext): Handler<'GatewayClass'> {
  return (change) => {
    const recorded = record(context, 'GatewayClass', change);
    if (isEcho(context, 'GatewayClass', recorded)) return;
    const wasOurs = recorded.before?.spec.controllerName === context.settings.controllerName;
    if (!wasOurs && !isOurClass(context, recorded.key)) return;

    const gateways = context.references.gatewaysOfClass(recorded.key);
    for (const gateway of gateways) follow(context, context.references.followedByGateway(gateway));
    context.marks.markClass(recorded.key);
    context.marks.mark(gateways, 'all', change.explained);
  };
}
