/**
 * The status of a policy (policy_types.go, PolicyStatus): one entry for each Gateway of ours that it concerns; entries of
 * other controllers stay as they are.
 */
import { fails } from '../routing/conditions.ts';
import type { MissingTarget } from '../routing/policies/missing-targets.ts';
import type { PolicyKind } from '../routing/policies/policy-index.ts';
import { list, record, splitKey } from '../values/read.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import { mergeConditions, metadataOf, readConditions, stampOf } from './compute-conditions.ts';
import type { StatusUpdate } from './update.ts';

export type PolicyStatusKind = 'BackendTLSPolicy' | PolicyKind;

const apiVersions: Readonly<Record<PolicyStatusKind, string>> = {
  BackendTLSPolicy: 'gateway.networking.k8s.io/v1',
  AviBackendPolicy: 'avi.gateway-operator.io/v1alpha1',
  AviFrontendPolicy: 'avi.gateway-operator.io/v1alpha1',
};

const ownTypes = ['Accepted', 'ResolvedRefs'];
/** The API allows no more entries. */
const mostAncestors = 16;

/** What one Gateway (`namespace/name`) makes of a policy. */
export interface GatewayPolicy {
  readonly gateway: string;
  readonly policy: { readonly conditions: readonly ConditionDraft[] };
}

/**
 * @param policyKey `namespace/name`
 * @param gateways across all Gateways of ours
 * @param previousStatus `status` of the policy as last read
 * @param now RFC 3339
 * @param missing targets that do not exist: each is its own ancestor, as no Gateway can be
 */
export function computePolicyStatus(
  kind: PolicyStatusKind,
  policyKey: string,
  policy: { readonly metadata?: { readonly generation?: number } },
  gateways: readonly GatewayPolicy[],
  previousStatus: unknown,
  now: string,
  controllerName: string,
  missing: readonly MissingTarget[] = [],
): StatusUpdate {
  const stamp = stampOf(policy, now);
  const previous = record(previousStatus);
  const { ancestors } = previous;
  const entries = (Array.isArray(ancestors) ? list(ancestors as readonly unknown[]) : []).map(record);
  const foreign = entries.filter((entry) => entry['controllerName'] !== controllerName);
  const own = entries.filter((entry) => entry['controllerName'] === controllerName);
  const concerned = [...gateways]
    .sort((a, b) => (a.gateway < b.gateway ? -1 : 1))
    .map(({ gateway, policy: { conditions } }) => ({
      ancestorRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...splitKey(gateway) },
      conditions,
    }));
  const absent = missing.map((target) => ({
    ancestorRef: target,
    conditions: [
      fails('Accepted', 'TargetNotFound', `${target.kind} ${target.namespace}/${target.name} does not exist`),
    ],
  }));
  const wanted = [...concerned, ...absent]
    .slice(0, Math.max(0, mostAncestors - foreign.length))
    .map(({ ancestorRef, conditions }) => {
      const before = own.find(({ ancestorRef: ref }) => isSame(record(ref), ancestorRef));
      return {
        ancestorRef,
        controllerName,
        conditions: mergeConditions(readConditions(before?.['conditions']), conditions, ownTypes, stamp),
      };
    });
  return {
    apiVersion: apiVersions[kind],
    kind,
    metadata: metadataOf(policyKey, stamp),
    status: { ...previous, ancestors: [...foreign, ...wanted] },
  };
}

function isSame(ref: Readonly<Record<string, unknown>>, wanted: MissingTarget) {
  const kind = ref['kind'] ?? 'Gateway';
  return (
    kind === wanted.kind &&
    ref['namespace'] === wanted.namespace &&
    ref['name'] === wanted.name &&
    ref['sectionName'] === undefined
  );
}
