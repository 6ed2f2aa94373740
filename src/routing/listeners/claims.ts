/** What Gateways claim in the hostname registry. */
import { createRegistry, type GatewayClaims, type HostnameRegistry } from '../../ownership/registry.ts';
import { readHostnames } from '../routes/attach.ts';
import { ourGateway } from './classes.ts';
import { aliasesOfHosts } from '../fqdn-rules/fqdn-index.ts';
import { gatewayListeners } from './gateway-listeners.ts';
import { inspectGateway } from './gateway-spec.ts';
import { isWildcard } from '../../values/hostnames.ts';
import type { ListenerSpec } from './listener-spec.ts';
import { namespaceRule } from './listener-namespaces.ts';
import { compareText, text } from '../../values/read.ts';
import type { RouteKind } from '../result/routed-route.ts';
import { indexRoutes, type RoutesByGateway } from '../routes/route-index.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

/** The registry with the claims of every Gateway of ours. */
export function buildRegistry(
  snapshot: Snapshot,
  settings: RoutingSettings,
  routesByGateway: RoutesByGateway = indexRoutes(snapshot),
): HostnameRegistry {
  const claims = [...snapshot.gateways.keys()].flatMap(
    (key) => gatewayClaims(snapshot, key, settings, routesByGateway) ?? [],
  );
  return createRegistry(settings.ownership, claims);
}

/**
 * What one Gateway claims: the hostnames of its sound listeners, whether their Secrets exist or not, and the exact
 * hostnames of routes on its listeners without hostname. Undefined: not ours, to be released.
 */
export function gatewayClaims(
  snapshot: Snapshot,
  gatewayKey: string,
  settings: RoutingSettings,
  routesByGateway: RoutesByGateway,
): GatewayClaims | undefined {
  const gateway = ourGateway(snapshot, gatewayKey, settings);
  if (!gateway) return undefined;
  const createdAt = text(gateway.metadata?.creationTimestamp);
  const refused = inspectGateway(gateway).refusal !== undefined;
  const listeners = refused
    ? []
    : gatewayListeners(snapshot, gatewayKey, gateway).filter((listener) => !listener.refusal);
  return {
    gateway: gatewayKey,
    ...(createdAt === undefined ? {} : { createdAt }),
    hostnames: unique(listeners.flatMap((listener) => listener.hostname ?? [])),
    dnsNames: unique(dnsNames(snapshot, gatewayKey, listeners, routesByGateway)),
  };
}

/** Kinds of routes that have hostnames. */
const named: readonly RouteKind[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute'];

function dnsNames(
  snapshot: Snapshot,
  gatewayKey: string,
  listeners: readonly ListenerSpec[],
  routesByGateway: RoutesByGateway,
): readonly string[] {
  const open = listeners
    .filter(({ hostname, kinds }) => hostname === undefined && kinds.some((kind) => named.includes(kind)))
    .map((listener) => ({ listener, allows: namespaceRule(listener, snapshot.namespaces) }));
  if (open.length === 0) return [];
  return (routesByGateway.get(gatewayKey) ?? []).flatMap((route) => {
    const attaches = open.some(
      ({ listener, allows }) =>
        allows(route.namespace) &&
        listener.kinds.includes(route.kind) &&
        route.refs.some(
          ({ ref, set }) =>
            set === listener.set &&
            (!ref.sectionName || ref.sectionName === listener.name) &&
            (ref.port == null || ref.port === listener.port),
        ),
    );
    if (!attaches) return [];
    const { hostnames } = readHostnames(route.route);
    const aliases = aliasesOfHosts(route.namespace, hostnames, snapshot.extensions);
    return [...hostnames.filter((hostname) => !isWildcard(hostname)), ...aliases];
  });
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareText);
}
