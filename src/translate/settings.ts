import type { NodeNetwork, VipNetwork } from '../routing/listeners/infrastructure.ts';

export type { NodeNetwork, VipNetwork } from '../routing/listeners/infrastructure.ts';

/** What the translation needs to know besides the routing's result; a part of the configuration, so frozen. */
export interface TranslateSettings {
  readonly clusterName: string;
  readonly cloud: string;
  readonly cloudType: string;
  readonly seGroup: string;
  readonly vrf: string;
  /** NSX-T Tier-1 path; when set, `tier1_lr` takes the place of the VRF on VsVips and pools. */
  readonly nsxtT1LR?: string;
  /** NSX VPC path `/orgs/…/projects/P/vpcs/V`. */
  readonly vpc?: string;
  readonly vipType: 'public' | 'private';
  readonly vipNetworks: readonly VipNetwork[];
  readonly nodeNetworks: readonly NodeNetwork[];
  readonly enableRHI: boolean;
  readonly enablePublicIP: boolean;
  /** Labels of the BGP peers that VIPs are announced to; absent: all. */
  readonly bgpPeerLabels?: readonly string[];
  readonly dnsDomains: readonly string[];
  /** Design section 3 item 3: false puts all rules of a host in one ordered policy set. */
  readonly trustChildOrder: boolean;
}
