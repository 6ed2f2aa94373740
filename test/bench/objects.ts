/** The manifests of the load: Gateways, and as many routes, each with a Service of three endpoints. */
import type { Manifest } from '../cluster/tools/manifest.ts';

const group = 'gateway.networking.k8s.io';
export const namespace = 'bench';
export const domain = 'bench.example.test';

/** Where the routes go: a host each on one Gateway, paths of one host, or a host each on 50 Gateways. */
export type Topology = 'hosts' | 'paths' | 'spread';
export const gatewaysOfSpread = 50;

const plurals: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  GatewayClass: 'gatewayclasses',
  Gateway: 'gateways',
  HTTPRoute: 'httproutes',
  Service: 'services',
  EndpointSlice: 'endpointslices',
  Secret: 'secrets',
};

/** Path of an object on the API server. */
export function pathOf({ apiVersion, kind, metadata }: Manifest): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const place = metadata.namespace ? `/namespaces/${metadata.namespace}` : '';
  return `${root}${place}/${plurals[kind]}/${metadata.name}`;
}

export const gatewayClass: Manifest = {
  apiVersion: `${group}/v1`,
  kind: 'GatewayClass',
  metadata: { name: 'avi-lb' },
  spec: { controllerName: 'ako.vmware.com/avi-lb' },
};

export const benchNamespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };

/** A Gateway for HTTP, and for HTTPS with the certificate of the Secret that is named. */
export function gateway(name: string, secret?: string): Manifest {
  const https = {
    name: 'https',
    port: 443,
    protocol: 'HTTPS',
    hostname: `secure.${domain}`,
    tls: { certificateRefs: [{ name: secret }] },
  };
  return {
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { name, namespace },
    spec: {
      gatewayClassName: 'avi-lb',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }, ...(secret ? [https] : [])],
    },
  };
}

export const appName = (index: number): string => `app-${String(index).padStart(5, '0')}`;

/** A route of a Gateway that is nobody's. */
export function foreignRoute(index: number): Manifest {
  const { spec, ...rest } = route(index, 'hosts');
  return { ...rest, spec: { ...(spec as object), parentRefs: [{ name: 'foreign' }] } };
}

/** One more route on the hostname of the first. */
export function furtherRoute(index: number, path: string): Manifest {
  const { spec, ...rest } = route(index, 'hosts', path);
  return { ...rest, spec: { ...(spec as object), hostnames: [`${appName(0)}.${domain}`] } };
}

/** @param path of the route's only rule; another one changes the route. */
export function route(index: number, topology: Topology, path?: string): Manifest {
  const name = appName(index);
  const shared = topology === 'paths';
  const parent = topology === 'spread' ? `gateway-${index % gatewaysOfSpread}` : 'gateway';
  const value = path ?? (shared ? `/${name}` : '/');
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name, namespace },
    spec: {
      parentRefs: [{ name: parent, sectionName: 'http' }],
      hostnames: [shared ? `shared.${domain}` : `${name}.${domain}`],
      rules: [{ matches: [{ path: { type: 'PathPrefix', value } }], backendRefs: [{ name, port: 80 }] }],
    },
  };
}

export function service(name: string): Manifest {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports } };
}

/** Its addresses are told apart by `index` and do not repeat below 250 endpoints. */
export function endpointSlice(name: string, index: number, endpoints: number): Manifest {
  const place = index % 30_000;
  const addresses = Array.from(
    { length: endpoints },
    (_, number) => `10.${100 + Math.floor(place / 250)}.${place % 250}.${number + 1}`,
  );
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}

/** @param pem certificate and key. */
export function tlsSecret(name: string, pem: { readonly certificate: string; readonly key: string }): Manifest {
  const stringData = { 'tls.crt': pem.certificate, 'tls.key': pem.key };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name, namespace }, stringData };
}
