/** All listeners of a Gateway, with those of the ListenerSets that it allows. */
import type { Gateway } from '../../../generated/gateway-api.ts';
import { refuseMixedModes } from './frontend-tls.ts';
import { markConflicts } from './listener-conflicts.ts';
import { allowedSets, listenerSetsOf } from './listener-sets.ts';
import { inspectListeners, type ListenerSpec } from './listener-spec.ts';
import { splitKey } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';

export function gatewayListeners(
  snapshot: Pick<Snapshot, 'listenerSets' | 'namespaces'>,
  gatewayKey: string,
  gateway: Gateway,
): readonly ListenerSpec[] {
  const allows = allowedSets(gateway, splitKey(gatewayKey).namespace, snapshot.namespaces);
  const sets = listenerSetsOf(snapshot.listenerSets, gatewayKey).filter(({ key }) => allows(splitKey(key).namespace));
  return refuseMixedModes(gateway, markConflicts(inspectListeners(gateway, sets)));
}
