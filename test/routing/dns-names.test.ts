import { describe, expect, it } from '@jest/globals';
import { isInDomain } from '../../src/routing/dns-names.ts';
import { app, gateway, httpRoute, listener, routed, type World } from './world.ts';

const hosts = (...hostnames: readonly string[]) => [httpRoute({ hostnames })];

describe('published names', () => {
  it.each<[string, readonly (string | undefined)[], World['routes'], readonly string[]]>([
    ['exact names of routes', [undefined], hosts('b.x', 'a.x'), ['a.x', 'b.x']],
    ['what route and listener share', ['*.x'], hosts('a.x', 'a.y'), ['a.x']],
    ['the listener’s exact name under a route’s wildcard', ['a.x'], hosts('*.x'), ['a.x']],
    ['the listener’s name for a route without hostnames', ['hello.x', '*.x'], [httpRoute()], ['hello.x']],
    ['no wildcards', ['*.x'], hosts('*.x', '*.a.x'), []],
    ['nothing without routes', ['a.x'], [], []],
    ['nothing without hostnames', [undefined], [httpRoute()], []],
    [
      'nothing of a route that is not accepted',
      [undefined],
      [httpRoute({ hostnames: ['a.x'], rules: [{ retry: { codes: [500] } }] })],
      [],
    ],
  ])('%s', (_, hostnames, routes, expected) => {
    const listeners = hostnames.map((hostname, index) =>
      listener({ name: `l${index}`, port: 80 + index, ...(hostname === undefined ? {} : { hostname }) }),
    );
    const result = routed({ gateways: [gateway({ listeners })], ...(routes ? { routes } : {}), ...app });
    expect(result.dnsNames).toEqual(expected);
    expect(result.events.filter(({ regarding }) => regarding.kind === 'Gateway')).toEqual([]);
  });

  it('leave out what is outside the cloud’s domains, by labels, with an Event that names them', () => {
    const world = { gateways: [gateway()], routes: hosts('a.example.com', 'evilexample.com', 'b.other.org'), ...app };
    const result = routed(world, { dnsDomains: ['example.com', 'corp.net'] });
    expect(result.dnsNames).toEqual(['a.example.com']);
    expect(result.routes[0]?.hostnames).toContain('b.other.org');
    expect(result.events.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
      'DomainNotServed Hostname b.other.org is served but not published in DNS: it is in none of the domains example.com, corp.net',
      'DomainNotServed Hostname evilexample.com is served but not published in DNS: it is in none of the domains example.com, corp.net',
    ]);
  });

  it('publish two hostnames in two domains (AKO issue 2061)', () => {
    const world = { gateways: [gateway()], routes: hosts('a.one.com', 'a.two.com'), ...app };
    expect(routed(world, { dnsDomains: ['one.com', 'two.com'] }).dnsNames).toEqual(['a.one.com', 'a.two.com']);
  });
});

describe('names that another Gateway owns', () => {
  const older = gateway({}, { name: 'older', namespace: 'a', creationTimestamp: '2025-01-01T00:00:00Z' });
  const inA = httpRoute({ parentRefs: [{ name: 'older' }], hostnames: ['app.x'] }, { namespace: 'a' });

  it('are served and not published', () => {
    const world = { gateways: [gateway(), older], routes: [inA, ...hosts('app.x', 'mine.x')], ...app };
    const result = routed(world);
    expect(result.dnsNames).toEqual(['mine.x']);
    expect(result.routes).toHaveLength(1);
    expect(result.events).toEqual([
      expect.objectContaining({
        type: 'Warning',
        reason: 'HostnameNotPublished',
        message: 'Hostname app.x is served but not published in DNS: Gateway a/older owns app.x',
      }),
    ]);
    expect(routed(world, {}, 'a/older').dnsNames).toEqual(['app.x']);
    expect(routed(world, { ownership: { scope: 'None', wildcards: 'exclusive' } }).dnsNames).toEqual([
      'app.x',
      'mine.x',
    ]);
  });

  it('are published when the owner’s route goes, or was never let in', () => {
    expect(routed({ gateways: [gateway(), older], routes: hosts('app.x'), ...app }).dnsNames).toEqual(['app.x']);
    const outside = httpRoute(
      { parentRefs: [{ name: 'older', namespace: 'a' }], hostnames: ['app.x'] },
      { namespace: 'b' },
    );
    expect(routed({ gateways: [gateway(), older], routes: [outside, ...hosts('app.x')], ...app }).dnsNames).toEqual([
      'app.x',
    ]);
  });

  it('are withheld under the wildcard of another listener', () => {
    const wildcard = { ...older, spec: { ...older.spec, listeners: [listener({ hostname: '*.x' })] } };
    const world = { gateways: [gateway(), wildcard], routes: hosts('app.x'), ...app };
    expect(routed(world).dnsNames).toEqual([]);
    expect(routed(world, { ownership: { scope: 'Namespace', wildcards: 'shared' } }).dnsNames).toEqual(['app.x']);
  });
});

describe('isInDomain', () => {
  it.each([
    ['a.example.com', 'example.com', true],
    ['example.com', 'example.com', true],
    ['a.example.com', '.Example.com', true],
    ['evilexample.com', 'example.com', false],
    ['com', 'example.com', false],
  ])('%s in %s: %s', (name, domain, expected) => {
    expect(isInDomain(name, domain)).toBe(expected);
  });
});
