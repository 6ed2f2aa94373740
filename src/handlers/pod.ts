import { nodePortLocalAnnotation } from '../routing/backends/node-port-local.ts';
import { serviceOf } from '../cluster/state.ts';
import type { Pod } from '../routing/snapshot.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A Pod's ports at its node touch the pools of the Services that it serves, for service type NodePortLocal. */
export function createPodHandler(context: HandlerContext): Handler<'Pod'> {
  const { references, state } = context;
  return (change) => {
    if (context.settings.serviceType !== 'NodePortLocal') return;
    const recorded = record(context, 'Pod', { ...change, object: ports(change.object) });
    if (!differs(recorded, ({ metadata }) => metadata.annotations)) return;
    const slices = [...references.slicesOfPod(recorded.key)].flatMap((key) => state.get('EndpointSlice', key) ?? []);
    for (const service of new Set(slices.flatMap((slice) => serviceOf(slice) ?? []))) {
      context.marks.mark(ours(context, references.gatewaysOfService(service)), [service], change.explained);
    }
  };
}

/** All else of a Pod is much, and not read. */
function ports({ metadata: { name, namespace, annotations } }: Pod): Pod {
  const given = annotations?.[nodePortLocalAnnotation];
  const kept = given === undefined ? {} : { annotations: { [nodePortLocalAnnotation]: given } };
  return { metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...kept } };
}
