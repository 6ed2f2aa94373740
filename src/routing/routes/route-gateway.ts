/** One Gateway, routed: the whole of what translation, status and explanation need to know about it. */
import { isDeepStrictEqual } from 'node:util';
import type { Gateway } from '../../../generated/gateway-api.ts';
import { outcomeOf, type ClaimOutcome, type HostnameRegistry } from '../../ownership/registry.ts';
import type { ResolvedService } from '../backends/backends.ts';
import { ourGateway } from '../listeners/classes.ts';
import { indexPolicies, routedPolicies, type PolicySources } from '../backends/backend-tls.ts';
import { dnsNames } from '../dns-names.ts';
import {
  gatewayRefs,
  insecureFrontend,
  resolveClientCertificate,
  resolveValidation,
  unresolvedClientCertificate,
} from '../listeners/frontend-tls.ts';
import { inspectGateway, trafficEnabled, type GatewaySpec, infrastructureLabels } from '../listeners/gateway-spec.ts';
import { gatewayConditions, gatewayEvents, gatewayProblems } from '../listeners/gateway-verdict.ts';
import { extensionKinds, isAttachedKind } from '../extensions/extension-kinds.ts';
import { indexGrants, type GrantIndex } from '../grants.ts';
import { gatewayListeners } from '../listeners/gateway-listeners.ts';
import { l4Listeners } from '../listeners/l4-listeners.ts';
import { aviNameId, type ExtensionSources } from '../extensions/extension-refs.ts';
import { applyL4Rules } from '../extensions/apply-l4-rules.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import { mergeServiceSettings } from '../extensions/merged-settings.ts';
import { readGatewayRule, unserved } from '../fqdn-rules/gateway-rule.ts';
import { withFqdnRules } from '../fqdn-rules/with-fqdn-rules.ts';
import { resolveParameters } from '../extensions/infra-settings.ts';
import { frontendValidation } from '../listeners/listener-spec.ts';
import { decidesTls, profilesOf } from './gateway-tls.ts';
import { judgeSet, routedSets } from './routed-sets.ts';
import { routeListeners, type ListenerState } from '../listeners/listeners.ts';
import { routeParents, type ParentsMemory, type ParentsResult } from './parents.ts';
import { gatewaySettings, listenerLevels } from '../policies/apply.ts';
import { listenerPolicies, policyReach } from '../policies/gateway-policies.ts';
import { isPolicyKind } from '../policies/policy-index.ts';
import { createPolicies } from '../policies/resolve.ts';
import { policyProblems, routedAviPolicies } from '../policies/routed-policies.ts';
import { splitKey } from '../../values/read.ts';
import type { RoutedGateway } from '../result/routed-gateway.ts';
import type { RoutedListener } from '../result/routed-listener.ts';
import { tenantEvents, tenantOf } from './tenant.ts';
import { indexRoutes, type RoutesByGateway } from './route-index.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

/** What may be given besides the snapshot: the time, and indexes that serve all Gateways of one snapshot. */
export interface RoutingContext {
  /** RFC 3339, to find expired certificates; without it none is. */
  readonly now?: string;
  readonly routesByGateway?: RoutesByGateway;
  readonly grants?: GrantIndex;
  /** Resolved Services of this snapshot and these settings; shared between Gateways it saves work. */
  readonly services?: Map<string, ResolvedService>;
  /** Of this Gateway alone. Only for routing all its routes. */
  readonly memory?: ParentsMemory;
  /** Named objects (`aviNameId`) that the controller is known not to have in the Gateway's tenant; absent: it has all. */
  readonly missing?: ReadonlySet<string>;
}

/**
 * Routes one Gateway. The time it takes grows with the Gateway's own routes and endpoints only, when the context has
 * the indexes. Never throws, whatever the objects hold.
 * @returns undefined when the Gateway does not exist, is being deleted, or belongs to another controller
 */
export function routeGateway(
  snapshot: Snapshot,
  gatewayKey: string,
  settings: RoutingSettings,
  registry: HostnameRegistry,
  context: RoutingContext = {},
): RoutedGateway | undefined {
  const gateway = ourGateway(snapshot, gatewayKey, settings);
  if (!gateway) return undefined;
  const grants = context.grants ?? indexGrants(snapshot);
  const claims = outcomeOf(registry, gatewayKey);
  const missing = context.missing ?? new Set<string>();
  const parameters = resolveParameters(gatewayKey, gateway, snapshot, missing);
  const extensions = { snapshot, missing, onInvalid: settings.extensionRef?.onInvalid ?? 'fail' } as const;
  const asOfSpec = gatewayListeners(snapshot, gatewayKey, gateway);
  const said = readGatewayRule(gatewayKey, asOfSpec, extensions);
  const spec = inspectGateway(gateway, parameters, said.address);
  const own = { objects: snapshot, grants, namespace: splitKey(gatewayKey).namespace };
  const client = resolveClientCertificate(gateway, own);
  const policies: PolicySources = {
    policies: indexPolicies(snapshot.backendTLSPolicies),
    objects: snapshot,
    judged: new Map(),
    ...(client.certificate && { clientCertificate: client.certificate }),
    ...(client.failure && { clientCertificateFailure: unresolvedClientCertificate }),
  };
  const found = routeListeners(asOfSpec, {
    namespaces: snapshot.namespaces,
    secrets: snapshot.secrets,
    grants,
    claims,
    missing,
    validationOf: (port) => {
      const asked = frontendValidation(gateway, port);
      return asked && resolveValidation(asked, own);
    },
    ...(context.now === undefined ? {} : { now: context.now }),
  });
  const aviPolicies = createPolicies({ snapshot, missing });
  const gatewayRefused = spec.refusal !== undefined;
  const basis = context.memory?.basis({
    listeners: found,
    namespaces: snapshot.namespaces,
    settings,
    grants,
    nodes: settings.serviceType === 'NodePort' ? snapshot.nodes : undefined,
    policies:
      snapshot.backendTLSPolicies.size > 0
        ? [snapshot.backendTLSPolicies, snapshot.configMaps, snapshot.secrets, snapshot.clusterTrustBundles]
        : undefined,
    clientCertificate: client.certificate ?? client.failure?.message,
    extensions: extensionBasis(snapshot, context.missing),
    frontends: listenerPolicies(snapshot, gatewayKey, found),
    gatewayRefused,
  });
  const states = basis?.listeners ?? found;
  const written = routeParents((context.routesByGateway ?? indexRoutes(snapshot)).get(gatewayKey) ?? [], states, {
    snapshot,
    grants,
    settings,
    policies,
    aviPolicies,
    extensions,
    cache: context.services ?? new Map<string, ResolvedService>(),
    gatewayName: gatewayKey,
    gatewayRefused,
    ...(context.memory && basis && { remembered: { memory: context.memory, basis } }),
  });
  const serving = states.map(({ routed }) => routed).filter((listener) => listener.serving);
  const asked = gatewaySettings(listenerLevels(gatewayKey, serving), aviPolicies);
  const policiesOfGateway = routedAviPolicies(aviPolicies, policyReach(gatewayKey, states, written, snapshot));
  const spoken = mergeServiceSettings([asked.settings, said.settings]);
  const decidedBy = decidesTls(serving, asked);
  const parents = withFqdnRules(
    written,
    {
      listeners: states.map((state) => state.routed),
      namespace: own.namespace,
      ...(decidedBy !== undefined && { decidedBy }),
    },
    extensions,
  );
  const sets = routedSets(snapshot, gatewayKey, gateway);
  const served = withL4Rules(
    assemble(gatewayKey, gateway, spec, withCertificatesOf(found, states), parents, claims, snapshot, settings),
    snapshot,
    extensions,
  );
  const routed = said.failure === undefined ? served : unserved(served, said.failure);
  const { listeners } = routed;
  const ownListeners = listeners.filter(({ set }) => set === undefined).map(({ conditions }) => conditions);
  const refs = gatewayRefs(gateway, client.failure, ownListeners);
  const insecure = insecureFrontend(gateway);
  return {
    ...routed,
    ...(spec.held && { held: true }),
    ...(Object.keys(spoken).length > 0 && { settings: spoken, settingsFrom: { ...said.origins, ...asked.origins } }),
    ...(parents.hostTls && { hostTls: parents.hostTls }),
    ...(parameters.infrastructure && { infrastructure: parameters.infrastructure }),
    named: distinct([...parameters.named, ...asked.named, ...said.named, ...profilesOf(listeners), ...routed.named]),
    conditions: [...routed.conditions, ...(refs ? [refs] : []), ...(insecure ? [insecure] : [])],
    listenerSets: sets.map((set) => judgeSet(set, listeners, gatewayRefused)),
    policies: routedPolicies(parents.services, policies),
    aviPolicies: policiesOfGateway,
    problems: [...routed.problems, ...policyProblems(policiesOfGateway)],
  };
}

function distinct(names: readonly AviName[]): readonly AviName[] {
  return [...new Map(names.map((name) => [aviNameId(name), name])).values()];
}

/** The listeners that the routes know, with certificates as they are now. */
function withCertificatesOf(
  found: readonly ListenerState[],
  states: readonly ListenerState[],
): readonly ListenerState[] {
  return states.map((state, place) => {
    const certificates = found[place]?.routed.certificates;
    const isSame = !certificates || isDeepStrictEqual(certificates, state.routed.certificates);
    return isSame ? state : { ...state, routed: { ...state.routed, certificates } };
  });
}

function withL4Rules(routed: RoutedGateway, snapshot: Snapshot, sources: ExtensionSources): RoutedGateway {
  if (routed.l4.length === 0) return routed;
  const { l4, named, problems, events } = applyL4Rules(routed.l4, snapshot, sources);
  return {
    ...routed,
    l4,
    named: [...routed.named, ...named],
    problems: [...routed.problems, ...problems],
    events: [...routed.events, ...events],
  };
}

/** Everything that extensions of routes follow from. Policies are looked at route by route, and what no route refers to comes afterwards. */
function extensionBasis({ extensions, secrets }: Snapshot, missing: RoutingContext['missing']) {
  const maps = extensionKinds
    .filter((kind) => !isPolicyKind(kind) && !isAttachedKind(kind))
    .map((kind) => extensions[kind]);
  return maps.some((map) => map.size > 0) ? [...maps, secrets, missing] : [missing];
}

function assemble(
  key: string,
  gateway: Gateway,
  spec: GatewaySpec,
  states: readonly ListenerState[],
  parents: ParentsResult,
  claims: ClaimOutcome,
  snapshot: Snapshot,
  settings: RoutingSettings,
): RoutedGateway {
  const listeners: readonly RoutedListener[] = states.map((state) => ({
    ...state.routed,
    serving: state.routed.serving && !spec.refusal,
    attachedRoutes: parents.attached.get(state.spec.id) ?? 0,
  }));
  const dns = dnsNames(listeners, namedRoutes(parents), claims, settings.dnsDomains);
  const resource = `Gateway/${key}`;
  const conditions = gatewayConditions(spec, states);
  const labels = infrastructureLabels(gateway);
  return {
    key,
    resource: gateway,
    tenant: tenantOf(snapshot, key, settings),
    programmable: !spec.refusal && listeners.some((listener) => listener.serving),
    ...(spec.address ? { address: spec.address } : {}),
    trafficEnabled: trafficEnabled(gateway),
    ...(labels && { labels }),
    listeners,
    routes: parents.routes,
    l4: spec.refusal ? [] : l4Listeners(states, parents.l4),
    listenerSets: [],
    policies: [],
    aviPolicies: [],
    parents: parents.parents,
    dnsNames: dns.published,
    conditions,
    events: [
      ...tenantEvents(snapshot, key, settings),
      ...gatewayEvents(key, gateway, spec, states, dns.withheld),
      ...parents.events,
    ],
    problems: [...gatewayProblems(resource, spec, states, conditions), ...parents.problems],
    named: parents.named,
    services: parents.services,
  };
}

/** The routes that have hostnames, with the listeners that serve them. */
function namedRoutes({ routes, l4 }: ParentsResult): Parameters<typeof dnsNames>[1] {
  const tls = l4.filter(({ entry }) => entry.kind === 'TLSRoute');
  return [
    ...routes,
    ...tls.map(({ listeners, hostnames }) => ({ hostnames, listeners: listeners.map(({ spec }) => spec.id) })),
  ];
}
