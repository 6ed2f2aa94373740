import type { Node } from '../routing/snapshot.ts';
import { staticRoutesLane } from './marks.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** Nodes are pool members in NodePort mode, of every Gateway, and the way to pods where these are not routable. */
export function createNodeHandler(context: HandlerContext): Handler<'Node'> {
  return (change) => {
    const recorded = record(context, 'Node', change);
    const { serviceType, staticRoutes } = context.settings;
    if (staticRoutes && staticRoutes.source !== 'none' && differs(recorded, networks)) {
      context.marks.mark([staticRoutesLane], 'all', change.explained);
    }
    if (serviceType !== 'NodePort' || !differs(recorded, membership)) return;
    const gateways = [...context.state.snapshot().gateways.keys()];
    context.marks.mark(ours(context, gateways), 'all', change.explained);
  };
}

/** What routes to a node's pods follow from. */
function networks({ metadata, spec, status }: Node): unknown {
  return [metadata.annotations, spec?.podCIDR, spec?.podCIDRs, status?.addresses];
}

/** What decides whether and how a node is a pool member; heartbeats change other things. */
function membership({ metadata, spec, status }: Node): unknown {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return [metadata.labels, spec?.unschedulable, status?.addresses, ready];
}
