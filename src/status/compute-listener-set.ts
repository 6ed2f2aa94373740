/** The status of a ListenerSet whose parent is a Gateway of ours (listenerset_types.go, ListenerSetStatus). */
import type { Outcome } from '../apply/outcome.ts';
import { fails, messages } from '../routing/conditions.ts';
import { integer, record, splitKey } from '../routing/read.ts';
import type { RoutedGateway, RoutedListenerSet } from '../routing/result.ts';
import type { DesiredState } from '../translate/desired.ts';
import { mergeConditions, readConditions, type Stamp } from './compute-conditions.ts';
import { keepKnown, listenerStatuses, partsOf, programmedOf } from './compute-gateway.ts';
import type { StatusUpdate } from './update.ts';

const ownTypes = ['Accepted', 'Programmed'];

/**
 * @param routed the Gateway that it belongs to
 * @param outcome what the Gateway's last apply said; undefined before the first one
 * @param previousStatus `status` of the ListenerSet as last read
 * @param now RFC 3339
 */
export function computeListenerSetStatus(
  set: RoutedListenerSet,
  routed: RoutedGateway,
  outcome: Outcome | undefined,
  previousStatus: unknown,
  now: string,
  desired: DesiredState | undefined,
): StatusUpdate {
  const previous = record(previousStatus);
  const generation = integer(set.resource.metadata?.generation);
  const stamp: Stamp = { now, ...(generation === undefined ? {} : { generation }) };
  const { listeners: _, ...rest } = previous;
  const ofGateway = keepKnown(programmedOf(routed, outcome, desired, routed.resource.status), previous, stamp);
  const decided = set.conditions.find(({ type }) => type === 'Programmed');
  const serves = set.listeners.some(({ serving }) => serving);
  const programmed = decided ?? (serves ? ofGateway : fails('Programmed', 'Invalid', messages.notProgrammed));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata: { ...splitKey(set.key), ...(generation === undefined ? {} : { generation }) },
    status: {
      ...rest,
      conditions: mergeConditions(
        readConditions(previous['conditions']),
        [...set.conditions.filter(({ type }) => type !== 'Programmed'), programmed],
        ownTypes,
        stamp,
      ),
      ...(set.listeners.length > 0
        ? { listeners: listenerStatuses(set.listeners, programmed, partsOf(desired), outcome, previous, stamp) }
        : {}),
    },
  };
}
