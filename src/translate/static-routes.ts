/** Pod networks as `static_routes` of a VRF context (Avi VrfContext, StaticRoute). */
import { createHash } from 'node:crypto';
import type { PodNetwork } from '../routing/pod-networks.ts';
import type { JsonObject } from './desired.ts';
import { namePrefix } from './naming/names.ts';

/** What our routes' `route_id` begins with; AKO's begin with the cluster's name, and are not ours. */
export function routeIdPrefix(clusterName: string): string {
  return `${namePrefix(clusterName)}node-`;
}

/** One route for each network, by the node's address. The id says the node and the network, so that none is renumbered. */
export function staticRoutes(networks: readonly PodNetwork[], clusterName: string): readonly JsonObject[] {
  return networks.map(({ node, address, mask, family, nextHop }) => ({
    route_id: `${routeIdPrefix(clusterName)}${digest(`${node} ${address}/${mask}`)}`,
    prefix: { ip_addr: { addr: address, type: family }, mask },
    next_hop: { addr: nextHop, type: family },
  }));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
