import { describe, expect, it } from '@jest/globals';
import type { RoutedRule } from '../../src/routing/result/routed-rule.ts';
import {
  app,
  gateway,
  grant,
  httpRoute,
  malformed,
  messageOf,
  parentOf,
  routed,
  rule,
  service,
  slice,
  verdict,
  type Rule,
  type World,
} from './world.ts';

type Filter = NonNullable<Rule['filters']>[number];
type Cors = NonNullable<Filter['cors']>;
type Mirror = NonNullable<Filter['requestMirror']>;

const shadow: World = {
  services: [...app.services!, service({}, { name: 'shadow' })],
  slices: [...app.slices!, slice([{ addresses: ['10.1.0.2'] }], {}, 'default/shadow')],
};

function routeRules(rules: readonly Rule[], world: World = {}) {
  const result = routed({ gateways: [gateway()], routes: [httpRoute({ rules })], ...app, ...world });
  return { result, parent: parentOf(result), rules: result.routes[0]?.rules ?? [] };
}

function kept(part: Partial<Rule>, world: World = shadow): RoutedRule {
  const [only] = routeRules([rule(part)], world).rules;
  if (!only) throw new Error('the rule was dropped');
  return only;
}

function droppedBy(part: Partial<Rule>, world: World = shadow): string | undefined {
  return messageOf(routeRules([rule(part), rule()], world).parent.conditions, 'PartiallyInvalid');
}

const cors = (policy: Cors): Partial<Rule> => ({ filters: [{ type: 'CORS', cors: policy }] });
const mirror = (part: Partial<Mirror> = {}): Filter => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { name: 'shadow', port: 8080 }, ...part },
});

describe('CORS', () => {
  it('has the defaults of the specification', () => {
    expect(kept(cors({})).cors).toEqual({
      allowOrigins: [],
      allowMethods: [],
      allowHeaders: [],
      exposeHeaders: [],
      allowCredentials: false,
      maxAge: 5,
    });
  });

  it.each([
    ['*', '*'],
    ['https://Www.Foo.com', 'https://www.foo.com'],
    ['https://www.foo.com:443', 'https://www.foo.com'],
    ['http://www.foo.com:80', 'http://www.foo.com'],
    ['http://www.foo.com:443', 'http://www.foo.com:443'],
    ['https://*.bar.com:8443', 'https://*.bar.com:8443'],
    ['https://*', 'https://*'],
  ])('knows the origin %s', (given, expected) => {
    expect(kept(cors({ allowOrigins: [given] })).cors?.allowOrigins).toEqual([expected]);
  });

  it('keeps what is allowed, once', () => {
    const given = { allowMethods: ['GET', 'PUT', 'GET'], allowHeaders: ['X-A'], exposeHeaders: ['*', 'X-B'] };
    expect(kept(cors(malformed({ ...given, allowCredentials: true, maxAge: 60 }))).cors).toMatchObject({
      allowMethods: ['GET', 'PUT'],
      allowHeaders: ['X-A'],
      exposeHeaders: ['*', 'X-B'],
      allowCredentials: true,
      maxAge: 60,
    });
  });

  it.each<[string, unknown, string]>([
    ['no policy', undefined, 'cors'],
    ['another scheme', { allowOrigins: ['ftp://a'] }, 'cors.allowOrigins[0]'],
    ['a path', { allowOrigins: ['*', 'https://a/b'] }, 'cors.allowOrigins[1]'],
    ['a wildcard in the middle', { allowOrigins: ['https://a.*.b'] }, 'cors.allowOrigins[0]'],
    ['a line end', { allowOrigins: ['https://a\r\nX: y'] }, 'cors.allowOrigins[0]'],
    ['a number', { allowOrigins: [7] }, 'cors.allowOrigins[0]'],
    ['a long origin', { allowOrigins: [`https://${'a'.repeat(250)}`] }, 'cors.allowOrigins[0]'],
    ['* beside others', { allowOrigins: ['*', 'https://a'] }, 'cors.allowOrigins'],
    ['an unknown method', { allowMethods: ['BREW'] }, 'cors.allowMethods[0]'],
    ['a hostile header', { allowHeaders: ['a"\n'] }, 'cors.allowHeaders[0]'],
    ['a hostile exposed header', { exposeHeaders: ['a b'] }, 'cors.exposeHeaders[0]'],
    ['no age', { maxAge: 0 }, 'cors.maxAge'],
  ])('with %s drops the rule', (_, policy, field) => {
    expect(droppedBy(cors(malformed(policy)))).toContain(`Dropped Rule 0: spec.rules[0].filters[0].${field}: `);
  });

  it('cannot be given twice', () => {
    const [filter] = cors({}).filters!;
    expect(droppedBy({ filters: [filter!, filter!] })).toContain('spec.rules[0].filters[1]: ');
  });
});

describe('mirrors', () => {
  it.each<[string, Partial<Mirror>, readonly [number, number]]>([
    ['everything', {}, [1, 1]],
    ['a percentage', { percent: 20 }, [1, 5]],
    ['a fraction', { fraction: { numerator: 25, denominator: 50 } }, [1, 2]],
    ['a fraction of hundred', { fraction: { numerator: 3 } }, [3, 100]],
  ])('copy %s', (_, part, [numerator, denominator]) => {
    const { mirrors, backends } = kept({ filters: [mirror(part)] });
    expect(mirrors).toEqual([
      {
        backend: expect.objectContaining({ namespace: 'default', name: 'shadow', port: 8080 }),
        numerator,
        denominator,
      },
    ]);
    expect(mirrors![0]!.backend.endpoints.map(({ address }) => address)).toEqual(['10.1.0.2']);
    expect(backends.map(({ name }) => name)).toEqual(['app']);
  });

  it('are more than one, of the rule and of its backend', () => {
    const backendRefs = [{ name: 'app', port: 8080, filters: [mirror({ percent: 50 })] }];
    const { mirrors } = kept({ filters: [mirror(), mirror({ percent: 1 })], backendRefs });
    expect(mirrors!.map(({ denominator }) => denominator)).toEqual([1, 100, 2]);
  });

  it('copy nothing at 0 percent', () => {
    expect(kept({ filters: [mirror({ percent: 0 })] }).mirrors).toBeUndefined();
  });

  it('make the Gateway follow the endpoints of their Services', () => {
    expect(routeRules([rule({ filters: [mirror()] })], shadow).result.services).toEqual([
      'default/app',
      'default/shadow',
    ]);
  });

  it.each<[string, Partial<Mirror>, string]>([
    ['percent and fraction', { percent: 1, fraction: { numerator: 1 } }, 'fraction'],
    ['too much', { percent: 101 }, 'percent'],
    ['a negative share', { fraction: { numerator: -1 } }, 'fraction.numerator'],
    ['more than all', { fraction: { numerator: 3, denominator: 2 } }, 'fraction.numerator'],
    ['nothing to divide by', { fraction: { numerator: 0, denominator: 0 } }, 'fraction.denominator'],
    ['no backend', malformed({ backendRef: undefined }), 'backendRef'],
  ])('of %s drop the rule', (_, part, field) => {
    expect(droppedBy({ filters: [mirror(part)] })).toContain(`spec.rules[0].filters[0].requestMirror.${field}: `);
  });

  it.each<[string, Mirror['backendRef'], World, string]>([
    ['that does not exist', { name: 'none', port: 80 }, {}, 'BackendNotFound'],
    ['of another kind', { kind: 'Foo', name: 'shadow', port: 80 }, {}, 'InvalidKind'],
    [
      'of another namespace without grant',
      { name: 'shadow', namespace: 'other', port: 8080 },
      { services: [service(), service({}, { name: 'shadow', namespace: 'other' })] },
      'RefNotPermitted',
    ],
  ])('to a backend %s leave the rule serving', (_, backendRef, world, reason) => {
    const { parent, rules } = routeRules([rule({ filters: [mirror({ backendRef })] })], world);
    expect(verdict(parent.conditions, 'Accepted')).toBe('True/Accepted');
    expect(verdict(parent.conditions, 'ResolvedRefs')).toBe(`False/${reason}`);
    expect(messageOf(parent.conditions, 'ResolvedRefs')).toContain(
      'spec.rules[0].filters[0].requestMirror.backendRef: ',
    );
    expect(rules[0]).toMatchObject({ action: 'forward' });
    expect(rules[0]!.mirrors).toBeUndefined();
  });

  it('cross namespaces with a grant', () => {
    const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' };
    const world = {
      services: [service(), service({}, { name: 'shadow', namespace: 'other' })],
      grants: [grant('other', from, { group: '', kind: 'Service' })],
    };
    const backendRef = { name: 'shadow', namespace: 'other', port: 8080 };
    expect(kept({ filters: [mirror({ backendRef })] }, world).mirrors![0]!.backend.namespace).toBe('other');
  });
});

describe('filters of one backend', () => {
  const setHeader = (value: string): Filter => ({
    type: 'RequestHeaderModifier',
    requestHeaderModifier: { set: [{ name: 'Backend', value }] },
  });
  const ref = (name: string, filters: readonly Filter[], weight = 1) => ({
    name,
    port: 8080,
    weight,
    filters: [...filters],
  });
  const modifier = (value: string) => ({ set: [{ name: 'Backend', value }], add: [], remove: [] });

  it('change the headers of requests that go there', () => {
    const given = { backendRefs: [ref('app', [setHeader('1')]), ref('shadow', [setHeader('2')])] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toBeUndefined();
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([modifier('1'), modifier('2')]);
  });

  it('come after those of the rule', () => {
    const given = { filters: [setHeader('0')], backendRefs: [ref('app', []), ref('shadow', [setHeader('2')])] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toEqual(modifier('0'));
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([undefined, modifier('2')]);
  });

  it('do not count without traffic', () => {
    const given = { backendRefs: [ref('app', [setHeader('1')]), ref('shadow', [setHeader('2')], 0)] };
    const { requestHeaders, backends } = kept(given);
    expect(requestHeaders).toEqual(modifier('1'));
    expect(backends.map((backend) => backend.requestHeaders)).toEqual([undefined, undefined]);
  });

  it.each<[string, Filter]>([
    ['a rewrite', { type: 'URLRewrite', urlRewrite: { hostname: 'b.x' } }],
    ['a mirror', mirror()],
    ['response headers', { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['A'] } }],
  ])('that are %s drop the rule', (_, filter) => {
    const given = { backendRefs: [ref('app', [setHeader('1')]), ref('shadow', [filter])] };
    expect(droppedBy(given)).toContain('Dropped Rule 0: spec.rules[0].backendRefs[1].filters: ');
  });
});

describe('retries', () => {
  it.each<[string, Rule['retry'], RoutedRule['retry']]>([
    ['as often as asked', { attempts: 100 }, { attempts: 100 }],
    ['once by default', {}, { attempts: 1 }],
    ['without status codes', { attempts: 2, codes: [] }, { attempts: 2 }],
  ])('%s', (_, retry, expected) => {
    expect(kept({ retry }).retry).toEqual(expected);
  });
});

describe('protocols of backends', () => {
  it.each([
    ['kubernetes.io/h2c', 'h2c'],
    ['grpc', 'h2c'],
    ['kubernetes.io/ws', undefined],
    ['http', undefined],
  ])('%s', (appProtocol, protocol) => {
    const services = [service({ ports: [{ port: 8080, appProtocol }] })];
    expect(kept({}, { services }).backends[0]?.protocol).toBe(protocol);
    expect(kept({}, { services }).backends[0]?.invalid).toBeUndefined();
  });
});
