/** What a Gateway makes of the ListenerSets that name it (listenerset_types.go, ListenerSetConditionType). */
import type { Gateway } from '../../../generated/gateway-api.ts';
import { fails, holds, messages } from '../conditions.ts';
import { allowedSets, listenerSetsOf, type AttachingListenerSet } from '../listeners/listener-sets.ts';
import { splitKey } from '../../values/read.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedListener, RoutedListenerSet } from '../result/routed-listener.ts';
import type { Snapshot } from '../snapshot.ts';

/** A ListenerSet and why the Gateway does not let it in; undefined where it does. */
export interface JudgedSet {
  readonly set: AttachingListenerSet;
  readonly refusal?: string;
}

/** By precedence. */
export function routedSets(
  snapshot: Pick<Snapshot, 'listenerSets' | 'namespaces'>,
  gatewayKey: string,
  gateway: Gateway,
): readonly JudgedSet[] {
  const allows = allowedSets(gateway, splitKey(gatewayKey).namespace, snapshot.namespaces);
  return listenerSetsOf(snapshot.listenerSets, gatewayKey).map((set) => {
    const { namespace } = splitKey(set.key);
    if (allows(namespace)) return { set };
    return { set, refusal: `Gateway ${gatewayKey} allows no ListenerSets of namespace ${namespace}` };
  });
}

/** @param listeners all listeners of the Gateway */
export function judgeSet(
  { set: { key, resource }, refusal }: JudgedSet,
  listeners: readonly RoutedListener[],
  gatewayRefused: boolean,
): RoutedListenerSet {
  const own = listeners.filter((listener) => listener.set === key);
  const valid = own.filter((listener) => listener.serving);
  const both = (reason: string, message: string): readonly ConditionDraft[] => [
    fails('Accepted', reason, message),
    fails('Programmed', reason, message),
  ];
  const judge = (): readonly ConditionDraft[] => {
    if (refusal !== undefined) return both('NotAllowed', refusal);
    if (gatewayRefused) return both('ParentNotAccepted', 'The Gateway is not accepted');
    if (valid.length === 0) return both('ListenersNotValid', 'ListenerSet does not contain any valid listener');
    if (valid.length === own.length) return [holds('Accepted', 'Accepted', messages.listenerSetAccepted)];
    return [holds('Accepted', 'ListenersNotValid', messages.someSetListenersValid)];
  };
  const attached = refusal === undefined && !gatewayRefused && valid.length > 0;
  return { key, resource, attached, conditions: judge(), listeners: own };
}
