/** How deletions that are held are told of in a cluster, and confirmed there. */
import type { HeldDeletions } from '../plan/guard.ts';
import type { RoutingEvent } from '../routing/result/findings.ts';

/** Of the operator's Lease; its value is the hash of the plan that is confirmed. */
export const confirmAnnotation = 'avi-gateway-operator/confirm-deletions';

/** An Event about the Lease that says what is held and how to let it go. */
export function heldEvent(
  { hash, objects, owned }: HeldDeletions,
  lease: { readonly namespace: string; readonly name: string },
): RoutingEvent {
  return {
    type: 'Warning',
    reason: 'DeletionsHeld',
    message:
      `${objects.length} of ${owned} objects on the Avi Controller have no Gateway or route any more, and nobody saw these go, so they are kept. ` +
      `To delete them: kubectl -n ${lease.namespace} annotate lease ${lease.name} ${confirmAnnotation}=${hash}`,
    regarding: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease },
  };
}
