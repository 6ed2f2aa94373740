/** AviBackendPolicies and AviFrontendPolicies: who decides what, what fails, and what is routed again. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AviBackendPolicy, AviFrontendPolicy, HealthMonitor } from '../../generated/extensions.ts';
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import type { Extensions } from '../../src/routing/extensions/extension-kinds.ts';
import { indexGrants } from '../../src/routing/grants.ts';
import { createParentsMemory } from '../../src/routing/routes/parents.ts';
import { buildRegistry } from '../../src/routing/routes/route.ts';
import { routeGateway, type RoutingContext } from '../../src/routing/routes/route-gateway.ts';
import type { Snapshot } from '../../src/routing/snapshot.ts';
import { app, gateway, httpRoute, rule, settings, slice, service, snapshotOf } from './world.ts';

type FrontendSpec = AviFrontendPolicy['spec'];
type BackendSpec = AviBackendPolicy['spec'];
type FrontendTarget = FrontendSpec['targetRefs'][number];

const group = 'gateway.networking.k8s.io';
const onGateway: FrontendTarget = { group, kind: 'Gateway', name: 'gw' };
const onListener: FrontendTarget = { ...onGateway, sectionName: 'http' };
const onRoute = { group, kind: 'HTTPRoute', name: 'route' } as const;
const onRule = { ...onRoute, sectionName: 'one' } as const;
const onService = { group: '', kind: 'Service', name: 'app' } as const;

const metadata = (name: string, day: number) => ({
  name,
  namespace: 'default',
  creationTimestamp: `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`,
});
const frontend = (name: string, target: FrontendTarget, spec: Omit<FrontendSpec, 'targetRefs'>, day = 1) => ({
  metadata: metadata(name, day),
  spec: { targetRefs: [target], ...spec },
});
const backend = (
  name: string,
  target: BackendSpec['targetRefs'][number],
  spec: Omit<BackendSpec, 'targetRefs'>,
  day = 1,
) => ({ metadata: metadata(name, day), spec: { targetRefs: [target], ...spec } });

const mapOf = <T extends { readonly metadata: { readonly name?: string } }>(objects: readonly T[]) =>
  new Map(objects.map((object) => [`default/${object.metadata.name ?? ''}`, object]));

interface Given {
  readonly frontends?: readonly AviFrontendPolicy[];
  readonly backends?: readonly AviBackendPolicy[];
  readonly monitors?: readonly HealthMonitor[];
  readonly routes?: readonly HTTPRoute[];
}

function snapshot({ frontends = [], backends = [], monitors = [], routes }: Given): Snapshot {
  const extensions: Partial<Extensions> = {
    AviFrontendPolicy: mapOf(frontends),
    AviBackendPolicy: mapOf(backends),
    HealthMonitor: mapOf(monitors),
  };
  return snapshotOf({
    gateways: [gateway()],
    routes: routes ?? [httpRoute({ rules: [rule({ name: 'one' }), rule({ name: 'two' })] })],
    ...app,
    extensions,
  });
}

function routed(given: Given | Snapshot, context: RoutingContext = {}) {
  const state = 'gateways' in given ? given : snapshot(given);
  const result = routeGateway(state, 'default/gw', settings, buildRegistry(state, settings), context);
  if (!result) throw new Error('not routed');
  const [one, two] = result.routes[0]?.rules ?? [];
  const accepted = new Map(
    result.aviPolicies.map(({ key, conditions }) => [key.replace('default/', ''), conditions[0]]),
  );
  return { result, one, two, accepted };
}

describe('AviFrontendPolicies', () => {
  it('are inherited from Gateway to listener to route to rule, field by field', () => {
    const { one, two, result } = routed({
      frontends: [
        frontend('gateway', onGateway, { wafPolicy: 'g', botPolicy: 'g', errorPageProfile: 'g', icapProfile: 'g' }),
        frontend('listener', onListener, { wafPolicy: 'l', botPolicy: 'l', errorPageProfile: 'l' }, 2),
        frontend('route', onRoute, { wafPolicy: 'r', botPolicy: 'r' }, 3),
        frontend('rule', onRule, { wafPolicy: 'x' }, 4),
      ],
    });
    const inherited = { botPolicy: 'r', errorPageProfile: 'l', icapProfile: 'g' };
    expect(one?.settings).toEqual({ ...inherited, wafPolicy: 'x' });
    expect(two?.settings).toEqual({ ...inherited, wafPolicy: 'r' });
    expect(one?.settingsFrom).toMatchObject({
      wafPolicy: 'AviFrontendPolicy default/rule',
      icapProfile: 'AviFrontendPolicy default/gateway',
    });
    expect(result.settings).toEqual({ ...inherited, botPolicy: 'l', wafPolicy: 'l' });
  });

  it('go by age where their targets are the same, and the younger one says what it lost', () => {
    const { one, accepted } = routed({
      frontends: [
        frontend('a-younger', onRoute, { wafPolicy: 'younger' }, 2),
        frontend('b-older', onRoute, { wafPolicy: 'older' }, 1),
        frontend('c-partly', onRoute, { wafPolicy: 'partly', botPolicy: 'partly' }, 3),
      ],
    });
    expect(one?.settings).toEqual({ wafPolicy: 'older', botPolicy: 'partly' });
    expect(accepted.get('a-younger')).toMatchObject({ status: 'False', reason: 'Conflicted' });
    expect(accepted.get('b-older')).toMatchObject({ status: 'True', reason: 'Accepted' });
    expect(accepted.get('c-partly')).toMatchObject({ status: 'True', reason: 'Accepted' });
    expect(accepted.get('c-partly')?.message).toContain('spec.wafPolicy of HTTPRoute default/route is decided by');
  });

  it('make what they cover fail where the controller does not have what they name, unless it is overridden', () => {
    const missing = new Set(['wafpolicy gone']);
    const general = frontend('general', onGateway, { wafPolicy: 'gone' });
    const own = frontend('own', onRule, { wafPolicy: 'there' }, 2);
    const { one, two, accepted, result } = routed({ frontends: [general, own] }, { missing });
    expect(one).toMatchObject({ action: 'forward', settings: { wafPolicy: 'there' } });
    expect(two?.action).toBe('fail');
    expect(two?.unmet).toEqual([
      'AviFrontendPolicy default/general: spec.wafPolicy: the controller has no wafpolicy gone',
    ]);
    expect(two?.settings).toBeUndefined();
    expect(accepted.get('general')).toMatchObject({ status: 'False', reason: 'Invalid' });
    expect(result.named).toEqual([
      { type: 'wafpolicy', name: 'gone' },
      { type: 'wafpolicy', name: 'there' },
    ]);
    expect(result.problems.map(({ field }) => field)).toContain('spec.rules[1]');
  });

  it('name a section that is not there', () => {
    const { accepted, one } = routed({
      frontends: [frontend('none', { ...onRoute, sectionName: 'three' }, { wafPolicy: 'w' })],
    });
    expect(accepted.get('none')).toMatchObject({ status: 'False', reason: 'TargetNotFound' });
    expect(one?.settings).toBeUndefined();
  });

  it('name an application profile or say its fields, whichever is more specific', () => {
    const { one, two } = routed({
      frontends: [
        frontend('general', onGateway, { hsts: { maxAgeDays: 1 } }),
        frontend('own', onRule, { applicationProfile: { kind: 'AviRef', name: 'mine' } }, 2),
      ],
    });
    expect(one?.settings).toEqual({ applicationProfile: { avi: { type: 'applicationprofile', name: 'mine' } } });
    expect(two?.settings).toEqual({ hsts: { maxAgeDays: 1, includeSubdomains: true } });
  });

  it('give rules nothing that is of listeners', () => {
    const { one, result } = routed({ frontends: [frontend('net', onGateway, { networkSecurityPolicy: 'n' })] });
    expect(result.settings).toEqual({ networkSecurityPolicy: 'n' });
    expect(one?.settings).toBeUndefined();
  });
});

describe('AviBackendPolicies', () => {
  it('go from rule to route to port to Service', () => {
    const named = service({ ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] });
    const pods = [slice([{ addresses: ['10.1.0.1'] }], { ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] })];
    const backends = [
      backend('service', onService, { rampMinutes: 1, minServersUp: 1, requestQueueDepth: 1, minHealthMonitorsUp: 1 }),
      backend('port', { ...onService, sectionName: 'web' }, { rampMinutes: 2, minServersUp: 2, requestQueueDepth: 2 }),
      backend('route', onRoute, { rampMinutes: 3, minServersUp: 3 }),
      backend('rule', onRule, { rampMinutes: 4 }),
    ];
    const state = snapshot({ backends });
    const { one, two } = routed({ ...state, ...snapshotOf({ services: [named], slices: pods }), ...pick(state) });
    const inherited = { minMonitorsUp: 1, minServersUp: 3, requestQueueDepth: 2 };
    expect(one?.backends[0]?.settings).toEqual({ ...inherited, rampMinutes: 4 });
    expect(two?.backends[0]?.settings).toEqual({ ...inherited, rampMinutes: 3 });
    expect(two?.backends[0]?.settingsFrom).toEqual({
      minMonitorsUp: 'AviBackendPolicy default/service',
      minServersUp: 'AviBackendPolicy default/route',
      rampMinutes: 'AviBackendPolicy default/route',
      requestQueueDepth: 'AviBackendPolicy default/port',
    });
  });

  it('fail backends whose health monitor is not there, and take the one that is', () => {
    const policy = backend('checks', onService, { healthMonitors: [{ kind: 'HealthMonitor', name: 'hm' }] });
    const absent = routed({ backends: [policy] });
    expect(absent.one?.action).toBe('fail');
    expect(absent.accepted.get('checks')).toMatchObject({ status: 'False', reason: 'Invalid' });
    const hm: HealthMonitor = { metadata: { name: 'hm', namespace: 'default' }, spec: { type: 'HEALTH_MONITOR_TCP' } };
    const present = routed({ backends: [policy], monitors: [hm] });
    expect(present.one?.action).toBe('forward');
    expect(present.one?.backends[0]?.settings?.monitors).toMatchObject([{ object: { key: 'default/hm' } }]);
  });
});

describe('policies', () => {
  it('come to the same, in whatever order they are listed', () => {
    const targets = [onGateway, onListener, onRoute, onRule];
    const policy = fc.record({
      target: fc.constantFrom(...targets),
      day: fc.integer({ min: 1, max: 3 }),
      waf: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      bot: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      compression: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(policy, { maxLength: 8 }),
        fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
        (some, keys) => {
          const policies = some.map(({ target, day, waf, bot, compression }, place) =>
            frontend(
              `p${place}`,
              target,
              {
                ...(waf !== undefined && { wafPolicy: waf }),
                ...(bot !== undefined && { botPolicy: bot }),
                ...(compression !== undefined && { compression }),
              },
              day,
            ),
          );
          const shuffled = policies
            .map((one, place) => ({ one, key: keys[place] ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const what = (given: readonly AviFrontendPolicy[]) => {
            const { result } = routed({ frontends: given });
            return JSON.stringify([result.routes, result.settings, result.settingsFrom, result.aviPolicies]);
          };
          expect(what(shuffled)).toBe(what(policies));
        },
      ),
      { seed: 7, numRuns: 100 },
    );
  });

  it('route again what they touch and nothing else', () => {
    const other = httpRoute({}, { name: 'other' });
    const base = snapshot({ routes: [httpRoute({ rules: [rule({ name: 'one' })] }), other] });
    const memory = createParentsMemory();
    const grants = indexGrants(base);
    const again = (extensions: Partial<Extensions>) => {
      const state = { ...base, extensions: { ...base.extensions, ...extensions } };
      const result = routeGateway(state, 'default/gw', settings, buildRegistry(state, settings), { memory, grants });
      return new Map(result?.routes.map((route) => [route.name, route]));
    };
    const first = again({});
    const second = again({ AviFrontendPolicy: mapOf([frontend('p', onRoute, { wafPolicy: 'w' })]) });
    expect(second.get('route')?.rules[0]?.settings).toEqual({ wafPolicy: 'w' });
    expect(second.get('other')).toBe(first.get('other'));
    const third = again({ AviBackendPolicy: mapOf([backend('b', onService, { rampMinutes: 5 })]) });
    expect(third.get('route')?.rules[0]?.settings).toBeUndefined();
    expect(third.get('other')?.rules[0]?.backends[0]?.settings).toEqual({ rampMinutes: 5 });
    const fourth = again({
      AviBackendPolicy: mapOf([backend('b', onService, { rampMinutes: 5 })]),
      AviFrontendPolicy: mapOf([frontend('g', onGateway, { botPolicy: 'b' })]),
    });
    expect(fourth.get('other')?.rules[0]?.settings).toEqual({ botPolicy: 'b' });
  });
});

/** Everything of a snapshot but Services and their endpoints. */
function pick({ services: _, endpointSlices: __, ...rest }: Snapshot): Omit<Snapshot, 'services' | 'endpointSlices'> {
  return rest;
}
