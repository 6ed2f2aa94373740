import { describe, expect, it } from '@jest/globals';
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
  type Listener,
  type ParentRef,
} from './world.ts';

const two = [
  listener({ name: 'http', port: 80, hostname: '*.x.y' }),
  listener({ name: 'alt', port: 8080, hostname: 'app.x.y' }),
];

describe('parentRefs', () => {
  it.each<[string, Partial<ParentRef>, string, readonly string[]]>([
    ['the Gateway', {}, 'True/Accepted', ['http', 'alt']],
    ['a section', { sectionName: 'alt' }, 'True/Accepted', ['alt']],
    ['a port', { port: 80 }, 'True/Accepted', ['http']],
    ['a section and its port', { sectionName: 'alt', port: 8080 }, 'True/Accepted', ['alt']],
    [
      'group and kind',
      { group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default' },
      'True/Accepted',
      ['http', 'alt'],
    ],
    ['an unknown section', { sectionName: 'none' }, 'False/NoMatchingParent', []],
    ['a port that no listener has', { port: 81 }, 'False/NoMatchingParent', []],
    ['a section with another port', { sectionName: 'alt', port: 80 }, 'False/NoMatchingParent', []],
  ])('%s', (_, ref, expected, listeners) => {
    const routes = [httpRoute({ parentRefs: [{ name: 'gw', ...ref }], hostnames: ['app.x.y'] })];
    const result = routed({ gateways: [gateway({ listeners: two })], routes, ...app });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe(expected);
    expect(parentOf(result).attached).toBe(expected.startsWith('True'));
    expect(result.routes.flatMap((route) => route.listeners)).toEqual(listeners);
    for (const entry of result.listeners) expect(entry.attachedRoutes).toBe(listeners.includes(entry.name) ? 1 : 0);
  });

  it('says in AKO’s words what is accepted and which section is unknown', () => {
    const result = routed({
      gateways: [gateway()],
      routes: [
        httpRoute({
          parentRefs: [
            { name: 'gw', sectionName: 'http' },
            { name: 'gw', sectionName: 'none' },
          ],
        }),
      ],
      ...app,
    });
    expect(parentOf(result).conditions).toEqual([
      { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'Parent reference is valid' },
      { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: 'All the references are valid' },
    ]);
    expect(messageOf(parentOf(result, 'default/route', 1).conditions, 'Accepted')).toContain(
      'Invalid listener name provided',
    );
  });

  it('does not stop at the first parent that fails (AKO defect 12)', () => {
    const parentRefs = [{ name: 'gw', sectionName: 'none' }, { name: 'gw', sectionName: 'http' }, { name: 'second' }];
    const world = {
      gateways: [gateway(), gateway({}, { name: 'second' })],
      routes: [httpRoute({ parentRefs })],
      ...app,
    };
    expect(routed(world).parents.map(({ attached }) => attached)).toEqual([false, true]);
    expect(routed(world, {}, 'default/second').parents.map(({ parentRefIndex }) => parentRefIndex)).toEqual([2]);
  });

  it('are one route when several name one Gateway', () => {
    const parentRefs = [
      { name: 'gw', sectionName: 'alt' },
      { name: 'gw', sectionName: 'http' },
    ];
    const result = routed({
      gateways: [gateway({ listeners: two })],
      routes: [httpRoute({ parentRefs, hostnames: ['app.x.y'] })],
      ...app,
    });
    expect(result.routes.map(({ listeners }) => listeners)).toEqual([['http', 'alt']]);
    expect(result.listeners.map(({ attachedRoutes }) => attachedRoutes)).toEqual([1, 1]);
  });

  it.each<[string, ParentRef]>([
    ['a Service', { group: '', kind: 'Service', name: 'gw' }],
    ['a ListenerSet', { kind: 'ListenerSet', name: 'gw' }],
    ['another group', { group: 'a.b', name: 'gw' }],
    ['a Gateway that does not exist', { name: 'none' }],
    ['a Gateway of that name in another namespace', { name: 'gw', namespace: 'other' }],
  ])('yields nothing for %s', (_, ref) => {
    expect(routed({ gateways: [gateway()], routes: [httpRoute({ parentRefs: [ref] })] }).parents).toEqual([]);
  });

  it('yields nothing for the parent of another controller, and serves ours', () => {
    const foreign = gateway({ gatewayClassName: 'other' }, { name: 'foreign' });
    const world = {
      gateways: [gateway(), foreign],
      routes: [httpRoute({ parentRefs: [{ name: 'foreign' }, { name: 'gw' }] })],
      ...app,
    };
    expect([...routeWorld(world).gateways.keys()]).toEqual(['default/gw']);
    expect(routed(world).parents.map(({ parentRefIndex }) => parentRefIndex)).toEqual([1]);
  });

  it('yields nothing without parentRefs', () => {
    expect(routed({ gateways: [gateway()], routes: [httpRoute({ parentRefs: [] })] }).parents).toEqual([]);
  });
});

describe('allowedRoutes.namespaces', () => {
  type Namespaces = NonNullable<NonNullable<Listener['allowedRoutes']>['namespaces']>;
  const selector = (part: NonNullable<Namespaces['selector']>): Namespaces => ({ from: 'Selector', selector: part });
  const expression = (key: string, operator: string, values?: readonly string[]) =>
    selector({ matchExpressions: [{ key, operator, ...(values ? { values } : {}) }] });

  it.each<[string, Namespaces | undefined, boolean]>([
    ['left out means Same', undefined, false],
    ['Same', { from: 'Same' }, false],
    ['All', { from: 'All' }, true],
    ['None', malformed({ from: 'None' }), false],
    ['an unknown value', malformed({ from: 'Some' }), false],
    ['Selector without selector', { from: 'Selector' }, false],
    ['an empty selector', selector({}), true],
    ['a label that it has', selector({ matchLabels: { team: 'a' } }), true],
    ['a label with another value', selector({ matchLabels: { team: 'b' } }), false],
    ['a label that it lacks', selector({ matchLabels: { team: 'a', tier: 'x' } }), false],
    ['the name label of the API server', selector({ matchLabels: { 'kubernetes.io/metadata.name': 'dev' } }), true],
    ['In', expression('team', 'In', ['b', 'a']), true],
    ['In others', expression('team', 'In', ['b']), false],
    ['In without the label', expression('tier', 'In', ['b']), false],
    ['NotIn', expression('team', 'NotIn', ['b']), true],
    ['NotIn its own', expression('team', 'NotIn', ['a']), false],
    ['NotIn without the label', expression('tier', 'NotIn', ['a']), true],
    ['Exists', expression('team', 'Exists'), true],
    ['Exists, which it lacks', expression('tier', 'Exists'), false],
    ['DoesNotExist', expression('tier', 'DoesNotExist'), true],
    ['DoesNotExist, which it has', expression('team', 'DoesNotExist'), false],
    [
      'labels and expressions',
      selector({ matchLabels: { team: 'a' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }),
      false,
    ],
  ])('%s', (_, namespaces, allowed) => {
    const result = routed({
      gateways: [gateway({ listeners: [listener(namespaces ? { allowedRoutes: { namespaces } } : {})] })],
      namespaces: [{ metadata: { name: 'dev', labels: { team: 'a' } } }],
      routes: [httpRoute({ parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'dev' })],
    });
    expect(verdict(parentOf(result, 'dev/route').conditions, 'Accepted')).toBe(
      allowed ? 'True/Accepted' : 'False/NotAllowedByListeners',
    );
    expect(result.listeners[0]?.attachedRoutes).toBe(allowed ? 1 : 0);
  });

  it('attaches to the listeners that allow it, of several', () => {
    const listeners = [
      listener(),
      listener({ name: 'open', port: 81, allowedRoutes: { namespaces: { from: 'All' } } }),
    ];
    const routes = [httpRoute({ parentRefs: [{ name: 'gw', namespace: 'default' }] }, { namespace: 'dev' })];
    expect(routed({ gateways: [gateway({ listeners })], routes }).routes[0]?.listeners).toEqual(['open']);
  });

  it('lets nothing in where kinds leave HTTPRoute out', () => {
    const listeners = [
      listener({ allowedRoutes: { kinds: [{ kind: 'TCPRoute' }] } }),
      listener({ name: 'ok', port: 81 }),
    ];
    const routes = [httpRoute({ parentRefs: [{ name: 'gw', sectionName: 'http' }] })];
    const result = routed({ gateways: [gateway({ listeners })], routes });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe('False/NotAllowedByListeners');
  });
});

describe('hostnames', () => {
  it.each<[string | undefined, readonly string[], boolean]>([
    [undefined, [], true],
    [undefined, ['a.x'], true],
    ['a.x', [], true],
    ['a.x', ['a.x'], true],
    ['A.x', ['a.X'], true],
    ['*.x', ['a.x'], true],
    ['*.x', ['b.a.x'], true],
    ['*.x', ['*.x'], true],
    ['*.x', ['*.a.x'], true],
    ['b.a.x', ['*.x'], true],
    ['*.x', ['x'], false],
    ['*.x', ['a.y'], false],
    ['a.x', ['b.x'], false],
    ['a.x', ['b.x', 'a.x'], true],
    ['example.com', ['evilexample.com'], false],
  ])('listener %s and route %j', (hostname, hostnames, attached) => {
    const result = routed({
      gateways: [gateway({ listeners: [listener(hostname ? { hostname } : {})] })],
      routes: [httpRoute({ hostnames })],
      ...app,
    });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe(
      attached ? 'True/Accepted' : 'False/NoMatchingListenerHostname',
    );
    expect(result.routes).toHaveLength(attached ? 1 : 0);
  });

  it('are kept as the route has them: precedence looks at these', () => {
    const routes = [httpRoute({ hostnames: ['*.X.y', 'app.x.y', 'else.z'] })];
    const result = routed({ gateways: [gateway({ listeners: [listener({ hostname: 'app.x.y' })] })], routes, ...app });
    expect(result.routes[0]?.hostnames).toEqual(['*.x.y', 'app.x.y', 'else.z']);
  });

  it('that are none never mean every host', () => {
    const bad = httpRoute({ hostnames: ['*'] });
    const result = routed({ gateways: [gateway()], routes: [bad], ...app });
    expect(verdict(parentOf(result).conditions, 'Accepted')).toBe('False/UnsupportedValue');
    const partly = routed({ gateways: [gateway()], routes: [httpRoute({ hostnames: ['10.0.0.1', 'a.x'] })], ...app });
    expect(partly.routes[0]?.hostnames).toEqual(['a.x']);
    expect(messageOf(parentOf(partly).conditions, 'Accepted')).toContain('spec.hostnames[0]');
    expect(partly.problems).toContainEqual(expect.objectContaining({ field: 'spec.hostnames[0]' }));
  });
});

describe('attachedRoutes', () => {
  it('counts accepted routes only, and follows deletions (AKO defect 9)', () => {
    const good = httpRoute({}, { name: 'good' });
    const bad = httpRoute({ rules: [{ retry: { codes: [500] } }] }, { name: 'bad' });
    const going = httpRoute({}, { name: 'going', deletionTimestamp: '2026-02-01T00:00:00Z' });
    const count = (routes: Parameters<typeof routed>[0]['routes']) =>
      routed({ gateways: [gateway()], ...(routes ? { routes } : {}), ...app }).listeners[0]?.attachedRoutes;
    expect(count([good, bad, going])).toBe(1);
    expect(count([bad])).toBe(0);
    expect(count([good, { ...good, metadata: { ...good.metadata, name: 'more' } }])).toBe(2);
  });
});

it('orders routes by age, then namespace and name, whatever order they are seen in', () => {
  const routes = [
    httpRoute({}, { name: 'b', creationTimestamp: '2026-01-02T00:00:00Z' }),
    httpRoute({}, { name: 'a', creationTimestamp: '2026-01-02T00:00:00Z' }),
    httpRoute({}, { name: 'z', creationTimestamp: '2026-01-01T00:00:00Z' }),
  ];
  const names = (given: typeof routes) =>
    routed({ gateways: [gateway()], routes: given, ...app }).routes.map(({ name }) => name);
  expect(names(routes)).toEqual(['z', 'a', 'b']);
  expect(names([...routes].reverse())).toEqual(['z', 'a', 'b']);
});
