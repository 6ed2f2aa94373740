import { podsOf } from '../routing/backends/node-port-local.ts';
import { serviceOf } from '../cluster/state.ts';
import { ours, type Handler, type HandlerContext } from './context.ts';
import { differs, record } from './record.ts';

/** A slice touches only the pools of its Service, and of the Service that it belonged to before. */
export function createEndpointSliceHandler(context: HandlerContext): Handler<'EndpointSlice'> {
  return (change) => {
    const recorded = record(context, 'EndpointSlice', change);
    if (!differs(recorded, (slice) => [serviceOf(slice), slice.addressType, slice.ports, slice.endpoints])) return;
    if (context.settings.serviceType === 'NodePortLocal') {
      context.references.setSlice(recorded.key, recorded.after && podsOf([recorded.after]));
    }
    const services = [recorded.before, recorded.after].flatMap((slice) => (slice && serviceOf(slice)) ?? []);
    for (const service of new Set(services)) {
      context.marks.mark(ours(context, context.references.gatewaysOfService(service)), [service], change.explained);
    }
  };
}
