/** HostRules that speak for a Gateway's own virtual service: which do, what they say, and what is said of the others. */
import { describe, expect, it } from '@jest/globals';
import type { HostRule } from '../../../generated/extensions.ts';
import { judgeSettings } from '../../../src/routing/extensions/extension-settings.ts';
import { buildRegistry } from '../../../src/routing/routes/route.ts';
import { routeGateway } from '../../../src/routing/routes/route-gateway.ts';
import { app, avi, gateway, httpRoute, listener, settings, snapshotOf } from '../world.ts';

type VirtualHost = HostRule['spec']['virtualhost'];
type Spec = Parameters<typeof gateway>[0];

interface Given {
  readonly host?: Partial<VirtualHost>;
  readonly spec?: Spec;
  readonly namespace?: string;
  readonly missing?: ReadonlySet<string>;
  readonly onInvalid?: 'fail' | 'ako';
}

const one = { listeners: [listener({ hostname: 'a.com' })] };
const two = { listeners: [listener({ hostname: 'a.com' }), listener({ name: 'b', hostname: 'b.com' })] };
const policy = 'networksecuritypolicy Policy';

function said({ host = {}, spec = one, namespace = 'default', missing = new Set(), onInvalid = 'fail' }: Given) {
  const rule: HostRule = {
    metadata: { name: 'rule', namespace },
    spec: { virtualhost: { fqdn: 'a.com', fqdnType: 'Exact', networkSecurityPolicy: 'Policy', ...host } },
  };
  const HostRule = new Map([[`${namespace}/rule`, rule]]);
  const gateways = [gateway(spec)];
  const snapshot = snapshotOf({ classes: [avi], gateways, routes: [httpRoute()], ...app, extensions: { HostRule } });
  const own = { ...settings, extensionRef: { onInvalid } };
  const routed = routeGateway(snapshot, 'default/gw', own, buildRegistry(snapshot, own), { missing });
  const { failures } = judgeSettings('HostRule', `${namespace}/rule`, snapshot, missing, settings);
  return {
    policy: routed?.settings?.networkSecurityPolicy,
    from: routed?.settingsFrom?.['networkSecurityPolicy'],
    address: routed?.address?.value,
    actions: [...new Set(routed?.routes.flatMap(({ rules }) => rules.map(({ action }) => action)))],
    events: routed?.events.map(({ reason }) => reason),
    failures: failures.map(({ message }) => message),
  };
}

describe('a HostRule speaks for a Gateway', () => {
  it.each<[string, Given]>([
    ['of its hosts only', {}],
    ['whose hosts are all under its wildcard', { spec: two, host: { fqdn: '*.com', fqdnType: 'Wildcard' } }],
    ['that it names', { spec: two, host: { fqdn: 'default-gw-EVH', fqdnType: 'Contains' } }],
    ['that it names in full', { spec: {}, host: { fqdn: 'ako-gw-c1--default-gw-EVH', fqdnType: 'Contains' } }],
  ])('%s', (_, given) => {
    expect(said(given)).toMatchObject({
      policy: 'Policy',
      from: 'HostRule default/rule',
      actions: ['forward'],
      failures: [],
    });
  });

  it.each<[string, Given]>([
    ['with another host', { spec: two }],
    ['that takes every host', { spec: {} }],
    ['of another namespace', { namespace: 'elsewhere' }],
    ['with a part of its name', { spec: two, host: { fqdn: 'gw-EVH', fqdnType: 'Contains' } }],
    ['of which it means a host by a part', { spec: two, host: { fqdn: 'a', fqdnType: 'Contains' } }],
  ])('but not for one %s', (_, given) => {
    const { policy: found, actions, failures } = said(given);
    expect([found, actions]).toEqual([undefined, ['forward']]);
    expect(failures).toEqual([expect.stringMatching(/^spec.virtualhost.networkSecurityPolicy: is of the virtual/)]);
  });

  it('by its name, and then means no host', () => {
    const host = { fqdn: 'default-gw-EVH', fqdnType: 'Contains' as const, wafPolicy: 'Waf', gslb: { fqdn: 'g.com' } };
    expect(said({ host })).toMatchObject({
      policy: 'Policy',
      failures: ['spec.virtualhost.wafPolicy: is of hosts, and the fqdn names the virtual service of a Gateway'],
    });
  });

  it('and nothing is served while the controller lacks its policy', () => {
    const missing = new Set([policy]);
    expect(said({ missing })).toMatchObject({
      policy: undefined,
      actions: ['fail'],
      events: ['RuleByFqdnNotApplied'],
      failures: [`spec.virtualhost.networkSecurityPolicy: the controller has no ${policy}`],
    });
    expect(said({ missing, onInvalid: 'ako' })).toMatchObject({ policy: undefined, actions: ['forward'], events: [] });
    expect(said({ missing, spec: two }).actions).toEqual(['forward']);
  });
});

describe('tcpSettings', () => {
  const withIp = (loadBalancerIP: string) => ({ host: { tcpSettings: { loadBalancerIP } } });
  const addresses = (value: string) => ({ spec: { ...one, addresses: [{ type: 'IPAddress', value }] } });

  it('give the Gateway its address, unless it asks for one itself', () => {
    expect(said(withIp('10.0.0.9'))).toMatchObject({ address: '10.0.0.9', failures: [] });
    expect(said({ ...withIp('10.0.0.9'), ...addresses('10.0.0.8') })).toMatchObject({
      address: '10.0.0.8',
      failures: [
        'spec.virtualhost.tcpSettings.loadBalancerIP: Gateway default/gw has spec.addresses, which go before it',
      ],
    });
    expect(said({ ...withIp('10.0.0.8'), ...addresses('10.0.0.8') }).failures).toEqual([]);
    expect(said(withIp('0.0.0.0'))).toMatchObject({
      address: undefined,
      failures: ['spec.virtualhost.tcpSettings.loadBalancerIP: 0.0.0.0 is not an IP address of a host'],
    });
    expect(said({ ...withIp('10.0.0.9'), spec: two }).address).toBeUndefined();
  });

  it('hold where their listeners are the Gateway’s', () => {
    const listeners = [
      listener({ hostname: 'a.com' }),
      listener({ name: 'tls', port: 443, protocol: 'HTTPS', hostname: 'a.com', tls: { certificateRefs: [] } }),
    ];
    const asked = (given: NonNullable<VirtualHost['tcpSettings']>['listeners']) =>
      said({ spec: { listeners }, host: { tcpSettings: { ...(given && { listeners: given }) } } }).failures;
    expect(asked([{ port: 443, enableSSL: true }, { port: 80 }])).toEqual([]);
    expect(asked(undefined)).toEqual([]);
    expect(asked([{ port: 443 }, { port: 80 }])).toEqual([
      'spec.virtualhost.tcpSettings.listeners: Gateway default/gw has ports 80, 443 (SSL), and its listeners say which',
    ]);
  });
});
