import { ours, type Handler, type HandlerContext } from './context.ts';
import { record } from './record.ts';

/** A grant touches the Gateways with references that it allows, or allowed before. */
export function createReferenceGrantHandler(context: HandlerContext): Handler<'ReferenceGrant'> {
  return (change) => {
    const { before, after } = record(context, 'ReferenceGrant', change);
    const grants = [before, after].filter((grant) => grant !== undefined);
    const gateways = grants.flatMap((grant) => [...context.references.gatewaysOfGrant(grant)]);
    context.marks.mark(ours(context, new Set(gateways)), 'all', change.explained);
  };
}
