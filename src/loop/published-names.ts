/** While it is open whether what disappeared is really gone, its names stay published: a name that DNS loses takes the traffic along. */
import type { Inventory } from '../plan/inventory/inventory.ts';
import { objectId, type AviObject, type DesiredState, type Json, type JsonObject } from '../translate/desired.ts';

/** The desired state with the names that its VsVip has on the controller beside those that it should have. */
export function keepPublishedNames(desired: DesiredState, { objects }: Pick<Inventory, 'objects'>): DesiredState {
  const index = desired.objects.findIndex(({ type }) => type === 'vsvip');
  const vsvip = desired.objects[index];
  const current = vsvip && objects.get(objectId(vsvip))?.body;
  if (!vsvip || !current) return desired;
  const kept = withNames(vsvip, current);
  return kept === vsvip ? desired : { ...desired, objects: desired.objects.with(index, kept) };
}

function withNames(vsvip: AviObject, current: JsonObject): AviObject {
  const wanted = entries(vsvip.body.dns_info);
  const published = entries(current.dns_info);
  const extra = published.filter(({ fqdn }) => !wanted.some((entry) => entry.fqdn === fqdn));
  if (extra.length === 0) return vsvip;
  const isAll = wanted.every(({ fqdn }) => published.some((entry) => entry.fqdn === fqdn));
  const { vsvip_cloud_config_cksum: checksum } = isAll ? current : vsvip.body;
  const body: JsonObject = {
    ...vsvip.body,
    dns_info: isAll ? published : [...wanted, ...extra],
    // It must not pass for the one that has the wanted names only.
    ...(typeof checksum === 'string' && { vsvip_cloud_config_cksum: isAll ? checksum : `${checksum}-${extra.length}` }),
  };
  return { ...vsvip, body };
}

function entries(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
