import type { Handler, HandlerContext } from './context.ts';
import { staticRoutesLane } from './marks.ts';
import { differs, record } from './record.ts';

/** What Calico gives to nodes is where static routes to pods lead. */
export function createBlockAffinityHandler(context: HandlerContext): Handler<'BlockAffinity'> {
  return (change) => {
    const recorded = record(context, 'BlockAffinity', change);
    if (context.settings.staticRoutes?.source !== 'calico' || !differs(recorded, ({ spec }) => spec)) return;
    context.marks.mark([staticRoutesLane], 'all', change.explained);
  };
}
