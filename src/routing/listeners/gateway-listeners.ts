/** All listeners of a Gateway, with those of the ListenerSets that it allows. */
import type { Gateway } from '../../../generated/gateway-api.ts';
import { refuseMixedModes } from './frontend-tls.ts';
import { markConflicts } from './listener-conflicts.ts';
import { allowedSets, listenerSetsOf } from './listener-sets.ts';
import { inspectListeners, type ListenerSpec } from './listener-spec.ts';
import { splitKey } from '../read.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';
import { expressed as expressedNow } from '../support.ts';

export function gatewayListeners(
  snapshot: Pick<Snapshot, 'listenerSets' | 'namespaces'>,
  gatewayKey: string,
  gateway: Gateway,
  settings: Pick<RoutingSettings, 'expressed'>,
): readonly ListenerSpec[] {
  const expressed = settings.expressed ?? expressedNow;
  const allows = allowedSets(gateway, splitKey(gatewayKey).namespace, snapshot.namespaces);
  const sets = expressed.ListenerSet
    ? listenerSetsOf(snapshot.listenerSets, gatewayKey).filter(({ key }) => allows(splitKey(key).namespace))
    : [];
  const specs = markConflicts(inspectListeners(gateway, expressed, sets));
  return expressed.FrontendValidation ? refuseMixedModes(gateway, specs) : specs;
}
