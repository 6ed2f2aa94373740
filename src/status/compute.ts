/** Statuses from the routing's result and the apply's outcome; pure. The writer sends what differs by `sameStatus`. */
import { isDeepStrictEqual } from 'node:util';
import { record } from '../values/read.ts';

export { computeGatewayClassStatus } from './compute-gateway-class.ts';
export { computeGatewayStatus } from './compute-gateway.ts';
export { computeListenerSetStatus } from './compute-listener-set.ts';
export { computePolicyStatus, type GatewayPolicy, type PolicyStatusKind } from './compute-backend-tls-policy.ts';
export {
  computeRouteStatus,
  routeProgress,
  routeStatusInput,
  type GatewayApply,
  type RouteParent,
  type RouteProgress,
} from './compute-route.ts';

/**
 * Whether two statuses say the same: times are not looked at, an absent list is an empty one, and fields may stand in
 * any order. What differs is written.
 */
export function sameStatus(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(comparable(record(a)), comparable(record(b)));
}

function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[]).map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, entry]) => key !== 'lastTransitionTime' && entry !== undefined && !isEmptyList(entry))
    .map(([key, entry]) => [key, comparable(entry)] as const);
  return Object.fromEntries(entries);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
