/** HostRules and HTTPRules on routes: which hosts they mean, what they change, and whom they cannot touch. */
import { describe, expect, it } from '@jest/globals';
import type { HostRule, HTTPRule, L7Rule } from '../../../generated/extensions.ts';
import type { Extensions } from '../../../src/routing/extensions/extension-kinds.ts';
import { judgeSettings } from '../../../src/routing/extensions/extension-settings.ts';
import { buildRegistry, gatewayClaims } from '../../../src/routing/listeners/claims.ts';
import { indexRoutes } from '../../../src/routing/routes/route-index.ts';
import { routeGateway } from '../../../src/routing/routes/route-gateway.ts';
import { app, avi, gateway, httpRoute, listener, rule, settings, snapshotOf, type World } from '../world.ts';

type VirtualHost = HostRule['spec']['virtualhost'];

let created = 0;
function hostRule(virtualhost: VirtualHost, metadata: Partial<HostRule['metadata']> = {}): HostRule {
  created += 1;
  return {
    metadata: { name: `rule-${created}`, namespace: 'default', creationTimestamp: '2026-02-01T00:00:00Z', ...metadata },
    spec: { virtualhost: { fqdnType: 'Exact', ...virtualhost } },
  };
}
function httpRule(spec: HTTPRule['spec']): HTTPRule {
  return { metadata: { name: 'paths', namespace: 'default', creationTimestamp: '2026-02-01T00:00:00Z' }, spec };
}
const byKey = <T extends { readonly metadata: { readonly namespace?: string; readonly name?: string } }>(
  objects: readonly T[],
) => new Map(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));

const l7Rule = (name: string, httpPolicy: L7Rule['spec']['httpPolicy']): L7Rule => ({
  metadata: { name, namespace: 'default' },
  spec: { ...(httpPolicy && { httpPolicy }) },
});
const l7Ref = (name: string) => ({
  type: 'ExtensionRef' as const,
  extensionRef: { group: 'ako.vmware.com', kind: 'L7Rule', name },
});

interface Given {
  readonly l7Rules?: readonly L7Rule[];
  readonly hostRules?: readonly HostRule[];
  readonly httpRules?: readonly HTTPRule[];
  readonly routes?: World['routes'];
  readonly gateways?: World['gateways'];
  readonly missing?: ReadonlySet<string>;
  readonly onInvalid?: 'fail' | 'ako';
}

const hosts = (...hostnames: string[]) => [httpRoute({ hostnames })];

function routed({
  hostRules = [],
  httpRules = [],
  l7Rules = [],
  routes,
  gateways = [gateway()],
  missing,
  onInvalid,
}: Given) {
  const extensions: Partial<Extensions> = {
    HostRule: byKey(hostRules),
    HTTPRule: byKey(httpRules),
    L7Rule: byKey(l7Rules),
  };
  const snapshot = snapshotOf({ classes: [avi], gateways, routes: routes ?? hosts('a.com'), ...app, extensions });
  const own = { ...settings, extensionRef: { onInvalid: onInvalid ?? ('fail' as const) } };
  const result = routeGateway(snapshot, 'default/gw', own, buildRegistry(snapshot, own), missing ? { missing } : {});
  if (!result) throw new Error('not routed');
  return { ...result, snapshot };
}

const wafs = (given: Given) =>
  Object.fromEntries(routed(given).routes.map((one) => [one.hostnames.join(), one.rules[0]?.settings?.wafPolicy]));

describe('HostRules', () => {
  it('mean hosts exactly, by their end, or by a part of them; the most exact goes first', () => {
    const hostRules = [
      hostRule({ fqdn: 'shop', fqdnType: 'Contains', wafPolicy: 'Part' }),
      hostRule({ fqdn: '*.a.com', fqdnType: 'Wildcard', wafPolicy: 'End' }),
      hostRule({ fqdn: 'Shop.A.com', wafPolicy: 'Exact' }),
    ];
    const routes = hosts('shop.a.com', 'x.a.com', 'a.com', 'my-shop.org', '*.a.com', 'other.org');
    expect(wafs({ hostRules, routes })).toEqual({
      'shop.a.com': 'Exact',
      'x.a.com,*.a.com': 'End',
      'my-shop.org': 'Part',
      'a.com,other.org': undefined,
    });
  });

  it('leave a route whole where all its hosts are told the same', () => {
    const hostRules = [hostRule({ fqdn: '*.a.com', fqdnType: 'Wildcard', wafPolicy: 'Waf' })];
    const { routes } = routed({ hostRules, routes: hosts('x.a.com', 'y.a.com') });
    expect(routes).toMatchObject([{ hostnames: ['x.a.com', 'y.a.com'] }]);
    expect(routes[0]?.part).toBeUndefined();
  });

  it('give the same routes again where nothing has changed', () => {
    const hostRules = [hostRule({ fqdn: 'a.com', wafPolicy: 'Waf' })];
    const given = { hostRules, routes: hosts('a.com', 'b.com') };
    const parts = routed(given).routes;
    expect(parts.map(({ part }) => part)).toEqual([undefined, expect.any(String)]);
    expect(JSON.stringify(routed(given).routes)).toBe(JSON.stringify(parts));
  });

  it('hold for hosts that only the listener names', () => {
    const gateways = [
      gateway({
        listeners: [listener({ name: 'a', hostname: 'a.com' }), listener({ name: 'b', hostname: 'b.com' })],
      }),
    ];
    const hostRules = [hostRule({ fqdn: 'b.com', wafPolicy: 'Waf' })];
    const { routes } = routed({ hostRules, gateways, routes: [httpRoute()] });
    expect(routes.map((one) => [one.hostnames, one.listeners, one.rules[0]?.settings?.wafPolicy])).toEqual([
      [[], ['a'], undefined],
      [[], ['b'], 'Waf'],
    ]);
  });

  it('of another namespace touch nothing, and push out no rule of this one', () => {
    const hostRules = [
      hostRule(
        { fqdn: 'a.com', wafPolicy: 'Stranger', aliases: ['b.com'] },
        { namespace: 'elsewhere', creationTimestamp: '2025-01-01T00:00:00Z' },
      ),
    ];
    expect(wafs({ hostRules })).toEqual({ 'a.com': undefined });
    expect(wafs({ hostRules: [...hostRules, hostRule({ fqdn: 'a.com', wafPolicy: 'Own' })] })).toEqual({
      'a.com': 'Own',
    });
  });

  it('for one FQDN: the older one holds, the younger one is rejected', () => {
    const older = hostRule(
      { fqdn: 'a.com', wafPolicy: 'Older' },
      { name: 'z', creationTimestamp: '2026-01-01T00:00:00Z' },
    );
    const younger = hostRule({ fqdn: 'A.com', wafPolicy: 'Younger' }, { name: 'a' });
    const { routes, snapshot } = routed({ hostRules: [younger, older] });
    expect(routes[0]?.rules[0]?.settings?.wafPolicy).toBe('Older');
    expect(judgeSettings('HostRule', 'default/a', snapshot, new Set(), settings).failures).toEqual([
      { reason: 'UnsupportedValue', message: 'duplicate fqdn a.com found in default/z' },
    ]);
    expect(judgeSettings('HostRule', 'default/z', snapshot, new Set(), settings).failures).toEqual([]);
  });

  it('make hosts of aliases, which are published and claimed', () => {
    const hostRules = [hostRule({ fqdn: 'a.com', aliases: ['b.com', 'C.com'] })];
    const result = routed({ hostRules, routes: hosts('a.com', 'x.com') });
    expect(result.routes.map(({ hostnames }) => hostnames)).toEqual([['a.com', 'b.com', 'c.com'], ['x.com']]);
    expect(result.dnsNames).toEqual(['a.com', 'b.com', 'c.com', 'x.com']);
    const claims = gatewayClaims(result.snapshot, 'default/gw', settings, indexRoutes(result.snapshot));
    expect(claims?.dnsNames).toEqual(['a.com', 'b.com', 'c.com', 'x.com']);
  });

  it('say which aliases no listener has', () => {
    const gateways = [gateway({ listeners: [listener({ hostname: '*.a.com' })] })];
    const hostRules = [hostRule({ fqdn: 'x.a.com', aliases: ['b.com'] })];
    const { events, problems } = routed({ hostRules, gateways, routes: hosts('x.a.com') });
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('alias b.com')]);
    expect(events).toContainEqual(expect.objectContaining({ reason: 'RuleByFqdnNotApplied' }));
  });

  it('that name what the controller does not have answer 500, and are done without where that is asked for', () => {
    const hostRules = [hostRule({ fqdn: 'a.com', wafPolicy: 'Waf' })];
    const missing = new Set(['wafpolicy Waf']);
    const strict = routed({ hostRules, missing });
    expect(strict.named).toContainEqual({ type: 'wafpolicy', name: 'Waf' });
    expect(strict.routes[0]?.rules[0]).toMatchObject({ action: 'fail' });
    expect(strict.routes[0]?.rules[0]?.settings).toBeUndefined();
    const lenient = routed({ hostRules, missing, onInvalid: 'ako' });
    expect(lenient.routes[0]?.rules[0]).toMatchObject({ action: 'forward' });
    expect(judgeSettings('HostRule', `default/rule-${created}`, strict.snapshot, missing, settings).failures).toEqual([
      { reason: 'BackendNotFound', message: 'spec.virtualhost: the controller has no wafpolicy Waf' },
    ]);
  });

  it.each([
    ['alone', true, {}, undefined],
    ['behind the filters', false, {}, 'x'],
    ['by its L7Rule', undefined, {}, undefined],
    ['where the rule has policy sets of its own', true, { filters: [l7Ref('sets')] }, 'x'],
  ])('put policy sets in the place of filters: %s', (_, overwrite, more, left) => {
    const own = overwrite === undefined ? { l7Rule: 'alone' } : { httpPolicy: { policySets: ['Set'], overwrite } };
    const header = {
      type: 'RequestHeaderModifier' as const,
      requestHeaderModifier: { set: [{ name: 'x', value: 'y' }] },
    };
    const filters = [header, ...('filters' in more ? more.filters : [])];
    const { routes } = routed({
      hostRules: [hostRule({ fqdn: 'a.com', ...own })],
      routes: [httpRoute({ hostnames: ['a.com'], rules: [rule({ filters })] })],
      l7Rules: [l7Rule('sets', { policySets: ['Own'] }), l7Rule('alone', { policySets: ['Set'], overwrite: true })],
    });
    expect(routes[0]?.rules[0]?.requestHeaders?.set[0]?.name).toBe(left);
  });

  it('let regular expressions match in any case, and nothing else', () => {
    const matches = (['Exact', 'PathPrefix', 'RegularExpression', 'RegularExpression'] as const).map((type, place) => ({
      path: { type, value: place === 3 ? '(?i)/b.*' : '/a' },
    }));
    const { routes } = routed({
      hostRules: [hostRule({ fqdn: 'a.com', useRegex: true })],
      routes: [httpRoute({ hostnames: ['a.com', 'b.com'], rules: [rule({ matches })] })],
    });
    const values = routes.map(({ rules }) => rules[0]?.matches.map(({ path }) => path.value));
    expect(values).toEqual([
      ['/a', '/a', '(?i)/a', '(?i)/b.*'],
      ['/a', '/a', '/a', '(?i)/b.*'],
    ]);
  });

  it('say which fields mean nothing on a Gateway, and hold in the others', () => {
    const refused = hostRule({
      fqdn: 'a.com',
      wafPolicy: 'Waf',
      networkSecurityPolicy: 'Policy',
      tcpSettings: { loadBalancerIP: '10.0.0.1' },
      httpPolicy: { policySets: ['set'], overwrite: true },
      icapProfile: ['one', 'two'],
      applicationRootPath: '/app',
      gslb: { fqdn: 'g.com' },
    });
    const { routes, snapshot } = routed({ hostRules: [refused] });
    expect(routes[0]?.rules[0]?.settings).toEqual({ icapProfile: 'one', policySets: ['set'], wafPolicy: 'Waf' });
    const { failures, ignored } = judgeSettings('HostRule', `default/rule-${created}`, snapshot, new Set(), settings);
    const fields = ['icapProfile', 'networkSecurityPolicy', 'tcpSettings'];
    expect(failures.map(({ message }) => message.split(':')[0])).toEqual(
      fields.map((field) => `spec.virtualhost.${field}`),
    );
    expect(ignored).toEqual(['spec.virtualhost.gslb']);
  });
});

describe('HTTPRules', () => {
  const rules = [
    rule({ matches: [{ path: { type: 'PathPrefix', value: '/foo/bar' } }] }),
    rule({ matches: [{ path: { type: 'PathPrefix', value: '/food' } }] }),
  ];
  const routes = [httpRoute({ hostnames: ['a.com'], rules })];

  it('give pools what the longest path says that the rule is under, by segments', () => {
    const httpRules = [
      httpRule({
        fqdn: 'a.com',
        paths: [
          { target: '/foo', applicationPersistence: 'Foo' },
          { target: '/', healthMonitors: ['Monitor'] },
        ],
      }),
    ];
    const { routes: found, named } = routed({ httpRules, routes });
    expect(found[0]?.rules.map(({ backends }) => backends[0]?.settings)).toEqual([
      { persistence: { avi: { type: 'applicationpersistenceprofile', name: 'Foo' } } },
      { monitors: [{ avi: { type: 'healthmonitor', name: 'Monitor' } }] },
    ]);
    expect(named).toEqual([
      { type: 'applicationpersistenceprofile', name: 'Foo' },
      { type: 'healthmonitor', name: 'Monitor' },
    ]);
  });

  it('leave a rule without TLS unanswered where only one of its paths asks for it', () => {
    const both = rule({
      matches: [{ path: { type: 'PathPrefix', value: '/foo' } }, { path: { type: 'PathPrefix', value: '/bar' } }],
    });
    const paths = (part: object) => [httpRule({ fqdn: 'a.com', paths: [{ target: '/foo', ...part }] })];
    const found = (part: object) =>
      routed({ httpRules: paths(part), routes: [httpRoute({ hostnames: ['a.com'], rules: [both] })] });
    expect(found({ tls: { type: 'reencrypt' } }).routes[0]?.rules[0]?.action).toBe('fail');
    const plain = found({ applicationPersistence: 'Foo' });
    expect(plain.routes[0]?.rules[0]).toMatchObject({ action: 'forward' });
    expect(plain.problems).toHaveLength(1);
  });

  it('that name what the controller does not have answer 500 below their path only', () => {
    const httpRules = [httpRule({ fqdn: 'a.com', paths: [{ target: '/foo', healthMonitors: ['Monitor'] }] })];
    const { routes: found } = routed({ httpRules, routes, missing: new Set(['healthmonitor Monitor']) });
    expect(found[0]?.rules.map(({ action }) => action)).toEqual(['fail', 'forward']);
  });
});
