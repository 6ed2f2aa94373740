import { describe, expect, it } from '@jest/globals';
import type { Gateway } from '../../generated/gateway-api.ts';
import {
  app,
  gateway,
  httpRoute,
  listener,
  malformed,
  messageOf,
  parentOf,
  routed,
  routeWorld,
  verdict,
} from './world.ts';

type Spec = NonNullable<Gateway['spec']>;
const withSpec = (spec: Partial<Spec>) => routed({ gateways: [gateway(spec)] });

describe('Accepted', () => {
  it('says that the configuration is valid, in AKO’s words', () => {
    expect(withSpec({}).conditions).toEqual([
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Gateway configuration is valid' },
    ]);
  });

  it('is False without listeners', () => {
    const result = withSpec({ listeners: [] });
    expect(messageOf(result.conditions, 'Accepted')).toBe('No listeners found');
    expect(verdict(result.conditions, 'Accepted')).toBe('False/Invalid');
    expect(messageOf(result.conditions, 'Programmed')).toBe('Gateway not programmed');
    expect(result.programmable).toBe(false);
  });

  it('is False when no listener is valid', () => {
    const result = withSpec({ listeners: [listener({ protocol: 'example.com/own' })] });
    expect(verdict(result.conditions, 'Accepted')).toBe('False/ListenersNotValid');
    expect(messageOf(result.conditions, 'Accepted')).toBe('Gateway does not contain any valid listener');
    expect(verdict(result.conditions, 'Programmed')).toBe('False/Invalid');
  });
});

describe('addresses', () => {
  it.each<[string, Spec['addresses'], object]>([
    ['none', undefined, {}],
    ['an empty value', [{ type: 'IPAddress' }], {}],
    ['IPv4', [{ type: 'IPAddress', value: '10.0.0.5' }], { address: { family: 'V4', value: '10.0.0.5' } }],
    ['IPv4 without type', [{ value: '10.0.0.5' }], { address: { family: 'V4', value: '10.0.0.5' } }],
    ['IPv6', [{ type: 'IPAddress', value: '2001:db8::5' }], { address: { family: 'V6', value: '2001:db8::5' } }],
  ])('%s is programmed', (_, addresses, expected) => {
    const result = withSpec({ addresses });
    expect(result).toMatchObject({ programmable: true, ...expected });
    expect('address' in result).toBe('address' in expected);
    expect(verdict(result.conditions, 'Accepted')).toBe('True/Accepted');
  });

  it.each<[string, Spec['addresses'], string, string]>([
    [
      'a Hostname',
      [{ type: 'Hostname', value: 'a.x' }],
      'False/UnsupportedAddress',
      'Only IPAddress as AddressType is supported',
    ],
    [
      'a named address',
      [{ type: 'example.com/name', value: 'a' }],
      'False/UnsupportedAddress',
      'spec.addresses[0].type',
    ],
    [
      'a Hostname among others',
      [{ value: '10.0.0.5' }, { type: 'Hostname' }],
      'False/UnsupportedAddress',
      'spec.addresses[1].type',
    ],
    [
      'a scope of its own',
      [{ value: '10.0.0.5' }, malformed({ value: '', routability: 'Cluster' })],
      'False/UnsupportedAddress',
      'spec.addresses[1].routability',
    ],
    [
      'two addresses',
      [{ value: '10.0.0.5' }, { value: '10.0.0.6' }],
      'True/Accepted',
      'More than one address is not supported',
    ],
    ['no IP address', [{ value: 'app' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['a CIDR', [{ value: '10.0.0.0/8' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['a number', malformed([{ value: 7 }]), 'True/Accepted', 'spec.addresses[0].value'],
    ['an address with a zone', [{ value: 'fe80::1%eth0' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['the unspecified IPv4 address', [{ value: '0.0.0.0' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['the unspecified IPv6 address', [{ value: '0:0::0' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['a multicast address', [{ value: 'ff02::1' }], 'True/Accepted', 'spec.addresses[0].value'],
    ['an IPv4 address in IPv6 form', [{ value: '::ffff:10.0.0.5' }], 'True/Accepted', 'spec.addresses[0].value'],
  ])('%s is not programmed', (_, addresses, accepted, message) => {
    const result = withSpec({ addresses });
    expect(verdict(result.conditions, 'Accepted')).toBe(accepted);
    expect(verdict(result.conditions, 'Programmed')).toBe('False/AddressNotUsable');
    expect(messageOf(result.conditions, 'Programmed')).toContain(message);
    expect(result.programmable).toBe(false);
    expect(result.problems.map(({ message: problem }) => problem).join()).toContain(message);
  });

  it('a refused Gateway takes no route, and claims no hostname', () => {
    const spec = { addresses: [{ type: 'Hostname' }], listeners: [listener({ hostname: 'a.x' })] };
    const world = { gateways: [gateway(spec)], routes: [httpRoute()], ...app };
    const result = routed(world);
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe('False/Pending');
    expect(messageOf(parentOf(result).conditions, 'Accepted')).toBe('Gateway default/gw is in Invalid State');
    expect(result.routes).toEqual([]);
    expect(result.listeners[0]?.serving).toBe(false);
    expect(routeWorld(world).registry.claims.get('default/gw')?.hostnames).toEqual([]);
  });
});

describe('infrastructure and TLS of the whole Gateway', () => {
  it('refuses parameters, of which it knows no kind', () => {
    const result = withSpec({ infrastructure: { parametersRef: { group: 'a.b', kind: 'C', name: 'd' } } });
    expect(verdict(result.conditions, 'Accepted')).toBe('False/InvalidParameters');
    expect(messageOf(result.conditions, 'Accepted')).toContain('spec.infrastructure.parametersRef');
    expect(result.programmable).toBe(false);
  });

  it.each<[string, Partial<Spec>]>([
    ['spec.infrastructure.labels[clustername]', { infrastructure: { labels: { clustername: 'b' } } }],
    ['spec.infrastructure.annotations', { infrastructure: { annotations: { a: 'b' } } }],
  ])('%s is named in Accepted and in a problem, for it is not honoured', (field, spec) => {
    const result = routed({ gateways: [gateway(spec)] });
    expect(verdict(result.conditions, 'Accepted')).toBe('True/Accepted');
    expect(messageOf(result.conditions, 'Accepted')).toContain(`Gateway configuration is valid; ignored: ${field} (`);
    expect(result.problems).toContainEqual(expect.objectContaining({ resource: 'Gateway/default/gw', field }));
    expect(result.programmable).toBe(true);
  });

  it('hands labels on, but for those that its own markers are named', () => {
    const labels = { 'team.example.com/name': 'web', 'managed-by': 'me' };
    expect(withSpec({ infrastructure: { labels } }).labels).toEqual({ 'team.example.com/name': 'web' });
  });

  it('says nothing about what is empty or None', () => {
    const result = withSpec({ infrastructure: { labels: {} }, allowedListeners: { namespaces: { from: 'None' } } });
    expect(result.problems).toEqual([]);
    expect(messageOf(result.conditions, 'Accepted')).toBe('Gateway configuration is valid');
  });
});

describe('annotations', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['false', true],
    ['', true],
    ['true', false],
    ['True', false],
  ])('disable-traffic %s', (value, expected) => {
    const annotations: Record<string, string> = value === undefined ? {} : { 'ako.vmware.com/disable-traffic': value };
    expect(routed({ gateways: [gateway({}, { annotations })] }).trafficEnabled).toBe(expected);
  });

  it('routes a Gateway that asks for dedicated mode as any other, and says so', () => {
    const annotations = { 'ako.vmware.com/dedicated-gateway-mode': 'true' };
    const result = routed({ gateways: [gateway({}, { annotations })] });
    expect(result.programmable).toBe(true);
    expect(result.events).toContainEqual(expect.objectContaining({ reason: 'DedicatedModeUnsupported' }));
    expect(result.problems).toContainEqual(
      expect.objectContaining({ field: 'metadata.annotations[ako.vmware.com/dedicated-gateway-mode]' }),
    );
  });

  it('takes the tenant that a namespace asks for only where the configuration lets it choose that', () => {
    const annotations = { 'ako.vmware.com/tenant-name': 'billing' };
    const world = { gateways: [gateway()], namespaces: [{ metadata: { name: 'default', annotations } }] };
    const refused = routed(world, { namespaceTenants: ['shop'] });
    expect(refused.tenant).toBe('admin');
    expect(refused.events).toMatchObject([{ type: 'Warning', reason: 'TenantNotPermitted' }]);
    expect(refused.events[0]?.message).toContain('"billing"');
    expect(routed(world, { namespaceTenants: [] }).tenant).toBe('admin');
    const permitted = routed(world, { namespaceTenants: ['shop', 'billing'] });
    expect([permitted.tenant, permitted.events]).toEqual(['billing', []]);
  });

  it('takes the tenant from the namespace of the Gateway', () => {
    const namespaces = [
      { metadata: { name: 'default', annotations: { 'ako.vmware.com/tenant-name': 'billing' } } },
      { metadata: { name: 'other' } },
    ];
    expect(routed({ gateways: [gateway()], namespaces }).tenant).toBe('billing');
    expect(routed({ gateways: [gateway({}, { namespace: 'other' })], namespaces }, {}, 'other/gw').tenant).toBe(
      'admin',
    );
    expect(routed({ gateways: [gateway()] }).tenant).toBe('admin');
  });
});

describe('Gateways that come and go', () => {
  it('is not routed while it is being deleted', () => {
    const going = gateway({}, { deletionTimestamp: '2026-02-01T00:00:00Z' });
    expect(routeWorld({ gateways: [going] }).gateways.size).toBe(0);
  });

  it('is routed in whatever order class and Gateway are created (AKO defect 33)', () => {
    expect(routeWorld({ gateways: [gateway()], classes: [] }).gateways.size).toBe(0);
    expect(routeWorld({ gateways: [gateway()] }).gateways.size).toBe(1);
  });

  it('keeps Gateways of one name in two namespaces apart (AKO defect 7)', () => {
    const a = gateway({ listeners: [listener({ hostname: 'a.x' })] }, { namespace: 'a' });
    const b = gateway({ listeners: [listener({ hostname: 'b.x' })] }, { namespace: 'b' });
    const routes = [
      httpRoute({ hostnames: ['a.x', 'b.x'] }, { namespace: 'a' }),
      httpRoute({ hostnames: ['a.x', 'b.x'] }, { namespace: 'b' }),
    ];
    const world = { gateways: [a, b], routes };
    expect(routed(world, {}, 'a/gw').dnsNames).toEqual(['a.x']);
    expect(routed(world, {}, 'b/gw').dnsNames).toEqual(['b.x']);
    expect(routed(world, {}, 'b/gw').routes.map(({ namespace }) => namespace)).toEqual(['b']);
  });
});
