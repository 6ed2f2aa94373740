/** AviBackendPolicies and AviFrontendPolicies by what they target (GEP-713); the oldest first. */
import type { AviBackendPolicy, AviFrontendPolicy } from '../../../generated/extensions.ts';
import type { Extensions } from '../extensions/extension-kinds.ts';
import { compareAge, splitKey, text } from '../../values/read.ts';

/** The object type behind each kind. */
export interface PolicyObjects {
  readonly AviBackendPolicy: AviBackendPolicy;
  readonly AviFrontendPolicy: AviFrontendPolicy;
}

export type PolicyKind = keyof PolicyObjects;

export const policyKinds: readonly PolicyKind[] = ['AviBackendPolicy', 'AviFrontendPolicy'];

/** API group of our own kinds. */
export const policyGroup = 'avi.gateway-operator.io';

export function isPolicyKind(kind: string): kind is PolicyKind {
  return policyKinds.some((known) => known === kind);
}

export interface PolicyTarget {
  readonly group: string;
  /** `Kind/namespace/name`. */
  readonly id: string;
  /** A listener of a Gateway or ListenerSet, a rule of a route, a port of a Service. */
  readonly section?: string;
}

/** A policy that can be used; the same value as long as the resource is the same. */
export interface TargetedPolicy<K extends PolicyKind = PolicyKind> {
  readonly kind: K;
  /** `namespace/name`. */
  readonly key: string;
  readonly createdAt?: string;
  readonly resource: PolicyObjects[K];
  readonly targets: readonly PolicyTarget[];
}

type PolicyIndex<K extends PolicyKind> = ReadonlyMap<string, readonly TargetedPolicy<K>[]>;

const indexes = new WeakMap<ReadonlyMap<string, unknown>, PolicyIndex<PolicyKind>>();
const known = new WeakMap<object, TargetedPolicy>();
const none: readonly never[] = [];

/** Policies of a kind that target something (`Kind/namespace/name`) or a section of it. */
export function policiesOn<K extends PolicyKind>(
  extensions: Extensions,
  kind: K,
  id: string,
): readonly TargetedPolicy<K>[] {
  const objects: ReadonlyMap<string, PolicyObjects[K]> = extensions[kind];
  if (objects.size === 0) return none;
  const index = (indexes.get(objects) as PolicyIndex<K> | undefined) ?? indexTargets(kind, objects);
  indexes.set(objects, index);
  return index.get(id) ?? none;
}

function indexTargets<K extends PolicyKind>(kind: K, objects: ReadonlyMap<string, PolicyObjects[K]>): PolicyIndex<K> {
  const index = new Map<string, TargetedPolicy<K>[]>();
  const policies = [...objects].map(([key, resource]) => targetedPolicy(kind, key, resource));
  for (const policy of policies.sort(compareAge)) {
    if (policy.resource.metadata?.deletionTimestamp) continue;
    for (const id of new Set(policy.targets.map((target) => target.id))) {
      index.set(id, [...(index.get(id) ?? []), policy]);
    }
  }
  return index;
}

/** @param key `namespace/name` */
export function targetedPolicy<K extends PolicyKind>(
  kind: K,
  key: string,
  resource: PolicyObjects[K],
): TargetedPolicy<K> {
  const earlier = known.get(resource) as TargetedPolicy<K> | undefined;
  if (earlier) return earlier;
  const createdAt = text(resource.metadata?.creationTimestamp);
  const targets = policyTargets(resource, splitKey(key).namespace);
  const read = { kind, key, resource, targets, ...(createdAt === undefined ? {} : { createdAt }) };
  known.set(resource, read);
  return read;
}

/** Targets are in the policy's own namespace. */
export function policyTargets(
  { spec }: Pick<PolicyObjects[PolicyKind], 'spec'>,
  namespace: string,
): readonly PolicyTarget[] {
  const refs: readonly { group: string; kind: string; name: string; sectionName?: string }[] = spec?.targetRefs ?? [];
  return refs.map(({ group, kind, name, sectionName }) => ({
    group,
    id: `${kind}/${namespace}/${name}`,
    ...(text(sectionName) ? { section: sectionName } : {}),
  }));
}
