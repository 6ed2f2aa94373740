/** The status of a GatewayClass of ours (gatewayclass_types.go, GatewayClassStatus). */
import { record, text } from '../values/read.ts';
import type { RoutedClass } from '../routing/result/routed-gateway.ts';
import { mergeConditions, metadataOf, readConditions, stampOf } from './compute-conditions.ts';
import type { StatusUpdate } from './update.ts';

const ownTypes = ['Accepted', 'SupportedVersion'];

/**
 * @param previousStatus `status` of the class as last read
 * @param now RFC 3339
 */
export function computeGatewayClassStatus(routed: RoutedClass, previousStatus: unknown, now: string): StatusUpdate {
  const { resource, supportedFeatures } = routed;
  const previous = record(previousStatus);
  const stamp = stampOf(resource, now);
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: metadataOf(text(resource.metadata?.name) ?? '', stamp),
    status: {
      ...previous,
      conditions: mergeConditions(readConditions(previous['conditions']), routed.conditions, ownTypes, stamp),
      ...(supportedFeatures.length > 0 ? { supportedFeatures } : {}),
    },
  };
}
