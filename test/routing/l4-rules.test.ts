/** L4Rules by AKO's annotation, on routes and on Services. */
import { describe, expect, it } from '@jest/globals';
import type { L4Rule } from '../../generated/extensions.ts';
import type { TCPRoute } from '../../generated/gateway-api.ts';
import { buildRegistry } from '../../src/routing/listeners/claims.ts';
import { routeGateway } from '../../src/routing/routes/route-gateway.ts';
import { app, avi, settings, gateway, listener, service, snapshotOf } from './world.ts';

const annotation = (name: string) => ({ 'ako.vmware.com/l4rule': name });

function tcpRoute(name: string, port: string, annotations: Record<string, string> = {}, second = '01'): TCPRoute {
  return {
    kind: 'TCPRoute',
    metadata: { name, namespace: 'default', annotations, creationTimestamp: `2026-01-01T00:00:${second}Z` },
    spec: { parentRefs: [{ name: 'gw', sectionName: port }], rules: [{ backendRefs: [{ name: 'app', port: 8080 }] }] },
  };
}
const l4Rule = (name: string, spec: L4Rule['spec'], namespace = 'default'): L4Rule => ({
  metadata: { name, namespace },
  spec,
});
const roundRobin: NonNullable<L4Rule['spec']['backendProperties']>[number] = {
  port: 8080,
  protocol: 'TCP',
  enabled: true,
  lbAlgorithm: 'LB_ALGORITHM_ROUND_ROBIN',
};

function routed(
  tcpRoutes: readonly TCPRoute[],
  rules: readonly L4Rule[],
  more: { readonly services?: typeof app.services; readonly missing?: ReadonlySet<string> } = {},
) {
  const extensions = { L4Rule: new Map(rules.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one])) };
  const listeners = ['a', 'b'].map((name, place) => listener({ name, port: 5000 + place, protocol: 'TCP' }));
  const gateways = [gateway({ listeners })];
  const services = more.services ?? app.services ?? [];
  const snapshot = snapshotOf({ classes: [avi], gateways, tcpRoutes, ...app, services, extensions });
  const context = more.missing ? { missing: more.missing } : {};
  const result = routeGateway(snapshot, 'default/gw', settings, buildRegistry(snapshot, settings), context);
  if (!result) throw new Error('not routed');
  return { ...result, backends: result.l4.map(({ routes }) => routes[0]?.backends[0]) };
}

describe('L4Rules', () => {
  it('hold for a route that names one, for the port and protocol that they mean', () => {
    const rules = [l4Rule('rule', { networkProfileRef: 'Net', backendProperties: [roundRobin] })];
    const { l4, backends, named } = routed([tcpRoute('one', 'a', annotation('rule'))], rules);
    expect(l4.map(({ settings }) => settings)).toEqual([{ networkProfile: 'Net' }, { networkProfile: 'Net' }]);
    expect(backends[0]?.settings).toEqual({ algorithm: { name: 'LB_ALGORITHM_ROUND_ROBIN' } });
    expect(named).toEqual([{ type: 'networkprofile', name: 'Net' }]);
    const other = [
      l4Rule('rule', {
        backendProperties: [
          { ...roundRobin, port: 81 },
          { ...roundRobin, protocol: 'UDP' },
        ],
      }),
    ];
    expect(routed([tcpRoute('one', 'a', annotation('rule'))], other).backends[0]?.settings).toBeUndefined();
  });

  it('hold for a Service that names one, and the route goes first', () => {
    const services = [service({}, { annotations: annotation('service') })];
    const rules = [
      l4Rule('service', { backendProperties: [roundRobin] }),
      l4Rule('route', { backendProperties: [{ ...roundRobin, lbAlgorithm: 'LB_ALGORITHM_RANDOM' }] }),
    ];
    const routes = [tcpRoute('one', 'a'), tcpRoute('two', 'b', annotation('route'))];
    expect(routed(routes, rules, { services }).backends.map((backend) => backend?.settings?.algorithm?.name)).toEqual([
      'LB_ALGORITHM_ROUND_ROBIN',
      'LB_ALGORITHM_RANDOM',
    ]);
  });

  it('of another namespace are none', () => {
    const rules = [l4Rule('rule', { networkProfileRef: 'Net' }, 'elsewhere')];
    const { l4, problems } = routed([tcpRoute('one', 'a', annotation('rule'))], rules);
    expect(l4[0]?.settings).toBeUndefined();
    expect(problems).toContainEqual(expect.objectContaining({ message: 'L4Rule default/rule does not exist' }));
  });

  it('that cannot be had close connections', () => {
    const rules = [l4Rule('rule', { networkSecurityPolicyRef: 'Policy' })];
    const missing = new Set(['networksecuritypolicy Policy']);
    const { backends, l4, events } = routed([tcpRoute('one', 'a', annotation('rule'))], rules, { missing });
    expect(backends[0]).toMatchObject({ endpoints: [], invalid: { reason: 'UnsupportedValue' } });
    expect(l4[0]?.settings).toBeUndefined();
    expect(events).toContainEqual(expect.objectContaining({ reason: 'L4RuleNotApplied' }));
  });

  it('that ask for different things of one virtual service: the oldest route has its own, others are closed', () => {
    const rules = [
      l4Rule('first', { networkSecurityPolicyRef: 'First' }),
      l4Rule('second', { networkSecurityPolicyRef: 'Second' }),
    ];
    const routes = [tcpRoute('younger', 'a', annotation('second'), '09'), tcpRoute('older', 'b', annotation('first'))];
    const { l4, backends } = routed(routes, rules);
    expect(l4.map(({ settings }) => settings?.networkSecurityPolicy)).toEqual(['First', 'First']);
    expect(backends.map((backend) => backend?.endpoints.length)).toEqual([0, 1]);
  });
});
