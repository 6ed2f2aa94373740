/** Fields of ListenerSets. */
import { yes, type Features } from './feature.ts';

export const listenerSetFeatures = {
  listenerSets: yes('spec', {
    name: 'ListenerSet',
    avi: 'the Gateway’s `VirtualService` and `VsVip`',
    reason: 'listeners of ListenerSets are served as the Gateway’s own, after them, the oldest set first',
  }),
  listenerSetParent: yes('spec.parentRef', {
    reason: 'a Gateway; without a Gateway of ours the set gets no status',
    says: '`Accepted=False/NotAllowed`, `Accepted=False/ParentNotAccepted`',
  }),
  listenerSetListeners: yes('spec.listeners[]', {
    sameAs: 'Gateway',
    says: '`Accepted=False/ListenersNotValid` where no listener is valid, `Accepted=True/ListenersNotValid` where some are',
  }),
  listenerSetStatus: yes('status', {
    reason: 'conditions Accepted and Programmed; listeners as those of a Gateway',
  }),
} as const satisfies Features;
