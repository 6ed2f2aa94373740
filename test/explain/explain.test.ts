import { describe, expect, it } from '@jest/globals';
import { explainer, type ExplainedRequest } from '../../src/explain/explain.ts';
import type { L4Listener, RoutedParent } from '../../src/routing/result/routed-route.ts';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { backend } from '../translate/support/model.ts';
import { gateway, listener, match, route, rule } from '../translate/support/routed.ts';
import { settings } from '../translate/support/settings.ts';

const asked: ExplainedRequest = {
  scheme: 'http',
  host: 'app.example.com',
  port: 80,
  method: 'GET',
  path: '/',
  query: '',
  headers: {},
};

function explain(routed: RoutedGateway, request: Partial<ExplainedRequest> = {}) {
  return explainer(routed, settings, resolveNames(nameClaims(routed, settings)))({ ...asked, ...request });
}

describe('a request', () => {
  it('meets the first rule that accepts it; the others are judged in order, with every reason', () => {
    const canary = rule({
      index: 1,
      matches: [match('/shop', { method: 'POST', headers: [{ type: 'Exact', name: 'X-Env', value: 'canary' }] })],
    });
    const query = rule({
      index: 2,
      matches: [match('/shop', { queryParams: [{ type: 'Exact', name: 'v', value: '2' }] })],
    });
    const routed = gateway({ routes: [route({ rules: [rule(), canary, query, rule({ index: 3 })] })] });
    const { rules, answer, disagreement } = explain(routed, { path: '/shop/cart', query: 'v=1' });
    expect(rules.map(({ rule: name, verdict, reasons }) => [name.slice(-8), verdict, reasons])).toEqual([
      ['rules[1]', 'does not match', ['method is not POST', 'header x-env is not "canary"']],
      ['rules[2]', 'does not match', ['query has no v=2']],
      ['rules[0]', 'answers', []],
      ['rules[3]', 'comes later', []],
    ]);
    expect(answer).toMatchObject({
      kind: 'forward',
      rule: 'HTTPRoute default/r1 rules[0]',
      members: [{ service: 'default/web:80', ratio: 1, servers: [{ address: '10.0.0.1', port: 8080, enabled: true }] }],
    });
    expect(disagreement).toBeUndefined();
  });

  it('is compared by its decoded path, except with a value that has an escape in it', () => {
    const routed = gateway({
      routes: [
        route({
          rules: [
            rule({ matches: [match('/a b')] }),
            rule({ index: 1, matches: [match('/c%2Fd')] }),
            rule({ index: 2, matches: [match('/é')] }),
          ],
        }),
      ],
    });
    const index = (path: string) => {
      const { answer } = explain(routed, { path });
      return answer.kind === 'forward' ? answer.rule.at(-2) : answer.kind;
    };
    expect(['/a%20b', '/c%2Fd', '/c/d', '/%C3%A9', '/%FF'].map(index)).toEqual(['0', '1', 'error', '2', 'error']);
  });

  it('of a GRPCRoute is the path that its method stands for', () => {
    const grpc = { service: 'shop.Cart', method: 'Add' };
    const rules = [rule({ matches: [match('/', { path: { type: 'Exact', value: '/shop.Cart/Add' }, grpc })] })];
    const routed = gateway({ routes: [route({ kind: 'GRPCRoute', rules })] });
    expect(explain(routed, { method: 'POST', path: '/shop.Cart/Add' }).answer).toMatchObject({
      kind: 'forward',
      rule: 'GRPCRoute default/r1 rules[0]',
    });
    expect(explain(routed, { method: 'POST', path: '/shop.Cart/Remove' }).answer).toMatchObject({ status: 404 });
  });

  it('is redirected, answered with 500, or forwarded without the backends that cannot be', () => {
    const gone = {
      ...backend('default', 'gone'),
      endpoints: [],
      invalid: { reason: 'BackendNotFound', message: 'no' },
    };
    const rules = [
      rule({
        matches: [match('/old')],
        action: 'redirect',
        backends: [],
        redirect: { scheme: 'https', statusCode: 301 },
        settingsFrom: { applicationRootPath: 'HostRule default/host' },
      }),
      rule({ index: 1, matches: [match('/broken')], action: 'fail', backends: [gone] }),
      rule({ index: 2, matches: [match('/mixed')], backends: [gone, backend('default', 'web', 3)] }),
    ];
    const routed = gateway({ routes: [route({ rules })] });
    expect(explain(routed, { path: '/old' }).answer).toMatchObject({
      kind: 'redirect',
      status: 301,
      target: "https://the request's host:443, the same path",
      settings: ['applicationRootPath by HostRule default/host'],
    });
    expect(explain(routed, { path: '/broken' }).answer).toMatchObject({
      status: 500,
      reason: 'default/gone:80: BackendNotFound, no',
    });
    expect(explain(routed, { path: '/mixed' }).answer).toMatchObject({
      members: [{ service: 'default/web:80', ratio: 3 }],
      without: ['default/gone:80: BackendNotFound, no'],
    });
  });
});

describe('the listeners', () => {
  it('say why they do not take it', () => {
    const conflict = {
      type: 'Conflicted',
      status: 'True',
      reason: 'HostnameConflict',
      message: 'owner is a/b',
    } as const;
    const routed = gateway({
      listeners: [
        listener({ name: 'wide' }),
        listener({ name: 'own', hostname: 'app.example.com' }),
        listener({ name: 'other', hostname: 'x.example.com' }),
        listener({ name: 'secure', tls: true }),
        listener({ name: 'lost', hostname: '*.example.com', serving: false, conditions: [conflict] }),
      ],
    });
    expect(explain(routed).listeners.map(({ listener: name, takes, reason }) => [name, takes, reason])).toEqual([
      ['wide', false, 'listener own has the more specific hostname'],
      ['own', true, ''],
      ['other', false, 'its hostname is x.example.com'],
      ['secure', false, 'its port is 443'],
      ['lost', false, 'it does not serve: Conflicted HostnameConflict: owner is a/b'],
    ]);
    expect(explain(routed, { scheme: 'https' }).answer).toMatchObject({ kind: 'closed' });
  });

  it('take nothing while traffic is disabled', () => {
    expect(explain(gateway({ trafficEnabled: false })).answer).toMatchObject({ kind: 'closed' });
  });
});

it('names the routes that are not attached, with the reason', () => {
  const parent = (routeKey: string, attached: boolean): RoutedParent => ({
    kind: 'HTTPRoute',
    route: {} as RoutedParent['route'],
    routeKey,
    parentRefIndex: 0,
    attached,
    conditions: attached
      ? []
      : [{ type: 'Accepted', status: 'False', reason: 'NotAllowedByListeners', message: 'another namespace' }],
  });
  expect(explain(gateway({ parents: [parent('a/r', true), parent('b/r', false)] })).detached).toEqual([
    { route: 'HTTPRoute b/r', reason: 'NotAllowedByListeners: another namespace' },
  ]);
});

describe('a connection below HTTP', () => {
  const l4Route = (name: string, hostnames: readonly string[]) => ({
    kind: 'TLSRoute' as const,
    namespace: 'default',
    name,
    creationTimestamp: '2026-01-01T00:00:00Z',
    hostnames,
    backends: [backend('default', name)],
  });
  const tls: L4Listener = {
    listeners: ['tls'],
    port: 8443,
    protocol: 'TLS',
    mode: 'Passthrough',
    certificates: [],
    routes: [l4Route('exact', ['a.example.com']), l4Route('wide', ['*.example.com'])],
  };
  const tcp: L4Listener = {
    listeners: ['tcp'],
    port: 5432,
    protocol: 'TCP',
    certificates: [],
    routes: [{ ...l4Route('db', []), kind: 'TCPRoute' }],
  };
  const routed = gateway({
    listeners: [
      listener({ name: 'tls', port: 8443, protocol: 'TLS', mode: 'Passthrough', hostname: '*.example.com' }),
      listener({ name: 'tcp', port: 5432, protocol: 'TCP' }),
    ],
    routes: [],
    l4: [tls, tcp],
  });

  it.each([
    ['tls', 'a.example.com', 8443, 'TLSRoute default/exact rules[0]'],
    ['https', 'b.example.com', 8443, 'TLSRoute default/wide rules[0]'],
    ['tcp', '192.0.2.1', 5432, 'TCPRoute default/db rules[0]'],
  ] as const)('%s://%s:%d', (scheme, host, port, expected) => {
    const { answer, virtualServices } = explain(routed, { scheme, host, port });
    expect(answer).toMatchObject({ kind: 'forward', rule: expected });
    expect(virtualServices).toMatchObject([{ role: 'below HTTP' }]);
  });

  it('is closed where no listener has the server name', () => {
    expect(explain(routed, { scheme: 'tls', host: 'example.org', port: 8443 }).answer.kind).toBe('closed');
  });
});
