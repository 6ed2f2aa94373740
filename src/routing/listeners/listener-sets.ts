/** ListenerSets: which belong to a Gateway, and which of those it lets in (listenerset_types.go; gateway_types.go, AllowedListeners). */
import type { Gateway, ListenerSet } from '../../../generated/gateway-api.ts';
import { selects, selectorProblem, type LabelSelector } from '../label-selector.ts';
import type { AllowedListenerSet } from './listener-spec.ts';
import { compareAge, list, record, splitKey, text } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';

/** A ListenerSet that names a Gateway as its parent. */
export interface AttachingListenerSet extends AllowedListenerSet {
  readonly createdAt?: string;
}

type SetsByGateway = ReadonlyMap<string, readonly AttachingListenerSet[]>;

const group = 'gateway.networking.k8s.io';

/** One index for each state of the ListenerSets. */
const indexes = new WeakMap<Snapshot['listenerSets'], SetsByGateway>();

/** The ListenerSets that name a Gateway, by precedence: the oldest first, then by `namespace/name`. */
export function listenerSetsOf(
  listenerSets: Snapshot['listenerSets'],
  gatewayKey: string,
): readonly AttachingListenerSet[] {
  const index = indexes.get(listenerSets) ?? indexSets(listenerSets);
  indexes.set(listenerSets, index);
  return index.get(gatewayKey) ?? [];
}

/** The Gateway that a ListenerSet names, `namespace/name`; undefined when it names something else. */
export function gatewayOfSet(key: string, set: ListenerSet): string | undefined {
  const ref = set.spec?.parentRef;
  if (!ref || (ref.group ?? group) !== group || (ref.kind ?? 'Gateway') !== 'Gateway') return undefined;
  return `${text(ref.namespace) ?? splitKey(key).namespace}/${text(ref.name) ?? ''}`;
}

/** A test for the namespaces whose ListenerSets a Gateway lets in; none by default. */
export function allowedSets(
  gateway: Gateway,
  gatewayNamespace: string,
  namespaces: Snapshot['namespaces'],
): (namespace: string) => boolean {
  const rule = gateway.spec?.allowedListeners?.namespaces;
  const from = text(rule?.from) ?? 'None';
  if (from === 'All') return () => true;
  if (from === 'Same') return (namespace) => namespace === gatewayNamespace;
  const selector: LabelSelector = record(rule?.selector);
  if (from !== 'Selector' || rule?.selector == null || selectorProblem(selector)) return () => false;
  return (namespace) =>
    selects(selector, { 'kubernetes.io/metadata.name': namespace, ...namespaces.get(namespace)?.metadata?.labels });
}

function indexSets(listenerSets: Snapshot['listenerSets']): SetsByGateway {
  const index = new Map<string, AttachingListenerSet[]>();
  for (const [key, resource] of listenerSets) {
    const gateway = gatewayOfSet(key, resource);
    if (gateway === undefined || resource.metadata?.deletionTimestamp || list(resource.spec?.listeners).length === 0) {
      continue;
    }
    const createdAt = text(resource.metadata?.creationTimestamp);
    const entry = { key, resource, ...(createdAt === undefined ? {} : { createdAt }) };
    const known = index.get(gateway);
    if (known) known.push(entry);
    else index.set(gateway, [entry]);
  }
  for (const sets of index.values()) sets.sort(compareAge);
  return index;
}
