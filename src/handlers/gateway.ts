import { isOurClass, type Handler, type HandlerContext } from './context.ts';
import { isEcho, record } from './record.ts';
import { followSecrets } from './secret-references.ts';

/** A Gateway touches itself, and its classes before and after, which come into or out of use. */
export function createGatewayHandler(context: HandlerContext): Handler<'Gateway'> {
  return (change) => {
    const recorded = record(context, 'Gateway', change);
    const { key, before, after } = recorded;
    if (isEcho(context, 'Gateway', recorded)) return;

    const secretsBefore = context.references.secretsOfGateway(key);
    context.references.setGateway(key, after);
    followSecrets(context, new Set([...secretsBefore, ...context.references.secretsOfGateway(key)]));

    const classes = [before, after].flatMap((gateway) => gateway?.spec.gatewayClassName ?? []);
    const classNames = [...new Set(classes)].filter((name) => isOurClass(context, name));
    if (classNames.length === 0) return;
    if (before?.spec.gatewayClassName !== after?.spec.gatewayClassName)
      classNames.forEach((name) => context.marks.markClass(name));
    context.marks.mark([key], 'all', change.explained);
  };
}
