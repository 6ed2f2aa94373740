/** Gateways, routes, certificates and endpoints that are created, changed and deleted, step by step. */
import type { Gateway, HTTPRoute } from '../../generated/gateway-api.ts';
import type { Secret } from '../../src/routing/snapshot.ts';
import { gateway, gatewayClass, httpRoute } from '../loop/harness.ts';
import { selfSigned, tlsSecret } from '../routing/pki.ts';
import type { Feed } from './feed.ts';

export type Step = (feed: Feed) => void;

export interface Scenario {
  /** What an operator has served for long; it stays. */
  readonly before: Step;
  /** What is there too when the operator starts. */
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

/** @param pods last parts of their addresses, which are 127.0.1.x: one server for all is enough. */
function service(feed: Feed, name: string, port: number, pods: readonly number[]): void {
  const metadata = { name, namespace: 'default' };
  feed.put('Service', {
    metadata,
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ port: 80, targetPort: port, protocol: 'TCP' }] },
  });
  feed.put('EndpointSlice', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ port, protocol: 'TCP' }],
    endpoints: pods.map((pod) => ({ addresses: [`127.0.1.${pod}`], conditions: { ready: true, serving: true } })),
  });
}

async function createSecret(name: string, host: string): Promise<Secret> {
  const { certificate, key } = await selfSigned([host]);
  return tlsSecret(name, { 'tls.crt': certificate, 'tls.key': key });
}

/** @param port at which all pods listen. */
export async function createScenario(port: number): Promise<Scenario> {
  const [first, renewed] = [await createSecret('cert', 'a.example.test'), await createSecret('cert', 'a.example.test')];
  const other = await createSecret('cert-d', 'd.other.test');
  const pods = (feed: Feed, name: string, ...numbers: readonly number[]): void => service(feed, name, port, numbers);
  const http = listener('http', 80, '*.example.test');
  const https = listener('https', 443, 'a.example.test', 'cert');
  const extra = listener('extra', 8080, 'x.example.test');

  return {
    before: (feed) => {
      feed.put('GatewayClass', gatewayClass());
      pods(feed, 'steady', 9);
      feed.put('Gateway', gateway('steady', 'steady.test'));
      feed.put('HTTPRoute', httpRoute('steady', ['steady'], { '/steady': 'steady' }, ['steady.test']));
    },
    start: (feed) => {
      pods(feed, 'one', 1);
      pods(feed, 'two', 2);
      feed.put('Secret', first);
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
        pods(feed, 'two', 2, 3);
        feed.put('Secret', renewed);
      },
      (feed) => {
        feed.put('Gateway', gatewayWith('a', [http, https, extra]));
        feed.put('Secret', other);
        feed.put('Gateway', gatewayWith('b', [listener('https', 443, 'd.other.test', 'cert-d')]));
        feed.put('HTTPRoute', httpRoute('s', ['b'], { '/d': 'three' }, ['d.other.test']));
        pods(feed, 'three', 5);
      },
      (feed) => {
        pods(feed, 'two', 3);
        // What is asked for all the time moves to another route.
        feed.put('HTTPRoute', httpRoute('r4', ['a'], { '/b': 'two' }, ['a.example.test']));
        feed.put('HTTPRoute', httpRoute('r1', ['a'], { '/c': 'two' }, ['a.example.test', 'c.example.test']));
        feed.remove('EndpointSlice', 'default/three');
      },
      (feed) => {
        feed.remove('HTTPRoute', 'default/s');
        feed.remove('Gateway', 'default/b');
        feed.remove('Service', 'default/three');
        feed.remove('Secret', 'default/cert-d');
        feed.remove('HTTPRoute', 'default/r2');
        feed.put('Gateway', gatewayWith('a', [http, https]));
        pods(feed, 'one', 1, 4);
      },
    ],
  };
}
