import { isObject, objects, text } from '../document.ts';
import { refuse, refuseField } from '../errors.ts';
import { uuidOf } from '../references.ts';
import type { StoredObject } from '../types.ts';
import { checkMatchPath } from './http-policy.ts';
import { fillReference, type RuleContext } from './rule.ts';

/** VirtualService: references filled, virtual hosting, ports of shared VIPs (avi-model.md 2.1, 2.2, 4.4). */
export function virtualServiceRule(context: RuleContext): void {
  fillReference(context, 'application_profile_ref', 'applicationprofile', 'System-HTTP');
  fillReference(context, 'network_profile_ref', 'networkprofile', 'System-TCP-Proxy');
  fillReference(context, 'analytics_profile_ref', 'analyticsprofile', 'System-Analytics-Profile');
  fillReference(context, 'se_group_ref', 'serviceenginegroup', 'Default-Group');
  fillReference(context, 'vrf_context_ref', 'vrfcontext', 'global');
  if (terminatesTls(context)) fillReference(context, 'ssl_profile_ref', 'sslprofile', 'System-Standard');
  fillPortRanges(context);
  checkImmutable(context);
  checkVirtualHosting(context);
  checkCertificates(context);
  checkVip(context);
  checkNetworks(context);
}

function terminatesTls({ draft }: RuleContext): boolean {
  return objects(draft['services']).some((service) => service['enable_ssl'] === true);
}

function fillPortRanges({ draft, store }: RuleContext): void {
  if (!Array.isArray(draft['services'])) return;
  for (const service of draft['services'] as unknown[]) {
    if (!isObject(service)) continue;
    service['port_range_end'] ||= service['port'];
    if (Number(service['port_range_end']) < Number(service['port'])) {
      throw refuseField('services', 'services: port_range_end is below port.');
    }
  }
  const ranges = portRanges(draft, store);
  ranges.forEach((range, index) => {
    const clash = ranges.slice(0, index).some((other) => overlap(range, other));
    if (clash) throw refuseField('services', `services: port ${range.from} is given twice.`);
  });
}

function checkImmutable({ draft, previous, store }: RuleContext): void {
  if (!previous) return;
  if (previous.body['vh_type'] !== draft['vh_type'] && draft['type'] !== 'VS_TYPE_NORMAL') {
    throw refuseField('vh_type', 'vh_type: cannot be changed.');
  }
  if (previous.body['type'] !== draft['type'] && childrenOf(store, previous).length > 0) {
    throw refuseField('type', 'type: cannot be changed while child virtual services exist.');
  }
}

/** The virtual services whose parent this is. */
export function childrenOf(store: RuleContext['store'], parent: StoredObject): readonly StoredObject[] {
  return store
    .referrers(parent.uuid)
    .filter((object) => object.type === 'virtualservice' && uuidOf(object.body['vh_parent_vs_ref']) === parent.uuid);
}

function checkVirtualHosting(context: RuleContext): void {
  const { draft, store } = context;
  if (draft['type'] !== 'VS_TYPE_VH_CHILD') {
    if (draft['vh_parent_vs_ref'] !== undefined) {
      throw refuseField('vh_parent_vs_ref', 'vh_parent_vs_ref: only a VS_TYPE_VH_CHILD has a parent.');
    }
    if (objects(draft['vh_matches']).length > 0) {
      throw refuseField('vh_matches', 'vh_matches: only a VS_TYPE_VH_CHILD has matches.');
    }
    return;
  }
  const parent = store.resolve(draft['vh_parent_vs_ref']);
  if (!parent) throw refuseField('vh_parent_vs_ref', 'vh_parent_vs_ref: This field is required for VS_TYPE_VH_CHILD.');
  if (parent.body['type'] !== 'VS_TYPE_VH_PARENT') {
    throw refuseField('vh_parent_vs_ref', `vh_parent_vs_ref: ${parent.name} is not a VS_TYPE_VH_PARENT.`);
  }
  if (parent.body['vh_type'] !== draft['vh_type']) {
    throw refuseField('vh_type', 'vh_type: parent and child virtual services must have the same vh_type.');
  }
  if (objects(draft['services']).length > 0) {
    throw refuseField('services', 'services: a VS_TYPE_VH_CHILD listens on its parent.');
  }
  checkMatches(context);
}

function checkMatches({ draft, strict }: RuleContext): void {
  const matches = objects(draft['vh_matches']);
  if (draft['vh_type'] === 'VS_TYPE_VH_ENHANCED' && matches.length === 0) {
    throw refuseField('vh_matches', 'vh_matches: This field is required for VS_TYPE_VH_ENHANCED.');
  }
  for (const match of matches) {
    if (!text(match['host'])) throw refuseField('vh_matches', 'vh_matches: host: This field is required.');
    const rules = objects(match['rules']);
    if (rules.length === 0)
      throw refuseField('vh_matches', 'vh_matches: Field check for rules failed : There must be at least 1 rule');
    if (strict) for (const rule of rules) checkMatchPath('vh_matches', rule['matches']);
  }
}

/** Only an EVH parent may have many certificates; others one RSA and one EC (avi-model.md 2.1). */
function checkCertificates({ draft, store }: RuleContext): void {
  const references = Array.isArray(draft['ssl_key_and_certificate_refs'])
    ? (draft['ssl_key_and_certificate_refs'] as unknown[])
    : [];
  if (terminatesTls({ draft } as RuleContext) && references.length === 0) {
    throw refuseField(
      'ssl_key_and_certificate_refs',
      'ssl_key_and_certificate_refs: a service with enable_ssl needs a certificate.',
    );
  }
  if (draft['type'] === 'VS_TYPE_VH_PARENT' && draft['vh_type'] === 'VS_TYPE_VH_ENHANCED') return;
  const algorithms = references.map((reference) => algorithmOf(store.resolve(reference)));
  if (new Set(algorithms).size < algorithms.length) {
    throw refuseField(
      'ssl_key_and_certificate_refs',
      'ssl_key_and_certificate_refs: at most one RSA and one EC certificate.',
    );
  }
}

function algorithmOf(certificate: StoredObject | undefined): unknown {
  const parameters = certificate?.body['key_params'];
  return isObject(parameters) ? parameters['algorithm'] : undefined;
}

function checkVip({ draft, store, uuid }: RuleContext): void {
  if (draft['type'] === 'VS_TYPE_VH_CHILD') return;
  const vsVip = store.resolve(draft['vsvip_ref']);
  if (!vsVip) throw refuseField('vsvip_ref', 'vsvip_ref: This field is required.');
  const own = portRanges(draft, store);
  for (const other of store.referrers(vsVip.uuid)) {
    if (other.type !== 'virtualservice' || other.uuid === uuid) continue;
    const clash = portRanges(other.body, store).find((range) => own.some((mine) => overlap(mine, range)));
    if (clash)
      throw refuse(400, `Port ${clash.from} of VsVip ${vsVip.name} is already used by VirtualService ${other.name}`);
  }
}

function checkNetworks({ draft, store, name }: RuleContext): void {
  const pool = store.resolve(draft['pool_ref']);
  const poolVrf = pool?.body['vrf_ref'];
  if (pool && poolVrf !== undefined && poolVrf !== draft['vrf_context_ref']) {
    throw refuse(400, `VRF Context for ${name} and pool ${pool.name} different`);
  }
  for (const reference of [draft['pool_ref'], draft['pool_group_ref'], draft['vsvip_ref']]) {
    const object = store.resolve(reference);
    const cloud = object?.body['cloud_ref'];
    if (object && cloud !== undefined && cloud !== draft['cloud_ref']) {
      throw refuse(400, `Cloud for VirtualService ${name} and ${object.name} different`);
    }
  }
}

interface PortRange {
  readonly from: number;
  readonly to: number;
  /** A port may be served once for each protocol (avi-model.md 2.9). */
  readonly protocol: string;
}

function portRanges(body: Readonly<Record<string, unknown>>, store: RuleContext['store']): readonly PortRange[] {
  return objects(body['services']).map((service) => ({
    from: Number(service['port']),
    to: Number(service['port_range_end'] ?? service['port']),
    protocol: protocolOf(store.resolve(service['override_network_profile_ref'] ?? body['network_profile_ref'])),
  }));
}

/** `PROTOCOL_TYPE_UDP_FAST_PATH` → `UDP`. */
function protocolOf(networkProfile: StoredObject | undefined): string {
  const profile = networkProfile?.body['profile'];
  const type = isObject(profile) ? text(profile['type']) : undefined;
  return /^PROTOCOL_TYPE_([A-Z]+)_/.exec(type ?? '')?.[1] ?? 'TCP';
}

function overlap(left: PortRange, right: PortRange): boolean {
  return left.protocol === right.protocol && left.from <= right.to && right.from <= left.to;
}
