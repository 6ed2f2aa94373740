import { ours, type Handler, type HandlerContext } from './context.ts';
import { follow } from './follow.ts';
import { isEcho, record } from './record.ts';

/** A BackendTLSPolicy touches the Gateways whose routes use its Services, and those that it touched before. */
export function createBackendTlsPolicyHandler(context: HandlerContext): Handler<'BackendTLSPolicy'> {
  return (change) => {
    const recorded = record(context, 'BackendTLSPolicy', change);
    const { key, after } = recorded;
    if (isEcho(context, 'BackendTLSPolicy', recorded)) return;
    const { references } = context;
    const before = { gateways: references.gatewaysOfPolicy(key), followed: references.followedByPolicy(key) };
    references.setPolicy(key, after);
    follow(context, [...before.followed, ...references.followedByPolicy(key)]);
    const gateways = new Set([...before.gateways, ...references.gatewaysOfPolicy(key)]);
    context.marks.mark(ours(context, gateways), 'all', change.explained);
  };
}
