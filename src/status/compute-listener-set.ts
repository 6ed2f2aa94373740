/** The status of a ListenerSet whose parent is a Gateway of ours (listenerset_types.go, ListenerSetStatus). */
import type { Outcome } from '../apply/outcome.ts';
import { fails, messages } from '../routing/conditions.ts';
import type { ListenerSet } from '../../generated/gateway-api.ts';
import { list, record } from '../values/read.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { RoutedListenerSet } from '../routing/result/routed-listener.ts';
import type { DesiredState } from '../translate/desired.ts';
import { mergeConditions, metadataOf, readConditions, stampOf, type Stamp } from './compute-conditions.ts';
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
  const stamp = stampOf(set.resource, now);
  const { listeners: _, ...rest } = previous;
  const ofGateway = keepKnown(programmedOf(routed, outcome, desired, routed.resource.status), previous, stamp);
  const decided = set.conditions.find(({ type }) => type === 'Programmed');
  const serves = set.listeners.some(({ serving }) => serving);
  const programmed = decided ?? (serves ? ofGateway : fails('Programmed', 'Invalid', messages.notProgrammed));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata: metadataOf(set.key, stamp),
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

/**
 * Whether a status says that a Gateway of ours has accepted the set: a ListenerSet's status does not say who wrote it, so
 * the words of the condition are taken for that.
 */
export function isAcceptedByUs(status: unknown): boolean {
  const ours: readonly string[] = [messages.listenerSetAccepted, messages.someSetListenersValid];
  return readConditions(record(status)['conditions']).some(
    (condition) =>
      condition.type === 'Accepted' && condition.status === 'True' && ours.includes(condition.message ?? ''),
  );
}

/**
 * The status of a ListenerSet whose Gateway is gone: "The `Accepted` condition MUST be set on every `ListenerSet`", and
 * nothing serves its listeners any more (GEP-1713, ListenerSet Conditions).
 *
 * @param setKey `namespace/name`
 * @param gateway `namespace/name` of the parent that does not exist
 * @param now RFC 3339
 */
export function computeOrphanedSetStatus(
  setKey: string,
  resource: ListenerSet,
  gateway: string,
  now: string,
): StatusUpdate {
  const previous = record(resource.status);
  const stamp = stampOf(resource, now);
  const says = (type: string) => fails(type, 'ParentNotAccepted', `Gateway ${gateway} does not exist`);
  const listeners = list(previous['listeners'] as readonly unknown[] | undefined).map(record);
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ListenerSet',
    metadata: metadataOf(setKey, stamp),
    status: {
      ...previous,
      conditions: mergeConditions(readConditions(previous['conditions']), ownTypes.map(says), ownTypes, stamp),
      ...(listeners.length > 0
        ? { listeners: listeners.map((entry) => ({ ...entry, attachedRoutes: 0, conditions: unserved(entry, stamp) })) }
        : {}),
    },
  };
}

function unserved(entry: Readonly<Record<string, unknown>>, stamp: Stamp) {
  const draft = fails('Programmed', 'Invalid', messages.listenerNotProgrammed);
  return mergeConditions(readConditions(entry['conditions']), [draft], ['Programmed'], stamp);
}
