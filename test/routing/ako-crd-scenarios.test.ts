/** AKO's acceptance scenarios that concern its CRDs (ako-facts.md section 9), by row; where we answer 500 for AKO's defaults, it says so. */
import { describe, expect, it } from '@jest/globals';
import type { ApplicationProfile, HealthMonitor, L7Rule, RouteBackendExtension } from '../../generated/extensions.ts';
import type { Extensions } from '../../src/routing/extensions/extension-kinds.ts';
import { app, httpRoute, gateway, parentOf, routed, type Rule } from './world.ts';

const metadata = (name: string) => ({ name, namespace: 'default' });
const ref = (kind: string, name: string) => ({
  type: 'ExtensionRef' as const,
  extensionRef: { group: 'ako.vmware.com', kind, name },
});
const backend = (...filters: ReturnType<typeof ref>[]): Rule => ({
  backendRefs: [{ name: 'app', port: 8080, filters }],
});
const rule = (...filters: ReturnType<typeof ref>[]): Rule => ({ filters, backendRefs: [{ name: 'app', port: 8080 }] });

const monitors = new Map<string, HealthMonitor>(
  ['hm1', 'hm2'].map((name) => [`default/${name}`, { metadata: metadata(name), spec: { type: 'HEALTH_MONITOR_TCP' } }]),
);
const extension = (spec: RouteBackendExtension['spec']) =>
  new Map<string, RouteBackendExtension>([['default/rbe', { metadata: metadata('rbe'), spec }]]);
const profile = new Map<string, ApplicationProfile>([
  ['default/app', { metadata: metadata('app'), spec: { type: 'APPLICATION_PROFILE_TYPE_HTTP' } }],
]);
const l7Rule = new Map<string, L7Rule>([
  [
    'default/l7',
    { metadata: metadata('l7'), spec: { minPoolsUp: 3, applicationProfile: { kind: 'AviRef', name: 'FromL7Rule' } } },
  ],
]);

function world(rules: readonly Rule[], extensions: Partial<Extensions>) {
  const result = routed({ gateways: [gateway()], routes: [httpRoute({ rules: [...rules] })], ...app, extensions });
  const found = result.routes[0]?.rules ?? [];
  const resolved = parentOf(result).conditions.find(({ type }) => type === 'ResolvedRefs');
  return { rules: found, pool: found[0]?.backends[0]?.settings, service: found[0]?.settings, resolved };
}

describe('acceptance', () => {
  it('34: TestHTTPRouteWithSingle/MultipleHealthMonitor(s), Invalid', () => {
    const monitorsOf = (rules: readonly Rule[]) =>
      world(rules, { HealthMonitor: monitors }).pool?.monitors?.map((one) => 'object' in one && one.object.key);
    expect(monitorsOf([backend(ref('HealthMonitor', 'hm1'))])).toEqual(['default/hm1']);
    const both = [ref('HealthMonitor', 'hm2'), ref('HealthMonitor', 'hm1')];
    expect(monitorsOf([backend(...both)])).toEqual(['default/hm1', 'default/hm2']);
    const invalid = world([backend(ref('HealthMonitor', 'none'))], { HealthMonitor: monitors });
    expect(invalid.resolved).toMatchObject({ status: 'False', reason: 'BackendNotFound' });
    expect(invalid.rules[0]?.action).toBe('fail');
  });

  it('35: TestHTTPRouteWithRouteBackendExtension', () => {
    const given = extension({
      lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN',
      persistenceProfile: 'System-Persistence-TLS',
      healthMonitor: [{ kind: 'AVIREF', name: 'System-HTTP' }],
    });
    expect(world([backend(ref('RouteBackendExtension', 'rbe'))], { RouteBackendExtension: given }).pool).toEqual({
      algorithm: { name: 'LB_ALGORITHM_ROUND_ROBIN' },
      monitors: [{ avi: { type: 'healthmonitor', name: 'System-HTTP' } }],
      persistence: { avi: { type: 'applicationpersistenceprofile', name: 'System-Persistence-TLS' } },
    });
    expect(world([backend(ref('RouteBackendExtension', 'rbe'))], {}).resolved?.reason).toBe('BackendNotFound');
  });

  it('36: TestHTTPRouteWithHMAndRouteBackendExtensionSingleRule', () => {
    const given = extension({
      lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN',
      healthMonitor: [{ kind: 'AVIREF', name: 'System-HTTP' }],
    });
    const filters = [ref('HealthMonitor', 'hm1'), ref('RouteBackendExtension', 'rbe')];
    const { pool } = world([backend(...filters)], { HealthMonitor: monitors, RouteBackendExtension: given });
    expect(pool?.monitors).toMatchObject([{ object: { key: 'default/hm1' } }]);
    expect(pool?.algorithm?.name).toBe('LB_ALGORITHM_ROUND_ROBIN');
  });

  it('37: TestHTTPRouteWithRouteBackendExtensionBackendTLS, Minimal, HostCheck', () => {
    const tlsOf = (backendTLS: NonNullable<RouteBackendExtension['spec']['backendTLS']>) =>
      world([backend(ref('RouteBackendExtension', 'rbe'))], {
        RouteBackendExtension: extension({ lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN', backendTLS }),
      }).pool?.tls;
    expect(tlsOf({})).toEqual({ hostCheck: false, domainNames: [] });
    expect(tlsOf({ hostCheckEnabled: true, domainName: ['a.com'] })).toEqual({
      hostCheck: true,
      domainNames: ['a.com'],
    });
  });

  it('38: TestHTTPRouteWithSessionPersistenceAndRBEPersistenceProfile', () => {
    const RouteBackendExtension = extension({
      lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN',
      persistenceProfile: 'System-Persistence-Client-IP',
    });
    const extended = backend(ref('RouteBackendExtension', 'rbe'));
    const session = { sessionPersistence: { sessionName: 'session', absoluteTimeout: '10m' } };
    const both = world([{ ...extended, ...session }], { RouteBackendExtension });
    expect(both.pool?.persistence).toEqual({ profile: { by: 'cookie', name: 'session', timeoutMinutes: 10 } });
    expect(both.pool?.algorithm?.name).toBe('LB_ALGORITHM_ROUND_ROBIN');
    const alone = world([extended], { RouteBackendExtension });
    expect(alone.pool?.persistence).toMatchObject({ avi: { name: 'System-Persistence-Client-IP' } });
  });

  it('39: TestHTTPRouteWithAppProfileExtensionRef, MultipleRules', () => {
    const path = (value: string) => ({ matches: [{ path: { type: 'Exact' as const, value } }] });
    const two = [
      { ...rule(ref('ApplicationProfile', 'app')), ...path('/a') },
      { ...rule(), ...path('/b') },
    ];
    const { rules } = world(two, { ApplicationProfile: profile });
    expect(rules[0]?.settings?.applicationProfile).toMatchObject({ object: { key: 'default/app' } });
    expect(rules[1]?.settings).toBeUndefined();
    expect(world([rule(ref('ApplicationProfile', 'none'))], {}).resolved?.status).toBe('False');
  });

  it('40: TestHTTPRouteWithL7Rule, with AppProfile', () => {
    const alone = world([rule(ref('L7Rule', 'l7'))], { L7Rule: l7Rule });
    expect(alone.service).toMatchObject({ minPoolsUp: 3, applicationProfile: { avi: { name: 'FromL7Rule' } } });
    const filters = [ref('L7Rule', 'l7'), ref('ApplicationProfile', 'app')];
    const both = world([rule(...filters)], { L7Rule: l7Rule, ApplicationProfile: profile });
    expect(both.service).toMatchObject({ minPoolsUp: 3, applicationProfile: { object: { key: 'default/app' } } });
    const missing = world([rule(ref('L7Rule', 'none'))], {});
    expect(missing.rules[0]?.action).toBe('fail');
  });
});
