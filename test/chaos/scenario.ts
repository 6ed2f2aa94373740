/** Gateways, routes, certificates and endpoints that are created, changed and deleted, step by step. */
import type { Gateway, HTTPRoute } from '../../generated/gateway-api.ts';
import { gateway, gatewayClass, httpRoute } from '../loop/harness.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';
import type { Feed } from './feed.ts';

export type Step = (feed: Feed) => void;

export interface Scenario {
  /** What is there when the operator starts. */
  readonly start: Step;
  readonly steps: readonly Step[];
}

type Listener = NonNullable<Gateway['spec']>['listeners'][number];
type Rule = NonNullable<NonNullable<HTTPRoute['spec']>['rules']>[number];

function listener(name: string, port: number, hostname: string, secret?: string): Listener {
  return {
    name,
    port,
    protocol: secret === undefined ? 'HTTP' : 'HTTPS',
    hostname,
    ...(secret !== undefined && { tls: { mode: 'Terminate' as const, certificateRefs: [{ name: secret }] } }),
    allowedRoutes: { namespaces: { from: 'Same' } },
  };
}

function gatewayWith(name: string, listeners: readonly Listener[]): Gateway {
  const base = gateway(name);
  return { ...base, spec: { ...base.spec, listeners: [...listeners] } };
}

/** A route whose rule adds a header and matches one: it takes an ordered policy. */
function canary(name: string, parent: string, host: string, service: string): HTTPRoute {
  const route = httpRoute(name, [parent], { '/canary': service }, [host]);
  const [rule] = route.spec?.rules ?? [];
  const match = { path: { type: 'PathPrefix' as const, value: '/canary' } };
  const changed: Rule = {
    ...rule,
    matches: [{ ...match, headers: [{ type: 'Exact', name: 'x-canary', value: 'yes' }] }, match],
    filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-by', value: 'chaos' }] } }],
  };
  return { ...route, spec: { ...route.spec, rules: [changed] } };
}

function service(feed: Feed, name: string, addresses: readonly string[]): void {
  const metadata = { name, namespace: 'default' };
  feed.put('Service', {
    metadata,
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }] },
  });
  feed.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true, serving: true } })),
  });
}

export async function createScenario(): Promise<Scenario> {
  const secrets = await Promise.all(
    [0, 1].map(async () => {
      const { certificate, key } = await selfSigned(['a.example.test']);
      return tlsSecret('cert', { 'tls.crt': certificate, 'tls.key': key });
    }),
  );
  const secret = (feed: Feed, index: number): void => {
    const found = secrets[index];
    if (found) feed.put('Secret', found);
  };
  const http = listener('http', 80, '*.example.test');
  const https = listener('https', 443, 'a.example.test', 'cert');
  const extra = listener('extra', 8080, 'x.example.test');

  return {
    start: (feed) => {
      feed.put('GatewayClass', gatewayClass());
      service(feed, 'one', ['10.0.0.1']);
      service(feed, 'two', ['10.0.0.2']);
      secret(feed, 0);
      feed.put('Gateway', gatewayWith('a', [http, https]));
      feed.put('HTTPRoute', httpRoute('r1', ['a'], { '/a': 'one', '/b': 'two' }, ['a.example.test']));
      feed.put('HTTPRoute', canary('r2', 'a', 'b.example.test', 'one'));
    },
    steps: [
      (feed) => {
        feed.put(
          'HTTPRoute',
          httpRoute('r1', ['a'], { '/b': 'one', '/c': 'two' }, ['a.example.test', 'c.example.test']),
        );
        feed.put('HTTPRoute', canary('r3', 'a', 'a.example.test', 'two'));
        service(feed, 'two', ['10.0.0.2', '10.0.0.3']);
        secret(feed, 1);
      },
      (feed) => {
        feed.put('Gateway', gatewayWith('a', [http, https, extra]));
        feed.put('Gateway', gateway('b', 'd.other.test'));
        feed.put('HTTPRoute', httpRoute('s', ['b'], { '/d': 'two' }, ['d.other.test']));
      },
      (feed) => service(feed, 'two', ['10.0.0.3']),
      (feed) => {
        feed.remove('HTTPRoute', 'default/s');
        feed.remove('Gateway', 'default/b');
        feed.remove('HTTPRoute', 'default/r2');
        feed.put('Gateway', gatewayWith('a', [http, https]));
        service(feed, 'one', ['10.0.0.1', '10.0.0.4']);
      },
    ],
  };
}
