import { isOurClass, type Handler, type HandlerContext } from './context.ts';
import { isEcho, record } from './record.ts';
import { follow } from './follow.ts';

/** A Gateway touches itself, and its classes before and after, which come into or out of use. */
export function createGatewayHandler(context: HandlerContext): Handler<'Gateway'> {
  return (change) => {
    const recorded = record(context, 'Gateway', change);
    const { key, before, after } = recorded;
    if (isEcho(context, 'Gateway', recorded)) return;

    const followedBefore = context.references.followedByGateway(key);
    context.references.setGateway(key, after);
    follow(context, [...followedBefore, ...context.references.followedByGateway(key)]);

    const classes = [before, after].flatMap((gateway) => gateway?.spec.gatewayClassName ?? []);
    const classNames = [...new Set(classes)].filter((name) => isOurClass(context, name));
    if (classNames.length === 0) return;
    if (before?.spec.gatewayClassName !== after?.spec.gatewayClassName)
      classNames.forEach((name) => context.marks.markClass(name));
    context.marks.mark([key, ...context.references.hostRulesOfGateway(key)], 'all', change.explained);
  };
}
