/** ExtensionRefs of rules and backends: what holds, what does not, and what that means. */
import { describe, expect, it } from '@jest/globals';
import type { HealthMonitor, L7Rule } from '../../generated/extensions.ts';
import type { Extensions } from '../../src/routing/extensions/extension-kinds.ts';
import { buildRegistry } from '../../src/routing/routes/route.ts';
import { routeGateway } from '../../src/routing/routes/route-gateway.ts';
import { app, avi, gateway, httpRoute, settings, snapshotOf, type Rule } from './world.ts';

const ref = (kind: string, name: string) => ({
  type: 'ExtensionRef' as const,
  extensionRef: { group: 'ako.vmware.com', kind, name },
});
const monitor = (spec: Partial<HealthMonitor['spec']> = {}): HealthMonitor => ({
  metadata: { name: 'hm', namespace: 'default' },
  spec: { type: 'HEALTH_MONITOR_TCP', ...spec },
});
const waf: L7Rule = {
  metadata: { name: 'waf', namespace: 'default' },
  spec: { wafPolicy: { kind: 'AviRef', name: 'Waf' } },
};

function routed(
  rule: Rule,
  extensions: Partial<Extensions> = {},
  more: { readonly missing?: ReadonlySet<string>; readonly onInvalid?: 'fail' | 'ako' } = {},
) {
  const world = {
    classes: [avi],
    gateways: [gateway()],
    routes: [httpRoute({ rules: [rule] })],
    ...app,
    extensions,
  };
  const snapshot = snapshotOf(world);
  const own = { ...settings, extensionRef: { onInvalid: more.onInvalid ?? ('fail' as const) } };
  const context = more.missing ? { missing: more.missing } : {};
  const result = routeGateway(snapshot, 'default/gw', own, buildRegistry(snapshot, own), context);
  const resolved = result?.parents[0]?.conditions.find(({ type }) => type === 'ResolvedRefs');
  return { rule: result?.routes[0]?.rules[0], resolved, named: result?.named };
}

const backend = (filters: NonNullable<NonNullable<Rule['backendRefs']>[number]['filters']>): Rule => ({
  backendRefs: [{ name: 'app', port: 8080, filters }],
});

describe('ExtensionRefs', () => {
  it('give a backend its health monitor', () => {
    const extensions = { HealthMonitor: new Map([['default/hm', monitor()]]) };
    const { rule, resolved } = routed(backend([ref('HealthMonitor', 'hm')]), extensions);
    expect(rule?.action).toBe('forward');
    expect(rule?.backends[0]?.settings?.monitors).toMatchObject([{ object: { key: 'default/hm' } }]);
    expect(resolved?.status).toBe('True');
  });

  it('that lead nowhere fail, and are left out where that is asked for', () => {
    const strict = routed(backend([ref('HealthMonitor', 'hm')]));
    expect(strict.rule?.action).toBe('fail');
    expect(strict.resolved).toMatchObject({ status: 'False', reason: 'BackendNotFound' });
    const lenient = routed(backend([ref('HealthMonitor', 'hm')]), {}, { onInvalid: 'ako' });
    expect(lenient.rule?.action).toBe('forward');
    expect(lenient.rule?.backends[0]?.settings).toBeUndefined();
    expect(lenient.resolved).toMatchObject({ status: 'False', reason: 'BackendNotFound' });
  });

  it('to a monitor without its Secret fail', () => {
    const needy = monitor({ authentication: { secret_ref: 'login' } });
    const { rule, resolved } = routed(backend([ref('HealthMonitor', 'hm')]), {
      HealthMonitor: new Map([['default/hm', needy]]),
    });
    expect(rule?.action).toBe('fail');
    expect(resolved).toMatchObject({ status: 'False', reason: 'UnsupportedValue' });
    expect(resolved?.message).toContain('Secret default/login');
  });

  it('give a rule its WAF policy, and say what the controller must have', () => {
    const rule = { ...backend([]), filters: [ref('L7Rule', 'waf')] };
    const extensions = { L7Rule: new Map([['default/waf', waf]]) };
    const found = routed(rule, extensions);
    expect(found.rule).toMatchObject({ action: 'forward', settings: { wafPolicy: 'Waf' } });
    expect(found.named).toEqual([{ type: 'wafpolicy', name: 'Waf' }]);

    const absent = routed(rule, extensions, { missing: new Set(['wafpolicy Waf']) });
    expect(absent.rule?.action).toBe('fail');
    expect(absent.rule?.settings).toBeUndefined();
    expect(absent.named).toEqual([{ type: 'wafpolicy', name: 'Waf' }]);
    expect(absent.resolved?.message).toContain('the controller has no wafpolicy Waf');
  });

  it.each([
    ['takes the place of the filters', { policySets: ['Set'], overwrite: true }, {}],
    ['stands behind them', { policySets: ['Set'] }, { requestHeaders: {}, responseHeaders: {}, rewrite: {} }],
    [
      'has nothing to put in their place',
      { policySets: [''], overwrite: true },
      { requestHeaders: {}, responseHeaders: {}, rewrite: {} },
    ],
  ])('to an httpPolicy that %s', (_, httpPolicy, left) => {
    const l7Rule: L7Rule = { metadata: { name: 'sets', namespace: 'default' }, spec: { httpPolicy } };
    const headers = { set: [{ name: 'a', value: 'b' }] };
    const filters: NonNullable<Rule['filters']> = [
      { type: 'RequestHeaderModifier', requestHeaderModifier: headers },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: headers },
      { type: 'URLRewrite', urlRewrite: { hostname: 'other.example.com' } },
      ref('L7Rule', 'sets'),
    ];
    const { rule } = routed({ ...backend([]), filters }, { L7Rule: new Map([['default/sets', l7Rule]]) });
    const { requestHeaders, responseHeaders, rewrite } = rule ?? {};
    const found = Object.entries({ requestHeaders, responseHeaders, rewrite }).filter(([, one]) => one !== undefined);
    expect(found.map(([name]) => name)).toEqual(Object.keys(left));
    expect(rule?.action).toBe('forward');
  });

  it('to an httpPolicy leave a redirect as it is', () => {
    const spec = { httpPolicy: { policySets: ['Set'], overwrite: true } };
    const extensions = {
      L7Rule: new Map([['default/sets', { metadata: { name: 'sets', namespace: 'default' }, spec }]]),
    };
    const filters: NonNullable<Rule['filters']> = [
      { type: 'RequestRedirect', requestRedirect: { statusCode: 301 } },
      ref('L7Rule', 'sets'),
    ];
    expect(routed({ filters }, extensions).rule).toMatchObject({
      action: 'redirect',
      redirect: { statusCode: 301 },
      settings: { policySets: ['Set'] },
    });
  });

  it('may not be of a kind for something else', () => {
    const wrong = routed({ ...backend([]), filters: [ref('HealthMonitor', 'hm')] });
    expect(wrong.resolved).toMatchObject({ status: 'False', reason: 'InvalidKind' });
    const other = routed(backend([ref('L7Rule', 'waf')]), { L7Rule: new Map([['default/waf', waf]]) });
    expect(other.resolved).toMatchObject({ status: 'False', reason: 'InvalidKind' });
  });
});
