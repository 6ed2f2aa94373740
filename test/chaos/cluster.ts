/** The model as Kubernetes objects, given to the operator's handlers as watches would. */
import type { Gateway, HTTPRoute } from '../../generated/gateway-api.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { createReferences } from '../../src/cluster/references.ts';
import { allObjects } from '../../src/cluster/followed-sources.ts';
import { createHandlers, dispatch } from '../../src/handlers/handlers.ts';
import { keyOf } from '../../src/routing/snapshot.ts';
import { controllerName, gatewayClass, type Harness } from '../loop/harness.ts';
import type { Model, Route, Rule } from './model.ts';

const namespace = 'default';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Cluster {
  /** Tells what differs from the model before. */
  readonly apply: (model: Model) => void;
  readonly secret: (name: string, pair: Certificate) => void;
}

export function createCluster(harness: Harness, backendPort: number): Cluster {
  const handlers = createHandlers({
    state: harness.state,
    references: createReferences(),
    marks: harness.engine,
    followed: allObjects,
    settings: { controllerName, serviceType: 'ClusterIP' },
    isOwnStatus: () => false,
  });
  const known = new Map<string, { readonly kind: WatchedKind; readonly name: string; readonly text: string }>();
  let generation = 0;

  const put = <K extends WatchedKind>(kind: K, name: string, content: Readonly<Record<string, unknown>>): void => {
    const id = `${kind}/${name}`;
    const text = JSON.stringify(content);
    const before = known.get(id);
    if (before?.text === text) return;
    known.set(id, { kind, name, text });
    const { metadata, ...rest } = content;
    const now = harness.state.get(kind, kind === 'GatewayClass' ? name : `${namespace}/${name}`) as
      { readonly status?: unknown } | undefined;
    const object = {
      metadata: {
        name,
        namespace,
        uid: id,
        generation: ++generation,
        resourceVersion: String(generation),
        ...(metadata as object),
      },
      ...rest,
      ...(now?.status !== undefined && { status: now.status }),
    } as unknown as WatchedObjects[K];
    dispatch(handlers, kind, { type: before ? 'MODIFIED' : 'ADDED', object, explained: true });
  };

  const remove = (id: string, kind: WatchedKind, name: string): void => {
    known.delete(id);
    const object = harness.state.get(kind, keyOf({ name, namespace }));
    if (object) dispatch(handlers, kind, { type: 'DELETED', object, explained: true } as never);
  };

  const apply = (model: Model): void => {
    const wanted = new Set(model.routes.map(({ name }) => `HTTPRoute/${name}`));
    for (const [service, addresses] of Object.entries(model.services)) {
      put('Service', service, {
        spec: {
          type: 'ClusterIP',
          clusterIP: '10.96.0.1',
          ports: [{ port: 80, targetPort: backendPort, protocol: 'TCP' }],
        },
      });
      put('EndpointSlice', service, {
        metadata: { labels: { 'kubernetes.io/service-name': service } },
        addressType: 'IPv4',
        ports: [{ port: backendPort, protocol: 'TCP' }],
        endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true } })),
      });
    }
    put('Gateway', 'gw', gatewayOf(model));
    for (const route of model.routes) put('HTTPRoute', route.name, routeOf(route));
    for (const [id, { kind, name }] of [...known]) if (kind === 'HTTPRoute' && !wanted.has(id)) remove(id, kind, name);
  };

  harness.put('GatewayClass', gatewayClass());
  return {
    apply,
    secret: (name, { cert, key }) =>
      put('Secret', name, {
        type: 'kubernetes.io/tls',
        data: { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
      }),
  };
}

function gatewayOf(model: Model): Pick<Gateway, 'spec'> & Record<string, unknown> {
  return {
    metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      gatewayClassName: 'avi-lb',
      listeners: model.listeners.map(({ name, port, hostname, certificate }) => ({
        name,
        port,
        protocol: certificate === undefined ? 'HTTP' : 'HTTPS',
        ...(hostname !== undefined && { hostname }),
        ...(certificate !== undefined && {
          tls: { mode: 'Terminate' as const, certificateRefs: [{ name: certificate }] },
        }),
        allowedRoutes: { namespaces: { from: 'Same' as const } },
      })),
    },
  };
}

function routeOf(route: Route): Pick<HTTPRoute, 'spec'> & Record<string, unknown> {
  return {
    metadata: { creationTimestamp: new Date(Date.UTC(2026, 0, 2, 0, 0, route.created)).toISOString() },
    spec: {
      parentRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
      hostnames: [route.host],
      rules: route.rules.map(ruleOf),
    },
  };
}

type HttpRouteRule = NonNullable<NonNullable<HTTPRoute['spec']>['rules']>[number];

function ruleOf({ match, backends, filter, timeout }: Rule): HttpRouteRule {
  const set = (name: string) => ({ set: [{ name, value: 'chaos' }] });
  return {
    matches: [
      {
        path: { type: match.type, value: match.path },
        ...(match.header !== undefined && {
          headers: [{ type: 'Exact' as const, name: 'X-Kind', value: match.header }],
        }),
      },
    ],
    backendRefs: backends.map(({ service, weight }) => ({
      group: '',
      kind: 'Service',
      name: service,
      port: 80,
      weight,
    })),
    filters: [
      ...(filter === 'request' || filter === 'both'
        ? [{ type: 'RequestHeaderModifier' as const, requestHeaderModifier: set('X-Request') }]
        : []),
      ...(filter === 'response' || filter === 'both'
        ? [{ type: 'ResponseHeaderModifier' as const, responseHeaderModifier: set('X-Response') }]
        : []),
    ],
    ...(timeout !== undefined && { timeouts: { request: timeout } }),
  };
}
