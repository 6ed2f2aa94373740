import { describe, expect, it } from '@jest/globals';
import type { Endpoint, RoutedBackend } from '../../src/routing/result/routed-backend.ts';
import type { EndpointSlice, Node, Pod, Service } from '../../src/routing/snapshot.ts';
import {
  app,
  gateway,
  grant,
  httpRoute,
  listener,
  malformed,
  messageOf,
  parentOf,
  routed,
  rule,
  service,
  slice,
  verdict,
  type Rule,
  type World,
} from './world.ts';

type Ref = NonNullable<Rule['backendRefs']>[number];
const ref = (part: Partial<Ref> = {}): Ref => ({ name: 'app', port: 8080, ...part });

function resolve(refs: readonly Ref[], world: World = app, settings: Parameters<typeof routed>[1] = {}) {
  const result = routed(
    { gateways: [gateway()], routes: [httpRoute({ rules: [rule({ backendRefs: refs })] })], ...world },
    settings,
  );
  const only = result.routes[0]?.rules[0];
  return { result, conditions: parentOf(result).conditions, action: only?.action, backends: only?.backends ?? [] };
}

function first(world: World, settings: Parameters<typeof routed>[1] = {}, part: Partial<Ref> = {}): RoutedBackend {
  const [backend] = resolve([ref(part)], world, settings).backends;
  if (!backend) throw new Error('no backend');
  return backend;
}

/** Endpoints as `address:port` with `-` behind a disabled one. */
function servers(backend: RoutedBackend): readonly string[] {
  return backend.endpoints.map(
    (endpoint: Endpoint) => `${endpoint.address}:${endpoint.port}${endpoint.enabled ? '' : '-'}`,
  );
}

describe('a backend that is invalid', () => {
  it.each<[string, Partial<Ref>, World, string, string]>([
    ['another kind', { kind: 'Foo' }, app, 'InvalidKind', 'backendRef app has invalid kind Foo'],
    ['another group', { group: 'a.b', kind: 'Service' }, app, 'InvalidKind', 'invalid kind a.b/Service'],
    ['a Service that does not exist', { name: 'none' }, app, 'BackendNotFound', 'Service default/none does not exist'],
    ['a port that it does not have', { port: 81 }, app, 'BackendNotFound', 'Service default/app has no port 81'],
    ['no port', malformed({ port: undefined }), app, 'BackendNotFound', 'port must name a port of the Service'],
    ['ExternalName', {}, { services: [service({ type: 'ExternalName' })] }, 'UnsupportedValue', 'ExternalName'],
    [
      'UDP',
      {},
      { services: [service({ ports: [{ port: 8080, protocol: 'UDP' }] })] },
      'UnsupportedProtocol',
      'protocol UDP',
    ],
    [
      'appProtocol https',
      {},
      { services: [service({ ports: [{ port: 8080, appProtocol: 'https' }] })] },
      'UnsupportedProtocol',
      'https',
    ],
    [
      'only FQDN slices',
      {},
      { services: [service()], slices: [slice([{ addresses: ['a.x'] }], { addressType: 'FQDN' })] },
      'UnsupportedValue',
      'FQDN',
    ],
    [
      'another namespace without grant',
      { namespace: 'other' },
      { services: [service({}, { namespace: 'other' })] },
      'RefNotPermitted',
      'no ReferenceGrant in namespace other',
    ],
    [
      'another namespace without grant nor Service',
      { namespace: 'other' },
      {},
      'RefNotPermitted',
      'no ReferenceGrant in namespace other',
    ],
  ])('%s', (_, part, world, reason, message) => {
    const { conditions, action, backends } = resolve([ref(part)], world);
    expect(verdict(conditions, 'ResolvedRefs')).toBe(`False/${reason}`);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(`spec.rules[0].backendRefs[0]: `);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(message);
    expect(verdict(conditions, 'Accepted')).toBe('True/Accepted');
    expect(backends[0]).toMatchObject({ endpoints: [], invalid: { reason } });
    expect(action).toBe('fail');
  });

  it('does not take the valid ones with it (acceptance row 48)', () => {
    const { conditions, action, backends } = resolve([ref({ kind: 'Foo', name: 'foo' }), ref()]);
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/InvalidKind');
    expect(action).toBe('forward');
    expect(backends.map(({ invalid }) => invalid === undefined)).toEqual([false, true]);
    expect(messageOf(conditions, 'ResolvedRefs')).toContain('its requests go to the other backends of the rule');
    expect(messageOf(resolve([ref({ kind: 'Foo' })]).conditions, 'ResolvedRefs')).not.toContain('other backends');
  });

  it.each(['http', 'HTTP', 'tcp', 'kubernetes.io/ws', ''])('appProtocol %j is valid', (appProtocol) => {
    expect(resolve([ref()], { services: [service({ ports: [{ port: 8080, appProtocol }] })] }).action).toBe('forward');
  });

  it('tells of the services that decide the members, existing or not', () => {
    expect(resolve([ref({ name: 'b' }), ref(), ref({ kind: 'Foo' })]).result.services).toEqual([
      'default/app',
      'default/b',
    ]);
  });
});

describe('ReferenceGrant for a Service', () => {
  const from = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'default' };
  const to = { group: '', kind: 'Service' };
  it.each<[string, Parameters<typeof grant>, boolean]>([
    ['all Services', ['other', from, to], true],
    ['this Service', ['other', from, { ...to, name: 'app' }], true],
    ['another Service', ['other', from, { ...to, name: 'b' }], false],
    ['another namespace', ['other', { ...from, namespace: 'x' }, to], false],
    ['Gateways', ['other', { ...from, kind: 'Gateway' }, to], false],
    ['Secrets', ['other', from, { ...to, kind: 'Secret' }], false],
  ])('that names %s', (_, args, permitted) => {
    const world = { services: [service({}, { namespace: 'other' })], grants: [grant(...args)] };
    const { conditions, action } = resolve([ref({ namespace: 'other' })], world);
    expect(verdict(conditions, 'ResolvedRefs')).toBe(permitted ? 'True/ResolvedRefs' : 'False/RefNotPermitted');
    expect(action).toBe(permitted ? 'forward' : 'fail');
  });
});

describe('weights', () => {
  it.each<[readonly (number | undefined)[], readonly number[], string]>([
    [[undefined], [1], 'forward'],
    [[0], [0], 'fail'],
    [[0, 5], [0, 5], 'forward'],
    [[90, 10], [90, 10], 'forward'],
    [[0, 0], [0, 0], 'fail'],
    [[2_000_000], [1_000_000], 'forward'],
    [[malformed('3')], [1], 'forward'],
  ])('%j', (weights, expected, action) => {
    const result = resolve(weights.map((weight) => ref(weight === undefined ? {} : { weight })));
    expect(result.backends.map(({ weight }) => weight)).toEqual(expected);
    expect(result.action).toBe(action);
  });

  it('all weight on an invalid backend fails', () => {
    expect(resolve([ref({ weight: 0 }), ref({ name: 'none', weight: 1 })]).action).toBe('fail');
  });

  it('keeps the same Service twice', () => {
    expect(resolve([ref({ weight: 1 }), ref({ weight: 2 })]).backends).toHaveLength(2);
  });
});

describe('endpoints of pods', () => {
  type Endpoints = NonNullable<EndpointSlice['endpoints']>;
  const world = (endpoints: Endpoints, spec: Service['spec'] = {}, part: Partial<EndpointSlice> = {}): World => ({
    services: [service(spec)],
    slices: [slice(endpoints, part)],
  });

  it.each<[string, Endpoints, Service['spec'], readonly string[]]>([
    ['ready', [{ addresses: ['10.0.0.1'], conditions: { ready: true } }], {}, ['10.0.0.1:8080']],
    ['no conditions count as ready', [{ addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080']],
    ['sorted', [{ addresses: ['10.0.0.2'] }, { addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080', '10.0.0.2:8080']],
    ['without duplicates', [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.1'] }], {}, ['10.0.0.1:8080']],
    [
      'enabled wins over disabled',
      [{ addresses: ['10.0.0.1'], conditions: { ready: false } }, { addresses: ['10.0.0.1'] }],
      {},
      ['10.0.0.1:8080'],
    ],
    ['the first address only', [{ addresses: ['10.0.0.1', '10.0.0.2'] }], {}, ['10.0.0.1:8080']],
    ['not ready', [{ addresses: ['10.0.0.1'], conditions: { ready: false } }], {}, ['10.0.0.1:8080-']],
    [
      'not ready but published',
      [{ addresses: ['10.0.0.1'], conditions: { ready: false } }],
      { publishNotReadyAddresses: true },
      ['10.0.0.1:8080'],
    ],
    [
      'terminating beside ready',
      [
        { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.0.0.2'] },
      ],
      {},
      ['10.0.0.1:8080-', '10.0.0.2:8080'],
    ],
    [
      'terminating and serving when nothing is ready',
      [
        { addresses: ['10.0.0.1'], conditions: { ready: false, serving: true, terminating: true } },
        { addresses: ['10.0.0.2'], conditions: { ready: false, serving: false, terminating: true } },
        { addresses: ['10.0.0.3'], conditions: { ready: false } },
      ],
      {},
      ['10.0.0.1:8080', '10.0.0.2:8080-', '10.0.0.3:8080-'],
    ],
    [
      'what is no address is left out',
      [{ addresses: ['app.local'] }, { addresses: [] }, malformed({}), malformed(null)],
      {},
      [],
    ],
    ['headless', [{ addresses: ['10.0.0.1'] }], { clusterIP: 'None' }, ['10.0.0.1:8080']],
  ])('%s', (_, endpoints, spec, expected) => {
    expect(servers(first(world(endpoints, spec)))).toEqual(expected);
  });

  it('has IPv6 and node names', () => {
    const slices = [slice([{ addresses: ['2001:db8::1'], nodeName: 'n1' }], { addressType: 'IPv6' })];
    expect(first({ services: [service()], slices }).endpoints).toEqual([
      { address: '2001:db8::1', family: 'V6', port: 8080, enabled: true, nodeName: 'n1' },
    ]);
  });

  it.each<[string, Service['spec'], EndpointSlice['ports'], readonly string[]]>([
    [
      'by name',
      { ports: [{ name: 'web', port: 8080, targetPort: 'http' }] },
      [{ name: 'web', port: 3000 }],
      ['10.0.0.1:3000'],
    ],
    [
      'the right one of several',
      {
        ports: [
          { name: 'a', port: 8080 },
          { name: 'b', port: 81 },
        ],
      },
      [
        { name: 'b', port: 1 },
        { name: 'a', port: 2 },
      ],
      ['10.0.0.1:2'],
    ],
    ['unnamed', { ports: [{ port: 8080, targetPort: 3000 }] }, [{ port: 3000 }], ['10.0.0.1:3000']],
    [
      'by targetPort where names differ',
      { ports: [{ name: 'web', port: 8080, targetPort: 3000 }] },
      [{ name: 'x', port: 3000 }],
      ['10.0.0.1:3000'],
    ],
    ['a slice for all ports', { ports: [{ port: 8080, targetPort: 3000 }] }, [{}], ['10.0.0.1:3000']],
    ['not UDP', { ports: [{ port: 8080 }] }, [{ port: 3000, protocol: 'UDP' }], []],
    ['none', { ports: [{ name: 'web', port: 8080, targetPort: 'http' }] }, [{ name: 'x', port: 3000 }], []],
  ])('finds the port: %s', (_, spec, ports, expected) => {
    expect(servers(first(world([{ addresses: ['10.0.0.1'] }], spec, ports ? { ports } : {})))).toEqual(expected);
  });

  it('joins slices and leaves FQDN ones out', () => {
    const slices = [
      slice([{ addresses: ['10.0.0.2'] }]),
      slice([{ addresses: ['10.0.0.1'] }]),
      slice([{ addresses: ['a.x'] }], { addressType: 'FQDN' }),
    ];
    expect(servers(first({ services: [service()], slices }))).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });

  it('a Service without endpoints is a valid backend with an empty pool', () => {
    const { action, backends, conditions } = resolve([ref()], { services: [service()] });
    expect(action).toBe('forward');
    expect(backends[0]).toEqual({ namespace: 'default', name: 'app', port: 8080, weight: 1, endpoints: [] });
    expect(verdict(conditions, 'ResolvedRefs')).toBe('True/ResolvedRefs');
  });
});

describe('node ports', () => {
  const node = (
    name: string,
    part: Partial<Node['metadata']> = {},
    ready = 'True',
    extra: readonly string[] = [],
  ): Node => ({
    metadata: { name, ...part },
    status: {
      addresses: [
        { type: 'Hostname', address: name },
        { type: 'ExternalIP', address: '198.51.100.1' },
        { type: 'InternalIP', address: `10.9.0.${name.slice(1)}` },
        ...extra.map((address) => ({ type: 'InternalIP', address })),
      ],
      conditions: [{ type: 'Ready', status: ready }],
    },
  });
  const nodePort = { type: 'NodePort', ports: [{ port: 8080, nodePort: 30080 }] };
  const settings = { serviceType: 'NodePort' } as const;

  it.each<[string, Service['spec'], readonly Node[], Parameters<typeof routed>[1], readonly string[]]>([
    [
      'every ready node',
      nodePort,
      [node('n2'), node('n1'), node('n3', {}, 'False')],
      settings,
      ['10.9.0.1:30080', '10.9.0.2:30080'],
    ],
    [
      'a cordoned node still forwards',
      nodePort,
      [{ ...node('n1'), spec: { unschedulable: true } }],
      settings,
      ['10.9.0.1:30080'],
    ],
    [
      'selected nodes',
      nodePort,
      [node('n1', { labels: { a: 'b' } }), node('n2', { labels: { a: 'c' } })],
      { ...settings, nodeSelector: { key: 'a', value: 'b' } },
      ['10.9.0.1:30080'],
    ],
    [
      'type LoadBalancer has a node port',
      { ...nodePort, type: 'LoadBalancer' },
      [node('n1')],
      settings,
      ['10.9.0.1:30080'],
    ],
    ['type ClusterIP: an empty pool (acceptance row 29)', {}, [node('n1')], settings, []],
    [
      'policy Local: nodes with endpoints',
      { ...nodePort, externalTrafficPolicy: 'Local' },
      [node('n1'), node('n2')],
      settings,
      ['10.9.0.2:30080'],
    ],
    [
      'the family of the Service',
      { ...nodePort, clusterIP: 'fd00::1' },
      [node('n1', {}, 'True', ['2001:db8::1'])],
      settings,
      ['2001:db8::1:30080'],
    ],
  ])('%s', (_, spec, nodes, given, expected) => {
    const slices = [
      slice([
        { addresses: ['10.0.0.1'], nodeName: 'n2' },
        { addresses: ['10.0.0.2'], nodeName: 'n1', conditions: { ready: false } },
      ]),
    ];
    expect(servers(first({ services: [service(spec)], slices, nodes }, given))).toEqual(expected);
  });

  it('says so when the Service has no node port, and of a copy of requests leaves it out', () => {
    const said = 'Service default/app has no node port for port 8080, and serviceType is NodePort';
    const world = { gateways: [gateway()], services: [service()], nodes: [node('n1')] };
    const filters = [{ type: 'RequestMirror' as const, requestMirror: { backendRef: { name: 'app', port: 8080 } } }];
    const result = routed({ ...world, routes: [httpRoute({ rules: [rule({ filters })] })] }, settings);
    const { conditions } = parentOf(result);
    expect(verdict(conditions, 'ResolvedRefs')).toBe('False/UnsupportedValue');
    expect(messageOf(conditions, 'ResolvedRefs')).toContain(`spec.rules[0].backendRefs[0]: ${said}`);
    const [served] = result.routes[0]?.rules ?? [];
    expect(served?.action).toBe('forward');
    expect(served?.mirrors).toBeUndefined();
  });

  it('says so below HTTP too', () => {
    const parentRefs = [{ name: 'gw' }];
    const tcp = {
      metadata: { name: 'tcp', namespace: 'default' },
      spec: { parentRefs, rules: [{ backendRefs: [{ name: 'app', port: 8080 }] }] },
    };
    const gateways = [gateway({ listeners: [listener({ protocol: 'TCP' })] })];
    const result = routed({ gateways, services: [service()], nodes: [node('n1')], tcpRoutes: [tcp] }, settings);
    expect(verdict(parentOf(result, 'default/tcp').conditions, 'ResolvedRefs')).toBe('False/UnsupportedValue');
    expect(result.l4[0]?.routes[0]?.backends[0]?.invalid).toBeUndefined();
  });
});

describe('node port local', () => {
  const entry = { podPort: 3000, nodeIP: '10.9.0.1', nodePort: 61001, protocol: 'tcp' };
  const pod = (name: string, annotation: unknown, namespace = 'default'): Pod => ({
    metadata: { name, namespace, annotations: { 'nodeportlocal.antrea.io': JSON.stringify(annotation) } },
  });
  const of = (name: string, ready = true) => ({
    addresses: ['10.0.0.1'],
    conditions: { ready },
    targetRef: { kind: 'Pod', name },
  });
  const slices = [slice([of('p1'), of('p2', false)], { ports: [{ port: 3000 }] })];
  const reached = (pods: readonly Pod[]) =>
    first({ services: [service()], slices, pods }, { serviceType: 'NodePortLocal' }).endpoints.map(
      ({ address, port, enabled }) => `${address}:${port}${enabled ? '' : ' disabled'}`,
    );

  it.each<[string, readonly Pod[], readonly string[]]>([
    [
      'every pod by its own port of its node',
      [pod('p1', [entry]), pod('p2', [{ ...entry, nodePort: 61002 }])],
      ['10.9.0.1:61001', '10.9.0.1:61002 disabled'],
    ],
    [
      'the port of the pod that the Service names',
      [pod('p1', [{ ...entry, podPort: 9, nodePort: 9 }, entry])],
      ['10.9.0.1:61001'],
    ],
    [
      'several protocols of a port',
      [pod('p1', [{ ...entry, protocol: undefined, protocols: ['udp', 'tcp'] }])],
      ['10.9.0.1:61001'],
    ],
    ['no pod (acceptance row 51)', [], []],
    ['another protocol', [pod('p1', [{ ...entry, protocol: 'udp' }])], []],
    ['a pod of another namespace', [pod('p1', [entry], 'other')], []],
    [
      'what is no address and no port',
      [pod('p1', [{ ...entry, nodeIP: 'x' }, { ...entry, nodePort: 70_000 }, 5, null])],
      [],
    ],
    ['an annotation that is no list', [pod('p1', { podPort: 3000 })], []],
  ])('%s', (_, pods, expected) => {
    expect(reached(pods)).toEqual(expected);
  });

  it('an annotation that is no JSON is as none', () => {
    const { metadata } = pod('p1', []);
    expect(reached([{ metadata: { ...metadata, annotations: { 'nodeportlocal.antrea.io': '[{' } } }])).toEqual([]);
  });
});
