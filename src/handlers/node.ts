import type { Node } from '../routing/snapshot.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** Nodes are pool members in NodePort mode, of every Gateway; otherwise they touch nothing. */
export function createNodeHandler(context: HandlerContext): Handler<'Node'> {
  return (change) => {
    const recorded = record(context, 'Node', change);
    if (context.settings.serviceType !== 'NodePort' || !differs(recorded, membership)) return;
    const gateways = [...context.state.snapshot().gateways.keys()];
    context.marks.mark(ours(context, gateways), 'all', change.explained);
  };
}

/** What decides whether and how a node is a pool member; heartbeats change other things. */
function membership({ metadata, spec, status }: Node): unknown {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return [metadata.labels, spec?.unschedulable, status?.addresses, ready];
}
