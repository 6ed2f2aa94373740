/** Gateways in a shared namespace, routes in another, and what they refer to. */
import type { Manifest } from '../cluster/tools/manifest.ts';
import { addresses } from '../conformance/network.ts';
import { backendPort } from './rig.ts';

const group = 'gateway.networking.k8s.io';

export interface Listener {
  readonly name: string;
  readonly hostname?: string;
  /** Secret of the certificate; with it the listener is HTTPS on 443. */
  readonly secret?: string;
  /** TLS on 443, passed through. */
  readonly passthrough?: boolean;
  readonly from?: 'All' | 'Same';
}

export interface GatewayOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  /** A static address. */
  readonly address?: string;
  readonly className?: string;
  /** Whether ListenerSets of all namespaces may add to it. */
  readonly listenerSets?: boolean;
}

/** `<namespace>/<name>` with listeners that take routes of all namespaces unless they say otherwise. */
export function gateway(key: string, listeners: readonly Listener[], options: GatewayOptions = {}): Manifest {
  const { annotations, address, className = 'avi-lb', listenerSets = false } = options;
  return {
    apiVersion: `${group}/v1`,
    kind: 'Gateway',
    metadata: { ...meta(key), annotations: annotations ?? {} } as Manifest['metadata'],
    spec: {
      gatewayClassName: className,
      ...(address !== undefined && { addresses: [{ type: 'IPAddress', value: address }] }),
      ...(listenerSets && { allowedListeners: { namespaces: { from: 'All' } } }),
      listeners: listeners.map(listenerOf),
    },
  };
}

function listenerOf({ name, hostname, secret, passthrough, from = 'All' }: Listener): object {
  const protocol = passthrough ? 'TLS' : secret === undefined ? 'HTTP' : 'HTTPS';
  return {
    name,
    ...(hostname !== undefined && { hostname }),
    port: protocol === 'HTTP' ? 80 : 443,
    protocol,
    allowedRoutes: { namespaces: { from } },
    ...(secret !== undefined && { tls: { mode: 'Terminate', certificateRefs: [{ name: secret }] } }),
    ...(passthrough && { tls: { mode: 'Passthrough' } }),
  };
}

/** Listeners that a namespace adds to a Gateway. */
export function listenerSet(
  key: string,
  parentRef: Parent,
  listeners: readonly Listener[],
  annotations: Readonly<Record<string, string>> = {},
): Manifest {
  return {
    apiVersion: `${group}/v1`,
    kind: 'ListenerSet',
    metadata: { ...meta(key), annotations } as Manifest['metadata'],
    spec: { parentRef, listeners: listeners.map(listenerOf) },
  };
}

export interface Parent {
  /** With `group`; absent: a Gateway. */
  readonly kind?: 'ListenerSet';
  readonly group?: typeof group;
  readonly namespace: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface RouteOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  /** Sends every request to HTTPS instead of to the backend. */
  readonly redirect?: boolean;
}

/** A route of everything to the Service `web` of its namespace. */
export function route(
  key: string,
  parentRefs: readonly Parent[],
  hostnames: readonly string[],
  { annotations, redirect }: RouteOptions = {},
): Manifest {
  const requestRedirect = { scheme: 'https', statusCode: 301 };
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { ...meta(key), annotations: annotations ?? {} } as Manifest['metadata'],
    spec: {
      parentRefs,
      hostnames,
      rules: [
        redirect
          ? { filters: [{ type: 'RequestRedirect', requestRedirect }] }
          : { backendRefs: [{ name: 'web', port: 80 }] },
      ],
    },
  };
}

/** A GRPCRoute or TLSRoute of everything to the Service `web` of its namespace. */
export function routeOf(
  kind: 'GRPCRoute' | 'TLSRoute',
  key: string,
  parentRefs: readonly Parent[],
  hostnames: readonly string[],
): Manifest {
  const rules = [{ backendRefs: [{ name: 'web', port: 80 }] }];
  return { apiVersion: `${group}/v1`, kind, metadata: meta(key), spec: { parentRefs, hostnames, rules } };
}

/** A ListenerSet as a route's parent. */
export function inSet(key: string): Parent {
  const { namespace: namespaceName = '', name } = meta(key);
  return { group, kind: 'ListenerSet', namespace: namespaceName, name };
}

export function namespace(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

/** The Service `web` of a namespace, with the rig's backend as its endpoint. */
export function web(namespaceName: string): readonly Manifest[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: namespaceName },
      spec: { ports: [{ port: 80, targetPort: backendPort }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'web-1',
        namespace: namespaceName,
        labels: { 'kubernetes.io/service-name': 'web' },
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: backendPort, protocol: 'TCP' }],
      endpoints: [{ addresses: [addresses.node], conditions: { ready: true } }],
    },
  ];
}

export function tlsSecret(key: string, certificate: string, privateKey: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: meta(key),
    stringData: { 'tls.crt': certificate, 'tls.key': privateKey },
  };
}

/** Something of cert-manager.io/v1. */
export function ofCertManager(kind: 'Issuer' | 'Certificate', key: string, spec: object): Manifest {
  return { apiVersion: 'cert-manager.io/v1', kind, metadata: meta(key), spec };
}

function meta(key: string): Manifest['metadata'] {
  const [namespaceName = '', name = ''] = key.split('/');
  return { namespace: namespaceName, name };
}
