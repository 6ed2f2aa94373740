import { isObject, text, type Draft } from '../document.ts';
import { refuse, refuseField } from '../errors.ts';
import { allocateAddress, canonicalAddress, usedAddresses, type Family } from '../addresses.ts';
import { checkAddress } from './pool.ts';
import { fillReference, type RuleContext } from './rule.ts';

/** VsVip: vip_id filled in, addresses allocated, and what may not change (avi-model.md 2.2, 4.6). */
export function vsVipRule(context: RuleContext): void {
  fillReference(context, 'vrf_context_ref', 'vrfcontext', 'global');
  const vips = Array.isArray(context.draft['vip']) ? (context.draft['vip'] as unknown[]).filter(isObject) : [];
  checkIds(vips, previousVips(context));
  const used = usedAddresses(context.store, context.uuid);
  for (const vip of vips) {
    keepAddresses(vip, previousVips(context).get(vip['vip_id']));
    allocate(context, vip, used);
  }
}

/** Gives each vip without an id its position as id, as real controllers do, before the schema asks for it. */
export function fillVipIds(draft: Draft): void {
  if (!Array.isArray(draft['vip'])) return;
  (draft['vip'] as unknown[]).forEach((vip, index) => {
    if (isObject(vip)) vip['vip_id'] ??= String(index);
  });
}

type Vip = Readonly<Record<string, unknown>>;

function previousVips({ previous }: RuleContext): ReadonlyMap<unknown, Vip> {
  const vips = previous?.body['vip'];
  return new Map((Array.isArray(vips) ? (vips as unknown[]).filter(isObject) : []).map((vip) => [vip['vip_id'], vip]));
}

function checkIds(vips: readonly Vip[], previous: ReadonlyMap<unknown, Vip>): void {
  const ids = new Set(vips.map((vip) => vip['vip_id']));
  if (ids.size < vips.length) throw refuseField('vip', 'vip: vip_id is given twice.');
  const gone = [...previous.keys()].some((id) => !ids.has(id));
  const added = [...ids].some((id) => !previous.has(id));
  if (previous.size > 0 && gone && added) throw refuse(400, "Changing an existing VIP's vip_id is not supported");
}

const addressField: Readonly<Record<Family, string>> = { V4: 'ip_address', V6: 'ip6_address' };

function keepAddresses(vip: Draft, previous: Vip | undefined): void {
  if (!previous) return;
  for (const field of Object.values(addressField)) {
    const before = previous[field];
    if (!isObject(before)) continue;
    const wanted = vip[field];
    if (wanted === undefined) {
      if (vip['auto_allocate_ip'] === true) vip[field] = before;
    } else if (!isObject(wanted) || canonicalAddress(wanted['addr']) !== canonicalAddress(before['addr'])) {
      throw refuse(400, 'If a new preferred IP is needed, please recreate the VIP');
    }
  }
}

function allocate(context: RuleContext, vip: Draft, used: Map<string, string>): void {
  const automatic = vip['auto_allocate_ip'] === true;
  const type = text(vip['auto_allocate_ip_type']) ?? 'V4_ONLY';
  let given = 0;
  for (const family of ['V4', 'V6'] as const) {
    const field = addressField[family];
    const preferred = vip[field];
    const needed = automatic && (type === 'V4_V6' || type === `${family}_ONLY`);
    if (isObject(preferred)) {
      checkAddress('vip', preferred);
      const address = canonicalAddress(preferred['addr']);
      checkFree(address, used, automatic);
      if (automatic && !context.previous) allocateAddress(context, vip, family, used, address);
      used.set(address, context.name);
      given += 1;
    } else if (needed) {
      const address = allocateAddress(context, vip, family, used);
      vip[field] = { addr: address, type: family };
      vip['avi_allocated_vip'] = true;
      used.set(address, context.name);
      given += 1;
    }
  }
  if (given === 0) throw refuseField('vip', 'vip: ip_address or auto_allocate_ip is required.');
}

function checkFree(address: string, used: ReadonlyMap<string, string>, automatic: boolean): void {
  const owner = used.get(address);
  if (owner === undefined) return;
  if (automatic) throw refuse(400, 'No available free IPs');
  throw refuse(400, `IP address ${address} is already used by VsVip ${owner}`);
}
