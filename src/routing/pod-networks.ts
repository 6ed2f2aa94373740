/**
 * The networks that pods have at each node, and by which address of the node they are reached: what a router must know
 * where pods are not routable.
 */
import { isIP } from 'node:net';
import { addressFamily } from './backends/endpoints.ts';
import { compareText, list } from './read.ts';
import type { Node, Snapshot } from './snapshot.ts';

/** Where the networks are read: Nodes' `spec.podCIDRs`, or what Cilium or Antrea write on Nodes. */
export type PodNetworkSource = 'podCIDR' | 'cilium' | 'antrea';

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

/** Sorted by node and network. What is no network, or has no address of its family at the node, is left out. */
export function podNetworks(nodes: Snapshot['nodes'], source: PodNetworkSource): readonly PodNetwork[] {
  return [...nodes]
    .flatMap(([name, node]) => networksOf(name, node, source))
    .sort((a, b) => compareText(a.node, b.node) || compareText(a.address, b.address));
}

function networksOf(name: string, node: Node, source: PodNetworkSource): readonly PodNetwork[] {
  const addresses = addressesOf(node, source);
  return [...new Set(cidrsOf(node, source))].flatMap((cidr) => {
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
  const transport = source === 'antrea' ? (metadata.annotations?.[antreaAddresses] ?? '') : '';
  const internal = list(status?.addresses).flatMap(({ type, address }) => (type === 'InternalIP' ? [address] : []));
  return [...transport.split(',').map((one) => one.trim()), ...internal].filter((one) => isIP(one) !== 0);
}
