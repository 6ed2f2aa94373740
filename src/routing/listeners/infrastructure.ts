/** Settings of one Gateway's infrastructure, from whatever its parameters are kept in. */

/** An Avi network that VIPs are taken from: by name or uuid; CIDRs choose the subnet and with it the address family. */
export interface VipNetwork {
  readonly networkName?: string;
  readonly networkUUID?: string;
  readonly cidr?: string;
  readonly v6cidr?: string;
}

/** A network that servers are reached through (`placement_networks`). */
export interface NodeNetwork {
  readonly networkName?: string;
  readonly networkUUID?: string;
  readonly cidrs: readonly string[];
}

/** How a port of the virtual service is served, where it differs from what its listeners say. */
export interface PortSettings {
  readonly port: number;
  readonly enableHTTP2?: boolean;
}

/**
 * What the parameters of a GatewayClass, a Gateway or a namespace say; a field that is absent keeps the configuration's
 * value. The names are those of the configuration's keys, so that one takes the place of the other.
 */
export interface Infrastructure {
  /** Name of the Service Engine group. */
  readonly seGroup?: string;
  /** Replaces the whole list; never empty. */
  readonly vipNetworks?: readonly VipNetwork[];
  /** Replaces the whole list; never empty. */
  readonly nodeNetworks?: readonly NodeNetwork[];
  readonly enableRHI?: boolean;
  readonly enablePublicIP?: boolean;
  /** Labels of the BGP peers that the VIP is announced to; never empty. */
  readonly bgpPeerLabels?: readonly string[];
  /** NSX-T Tier-1 path. */
  readonly nsxtT1LR?: string;
  readonly ports?: readonly PortSettings[];
}

/** Several sources over one another, the last first in rank: each field has the value of the last source that sets it. */
export function mergeInfrastructure(...sources: readonly (Infrastructure | undefined)[]): Infrastructure {
  return Object.assign({}, ...sources) as Infrastructure;
}
