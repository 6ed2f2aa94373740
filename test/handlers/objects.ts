/** Small objects for tests, by key (`namespace/name`). */
import type {
  BackendTLSPolicy,
  Gateway,
  GatewayClass,
  HTTPRoute,
  ListenerSet,
  ReferenceGrant,
} from '../../generated/gateway-api.ts';
import type { ConfigMap, EndpointSlice, Namespace, Node, Pod, Secret, Service } from '../../src/routing/snapshot.ts';

function metadata(key: string, extra: object = {}) {
  const slash = key.indexOf('/');
  const [namespace, name] = slash < 0 ? [undefined, key] : [key.slice(0, slash), key.slice(slash + 1)];
  return { ...(namespace ? { namespace } : {}), name, generation: 1, uid: `uid-${key}`, ...extra };
}

export function gatewayClass(name: string, controllerName = 'ako.vmware.com/avi-lb'): GatewayClass {
  return { metadata: metadata(name), spec: { controllerName } };
}

export interface GatewayOptions {
  readonly className?: string;
  /** Keys or bare names of Secrets. */
  readonly secrets?: readonly string[];
  readonly generation?: number;
  readonly status?: Gateway['status'];
}

export function gateway(key: string, options: GatewayOptions = {}): Gateway {
  const certificateRefs = (options.secrets ?? []).map((secret) => {
    const slash = secret.indexOf('/');
    return slash < 0 ? { name: secret } : { namespace: secret.slice(0, slash), name: secret.slice(slash + 1) };
  });
  return {
    metadata: metadata(key, { generation: options.generation ?? 1 }),
    spec: {
      gatewayClassName: options.className ?? 'avi-lb',
      listeners: [
        certificateRefs.length > 0
          ? { name: 'https', port: 443, protocol: 'HTTPS', tls: { certificateRefs } }
          : { name: 'http', port: 80, protocol: 'HTTP' },
      ],
    },
    ...(options.status ? { status: options.status } : {}),
  };
}

export interface RouteOptions {
  /** Keys or bare names of Gateways. */
  readonly parents?: readonly string[];
  /** Keys of ListenerSets. */
  readonly sets?: readonly string[];
  /** Keys or bare names of Services. */
  readonly services?: readonly string[];
  readonly mirrors?: readonly string[];
  readonly generation?: number;
}

function reference(text: string) {
  const slash = text.indexOf('/');
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

export function httpRoute(key: string, options: RouteOptions = {}): HTTPRoute {
  const mirrors = (options.mirrors ?? []).map((mirror) => ({
    type: 'RequestMirror',
    requestMirror: { backendRef: { ...reference(mirror), port: 80 } },
  }));
  return {
    metadata: metadata(key, { generation: options.generation ?? 1 }),
    spec: {
      parentRefs: [
        ...(options.parents ?? []).map(reference),
        ...(options.sets ?? []).map((set) => ({ kind: 'ListenerSet', ...reference(set) })),
      ],
      rules: [
        {
          backendRefs: (options.services ?? []).map((name) => ({ ...reference(name), port: 80 })),
          ...(mirrors.length > 0 ? { filters: mirrors } : {}),
        },
      ],
    },
  } as HTTPRoute;
}

export function listenerSet(key: string, parent: string, options: { readonly secret?: string } = {}): ListenerSet {
  const tls = options.secret ? { tls: { certificateRefs: [reference(options.secret)] } } : {};
  return {
    metadata: metadata(key),
    spec: { parentRef: reference(parent), listeners: [{ name: 'https', port: 8443, protocol: 'HTTPS', ...tls }] },
  };
}

export function backendTlsPolicy(key: string, serviceName: string, configMapName: string): BackendTLSPolicy {
  return {
    metadata: metadata(key),
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: serviceName }],
      validation: {
        hostname: 'web.example',
        caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: configMapName }],
      },
    },
  };
}

export function configMap(key: string, data: Readonly<Record<string, string>>): ConfigMap {
  return { metadata: metadata(key), data };
}

export function referenceGrant(key: string, from: readonly string[]): ReferenceGrant {
  return {
    metadata: metadata(key),
    spec: {
      from: from.map((namespace) => ({ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace })),
      to: [{ group: '', kind: 'Service' }],
    },
  };
}

export function service(
  key: string,
  options: { readonly port?: number; readonly resourceVersion?: string } = {},
): Service {
  return {
    metadata: metadata(key, options.resourceVersion ? { resourceVersion: options.resourceVersion } : {}),
    spec: { ports: [{ port: options.port ?? 80 }] },
  };
}

/** @param options.pods names of the pods behind the addresses, one each. */
export function endpointSlice(
  key: string,
  serviceName: string,
  addresses: readonly string[],
  options: { readonly pods?: readonly string[] } = {},
): EndpointSlice {
  const pods = (options.pods ?? []).map((name) => ({ addresses, targetRef: { kind: 'Pod', name } }));
  return {
    metadata: metadata(key, { labels: { 'kubernetes.io/service-name': serviceName } }),
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: options.pods ? pods : [{ addresses }],
  };
}

export function secret(key: string, data: Readonly<Record<string, string>> = {}): Secret {
  return { metadata: metadata(key), type: 'kubernetes.io/tls', data };
}

export function namespace(name: string, labels: Readonly<Record<string, string>> = {}): Namespace {
  return { metadata: metadata(name, { labels }) };
}

/** @param options.ports the annotation of NodePortLocal. */
export function pod(
  key: string,
  { labels = {}, ports }: { readonly labels?: Readonly<Record<string, string>>; readonly ports?: string } = {},
): Pod {
  const given = ports ?? '[{"podPort":8080,"nodeIP":"10.9.0.1","nodePort":61001,"protocol":"tcp"}]';
  return { metadata: metadata(key, { labels, annotations: { 'nodeportlocal.antrea.io': given } }) };
}

export function node(name: string, ready: boolean, heartbeat = ''): Node {
  const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastHeartbeatTime: heartbeat };
  return {
    metadata: metadata(name),
    status: { addresses: [{ type: 'InternalIP', address: '10.0.0.1' }], conditions: [condition] },
  };
}
