import { describe, expect, it } from '@jest/globals';
import { comparePrecedenceKeys } from '../../src/routing/routes/precedence.ts';
import type { RuleMatch } from '../../src/routing/result/routed-match.ts';
import { readRoute } from '../../src/translate/policies/rule-match.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { backend } from './support/model.ts';
import { children, gateway, match, ofType, parent, requestRules, route, rule, translated } from './support/routed.ts';

const exact: RuleMatch = {
  path: { type: 'Exact', value: '/shop.Cart/Add' },
  headers: [],
  queryParams: [],
  grpc: { service: 'shop.Cart', method: 'Add' },
};

function grpcRoute(...matches: readonly RuleMatch[]) {
  const backends = [{ ...backend('default', 'cart'), protocol: 'h2c' as const }];
  const rules = matches.map((one, index) => rule({ index, matches: [one], backends }));
  return route({ kind: 'GRPCRoute', name: 'r1', hostnames: ['grpc.example.com'], rules });
}

function markersOf(body: Record<string, unknown>) {
  return Object.fromEntries((body.markers as { key: string; values: string[] }[]).map((one) => [one.key, one.values]));
}

describe('GRPCRoute', () => {
  it('has children of its own beside an HTTPRoute of the same name', () => {
    const other = route({ rules: [rule({ matches: [exact] })] });
    const both = translated(gateway({ routes: [other, grpcRoute(exact)] }));
    const alone = translated(gateway({ routes: [other] }));
    expect(children(both)).toHaveLength(2);
    expect(ofType(both, 'pool')).toHaveLength(2);
    const names = ofType(both, 'poolgroup').map(({ name }) => name);
    expect(names).toContain(ofType(alone, 'poolgroup')[0]!.name);
    expect(new Set(names).size).toBe(2);
    expect(both.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('is named as such in markers and origins', () => {
    const state = translated(gateway({ routes: [grpcRoute(exact)] }));
    const [child] = ofType(state, 'virtualservice').filter(({ origin }) => origin.route);
    expect(child!.origin).toMatchObject({ route: 'default/r1', routeKind: 'GRPCRoute' });
    const markers = markersOf(child!.body);
    expect(markers).toMatchObject({ RouteKind: ['GRPCRoute'], RouteName: ['r1'], RouteNamespace: ['default'] });
    expect(markers).not.toHaveProperty('HTTPRouteName');
    for (const type of ['pool', 'poolgroup'] as const)
      expect(ofType(state, type)[0]!.origin.routeKind).toBe('GRPCRoute');
  });

  it('is reached by HTTP/2, and reaches its servers so, with TLS too', () => {
    const state = translated(gateway({ routes: [grpcRoute(exact)] }));
    expect(parent(state).services).toEqual([{ port: 80, enable_ssl: false, enable_http2: true }]);
    const tls = { policy: 'a/b', hostname: 'h', caCertificates: ['x'], system: false, dnsNames: [] };
    const rules = [rule({ matches: [exact], backends: [{ ...backend('default', 'cart'), tls }] })];
    const secured = translated(gateway({ routes: [route({ kind: 'GRPCRoute', rules })] }));
    for (const { body } of [...ofType(state, 'pool'), ...ofType(secured, 'pool')]) expect(body.enable_http2).toBe(true);
  });

  it('asks for what names more of the service first, then of the method, then more headers', () => {
    const headers = [{ type: 'Exact', name: 'color', value: 'red' }];
    const service: RuleMatch = { ...match('/shop.Cart'), grpc: { service: 'shop.Cart' } };
    const method: RuleMatch = {
      ...exact,
      path: { type: 'RegularExpression', value: '^/[^/]+/Add$' },
      grpc: { method: 'Add' },
    };
    const every: RuleMatch = { ...match('/'), grpc: {} };
    const expected = [
      { ...exact, headers },
      exact,
      { ...service, headers },
      service,
      { ...method, headers },
      method,
      { ...every, headers },
      every,
    ];
    const { matches } = readRoute(
      grpcRoute(...expected.toReversed()),
      expected.map(() => 0),
    );
    const ordered = matches.toSorted((a, b) => comparePrecedenceKeys(a.precedence, b.precedence));
    expect(ordered.map(({ rule: { rule: own } }) => own.matches[0])).toEqual(expected);
  });

  it('answers a request of several matches by the first', () => {
    const headers = [{ type: 'Exact', name: 'color', value: 'red' }];
    const service: RuleMatch = { ...match('/shop.Cart'), grpc: { service: 'shop.Cart' } };
    const state = translated(gateway({ routes: [grpcRoute(service, { ...exact, headers })] }));
    const child = children(state).find(({ vh_matches: at }) => JSON.stringify(at).includes('/shop.Cart/Add'))!;
    const [policy] = child.http_policies as { http_policy_set_ref: string }[];
    const rules = requestRules(state, policy!.http_policy_set_ref.split('=')[1]);
    expect(rules[0]).toMatchObject({ match: { hdrs: [{ hdr: 'color' }] } });
  });
});
