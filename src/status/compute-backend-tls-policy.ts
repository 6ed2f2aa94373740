/**
 * The status of a BackendTLSPolicy (policy_types.go, PolicyStatus): one entry for each Gateway of ours with routes that
 * use its Services; entries of other controllers stay as they are.
 */
import type { BackendTLSPolicy } from '../../generated/gateway-api.ts';
import { integer, list, record, splitKey } from '../routing/read.ts';
import type { RoutedPolicy } from '../routing/result.ts';
import { mergeConditions, readConditions, type Stamp } from './compute-conditions.ts';
import type { StatusUpdate } from './update.ts';

const ownTypes = ['Accepted', 'ResolvedRefs'];
/** The API allows no more entries. */
const mostAncestors = 16;

/** What one Gateway (`namespace/name`) makes of a policy. */
export interface GatewayPolicy {
  readonly gateway: string;
  readonly policy: RoutedPolicy;
}

/**
 * @param policyKey `namespace/name`
 * @param gateways across all Gateways of ours
 * @param previousStatus `status` of the policy as last read
 * @param now RFC 3339
 */
export function computePolicyStatus(
  policyKey: string,
  policy: BackendTLSPolicy,
  gateways: readonly GatewayPolicy[],
  previousStatus: unknown,
  now: string,
  controllerName: string,
): StatusUpdate {
  const generation = integer(policy.metadata?.generation);
  const stamp: Stamp = { now, ...(generation === undefined ? {} : { generation }) };
  const previous = record(previousStatus);
  const { ancestors } = previous;
  const entries = (Array.isArray(ancestors) ? list(ancestors as readonly unknown[]) : []).map(record);
  const foreign = entries.filter((entry) => entry['controllerName'] !== controllerName);
  const own = entries.filter((entry) => entry['controllerName'] === controllerName);
  const wanted = [...gateways]
    .sort((a, b) => (a.gateway < b.gateway ? -1 : 1))
    .slice(0, Math.max(0, mostAncestors - foreign.length))
    .map(({ gateway, policy: { conditions } }) => {
      const ancestorRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', ...splitKey(gateway) };
      const before = own.find(({ ancestorRef: ref }) => isSame(record(ref), ancestorRef));
      return {
        ancestorRef,
        controllerName,
        conditions: mergeConditions(readConditions(before?.['conditions']), conditions, ownTypes, stamp),
      };
    });
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'BackendTLSPolicy',
    metadata: { ...splitKey(policyKey), ...(generation === undefined ? {} : { generation }) },
    status: { ...previous, ancestors: [...foreign, ...wanted] },
  };
}

function isSame(ref: Readonly<Record<string, unknown>>, wanted: { readonly namespace: string; readonly name: string }) {
  return ref['namespace'] === wanted.namespace && ref['name'] === wanted.name && ref['sectionName'] === undefined;
}
