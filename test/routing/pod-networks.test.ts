import { describe, expect, it } from '@jest/globals';
import { podNetworks, type PodNetworkSource } from '../../src/routing/pod-networks.ts';
import type { BlockAffinity, Node } from '../../src/routing/snapshot.ts';

function node(name: string, spec: Node['spec'], annotations: Readonly<Record<string, string>> = {}): [string, Node] {
  const addresses = [
    { type: 'Hostname', address: name },
    { type: 'InternalIP', address: `10.9.0.${name.slice(1)}` },
    { type: 'InternalIP', address: `fd09::${name.slice(1)}` },
  ];
  return [name, { metadata: { name, annotations }, spec: spec ?? {}, status: { addresses } }];
}

function read(source: PodNetworkSource, ...nodes: readonly [string, Node][]): readonly string[] {
  return podNetworks({ nodes: new Map(nodes), blockAffinities: new Map() }, source).map(
    ({ node: name, address, mask, nextHop }) => `${name} ${address}/${mask} by ${nextHop}`,
  );
}

describe('networks of pods', () => {
  it.each<[string, PodNetworkSource, [string, Node][], readonly string[]]>([
    [
      'are those of every node, sorted',
      'podCIDR',
      [node('n2', { podCIDRs: ['10.244.2.0/24'] }), node('n1', { podCIDRs: ['10.244.1.0/24'] })],
      ['n1 10.244.1.0/24 by 10.9.0.1', 'n2 10.244.2.0/24 by 10.9.0.2'],
    ],
    [
      'of both families are reached by the address of their own',
      'podCIDR',
      [node('n1', { podCIDRs: ['10.244.1.0/24', 'fd00:1::/64'] })],
      ['n1 10.244.1.0/24 by 10.9.0.1', 'n1 fd00:1::/64 by fd09::1'],
    ],
    [
      'are in podCIDR of older nodes',
      'podCIDR',
      [node('n1', { podCIDR: '10.1.0.0/24' })],
      ['n1 10.1.0.0/24 by 10.9.0.1'],
    ],
    [
      'of Cilium stand in its annotations',
      'cilium',
      [node('n1', { podCIDRs: ['10.1.0.0/24'] }, { 'network.cilium.io/ipv4-pod-cidr': '10.7.1.0/24' })],
      ['n1 10.7.1.0/24 by 10.9.0.1'],
    ],
    [
      'of an older Cilium stand in others',
      'cilium',
      [node('n1', {}, { 'io.cilium.network.ipv6-pod-cidr': 'fd07::/64' })],
      ['n1 fd07::/64 by fd09::1'],
    ],
    [
      'of Cilium without any are the nodes',
      'cilium',
      [node('n1', { podCIDR: '10.1.0.0/24' })],
      ['n1 10.1.0.0/24 by 10.9.0.1'],
    ],
    [
      'of Antrea are reached by its transport addresses',
      'antrea',
      [node('n1', { podCIDR: '10.1.0.0/24' }, { 'node.antrea.io/transport-addresses': '172.16.0.1, fd16::1' })],
      ['n1 10.1.0.0/24 by 172.16.0.1'],
    ],
    ['that are none are left out', 'podCIDR', [node('n1', { podCIDRs: ['x/24', '10.1.0.0/33', '10.1.0.0', ''] })], []],
  ])('%s', (_, source, nodes, expected) => {
    expect(read(source, ...nodes)).toEqual(expected);
  });

  it('of Calico are its blocks, reached by the address that it writes', () => {
    const block = (name: string, of: string, cidr: string, deleted = 'false'): [string, BlockAffinity] => [
      name,
      { metadata: { name }, spec: { node: of, cidr, deleted } },
    ];
    const blockAffinities = new Map([
      block('a', 'n1', '10.5.0.0/26'),
      block('b', 'n1', '10.5.0.64/26'),
      block('c', 'n1', '10.5.0.128/26', 'true'),
      block('d', 'n3', '10.5.1.0/26'),
    ]);
    const nodes = new Map([
      node('n1', { podCIDR: '10.1.0.0/24' }, { 'projectcalico.org/IPv4Address': '172.16.0.1/24' }),
    ]);
    expect(podNetworks({ nodes, blockAffinities }, 'calico')).toEqual([
      { node: 'n1', address: '10.5.0.0', mask: 26, family: 'V4', nextHop: '172.16.0.1' },
      { node: 'n1', address: '10.5.0.64', mask: 26, family: 'V4', nextHop: '172.16.0.1' },
    ]);
  });

  it('without an address of their family at the node are left out', () => {
    const [name, bare] = node('n1', { podCIDRs: ['10.1.0.0/24'] });
    expect(
      read('podCIDR', [name, { ...bare, status: { addresses: [{ type: 'InternalIP', address: 'fd09::1' }] } }]),
    ).toEqual([]);
  });
});
