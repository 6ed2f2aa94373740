/** Keys of the markers that the operator sets itself, by which it knows its objects; labels cannot have them. */
export const markerKeys = [
  'clustername',
  'Host',
  'GatewayName',
  'GatewayNamespace',
  'HTTPRouteName',
  'HTTPRouteNamespace',
  'HTTPRouteRuleName',
  'RouteKind',
  'RouteName',
  'RouteNamespace',
  'RouteRuleName',
  'BackendName',
  'BackendNs',
  'managed-by',
] as const;

/** One of them. */
export type MarkerKey = (typeof markerKeys)[number];
