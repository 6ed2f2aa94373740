/** Which VsVip a Gateway's virtual services use on the controller, which decides the name of the next one. */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import type { Placement } from '../../translate/policies/placement.ts';
import type { PreviousVsVip } from '../../translate/virtual-services/vsvip.ts';
import type { Inventory } from './inventory.ts';
import { parseRef } from '../refs.ts';

/**
 * @param parentName name of the parent virtual service.
 * @param family which of a VIP's two addresses is asked for; default IPv4.
 * @returns undefined when neither the parent nor another virtual service of the Gateway exists yet.
 */
export function previousVsVip(
  inventory: Inventory,
  tenant: string,
  parentName: string,
  family: 'V4' | 'V6' = 'V4',
): PreviousVsVip | undefined {
  const parent = inventory.objects.get(objectId({ type: 'virtualservice', tenant, name: parentName }));
  const name = parent ? vsVipOf(parent.body) : sharedVsVip(inventory, tenant, parentName);
  if (name === undefined) return undefined;
  const body = inventory.objects.get(objectId({ type: 'vsvip', tenant, name }))?.body;
  const vips = Array.isArray(body?.vip) ? (body.vip as readonly JsonObject[]) : [];
  const address = addressOf(family === 'V6' ? vips[0]?.ip6_address : vips[0]?.ip_address);
  return {
    name,
    ...(address !== undefined && { address }),
    ...(body && isPlaced(body, vips) && { placement: placementOf(body, vips) }),
  };
}

/** Whether the controller says where the VIP is. */
function isPlaced(body: JsonObject, vips: readonly JsonObject[]): boolean {
  const has = (fields: JsonObject, ...names: readonly string[]) => names.some((name) => fields[name] !== undefined);
  return has(body, 'tier1_lr', 'vrf_context_ref') || vips.some((vip) => has(vip, 'ipam_network_subnet', 'subnet_uuid'));
}

/** One network, or in public clouds a subnet for each vip. */
function placementOf({ tier1_lr: tier1 }: JsonObject, vips: readonly JsonObject[]): Placement {
  const networks = vips.flatMap((vip): Placement['networks'] => {
    const subnet = vip.subnet_uuid;
    if (typeof subnet === 'string') return [{ networkUUID: subnet, networkName: subnet }];
    const network = vip.ipam_network_subnet as JsonObject | undefined;
    const ref = typeof network?.network_ref === 'string' ? parseRef(network.network_ref) : undefined;
    if (!ref) return [];
    const [cidr, v6cidr] = [cidrOf(network?.subnet), cidrOf(network?.subnet6)];
    return [
      {
        ...(ref.name !== undefined && { networkName: ref.name }),
        ...(ref.uuid !== undefined && { networkUUID: ref.uuid }),
        ...(cidr !== undefined && { cidr }),
        ...(v6cidr !== undefined && { v6cidr }),
      },
    ];
  });
  return { ...(typeof tier1 === 'string' && tier1 !== '' && { tier1 }), networks };
}

function cidrOf(value: unknown): string | undefined {
  const { ip_addr: address, mask } = (value ?? {}) as { readonly ip_addr?: unknown; readonly mask?: unknown };
  const addr = addressOf(address);
  return addr !== undefined && typeof mask === 'number' ? `${addr}/${mask}` : undefined;
}

/** A Gateway without HTTP has no parent; its other virtual services use the VsVip that would be the parent's. */
function sharedVsVip(inventory: Inventory, tenant: string, parentName: string): string | undefined {
  for (const object of inventory.objects.values()) {
    const name = object.type === 'virtualservice' && object.tenant === tenant ? vsVipOf(object.body) : undefined;
    if (name === parentName) return name;
    if (name?.startsWith(`${parentName}-`) && /^-[0-9a-f]{8}$/.test(name.slice(parentName.length))) return name;
  }
  return undefined;
}

function vsVipOf({ vsvip_ref: ref }: JsonObject): string | undefined {
  return typeof ref === 'string' ? parseRef(ref)?.name : undefined;
}

function addressOf(value: unknown): string | undefined {
  const addr = (value as { addr?: unknown } | undefined)?.addr;
  return typeof addr === 'string' ? addr : undefined;
}
