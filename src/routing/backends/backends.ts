/** The backendRefs of a rule: which are valid, and the servers behind them (httproute_types.go, HTTPBackendRef). */
import { applyPolicy, type PolicySources } from './backend-tls.ts';
import type { ExtensionSources } from '../extensions/extension-refs.ts';
import type { Policies } from '../policies/resolve.ts';
import { podEndpoints } from './endpoints.ts';
import { isPermitted, type GrantIndex } from '../grants.ts';
import type { RuleManifest } from '../rules/matches.ts';
import { nodePortLocal } from './node-port-local.ts';
import { nodeEndpoints } from './node-ports.ts';
import { integer, list, portNumber, text } from '../../values/read.ts';
import type { Endpoint, RoutedBackend } from '../result/routed-backend.ts';
import type { RouteKind } from '../result/routed-route.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Service, ServicePort, Snapshot } from '../snapshot.ts';

/** A backendRef of any kind of route; filters are read elsewhere. */
export type BackendManifest = Omit<NonNullable<RuleManifest['backendRefs']>[number], 'filters'>;

/** The route that a backendRef is in: ReferenceGrants and the transport protocol depend on its kind. */
export interface BackendOwner {
  readonly kind: RouteKind;
  readonly namespace: string;
  readonly name: string;
  /** Whether BackendTLSPolicies hold: not where TLS or bytes are passed on. */
  readonly secures: boolean;
}

/** What backends are resolved with; `cache` lives as long as one snapshot is routed. */
export interface BackendSources {
  readonly snapshot: Pick<Snapshot, 'services' | 'endpointSlices' | 'nodes' | 'pods'>;
  readonly grants: GrantIndex;
  readonly policies: PolicySources;
  readonly extensions: ExtensionSources;
  readonly aviPolicies: Policies;
  readonly settings: Pick<RoutingSettings, 'serviceType' | 'nodeSelector'>;
  readonly cache: Map<string, ResolvedService>;
}

/** A Service and port that exist, or why they cannot be used. */
export type ResolvedService = ServedService | { readonly invalid: NonNullable<RoutedBackend['invalid']> };

interface ServedService {
  readonly endpoints: readonly Endpoint[];
  readonly protocol?: RoutedBackend['protocol'];
  readonly portName?: string;
  /** Why there can be no endpoint. */
  readonly unserved?: RoutedBackend['unserved'];
  /** Why it cannot be served without TLS; absent where it can. */
  readonly needsTls?: string;
}

type SecuredService = (ServedService & Pick<RoutedBackend, 'tls'>) | Exclude<ResolvedService, ServedService>;

/** appProtocols (KEP-3726 and registered names) that HTTP/1.1 to the server satisfies. */
const appProtocols = ['http', 'tcp', 'kubernetes.io/ws'];
/** Those that are HTTP/2; `grpc` is what other implementations have taught users to write. */
const http2Protocols = ['kubernetes.io/h2c', 'grpc'];
/** The same over TLS, which a BackendTLSPolicy has to ask for. */
const tlsAppProtocols = ['https', 'kubernetes.io/wss'];
const largestWeight = 1_000_000;

/** `path` is that of the backendRef, as `spec.rules[0].backendRefs[1]`. */
export function resolveBackend(
  manifest: BackendManifest,
  path: string,
  owner: BackendOwner,
  sources: BackendSources,
): RoutedBackend {
  const namespace = text(manifest.namespace) ?? owner.namespace;
  const name = text(manifest.name) ?? '';
  const port = portNumber(manifest.port) ?? 0;
  const backend = { namespace, name, port, weight: weightOf(manifest) };
  const refused = refuse(manifest, owner, backend, sources.grants);
  const resolved = refused ? { invalid: refused } : resolveService({ namespace, name, port }, owner.kind, sources);
  const secured = 'endpoints' in resolved && owner.secures ? secure(backend, resolved, sources) : resolved;
  if ('endpoints' in secured) {
    const { portName: _, needsTls: __, unserved, ...served } = secured;
    return { ...backend, ...served, ...(unserved && { unserved: at(path, unserved) }) };
  }
  return { ...backend, endpoints: [], invalid: at(path, secured.invalid) };
}

function at<T extends { readonly message: string }>(path: string, problem: T): T {
  return { ...problem, message: `${path}: ${problem.message}` };
}

/** With the TLS that a BackendTLSPolicy asks for. */
function secure(target: Target, served: ServedService, { policies }: BackendSources): SecuredService {
  const policy = applyPolicy(`${target.namespace}/${target.name}`, served.portName, policies);
  if (!policy) return served.needsTls === undefined ? served : unsupportedProtocol(served.needsTls);
  if ('invalid' in policy) return policy;
  // TLS goes before the protocol that plaintext would need; servers name their own by ALPN.
  return { ...served, tls: policy.tls };
}

/** "If unspecified, weight defaults to 1." */
export function weightOf(manifest: BackendManifest): number {
  return Math.min(Math.max(integer(manifest.weight) ?? 1, 0), largestWeight);
}

/** Key of the Service that a backendRef names; undefined when it names something else. */
export function serviceKey(manifest: BackendManifest, routeNamespace: string): string | undefined {
  if (!isService(manifest)) return undefined;
  return `${text(manifest.namespace) ?? routeNamespace}/${text(manifest.name) ?? ''}`;
}

function isService(manifest: BackendManifest): boolean {
  return (manifest.group ?? '') === '' && (manifest.kind ?? 'Service') === 'Service';
}

function refuse(
  manifest: BackendManifest,
  owner: BackendOwner,
  backend: Pick<RoutedBackend, 'namespace' | 'name' | 'port'>,
  grants: GrantIndex,
): RoutedBackend['invalid'] {
  const { namespace, name } = backend;
  if (!isService(manifest)) {
    const kind = [text(manifest.group), text(manifest.kind)].filter(Boolean).join('/');
    return { reason: 'InvalidKind', message: `backendRef ${name} has invalid kind ${kind}` };
  }
  const from = { group: 'gateway.networking.k8s.io', kind: owner.kind, namespace: owner.namespace };
  if (!isPermitted(grants, { from, to: { group: '', kind: 'Service', namespace, name } })) {
    const message = `no ReferenceGrant in namespace ${namespace} allows Service ${name} to be used`;
    return { reason: 'RefNotPermitted', message };
  }
  if (backend.port === 0) return { reason: 'BackendNotFound', message: 'port must name a port of the Service' };
  return undefined;
}

type Target = Pick<RoutedBackend, 'namespace' | 'name' | 'port'>;

function resolveService(target: Target, kind: RouteKind, sources: BackendSources): ResolvedService {
  const use = usageOf(kind);
  const key = `${target.namespace}/${target.name}:${target.port} ${use}`;
  const known = sources.cache.get(key);
  if (known) return known;
  const resolved = findService(target, use, sources);
  sources.cache.set(key, resolved);
  return resolved;
}

/** How a kind of routes uses a Service's port. */
type Usage = 'http' | 'grpc' | 'tcp' | 'udp';

function usageOf(kind: RouteKind): Usage {
  if (kind === 'HTTPRoute') return 'http';
  if (kind === 'GRPCRoute') return 'grpc';
  return kind === 'UDPRoute' ? 'udp' : 'tcp';
}

function findService({ namespace, name, port }: Target, use: Usage, sources: BackendSources): ResolvedService {
  const where = `Service ${namespace}/${name}`;
  const service = sources.snapshot.services.get(`${namespace}/${name}`);
  if (!service) return invalid('BackendNotFound', `${where} does not exist`);
  if (service.spec?.type === 'ExternalName') {
    return invalid(
      'UnsupportedValue',
      `${where} has type ExternalName, which names no endpoints; use a Service with endpoints`,
    );
  }
  const ports = list(service.spec?.ports).filter((entry) => entry.port === port);
  const first = ports[0];
  if (!first) return invalid('BackendNotFound', `${where} has no port ${port}`);
  const transport = use === 'udp' ? 'UDP' : 'TCP';
  const servicePort = ports.find((entry) => (entry.protocol ?? 'TCP') === transport);
  if (!servicePort) {
    const message = `${where} port ${port} has protocol ${first.protocol ?? 'TCP'}, not ${transport}`;
    return unsupportedProtocol(message);
  }
  if (use === 'tcp' || use === 'udp') return endpointsOf(service, servicePort, `${namespace}/${name}`, sources);
  const appProtocol = text(servicePort.appProtocol)?.toLowerCase() ?? '';
  const http2 = http2Protocols.includes(appProtocol);
  const spoken = `${where} port ${port} has appProtocol ${servicePort.appProtocol}`;
  const overTls = tlsAppProtocols.includes(appProtocol);
  if (appProtocol && !http2 && !overTls && !appProtocols.includes(appProtocol)) {
    return unsupportedProtocol(`${spoken}, which is not supported`);
  }
  const resolved = endpointsOf(service, servicePort, `${namespace}/${name}`, sources);
  if (!('endpoints' in resolved)) return resolved;
  return {
    ...resolved,
    // gRPC is HTTP/2 always (grpcroute_types.go: "MUST support h2c").
    ...(use === 'grpc' || http2 ? { protocol: 'h2c' as const } : {}),
    ...(overTls ? { needsTls: `${spoken} and no BackendTLSPolicy says how to verify its servers` } : {}),
  };
}

function endpointsOf(
  service: Service,
  port: ServicePort,
  key: string,
  { snapshot, settings }: BackendSources,
): ResolvedService {
  const slices = list(snapshot.endpointSlices.get(key));
  if (settings.serviceType === 'NodePort') {
    const endpoints = nodeEndpoints(service, port, slices, snapshot.nodes, settings.nodeSelector);
    return {
      ...named(port),
      endpoints,
      ...(portNumber(port.nodePort) === undefined && { unserved: noNodePort(port, key) }),
    };
  }
  if (slices.length > 0 && slices.every((slice) => slice.addressType === 'FQDN')) {
    return invalid('UnsupportedValue', `Service ${key} has only EndpointSlices of addressType FQDN; use IPv4 or IPv6`);
  }
  const reached = settings.serviceType === 'NodePortLocal' ? nodePortLocal(port, snapshot.pods) : undefined;
  return { ...named(port), endpoints: podEndpoints(service, port, slices, reached) };
}

function noNodePort({ port }: ServicePort, key: string): NonNullable<RoutedBackend['unserved']> {
  const message = `Service ${key} has no node port for port ${port}, and serviceType is NodePort; use a Service of type NodePort or LoadBalancer`;
  return { reason: 'UnsupportedValue', message };
}

function named({ name }: ServicePort): { readonly portName?: string } {
  return name ? { portName: name } : {};
}

function invalid(reason: string, message: string): Exclude<ResolvedService, ServedService> {
  return { invalid: { reason, message } };
}

function unsupportedProtocol(message: string): Exclude<ResolvedService, ServedService> {
  return invalid('UnsupportedProtocol', message);
}
