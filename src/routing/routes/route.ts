/** All GatewayClasses and Gateways of ours, routed. What belongs to other controllers yields nothing. */
import type { HostnameRegistry } from '../../ownership/registry.ts';
import type { ResolvedService } from '../backends/backends.ts';
import { buildRegistry } from '../listeners/claims.ts';
import { isOurs, routeClass, supportedBundles } from '../listeners/classes.ts';
import { indexGrants } from '../grants.ts';
import { compareText } from '../../values/read.ts';
import type { RoutedClass, RoutedGateway } from '../result/routed-gateway.ts';
import { routeGateway, type RoutingContext } from './route-gateway.ts';
import { indexRoutes } from './route-index.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

export { buildRegistry, gatewayClaims } from '../listeners/claims.ts';
export { gatewayClassConditions } from '../listeners/classes.ts';

export interface RouteOptions extends Pick<RoutingContext, 'now'> {
  /**
   * Bundle version of the installed CRDs, for SupportedVersion; undefined when they name none. Left out: the version
   * that the operator is built for.
   */
  readonly bundleVersion?: string | undefined;
  /** As in `RoutingContext`, for every Gateway. */
  readonly missing?: ReadonlySet<string>;
}

/** The routing of a whole snapshot; the maps are sorted by key. */
export interface Routing {
  /** By name of the class. */
  readonly classes: ReadonlyMap<string, RoutedClass>;
  /** By `namespace/name`. */
  readonly gateways: ReadonlyMap<string, RoutedGateway>;
  readonly registry: HostnameRegistry;
}

export function route(snapshot: Snapshot, settings: RoutingSettings, options: RouteOptions = {}): Routing {
  const routesByGateway = indexRoutes(snapshot);
  const registry = buildRegistry(snapshot, settings, routesByGateway);
  const context: RoutingContext = {
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(options.missing && { missing: options.missing }),
    routesByGateway,
    grants: indexGrants(snapshot),
    services: new Map<string, ResolvedService>(),
  };
  const gateways = new Map<string, RoutedGateway>();
  for (const key of [...snapshot.gateways.keys()].sort(compareText)) {
    const routed = routeGateway(snapshot, key, settings, registry, context);
    if (routed) gateways.set(key, routed);
  }
  return { classes: routeClasses(snapshot, settings, options), gateways, registry };
}

function routeClasses(
  snapshot: Snapshot,
  settings: RoutingSettings,
  options: RouteOptions,
): ReadonlyMap<string, RoutedClass> {
  const bundleVersion = 'bundleVersion' in options ? options.bundleVersion : supportedBundles.pinned;
  const ours = [...snapshot.gatewayClasses].filter(([, gatewayClass]) => isOurs(gatewayClass, settings));
  return new Map(
    ours
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, gatewayClass]) => [
        name,
        routeClass(gatewayClass, bundleVersion, snapshot.extensions.AviInfraSetting),
      ]),
  );
}
