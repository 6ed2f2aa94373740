import { describe, expect, it } from '@jest/globals';
import type { GRPCRoute, TCPRoute, TLSRoute, UDPRoute } from '../../generated/gateway-api.ts';
import { listenerId } from '../../src/routing/result/routed-listener.ts';
import { pairSecret, selfSigned } from './pki.ts';
import {
  app,
  gateway,
  grant,
  httpRoute,
  listener,
  listenerOf,
  parentOf,
  routed,
  service,
  settings,
  verdict,
  type Listener,
  type World,
} from './world.ts';

type Match = NonNullable<NonNullable<GRPCRoute['spec']['rules']>[number]['matches']>[number];

const metadata = (name: string, day = 2) => ({
  name,
  namespace: 'default',
  generation: 1,
  creationTimestamp: `2026-01-0${day}T00:00:00Z`,
});
const backendRefs = [{ name: 'app', port: 8080 }];

function grpcRoute(matches?: readonly Match[], hostnames?: readonly string[], day = 2): GRPCRoute {
  const rules = [{ backendRefs, ...(matches ? { matches: [...matches] } : {}) }];
  return {
    metadata: metadata('grpc', day),
    spec: { parentRefs: [{ name: 'gw' }], rules, ...(hostnames ? { hostnames } : {}) },
  };
}

const tcpRoute = (name = 'tcp', day = 2): TCPRoute => ({
  metadata: metadata(name, day),
  spec: { parentRefs: [{ name: 'gw' }], rules: [{ backendRefs }] },
});
const udpRoute = (): UDPRoute => ({ ...tcpRoute('udp'), kind: 'UDPRoute' });
const tlsRoute = (hostnames: readonly string[], name = 'tls'): TLSRoute => ({
  metadata: metadata(name),
  spec: { parentRefs: [{ name: 'gw' }], hostnames: [...hostnames], rules: [{ backendRefs }] },
});

const route = (world: World) => routed({ gateways: [gateway()], ...app, ...world }, settings);
const withListeners = (...listeners: readonly Listener[]) => [gateway({ listeners: [...listeners] })];
const tcp = listener({ name: 'tcp', port: 9000, protocol: 'TCP' });
const udp = listener({ name: 'udp', port: 9000, protocol: 'UDP' });
const passthrough = listener({ name: 'tls', port: 443, protocol: 'TLS', tls: { mode: 'Passthrough' } });
const accepted = (result: ReturnType<typeof route>, name: string) =>
  verdict(listenerOf(result, name).conditions, 'Accepted');

describe('GRPCRoute', () => {
  it.each<[string, Match, string, string]>([
    ['service and method', { method: { service: 'a.B', method: 'C' } }, 'Exact', '/a.B/C'],
    ['a service', { method: { service: 'a.B' } }, 'PathPrefix', '/a.B'],
    ['a method', { method: { method: 'C' } }, 'RegularExpression', '^/[^/]+/C$'],
    ['nothing', {}, 'PathPrefix', '/'],
  ])('matches %s by path, over HTTP/2', (_, match, type, value) => {
    const [only] = route({ grpcRoutes: [grpcRoute([match])] }).routes;
    expect(only?.kind).toBe('GRPCRoute');
    expect(only?.rules[0]?.matches).toEqual([
      { path: { type, value }, headers: [], queryParams: [], grpc: match.method ?? {} },
    ]);
    expect(only?.rules[0]?.backends[0]?.protocol).toBe('h2c');
  });

  it('drops what cannot be compared', () => {
    const result = route({ grpcRoutes: [grpcRoute([{ method: { type: 'RegularExpression', service: '.*' } }])] });
    expect(verdict(parentOf(result, 'default/grpc').conditions, 'Accepted')).toBe('False/UnsupportedValue');
  });

  it('yields to an older HTTPRoute of the same host, and only there', () => {
    const http = httpRoute({ hostnames: ['a.example'] });
    const young = route({ routes: [http], grpcRoutes: [grpcRoute(undefined, ['a.example'], 3)] });
    expect(verdict(parentOf(young, 'default/grpc').conditions, 'Accepted')).toMatch(/^False/);
    expect(young.routes.map(({ kind }) => kind)).toEqual(['HTTPRoute']);
    const old = route({ routes: [http], grpcRoutes: [grpcRoute(undefined, ['*.example'], 1)] });
    expect(verdict(parentOf(old, 'default/route').conditions, 'Accepted')).toMatch(/^False/);
    const apart = route({ routes: [http], grpcRoutes: [grpcRoute(undefined, ['b.example'], 3)] });
    expect(apart.routes.map(({ kind }) => kind)).toEqual(['HTTPRoute', 'GRPCRoute']);
  });

  it('needs grants of its own kind', () => {
    const far = grpcRoute();
    const rules = [{ backendRefs: [{ name: 'app', namespace: 'far', port: 8080 }] }];
    const grpcRoutes = [{ ...far, spec: { ...far.spec, rules } }];
    const services = [service({}, { namespace: 'far' })];
    const from = (kind: string) =>
      grant('far', { group: 'gateway.networking.k8s.io', kind, namespace: 'default' }, { group: '', kind: 'Service' });
    const verdictWith = (kind: string) =>
      verdict(
        parentOf(route({ grpcRoutes, services, grants: [from(kind)] }), 'default/grpc').conditions,
        'ResolvedRefs',
      );
    expect(verdictWith('HTTPRoute')).toBe('False/RefNotPermitted');
    expect(verdictWith('GRPCRoute')).toBe('True/ResolvedRefs');
  });
});

describe('TCPRoute and UDPRoute', () => {
  const udpService = service({
    ports: [
      { port: 8080, protocol: 'TCP' },
      { port: 8080, protocol: 'UDP' },
    ],
  });

  it('share a port by protocol; of several routes the oldest takes effect and all are accepted', () => {
    const result = route({
      gateways: withListeners(tcp, udp),
      tcpRoutes: [tcpRoute('young', 4), tcpRoute('old', 1)],
      udpRoutes: [udpRoute()],
      services: [udpService],
    });
    expect(result.l4.map(({ protocol, port, routes }) => [protocol, port, routes.map(({ name }) => name)])).toEqual([
      ['TCP', 9000, ['old']],
      ['UDP', 9000, ['udp']],
    ]);
    expect(verdict(parentOf(result, 'default/young').conditions, 'Accepted')).toBe('True/Accepted');
    expect(listenerOf(result, 'tcp').attachedRoutes).toBe(2);
    expect(listenerOf(result, 'udp').supportedKinds.map(({ kind }) => kind)).toEqual(['UDPRoute']);
  });

  it('is not allowed by listeners of other protocols', () => {
    const result = route({ tcpRoutes: [tcpRoute()] });
    expect(verdict(parentOf(result, 'default/tcp').conditions, 'Accepted')).toBe('False/NotAllowedByListeners');
  });

  it('needs a port of its protocol', () => {
    const result = route({ gateways: withListeners(udp), udpRoutes: [udpRoute()] });
    expect(verdict(parentOf(result, 'default/udp').conditions, 'ResolvedRefs')).toBe('False/UnsupportedProtocol');
  });
});

describe('TLSRoute', () => {
  it('takes the hosts that its listener has too, exact ones first', () => {
    const result = route({
      gateways: withListeners({ ...passthrough, hostname: '*.example' }),
      tlsRoutes: [tlsRoute(['*.a.example', 'b.example', 'c.other'])],
    });
    expect(result.l4).toMatchObject([
      {
        port: 443,
        protocol: 'TLS',
        mode: 'Passthrough',
        certificates: [],
        routes: [{ hostnames: ['b.example', '*.a.example'] }],
      },
    ]);
    expect(verdict(parentOf(result, 'default/tls').conditions, 'Accepted')).toBe('True/Accepted');
  });

  const servedNames = (listeners: readonly Listener[], tlsRoutes: readonly TLSRoute[]) =>
    route({ gateways: withListeners(...listeners), tlsRoutes }).l4.map(({ routes }) =>
      routes.map(({ name, hostnames }) => [name, ...hostnames]),
    );

  it('has a name before an older one whose hostname is wider, and after an older one whose is equal', () => {
    const listeners = [{ ...passthrough, hostname: 'a.b.example' }];
    const wide = tlsRoute(['*.example'], 'wide');
    const narrow = { ...tlsRoute(['*.b.example'], 'narrow') };
    const exact = tlsRoute(['a.b.example'], 'exact');
    const every = tlsRoute([], 'every');
    expect(servedNames(listeners, [wide, narrow])).toEqual([[['narrow', 'a.b.example']]]);
    expect(servedNames(listeners, [narrow, exact, every])).toEqual([[['exact', 'a.b.example']]]);
    expect(servedNames(listeners, [every, wide])).toEqual([[['wide', 'a.b.example']]]);
    const [one, other] = [tlsRoute(['*.example'], 'a-one'), tlsRoute(['*.example'], 'b-other')];
    expect(servedNames(listeners, [other, one])).toEqual([[['a-one', 'a.b.example']]]);
  });

  it('has no name on a listener that a narrower one has', () => {
    const wide = { ...passthrough, hostname: '*.example' };
    const narrow = {
      ...passthrough,
      name: 'narrow',
      hostname: '*.b.example',
      allowedRoutes: { namespaces: { from: 'Selector' as const, selector: { matchLabels: { none: 'x' } } } },
    };
    expect(servedNames([wide, narrow], [tlsRoute(['a.b.example', '*.example'])])).toEqual([[['tls', '*.example']]]);
    expect(servedNames([wide, narrow], [tlsRoute(['a.b.example'])])).toEqual([[]]);
  });

  it('without hostnames has every listener’s', () => {
    const listeners = [
      { ...passthrough, hostname: '*.example' },
      { ...passthrough, name: 'every' },
    ];
    expect(servedNames(listeners, [tlsRoute([])])).toEqual([[['tls', '*.example', undefined]]]);
  });

  it('has its exact names published', () => {
    const gateways = withListeners({ ...passthrough, hostname: '*.example' });
    const { dnsNames } = route({ gateways, tlsRoutes: [tlsRoute(['a.example', '*.b.example'])] });
    expect(dnsNames).toEqual(['a.example']);
  });

  it('has no listener where no host is shared', () => {
    const gateways = withListeners({ ...passthrough, hostname: 'a.example' });
    const result = route({ gateways, tlsRoutes: [tlsRoute(['b.example'])] });
    expect(verdict(parentOf(result, 'default/tls').conditions, 'Accepted')).toBe('False/NoMatchingListenerHostname');
  });

  it('ends TLS with the listener’s certificate', async () => {
    const secrets = [pairSecret('cert', await selfSigned(['a.example']))];
    const tls = { mode: 'Terminate' as const, certificateRefs: [{ name: 'cert' }] };
    const result = route({
      gateways: withListeners({ ...passthrough, tls }),
      tlsRoutes: [tlsRoute(['a.example'])],
      secrets,
    });
    expect(result.l4[0]?.certificates.map(({ secretName }) => secretName)).toEqual(['cert']);
  });
});

describe('listeners that do not go together', () => {
  const named = (name: string, part: Partial<Listener>): Listener => listener({ name, port: 443, ...part });
  const terminate = { certificateRefs: [{ name: 'cert' }] };

  it.each<[string, readonly Listener[], readonly string[]]>([
    [
      'both modes of TLS are all refused',
      [
        named('a', { protocol: 'TLS', hostname: 'a.x', tls: { mode: 'Passthrough' } }),
        named('b', { protocol: 'TLS', hostname: 'b.x', tls: { mode: 'Terminate', ...terminate } }),
      ],
      ['False/ProtocolConflict', 'False/ProtocolConflict'],
    ],
    [
      'TCP beside TLS is not distinct',
      [named('a', { protocol: 'TCP' }), named('b', { protocol: 'TLS', tls: { mode: 'Passthrough' } })],
      ['False/ProtocolConflict', 'False/ProtocolConflict'],
    ],
    [
      'TLS beside HTTPS is distinct, and the later is refused',
      [
        named('a', { protocol: 'HTTPS', tls: terminate }),
        named('b', { protocol: 'TLS', tls: { mode: 'Passthrough' } }),
      ],
      ['True/Accepted', 'False/PortUnavailable'],
    ],
    [
      'UDP beside HTTP is distinct, and the later is refused',
      [named('a', { protocol: 'UDP' }), named('b', { protocol: 'HTTP' })],
      ['True/Accepted', 'False/PortUnavailable'],
    ],
  ])('%s', async (_, listeners, verdicts) => {
    const secrets = [pairSecret('cert', await selfSigned(['a.x']))];
    const result = route({ gateways: withListeners(...listeners), secrets });
    expect(['a', 'b'].map((name) => accepted(result, name))).toEqual(verdicts);
  });
});

it('tells listeners of sets apart', () => {
  expect(listenerId({ name: 'http' })).toBe('http');
  expect(listenerId({ set: 'a/b', name: 'http' })).toBe('a/b/http');
});
