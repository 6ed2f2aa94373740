/** Markers (labels) of Avi objects: whose they are and what they exist for. */
import type { MarkerKey } from '../../routing/marker-keys.ts';
import type { JsonObject } from '../desired.ts';
import type { NamespacedName, RouteName } from './names.ts';

/** What an object exists for; all parts but the Gateway where they apply. */
export interface MarkerSubject {
  readonly clusterName: string;
  readonly gateway: NamespacedName;
  readonly hosts?: readonly string[];
  readonly route?: RouteName;
  /** Only of named rules. */
  readonly ruleName?: string;
  readonly backend?: NamespacedName;
}

/** Value of the marker `managed-by`, which tells our objects from AKO's. */
export const managedBy = 'avi-gateway-operator';

/** AKO's markers in AKO's order, for other kinds of routes than HTTPRoute their like; GatewayName and GatewayNamespace on every object, which AKO leaves out on some. */
export function markers(subject: MarkerSubject): readonly JsonObject[] {
  const { clusterName, gateway, hosts, route, ruleName, backend } = subject;
  const isHttp = route?.kind === undefined || route.kind === 'HTTPRoute';
  const [http, other] = isHttp ? [route] : [undefined, route];
  const all: readonly (readonly [MarkerKey, readonly (string | undefined)[]])[] = [
    ['clustername', [clusterName]],
    ['Host', hosts ?? []],
    ['GatewayName', [gateway.name]],
    ['GatewayNamespace', [gateway.namespace]],
    ['HTTPRouteName', [http?.name]],
    ['HTTPRouteNamespace', [http?.namespace]],
    ['HTTPRouteRuleName', [http && ruleName]],
    ['RouteKind', [other?.kind]],
    ['RouteName', [other?.name]],
    ['RouteNamespace', [other?.namespace]],
    ['RouteRuleName', [other && ruleName]],
    ['BackendName', [backend?.name]],
    ['BackendNs', [backend?.namespace]],
    ['managed-by', [managedBy]],
  ];
  const found = all.flatMap(([key, values]) => {
    const present = values.filter((value): value is string => value !== undefined && value !== '');
    return present.length > 0 ? [marker(key, present)] : [];
  });
  // Every object has some: without room for more.
  return found.slice();
}

/** Most objects have markers that others have too: those of one value are one object each, which saves memory. */
const known = new Map<string, JsonObject>();
const mostKnown = 20_000;

function marker(key: MarkerKey, values: readonly string[]): JsonObject {
  const [value = ''] = values;
  if (values.length > 1) return { key, values };
  const id = `${key} ${value}`;
  const found = known.get(id) ?? { key, values: [value] };
  if (known.size >= mostKnown) known.clear();
  known.set(id, found);
  return found;
}
