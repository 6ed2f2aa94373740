/** What of a route a Gateway serves: its rules with what policies say of them. */
import type { RouteHostnames } from './attach.ts';
import type { ListenerState } from '../listeners/listeners.ts';
import { gatewaySettings, listenerLevels, withServicePolicies } from '../policies/apply.ts';
import type { Policies } from '../policies/resolve.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { Problem } from '../result/findings.ts';
import type { RoutedRoute } from '../result/routed-route.ts';
import type { L4Rules } from '../rules/l4-rules.ts';
import type { RouteRules } from '../rules/rules.ts';
import type { AttachingRoute } from './route-index.ts';

/** The Gateway (`namespace/name`) and the policies that may hold for it. */
interface PolicySources {
  readonly gatewayName: string;
  readonly aviPolicies: Policies;
}

/** A route with what policies say of its rules. */
interface ServedRoute {
  readonly route: RoutedRoute;
  readonly problems: readonly Problem[];
  readonly named: readonly AviName[];
}

export function servedRoute(
  entry: AttachingRoute,
  kind: RoutedRoute['kind'],
  names: RouteHostnames,
  serving: readonly ListenerState[],
  { rules }: RouteRules,
  { aviPolicies, gatewayName }: PolicySources,
): ServedRoute {
  const id = `${kind}/${entry.key}`;
  const levels = listenerLevels(
    gatewayName,
    serving.map(({ routed }) => routed),
  );
  const applied = rules.map((rule) => withServicePolicies(rule, id, levels, aviPolicies));
  return {
    route: {
      kind,
      namespace: entry.namespace,
      name: entry.name,
      creationTimestamp: entry.createdAt ?? '',
      hostnames: names.hostnames,
      listeners: serving.map((listener) => listener.spec.id),
      rules: applied.map(({ rule }) => rule),
    },
    problems: applied.flatMap(({ rule, failures }) =>
      failures.length === 0
        ? []
        : [{ resource: id, field: `spec.rules[${rule.index}]`, message: `answered with 500: ${failures.join('; ')}` }],
    ),
    named: applied.flatMap((one) => one.named),
  };
}

/** Connections are refused where the listener's policies cannot be had. */
export function servedL4Rules(
  rules: L4Rules,
  serving: readonly ListenerState[],
  { aviPolicies, gatewayName }: PolicySources,
): { readonly rules: L4Rules; readonly problems: readonly Problem[] } {
  const levels = listenerLevels(
    gatewayName,
    serving.map(({ routed }) => routed),
  );
  const { failures } = gatewaySettings(levels, aviPolicies);
  if (failures.length === 0) return { rules, problems: [] };
  const invalid = { reason: 'UnsupportedValue', message: failures.join('; ') };
  const refuse = (backends: L4Rules['backends']) =>
    backends.map((backend) => ({ ...backend, endpoints: [], invalid: backend.invalid ?? invalid }));
  return { rules: { ...rules, backends: refuse(rules.backends), secured: refuse(rules.secured) }, problems: [] };
}
