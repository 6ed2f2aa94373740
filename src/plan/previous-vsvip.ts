/** Which VsVip a Gateway's virtual services use on the controller, which decides the name of the next one. */
import { objectId, type JsonObject } from '../translate/desired.ts';
import type { PreviousVsVip } from '../translate/vsvip.ts';
import type { Inventory } from './inventory.ts';
import { parseRef } from './refs.ts';

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
  const vip = inventory.objects.get(objectId({ type: 'vsvip', tenant, name }))?.body.vip;
  const [first] = Array.isArray(vip) ? (vip as readonly JsonObject[]) : [];
  const address = addressOf(family === 'V6' ? first?.ip6_address : first?.ip_address);
  return { name, ...(address !== undefined && { address }) };
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
