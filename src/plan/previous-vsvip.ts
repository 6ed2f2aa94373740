/** Which VsVip a Gateway's parent uses on the controller, which decides the name of the next one. */
import { objectId, type JsonObject } from '../translate/desired.ts';
import type { PreviousVsVip } from '../translate/vsvip.ts';
import type { Inventory } from './inventory.ts';
import { parseRef } from './refs.ts';

/**
 * @param parentName name of the parent virtual service.
 * @param family which of a VIP's two addresses is asked for; default IPv4.
 * @returns undefined when the parent does not exist yet.
 */
export function previousVsVip(
  inventory: Inventory,
  tenant: string,
  parentName: string,
  family: 'V4' | 'V6' = 'V4',
): PreviousVsVip | undefined {
  const parent = inventory.objects.get(objectId({ type: 'virtualservice', tenant, name: parentName }));
  const ref = parent?.body.vsvip_ref;
  const name = typeof ref === 'string' ? parseRef(ref)?.name : undefined;
  if (name === undefined) return undefined;
  const vip = inventory.objects.get(objectId({ type: 'vsvip', tenant, name }))?.body.vip;
  const [first] = Array.isArray(vip) ? (vip as readonly JsonObject[]) : [];
  const address = addressOf(family === 'V6' ? first?.ip6_address : first?.ip_address);
  return { name, ...(address !== undefined && { address }) };
}

function addressOf(value: unknown): string | undefined {
  const addr = (value as { addr?: unknown } | undefined)?.addr;
  return typeof addr === 'string' ? addr : undefined;
}
