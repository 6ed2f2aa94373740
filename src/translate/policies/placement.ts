/**
 * Where a Gateway's VIP is. An address belongs to a network and a Tier-1 router, so settings that move it would need another
 * VIP: what is there stays, unless the Gateway asks to move.
 */
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { VipNetwork } from '../../routing/listeners/infrastructure.ts';
import type { TranslateSettings } from '../settings.ts';

/** Where a VsVip on the controller has its addresses from. */
export interface Placement {
  /** NSX-T Tier-1 path; absent: by VRF. */
  readonly tier1?: string;
  /** Networks by name and uuid, with the subnets that were asked for; empty when none was named. */
  readonly networks: readonly VipNetwork[];
}

/** Annotation of a Gateway that lets its VIP be made anew, with another address. */
const moveAnnotation = 'avi-gateway-operator/recreate-vip';

export interface Placed {
  /** With what keeps the VIP in its place. */
  readonly routed: RoutedGateway;
  /** Identity of the new place, when the VIP is to move. */
  readonly moveTo?: string;
  readonly problems: readonly Problem[];
}

export function placeVip(routed: RoutedGateway, general: TranslateSettings, current: Placement | undefined): Placed {
  if (!current) return { routed, problems: [] };
  const wanted: TranslateSettings = { ...general, ...routed.infrastructure };
  const moved = movedBy(current, wanted);
  if (moved.length === 0) return { routed, problems: [] };
  if (routed.resource.metadata?.annotations?.[moveAnnotation] === 'true') {
    return { routed, moveTo: JSON.stringify([wanted.nsxtT1LR ?? '', wanted.vipNetworks]), problems: [] };
  }
  const kept = { nsxtT1LR: current.tier1 ?? '', ...(current.networks.length > 0 && { vipNetworks: current.networks }) };
  const message = `${moved.join(' and ')} cannot change under a VIP, which stays where it is; annotate the Gateway ${moveAnnotation}: "true" to have it made again with another address`;
  return {
    routed: { ...routed, infrastructure: { ...routed.infrastructure, ...kept } },
    problems: [{ resource: `Gateway/${routed.key}`, field: 'spec.infrastructure.parametersRef', message }],
  };
}

function movedBy({ tier1, networks }: Placement, wanted: TranslateSettings): readonly string[] {
  const router = (tier1 ?? '') !== (wanted.nsxtT1LR ?? '');
  const network = networks.length > 0 && !wanted.vpc && !sameNetworks(networks, wanted.vipNetworks);
  return [...(network ? ['vipNetworks'] : []), ...(router ? ['t1lr'] : [])];
}

/** Outside public clouds a VIP is in the first network. */
function sameNetworks(current: readonly VipNetwork[], wanted: readonly VipNetwork[]): boolean {
  return current.every((network, place) => {
    const other = wanted[place];
    if (!other) return false;
    const named =
      other.networkUUID !== undefined
        ? network.networkUUID === other.networkUUID
        : network.networkName === other.networkName;
    const [before, after] = [network.cidr, other.cidr];
    return named && (before === undefined || after === undefined || before === after);
  });
}
