/**
 * The networks that pods have at each node, and by which address of the node they are reached: what a router must know
 * where pods are not routable.
 */
import { isIP } from 'node:net';
import { addressFamily } from './backends/endpoints.ts';
import { compareText, list } from '../values/read.ts';
import type { Node, Snapshot } from './snapshot.ts';

/** Where the networks are read: Nodes' `spec.podCIDRs`, what Cilium or Antrea write on Nodes, or Calico's BlockAffinities. */
export type PodNetworkSource = 'podCIDR' | 'cilium' | 'antrea' | 'calico';

export interface PodNetwork {
  readonly node: string;
  /** Address of the network. */
  readonly address: string;
  /** Length of its prefix, in bits. */
  readonly mask: number;
  readonly family: 'V4' | 'V6';
  /** Address of the node, of the same family. */
  readonly nextHop: string;
}

/** By Cilium's `ipam: cluster-pool` and `kubernetes`, with the names of before 1.14 after those of today. */
const ciliumAnnotations = [
  'network.cilium.io/ipv4-pod-cidr',
  'network.cilium.io/ipv6-pod-cidr',
  'io.cilium.network.ipv4-pod-cidr',
  'io.cilium.network.ipv6-pod-cidr',
];
/** Addresses of the interface that Antrea sends pods' traffic by, where it is not the node's own. */
const antreaAddresses = 'node.antrea.io/transport-addresses';

/** Addresses that Calico sends pods' traffic by, `10.0.0.5/24`. */
const calicoAddresses = ['projectcalico.org/IPv4Address', 'projectcalico.org/IPv6Address'];

/** Sorted by node and network. What is no network, or has no address of its family at the node, is left out. */
export function podNetworks(
  { nodes, blockAffinities }: Pick<Snapshot, 'nodes' | 'blockAffinities'>,
  source: PodNetworkSource,
): readonly PodNetwork[] {
  const given = source === 'calico' ? networksOfCalico(blockAffinities) : undefined;
  return [...nodes]
    .flatMap(([name, node]) => networksOf(name, node, given ? (given.get(name) ?? []) : cidrsOf(node, source), source))
    .sort((a, b) => compareText(a.node, b.node) || compareText(a.address, b.address));
}

/** Networks by node; a block that is being given back is not the node's any more. */
function networksOfCalico(blockAffinities: Snapshot['blockAffinities']): ReadonlyMap<string, readonly string[]> {
  const byNode = new Map<string, string[]>();
  for (const { spec } of blockAffinities.values()) {
    if (spec?.node === undefined || spec.cidr === undefined || spec.deleted === 'true') continue;
    byNode.set(spec.node, [...(byNode.get(spec.node) ?? []), spec.cidr]);
  }
  return byNode;
}

function networksOf(
  name: string,
  node: Node,
  cidrs: readonly string[],
  source: PodNetworkSource,
): readonly PodNetwork[] {
  const addresses = addressesOf(node, source);
  return [...new Set(cidrs)].flatMap((cidr) => {
    const [address = '', bits = ''] = cidr.split('/');
    const family = addressFamily(address);
    const nextHop = addresses.find((candidate) => addressFamily(candidate) === family);
    const mask = /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
    if (!family || nextHop === undefined || !(mask <= (family === 'V4' ? 32 : 128))) return [];
    return [{ node: name, address, mask, family, nextHop }];
  });
}

function cidrsOf({ metadata, spec }: Node, source: PodNetworkSource): readonly string[] {
  const own = spec?.podCIDRs ?? list(spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
  if (source !== 'cilium') return own;
  const written = ciliumAnnotations.flatMap((name) => metadata.annotations?.[name] ?? []);
  return written.length > 0 ? written : own;
}

/** Of the node, those that pods are reached by first. */
function addressesOf({ metadata, status }: Node, source: PodNetworkSource): readonly string[] {
  const written = (name: string) => metadata.annotations?.[name] ?? '';
  const transport =
    source === 'antrea'
      ? written(antreaAddresses).split(',')
      : source === 'calico'
        ? calicoAddresses.map((name) => written(name).split('/')[0] ?? '')
        : [];
  const internal = list(status?.addresses).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : []));
  return [...transport.map((one) => one.trim()), ...internal].filter((one) => isIP(one) !== 0);
}
