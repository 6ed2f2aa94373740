import { describe, expect, it } from '@jest/globals';
import {
  app,
  gateway,
  httpRoute,
  listener,
  listenerOf,
  malformed,
  messageOf,
  parentOf,
  routed,
  routeWorld,
  verdict,
  type Listener,
  type World,
} from './world.ts';

const one = (part: Partial<Listener>, world: World = {}) =>
  listenerOf(routed({ ...world, gateways: [gateway({ listeners: [listener(part)] })] }), part.name ?? 'http');

describe('a sound listener', () => {
  it('has AKO’s conditions and messages', () => {
    const { conditions, supportedKinds, serving } = one({});
    expect(conditions).toEqual([
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Listener is valid' },
      { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All the references are valid' },
      { type: 'Conflicted', status: 'False', reason: 'NoConflicts', message: 'No conflicts' },
    ]);
    expect(supportedKinds.map(({ kind }) => kind)).toEqual(['HTTPRoute', 'GRPCRoute']);
    expect(serving).toBe(true);
  });

  it('has its hostname in lower case', () => {
    expect(one({ hostname: 'App.Example.com' }).hostname).toBe('app.example.com');
    expect(one({ hostname: '' })).not.toHaveProperty('hostname');
  });
});

describe('a listener that is refused by itself', () => {
  it.each(['example.com/own', 'INVALID', 'http'])(
    'protocol %s: UnsupportedProtocol, no kinds, no ResolvedRefs',
    (protocol) => {
      const result = one({ protocol });
      expect(verdict(result.conditions, 'Accepted')).toBe('False/UnsupportedProtocol');
      expect(messageOf(result.conditions, 'Accepted')).toBe('Unsupported protocol');
      expect(verdict(result.conditions, 'ResolvedRefs')).toBeUndefined();
      expect(result).toMatchObject({ supportedKinds: [], serving: false });
    },
  );

  it.each<[string, Partial<Listener>, string, string]>([
    ['port 0', { port: 0 }, 'False/PortUnavailable', 'spec.listeners[0].port'],
    ['port 70000', { port: 70000 }, 'False/PortUnavailable', 'spec.listeners[0].port'],
    ['a text as port', { port: malformed('80') }, 'False/PortUnavailable', 'spec.listeners[0].port'],
    ['hostname *', { hostname: '*' }, 'False/UnsupportedValue', 'spec.listeners[0].hostname'],
    ['an IP address as hostname', { hostname: '10.0.0.1' }, 'False/UnsupportedValue', 'spec.listeners[0].hostname'],
    ['a number as hostname', { hostname: malformed(5) }, 'False/UnsupportedValue', 'spec.listeners[0].hostname'],
    [
      'an unknown selector operator',
      {
        allowedRoutes: {
          namespaces: {
            from: 'Selector',
            selector: { matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] },
          },
        },
      },
      'False/UnsupportedValue',
      'spec.listeners[0].allowedRoutes.namespaces.selector.matchExpressions[0].operator',
    ],
    [
      'requests of one listener are answered by many',
      malformed({ filters: { requests: [{ type: 'ExtensionRef' }] } }),
      'False/UnsupportedValue',
      'spec.listeners[0].filters',
    ],
  ])('%s names the field', (_, part, expected, field) => {
    const { conditions, serving } = one(part);
    expect(verdict(conditions, 'Accepted')).toBe(expected);
    expect(messageOf(conditions, 'Accepted')).toContain(field);
    expect(serving).toBe(false);
  });

  it('does not hurt the others', () => {
    const result = routed({
      gateways: [
        gateway({ listeners: [listener({ name: 'bad', port: 8080, protocol: 'example.com/own' }), listener()] }),
      ],
    });
    expect(listenerOf(result).serving).toBe(true);
    expect(verdict(result.conditions, 'Accepted')).toBe('True/ListenersNotValid');
    expect(messageOf(result.conditions, 'Accepted')).toBe('Gateway contains atleast one valid listener');
  });
});

describe('conflicts within one Gateway', () => {
  it.each<[string, readonly Listener[], readonly (string | undefined)[]]>([
    [
      'same port, protocol and hostname: all are refused',
      [
        listener({ name: 'a', hostname: 'x.y' }),
        listener({ name: 'b', hostname: 'X.Y' }),
        listener({ name: 'c', hostname: 'z.y' }),
      ],
      ['True/HostnameConflict', 'True/HostnameConflict', 'False/NoConflicts'],
    ],
    [
      'same port without hostname',
      [listener({ name: 'a' }), listener({ name: 'b' })],
      ['True/HostnameConflict', 'True/HostnameConflict'],
    ],
    [
      'same port, other protocol',
      [listener({ name: 'a', hostname: 'a.y' }), listener({ name: 'b', protocol: 'HTTPS', hostname: 'b.y' })],
      ['True/ProtocolConflict', 'True/ProtocolConflict'],
    ],
    [
      'an unsupported protocol on the same port conflicts with nothing',
      [listener({ name: 'a' }), listener({ name: 'b', protocol: 'example.com/own' })],
      ['False/NoConflicts', 'False/NoConflicts'],
    ],
    [
      'same hostname on other ports',
      [listener({ name: 'a', hostname: 'x.y' }), listener({ name: 'b', port: 8080, hostname: 'x.y' })],
      ['False/NoConflicts', 'False/NoConflicts'],
    ],
    [
      'names inside a wildcard are distinct',
      [listener({ name: 'a', hostname: '*.y' }), listener({ name: 'b', hostname: 'x.y' }), listener({ name: 'c' })],
      ['False/NoConflicts', 'False/NoConflicts', 'False/NoConflicts'],
    ],
  ])('%s', (_, listeners, expected) => {
    const result = routed({ gateways: [gateway({ listeners })] });
    expect(result.listeners.map(({ conditions }) => verdict(conditions, 'Conflicted'))).toEqual(expected);
    for (const { conditions, serving } of result.listeners) {
      const conflicted = verdict(conditions, 'Conflicted')?.startsWith('True/');
      if (conflicted) expect(verdict(conditions, 'Accepted')).toMatch(/^False\/.*Conflict$/);
      if (conflicted) expect(serving).toBe(false);
    }
  });

  it('names the others, and the Gateway says which are conflicted and which accepted', () => {
    const listeners = [listener({ name: 'a' }), listener({ name: 'b' }), listener({ name: 'c', port: 8080 })];
    const result = routed({ gateways: [gateway({ listeners })] });
    expect(messageOf(listenerOf(result, 'a').conditions, 'Conflicted')).toContain('listener b');
    expect(messageOf(result.conditions, 'Accepted')).toBe(
      'Gateway contains atleast one valid listener; conflicted: a, b; accepted: c',
    );
  });

  it('counts the first of listeners with one name', () => {
    const listeners = [listener({ port: 80 }), listener({ port: 81 })];
    expect(routed({ gateways: [gateway({ listeners })] }).listeners.map(({ port }) => port)).toEqual([80]);
  });
});

describe('ownership between Gateways', () => {
  const older = gateway(
    { listeners: [listener({ hostname: '*.x.y' })] },
    { name: 'older', namespace: 'a', creationTimestamp: '2025-01-01T00:00:00Z' },
  );
  const younger = gateway({
    listeners: [listener({ hostname: 'app.x.y' }), listener({ name: 'other', port: 81, hostname: 'b.y' })],
  });

  it('refuses the younger listener and names the owner', () => {
    const result = routed({ gateways: [younger, older] });
    const { conditions } = listenerOf(result);
    expect(verdict(conditions, 'Conflicted')).toBe('True/HostnameConflict');
    expect(verdict(conditions, 'Accepted')).toBe('False/HostnameConflict');
    expect(messageOf(conditions, 'Conflicted')).toBe('Hostname app.x.y is owned by Gateway a/older through *.x.y');
    expect(listenerOf(result, 'other').serving).toBe(true);
    expect(result.events).toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'HostnameConflict' }));
  });

  it('promotes it when the owner goes or leaves our class', () => {
    expect(listenerOf(routed({ gateways: [younger] })).serving).toBe(true);
    const moved = { ...older, spec: { ...older.spec, gatewayClassName: 'other' } };
    expect(listenerOf(routed({ gateways: [younger, moved] })).serving).toBe(true);
    const going = { ...older, metadata: { ...older.metadata, deletionTimestamp: '2026-02-01T00:00:00Z' } };
    expect(listenerOf(routed({ gateways: [younger, going] })).serving).toBe(true);
  });

  it('keeps a hostname while the owner’s Secret is missing', () => {
    const https = listener({
      protocol: 'HTTPS',
      port: 443,
      hostname: 'app.x.y',
      tls: { certificateRefs: [{ name: 'none' }] },
    });
    const owner = gateway(
      { listeners: [https] },
      { name: 'older', namespace: 'a', creationTimestamp: '2025-01-01T00:00:00Z' },
    );
    expect(listenerOf(routed({ gateways: [younger, owner] })).serving).toBe(false);
  });

  it('does not let a listener own that can never be served', () => {
    const own = gateway(
      { listeners: [listener({ protocol: 'example.com/own', hostname: 'app.x.y' })] },
      { name: 'older', namespace: 'a', creationTimestamp: '2025-01-01T00:00:00Z' },
    );
    expect(listenerOf(routed({ gateways: [younger, own] })).serving).toBe(true);
  });

  it('does not know hostnames of TCP listeners', () => {
    const listeners = [listener({ protocol: 'TCP', hostname: 'app.x.y' })];
    const older = gateway({ listeners }, { name: 'older', namespace: 'a', creationTimestamp: '2025-01-01T00:00:00Z' });
    expect(listenerOf(routed({ gateways: [younger, older] })).serving).toBe(true);
    const newer = gateway({ listeners }, { name: 'newer', namespace: 'a', creationTimestamp: '2027-01-01T00:00:00Z' });
    expect(listenerOf(routed({ gateways: [newer, younger] })).serving).toBe(true);
  });

  it('takes routes away from a listener that lost', () => {
    const result = routed({
      gateways: [younger, older],
      routes: [httpRoute({ parentRefs: [{ name: 'gw', sectionName: 'http' }] })],
      ...app,
    });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe('False/Pending');
    expect(messageOf(parentOf(result).conditions, 'Accepted')).toBe('Matching gateway listener is in Invalid state');
    expect(result.routes).toEqual([]);
    expect(listenerOf(result).attachedRoutes).toBe(0);
  });
});

describe('allowedRoutes.kinds', () => {
  const group = 'gateway.networking.k8s.io';
  it.each<[string, NonNullable<NonNullable<Listener['allowedRoutes']>['kinds']>, boolean, string, string]>([
    ['HTTPRoute', [{ kind: 'HTTPRoute' }], true, 'True/ResolvedRefs', 'All the references are valid'],
    [
      'HTTPRoute with its group',
      [{ group, kind: 'HTTPRoute' }],
      true,
      'True/ResolvedRefs',
      'All the references are valid',
    ],
    [
      'TCPRoute',
      [{ kind: 'TCPRoute' }],
      false,
      'False/InvalidRouteKinds',
      'AllowedRoute kind is invalid. Only HTTPRoute and GRPCRoute are supported currently',
    ],
    [
      'another group',
      [{ group: 'a.b', kind: 'HTTPRoute' }],
      false,
      'False/InvalidRouteKinds',
      'AllowedRoute Group is invalid.',
    ],
    [
      'HTTPRoute and another',
      [{ kind: 'Foo' }, { kind: 'HTTPRoute' }],
      true,
      'False/InvalidRouteKinds',
      'AllowedRoute kind is invalid. Only HTTPRoute and GRPCRoute are supported currently',
    ],
  ])('%s', (_, kinds, serving, refs, message) => {
    const result = one({ allowedRoutes: { kinds } });
    expect(verdict(result.conditions, 'ResolvedRefs')).toBe(refs);
    expect(messageOf(result.conditions, 'ResolvedRefs')).toBe(message);
    expect(result.supportedKinds).toEqual(serving ? [{ group, kind: 'HTTPRoute' }] : []);
    expect(result.serving).toBe(serving);
    expect(verdict(result.conditions, 'Accepted')).toBe(serving ? 'True/Accepted' : 'False/Invalid');
  });
});

describe('fields that are not honoured', () => {
  it('says that from: Selector lets nobody in while there is no selector', () => {
    const { conditions } = one({ allowedRoutes: { namespaces: { from: 'Selector' } } });
    expect(verdict(conditions, 'Accepted')).toBe('True/Accepted');
    expect(messageOf(conditions, 'Accepted')).toContain('allowedRoutes.namespaces.from (without a selector');
  });

  it('says in Accepted and in a problem that tls on an HTTP listener is ignored', () => {
    const world = { gateways: [gateway({ listeners: [listener({ tls: { certificateRefs: [{ name: 'c' }] } })] })] };
    const result = routed(world);
    expect(messageOf(listenerOf(result).conditions, 'Accepted')).toMatch(
      /^Listener is valid; ignored: spec\.listeners\[0\]\.tls /,
    );
    expect(result.problems).toContainEqual(
      expect.objectContaining({ resource: 'Gateway/default/gw', field: 'spec.listeners[0].tls' }),
    );
  });
});

it('yields nothing at all for classes and Gateways of other controllers', () => {
  const foreign = { metadata: { name: 'other' }, spec: { controllerName: 'example.com/other' } };
  const result = routeWorld({
    classes: [foreign],
    gateways: [gateway({ gatewayClassName: 'other' }), gateway({ gatewayClassName: 'missing' }, { name: 'orphan' })],
    routes: [httpRoute()],
  });
  expect(result.classes.size).toBe(0);
  expect(result.gateways.size).toBe(0);
  expect(result.registry.claims.size).toBe(0);
});
