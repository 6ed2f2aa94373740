import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A ClusterTrustBundle touches the Gateways that trust it, themselves or by their backends' policies. */
export function createClusterTrustBundleHandler(context: HandlerContext): Handler<'ClusterTrustBundle'> {
  return (change) => {
    const recorded = record(context, 'ClusterTrustBundle', change);
    if (!differs(recorded, ({ spec }) => spec?.trustBundle)) return;
    const gateways = context.references.gatewaysOfNamed('ClusterTrustBundle', recorded.key);
    context.marks.mark(ours(context, gateways), 'all', change.explained);
  };
}
