/** What is made by events, one after the other, is what would be made of the cluster as it is, from nothing. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Gateway, GRPCRoute } from '../../generated/gateway-api.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import { createWorld, type World } from '../../src/loop/world.ts';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import type { DesiredState } from '../../src/translate/desired.ts';
import {
  avi,
  controllerName,
  settings,
  gateway,
  grant,
  httpRoute,
  listener,
  rule,
  service,
  slice,
  type Listener,
  type Rule,
} from '../routing/world.ts';
import { pairSecret, selfSigned } from '../routing/pki.ts';
import { settings as translate } from '../translate/support/settings.ts';

const pairs = [await selfSigned(['app.x.y']), await selfSigned(['app.x.y'])];
const now = '2026-06-01T00:00:00Z';
const keys = ['default/gw', 'default/second', 'a/b-c', 'a-b/c'];

const listeners: readonly Listener[] = [
  listener({ allowedRoutes: { namespaces: { from: 'All' } } }),
  listener({ name: 'wild', hostname: '*.x.y', allowedRoutes: { namespaces: { from: 'All' } } }),
  listener({ name: 'own', port: 81, hostname: 'app.x.y' }),
  listener({
    name: 'chosen',
    port: 82,
    allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { team: 'one' } } } },
  }),
  listener({ name: 'secure', port: 443, protocol: 'HTTPS', tls: { certificateRefs: [{ name: 'pair' }] } }),
];
const matches: readonly NonNullable<Rule['matches']>[] = [
  [{ path: { type: 'PathPrefix', value: '/' } }],
  [{ path: { type: 'PathPrefix', value: '/a' } }],
  [{ path: { type: 'Exact', value: '/a/b' } }, { path: { type: 'PathPrefix', value: '/c' }, method: 'GET' }],
  [{ path: { type: 'PathPrefix', value: '/a' }, headers: [{ name: 'canary', value: 'yes' }] }],
  [{ path: { type: 'RegularExpression', value: '/a.*' } }],
];

/** One change of one object, made when it is applied. */
type Change = (state: ClusterState, generation: number) => void;

const inAny = fc.constantFrom('default', 'a', 'a-b');
const time = fc.constantFrom('2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z');

function put<K extends WatchedKind>(kind: K, object: WatchedObjects[K]): Change {
  return (state, generation) => void state.put(kind, { ...object, metadata: { ...object.metadata, generation } });
}

const gateways: fc.Arbitrary<Change> = fc
  .record({
    key: fc.constantFrom(...keys),
    listeners: fc.subarray([...listeners], { minLength: 1 }),
    className: fc.constantFrom('avi-lb', 'avi-lb', 'avi-lb', 'other'),
    labels: fc.constantFrom(undefined, { team: 'one' }),
    creationTimestamp: time,
  })
  .map(({ key, className, labels, creationTimestamp, ...some }) => {
    const [inNamespace = '', name = ''] = key.split('/');
    const spec: Partial<Gateway['spec']> = {
      gatewayClassName: className,
      listeners: some.listeners,
      ...(labels && { infrastructure: { labels } }),
    };
    return put('Gateway', gateway(spec, { namespace: inNamespace, name, creationTimestamp }));
  });

const backendRef = fc.record({
  name: fc.constantFrom('app', 'app', 'app', 'other', 'none'),
  port: fc.constantFrom(8080, 8080, 81),
  namespace: fc.constantFrom('default', 'a'),
  weight: fc.constantFrom(1, 2, 0),
});
const rules = fc.array(
  fc.record({ matches: fc.constantFrom(...matches), backendRefs: fc.array(backendRef, { maxLength: 2 }) }),
  { minLength: 1, maxLength: 2 },
);
const parentRefs = fc
  .uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: 2 })
  .map((some) => some.map((key) => ({ namespace: key.split('/')[0] ?? '', name: key.split('/')[1] ?? '' })));

const routes: fc.Arbitrary<Change> = fc
  .record({
    namespace: inAny,
    name: fc.constantFrom('one', 'two', 'three', 'b-c'),
    parentRefs,
    hostnames: fc.subarray(['app.x.y', 'b.x.y', '*.x.y', 'z.w']),
    rules,
    creationTimestamp: time,
  })
  .map(({ namespace: inNamespace, name, creationTimestamp, ...spec }) =>
    put(
      'HTTPRoute',
      httpRoute({ ...spec, rules: spec.rules.map(rule) }, { namespace: inNamespace, name, creationTimestamp }),
    ),
  );

const grpcRoutes: fc.Arbitrary<Change> = fc
  .record({ namespace: inAny, parentRefs, hostnames: fc.subarray(['app.x.y', 'z.w']), creationTimestamp: time })
  .map(({ namespace: inNamespace, creationTimestamp, ...spec }) => {
    const route: GRPCRoute = {
      metadata: { name: 'grpc', namespace: inNamespace, creationTimestamp },
      spec: { ...spec, rules: [{ backendRefs: [{ name: 'app', port: 8080 }] }] },
    };
    return put('GRPCRoute', route);
  });

const owner = fc.constantFrom('default/app', 'default/other', 'a/app');
const services: fc.Arbitrary<Change> = fc
  .record({ owner, port: fc.constantFrom(8080, 81), type: fc.constantFrom('ClusterIP', 'ExternalName') })
  .map(({ owner: key, port, type }) => {
    const [inNamespace = '', name = ''] = key.split('/');
    return put('Service', service({ type, ports: [{ port, protocol: 'TCP' }] }, { namespace: inNamespace, name }));
  });
const endpoints: fc.Arbitrary<Change> = fc
  .record({ owner, addresses: fc.subarray(['10.1.0.1', '10.1.0.2', '10.1.0.3']) })
  .map(({ owner: key, addresses }) => {
    const ready = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }));
    return put('EndpointSlice', slice(ready, {}, key));
  });

const labels: fc.Arbitrary<Change> = fc
  .record({ namespace: inAny, team: fc.constantFrom('one', 'two') })
  .map(({ namespace: name, team }) => put('Namespace', { metadata: { name, labels: { team } } }));

const routeGroup = 'gateway.networking.k8s.io';
const granted = grant(
  'a',
  { group: routeGroup, kind: 'HTTPRoute', namespace: 'default' },
  { group: '', kind: 'Service' },
);
const policy: WatchedObjects['BackendTLSPolicy'] = {
  metadata: { name: 'policy', namespace: 'default' },
  spec: {
    targetRefs: [{ group: '', kind: 'Service', name: 'app' }],
    validation: { hostname: 'app.x.y', wellKnownCACertificates: 'System' },
  },
};

const secrets = ['default', 'a', 'a-b'].flatMap((inNamespace) =>
  pairs.map((pair) => pairSecret('pair', pair, inNamespace)),
);
const certificates: fc.Arbitrary<Change> = fc.constantFrom(...secrets).map((secret) => put('Secret', secret));

const byFqdn = fc.record({
  namespace: inAny,
  name: fc.constantFrom('one', 'two'),
  fqdn: fc.constantFrom('app.x.y', 'b.x.y', '*.x.y'),
  creationTimestamp: time,
});
const hostRules: fc.Arbitrary<Change> = fc
  .record({
    metadata: byFqdn,
    fqdnType: fc.constantFrom('Exact', 'Wildcard', 'Contains'),
    wafPolicy: fc.constantFrom('One', 'Two'),
    l7Rule: fc.constantFrom(undefined, undefined, 'missing'),
    aliases: fc.subarray(['z.w', 'alias.x.y']),
    applicationRootPath: fc.constantFrom('/', '/a', '/b'),
    useRegex: fc.boolean(),
    networkSecurityPolicy: fc.constantFrom('One', 'Two'),
    tcpSettings: fc.constantFrom({}, { loadBalancerIP: '10.0.0.9' }),
  })
  .map(({ metadata: { fqdn, ...metadata }, l7Rule, ...virtualhost }) =>
    put('HostRule', { metadata, spec: { virtualhost: { ...virtualhost, fqdn, ...(l7Rule && { l7Rule }) } } }),
  );
const httpRules: fc.Arbitrary<Change> = fc
  .record({
    metadata: byFqdn,
    target: fc.constantFrom('/', '/a', '/a/b'),
    applicationPersistence: fc.constantFrom('One', 'Two'),
  })
  .map(({ metadata: { fqdn, ...metadata }, ...path }) => put('HTTPRule', { metadata, spec: { fqdn, paths: [path] } }));

const ssoRules: fc.Arbitrary<Change> = fc
  .record({ metadata: byFqdn, ssoPolicyRef: fc.constantFrom('One', 'Two') })
  .map(({ metadata: { fqdn, ...metadata }, ssoPolicyRef }) =>
    put('SSORule', { metadata, spec: { fqdn, ssoPolicyRef } }),
  );

/** Somebody wrote the status of a route: another object that asks for the same. */
const statuses: fc.Arbitrary<Change> = fc.nat(20).map((place) => (state) => {
  const all = [...state.list('HTTPRoute')];
  const route = all[place % Math.max(1, all.length)];
  if (route) state.put('HTTPRoute', structuredClone({ ...route, status: { parents: [] } }));
});

const kinds: readonly WatchedKind[] = [
  'Gateway',
  'HTTPRoute',
  'GRPCRoute',
  'Service',
  'Secret',
  'EndpointSlice',
  'ReferenceGrant',
  'HostRule',
  'HTTPRule',
  'SSORule',
];
const removals: fc.Arbitrary<Change> = fc
  .record({ kind: fc.constantFrom(...kinds, 'BackendTLSPolicy' as const), place: fc.nat(20) })
  .map(({ kind, place }) => (state) => {
    const all = [...state.list(kind)];
    const { namespace: inNamespace, name } = all[place % Math.max(1, all.length)]?.metadata ?? {};
    if (name) state.remove(kind, `${inNamespace ?? ''}/${name}`);
  });

const change = fc.oneof(
  { weight: 5, arbitrary: routes },
  { weight: 2, arbitrary: gateways },
  { weight: 2, arbitrary: endpoints },
  { weight: 2, arbitrary: removals },
  { weight: 1, arbitrary: grpcRoutes },
  { weight: 2, arbitrary: hostRules },
  { weight: 1, arbitrary: httpRules },
  { weight: 1, arbitrary: ssoRules },
  { weight: 1, arbitrary: services },
  { weight: 1, arbitrary: labels },
  { weight: 1, arbitrary: certificates },
  { weight: 1, arbitrary: statuses },
  { weight: 2, arbitrary: fc.constantFrom(put('ReferenceGrant', granted), put('BackendTLSPolicy', policy)) },
);

function newWorld(trustChildOrder: boolean): World {
  return createWorld({ routing: settings, translate: { ...translate, trustChildOrder } });
}

interface Made {
  readonly routed: RoutedGateway;
  readonly desired: DesiredState;
}

/** Every Gateway as the world makes it, until no Gateway changes another. */
function make(world: World, state: ClusterState): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  const waiting = [...keys];
  for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
    const { routed, affected } = world.update(state.snapshot(), key, now);
    if (routed) made.set(key, { routed, desired: world.translate(routed, undefined) });
    else made.delete(key);
    waiting.push(...affected.filter((other) => !waiting.includes(other)));
  }
  return made;
}

/** Objects of the cluster may be older ones that ask for the same. */
function comparable(made: ReadonlyMap<string, Made>): unknown {
  return [...made]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { routed, desired }]) => [
      key,
      {
        ...routed,
        resource: undefined,
        parents: routed.parents.map(({ route, ...rest }) => ({ ...rest, spec: route.spec })),
      },
      desired,
    ]);
}

function start(): ClusterState {
  const state = createClusterState([]);
  state.put('GatewayClass', avi);
  state.put('GatewayClass', { ...avi, metadata: { name: 'other' }, spec: { controllerName: `${controllerName}-not` } });
  for (const key of keys.slice(0, 3)) {
    const [namespace = '', name = ''] = key.split('/');
    put('Gateway', gateway({ listeners: [...listeners] }, { namespace, name }))(state, 1);
  }
  for (const key of ['default/app', 'a/app']) {
    put('Service', service({}, { namespace: key.split('/')[0] ?? '' }))(state, 1);
    put('EndpointSlice', slice([{ addresses: ['10.1.0.1'], conditions: { ready: true } }], {}, key))(state, 1);
  }
  return state;
}

it.each([true, false])(
  'routes and translates by events what it would from nothing, trustChildOrder %s',
  (trustChildOrder) => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
        const state = start();
        const world = newWorld(trustChildOrder);
        world.prime(state.snapshot(), now);
        for (const [place, apply] of changes.entries()) {
          apply(state, place + 2);
          const incremental = make(world, state);
          const fresh = newWorld(trustChildOrder);
          fresh.prime(state.snapshot(), now);
          expect(comparable(incremental)).toEqual(comparable(make(fresh, state)));
        }
      }),
      { seed: 6, numRuns: 60 },
    );
  },
  60_000,
);

it('makes the same objects again of routes that did not change', () => {
  const state = start();
  for (const name of ['one', 'two']) put('HTTPRoute', httpRoute({ hostnames: [`${name}.x.y`] }, { name }))(state, 2);
  const world = newWorld(true);
  world.prime(state.snapshot(), now);
  const before = make(world, state).get('default/gw');
  put('HTTPRoute', httpRoute({ hostnames: ['three.x.y'] }, { name: 'three' }))(state, 3);
  const after = make(world, state).get('default/gw');
  const earlier = new Set<unknown>([...(before?.desired.objects ?? []), ...(before?.routed.routes ?? [])]);
  const made = [...(after?.desired.objects ?? []), ...(after?.routed.routes ?? [])].filter((one) => !earlier.has(one));
  // The new route, its objects, and what is made of all routes together: VsVip, the parent and its policy set.
  expect(made.map((one) => ('type' in one ? one.type : one.name)).sort()).toEqual([
    'httppolicyset',
    'pool',
    'poolgroup',
    'three',
    'virtualservice',
    'virtualservice',
    'vsvip',
  ]);
});

it('makes objects anew when their names become free', () => {
  const state = start();
  const younger = { namespace: 'a-b', name: 'c', creationTimestamp: '2026-01-04T00:00:00Z' };
  put('Gateway', gateway({}, younger))(state, 2);
  const route = { parentRefs: [{ name: 'c' }], hostnames: ['p.q'] };
  put('HTTPRoute', httpRoute(route, { namespace: 'a-b', name: 'one' }))(state, 2);
  const world = newWorld(true);
  world.prime(state.snapshot(), now);
  make(world, state);
  state.remove('Gateway', 'a/b-c');
  const incremental = make(world, state);
  const fresh = newWorld(true);
  fresh.prime(state.snapshot(), now);
  expect(comparable(incremental)).toEqual(comparable(make(fresh, state)));
});

it('makes nothing of a route anew when only the certificate of its listener is another', () => {
  const world = newWorld(true);
  const state = start();
  const [first, second] = pairs.map((pair) => put('Secret', pairSecret('pair', pair)));
  put('Gateway', gateway({ listeners: listeners.slice(-1) }))(state, 1);
  put('Service', service())(state, 1);
  put('HTTPRoute', httpRoute())(state, 1);
  first?.(state, 1);
  const before = make(world, state).get('default/gw');
  second?.(state, 2);
  const after = make(world, state).get('default/gw');
  expect(after?.routed.routes).toHaveLength(1);
  expect(after?.routed.routes[0]).toBe(before?.routed.routes[0]);
  const changed = after?.desired.objects.filter((object) => !before?.desired.objects.includes(object));
  // The certificate, and what is made of the Gateway as a whole.
  expect(changed?.map(({ type }) => type)).toEqual([
    'httppolicyset',
    'sslkeyandcertificate',
    'virtualservice',
    'vsvip',
  ]);
});
