/** A Gateway with routes as files, before and after a change of them. */
import { stringify } from 'yaml';

const route = (
  name: string,
  rules: readonly (readonly [path: string, service: string])[],
  header?: string,
): object => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name, namespace: 'default', creationTimestamp: '2026-01-02T00:00:00Z' },
  spec: {
    parentRefs: [{ name: 'gw' }],
    hostnames: [`${name}.example.test`],
    rules: rules.map(([value, service]) => ({
      matches: [{ path: { type: 'PathPrefix', value } }],
      ...(header !== undefined && {
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-by', value: header }] } }],
      }),
      backendRefs: [{ name: service, port: 80 }],
    })),
  },
});

function service(name: string, port: number, addresses: readonly string[]): readonly object[] {
  const metadata = { name, namespace: 'default' };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80, targetPort: port }] } },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ port, protocol: 'TCP' }],
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    },
  ];
}

/** The route `served` is there all the time. */
export function manifests(port: number): { readonly before: string; readonly after: string } {
  const gateway = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'gw', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      gatewayClassName: 'avi-lb',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP', hostname: '*.example.test' }],
    },
  };
  const text = (...objects: readonly object[]): string => objects.map((object) => stringify(object)).join('---\n');
  const served = route('served', [['/', 'one']]);
  return {
    before: text(
      gateway,
      served,
      route('changed', [
        ['/', 'one'],
        ['/a', 'two'],
      ]),
      route('removed', [['/', 'two']]),
      ...service('one', port, ['127.0.0.1']),
      ...service('two', port, ['127.0.0.1']),
    ),
    after: text(
      gateway,
      served,
      route(
        'changed',
        [
          ['/', 'two'],
          ['/b', 'one'],
        ],
        'chaos',
      ),
      route('added', [['/', 'one']]),
      ...service('one', port, ['127.0.0.1']),
      ...service('two', port, ['127.0.0.1', '127.0.0.2']),
    ),
  };
}
