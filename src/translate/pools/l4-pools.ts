/** Pools and pool groups of routes below HTTP. */
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedBackend } from '../../routing/result/routed-backend.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import type { L4RouteRef } from './l4-parts.ts';
import { markers } from '../naming/markers.ts';
import { createdBy, l4RouteName } from '../naming/names.ts';
import { maxServers, reachability, server, serverTls } from './pool.ts';
import { monitorRefs, poolFields, settingsTls } from './pool-settings.ts';
import { ratiosOf } from './pool-group.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { backendsWithTraffic } from '../policies/rule-backends.ts';
import { serviceMetadata } from '../naming/service-metadata.ts';
import { aviObject, present, routeOrigin, type TranslateContext } from '../translate-context.ts';

/** Name of the pool group of a route. */
export function l4GroupName({ settings, gateway }: TranslateContext, { part, route }: L4RouteRef): string {
  return l4RouteName(settings.clusterName, gateway, part, route);
}

/** The pool group of a route that has traffic. */
export function l4PoolGroup(context: TranslateContext, routeRef: L4RouteRef): AviObject {
  const { settings, gateway, routed } = context;
  const { route } = routeRef;
  const backends = backendsWithTraffic(route.backends);
  const ratios = ratiosOf(backends.map(({ weight }) => weight));
  const body = {
    name: l4GroupName(context, routeRef),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    implicit_priority_labels: false,
    members: backends.map((backend, place) => ({
      pool_ref: bareRef('pool', poolName(context, routeRef, backend)),
      ratio: ratios[place] ?? 1,
    })),
    markers: markers({ clusterName: settings.clusterName, gateway, route }),
  };
  return aviObject(context, 'poolgroup', body, routeOrigin(route));
}

/** The pools of its backends; without `services` (`namespace/name`) all of them. */
export function l4Pools(
  context: TranslateContext,
  routeRef: L4RouteRef,
  services?: ReadonlySet<string>,
): readonly AviObject[] {
  return backendsWithTraffic(routeRef.route.backends)
    .filter(({ namespace, name }) => services?.has(`${namespace}/${name}`) ?? true)
    .map((backend) => l4Pool(context, routeRef, backend));
}

/** Backends with more endpoints than a pool takes. */
export function overfullL4Pools({ route }: L4RouteRef): readonly Problem[] {
  return backendsWithTraffic(route.backends)
    .filter(({ endpoints }) => endpoints.length > maxServers)
    .map(({ namespace, name, endpoints }) => ({
      resource: `${route.kind}/${route.namespace}/${route.name}`,
      field: 'spec.rules[0].backendRefs',
      message: `Service ${namespace}/${name} has ${endpoints.length} endpoints; an Avi pool takes ${maxServers}, the others get no traffic. Split the Service.`,
    }));
}

/**
 * Connections are closed when no server is up. UDP servers are not probed: they need not answer what they do not
 * understand, and which are ready is known from their EndpointSlices. TLS that is passed through is not begun again.
 */
function l4Pool(context: TranslateContext, routeRef: L4RouteRef, backend: RoutedBackend): AviObject {
  const { settings, gateway, routed } = context;
  const { part, route } = routeRef;
  const service = `${backend.namespace}/${backend.name}`;
  const monitored = route.kind !== 'UDPRoute';
  const body = {
    name: poolName(context, routeRef, backend),
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    ...reachability(settings),
    ...present({
      health_monitor_refs:
        monitorRefs(context, backend.settings) ?? (monitored ? [ref('healthmonitor', 'System-TCP')] : undefined),
    }),
    ...tlsOf(context, part, backend),
    graceful_disable_timeout: 1,
    fail_action: { type: 'FAIL_ACTION_CLOSE_CONN' },
    servers: backend.endpoints.slice(0, maxServers).map(server),
    ...poolFields(context, backend.settings),
    markers: markers({ clusterName: settings.clusterName, gateway, route, backend }),
    service_metadata: serviceMetadata({ services: [service] }),
  };
  return aviObject(context, 'pool', body, { ...routeOrigin(route), service });
}

function tlsOf(context: TranslateContext, part: L4RouteRef['part'], { tls, settings }: RoutedBackend): JsonObject {
  if (part === 'TLS-passthrough') return { sni_enabled: false };
  return tls ? serverTls(context, tls) : settingsTls(context, settings?.tls);
}

function poolName({ settings, gateway }: TranslateContext, routeRef: L4RouteRef, backend: RoutedBackend): string {
  return l4RouteName(settings.clusterName, gateway, routeRef.part, routeRef.route, backend);
}
