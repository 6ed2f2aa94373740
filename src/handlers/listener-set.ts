import { ours, type Handler, type HandlerContext } from './context.ts';
import { follow } from './follow.ts';
import { isEcho, record } from './record.ts';

/** A ListenerSet touches the Gateway that it names, and the one that it named before. */
export function createListenerSetHandler(context: HandlerContext): Handler<'ListenerSet'> {
  return (change) => {
    const recorded = record(context, 'ListenerSet', change);
    const { key, after } = recorded;
    if (isEcho(context, 'ListenerSet', recorded)) return;
    const { references } = context;
    const before = { parents: references.gatewaysOfListenerSet(key), followed: references.followedByListenerSet(key) };
    references.setListenerSet(key, after);
    follow(context, [...before.followed, ...references.followedByListenerSet(key)]);
    const parents = new Set([...before.parents, ...references.gatewaysOfListenerSet(key)]);
    const rules = [...parents, key].flatMap((listeners) => [...references.hostRulesOfGateway(listeners)]);
    context.marks.mark([...ours(context, parents), ...rules], 'all', change.explained);
  };
}
