import { describe, expect, it } from '@jest/globals';
import type { Node, Service } from '../../../src/routing/snapshot.ts';
import { gateway, httpRoute, listener, messageOf, parentOf, routed, rule, service, slice, verdict } from '../world.ts';
import { first, servers } from './resolved.ts';

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
