/** VsVip of a Gateway: its address and its names in DNS. */
import ipaddr from 'ipaddr.js';
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import { compareText } from '../../values/read.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { markers } from '../naming/markers.ts';
import type { Placement } from '../policies/placement.ts';
import { longestName, withSuffix } from '../naming/names.ts';
import { bareRef, ref, uuidRef } from '../naming/refs.ts';
import type { TranslateSettings, VipNetwork } from '../settings.ts';
import { aviObject, present, type TranslateContext } from '../translate-context.ts';

/** The VsVip that the Gateway's parent uses on the controller now. */
export interface PreviousVsVip {
  readonly name: string;
  /** Its address; absent when it has none yet. */
  readonly address?: string;
  /** Where it is; absent when that is not known. */
  readonly placement?: Placement;
  /** Identity of the place that it is to move to; absent: it stays. */
  readonly moveTo?: string;
}

/** Avi's limit of `dns_info[]`; a VsVip with more is refused as a whole. */
export const maxDnsNames = 1000;

/** Annotation of the Gateway that chooses the type of its VIP in an NSX VPC: `public` or `private`. */
const vipTypeAnnotation = 'networking.vmware.com/lb-vip-type';

/** `name` as `vsVipName` decides it. */
export function vsVip(context: TranslateContext, name: string): AviObject {
  const { settings, gateway, routed } = context;
  const names = servedNames(routed, settings).slice(0, maxDnsNames);
  const body = {
    name,
    tenant_ref: ref('tenant', routed.tenant),
    cloud_ref: bareRef('cloud', settings.cloud),
    ...networkContext(settings),
    east_west_placement: false,
    markers: markers({ clusterName: settings.clusterName, gateway }),
    vip: vips(routed, settings),
    ...present({
      dns_info: names.length > 0 ? names.map((fqdn) => ({ fqdn })) : undefined,
      bgp_peer_labels: settings.enableRHI ? settings.bgpPeerLabels : undefined,
    }),
  };
  return aviObject(context, 'vsvip', body);
}

/**
 * Name of the VsVip. Avi does not let a VIP's address change: when another address is asked for, a VsVip with another
 * name takes its place. As long as the address stays, so does the name.
 */
export function vsVipName(parentName: string, address: RoutedGateway['address'], previous?: PreviousVsVip): string {
  const isOurs = previous !== undefined && (previous.name === parentName || hasSuffix(previous.name, parentName));
  if (!isOurs) return parentName;
  if (previous.moveTo !== undefined) return withSuffix(parentName, previous.moveTo);
  if (!address || (previous.address !== undefined && isSameAddress(previous.address, address.value)))
    return previous.name;
  return withSuffix(parentName, normalized(address.value));
}

/** Hostnames that are routed and not published, because a VsVip takes no more of them. */
export function unpublishedNames({ settings, routed }: TranslateContext): readonly Problem[] {
  const left = servedNames(routed, settings).slice(maxDnsNames);
  if (left.length === 0) return [];
  const message = `a VsVip takes ${maxDnsNames} names; ${left.length} are served but not published in DNS, from ${left[0]} on. Split the Gateway.`;
  return [{ resource: `Gateway/${routed.key}`, field: 'spec.listeners', message }];
}

/** Names inside the cloud's DNS domains, where these are known; Avi refuses others. Sorted, each once. */
function servedNames({ dnsNames }: RoutedGateway, { dnsDomains }: TranslateSettings): readonly string[] {
  const bare = dnsDomains.map((domain) => domain.replace(/^\.+/, '').toLowerCase());
  const isServed = (name: string) =>
    bare.length === 0 || bare.some((domain) => name === domain || name.endsWith(`.${domain}`));
  const published = dnsNames.filter((name) => !name.includes('*') && isServed(name));
  return [...new Set(published)].sort(compareText);
}

function networkContext({ nsxtT1LR, vrf }: TranslateSettings): JsonObject {
  if (nsxtT1LR) return { tier1_lr: nsxtT1LR };
  return vrf ? { vrf_context_ref: bareRef('vrfcontext', vrf) } : {};
}

/** In AWS and Azure a VIP for each network, that is each availability zone; elsewhere one. */
function vips(routed: RoutedGateway, settings: TranslateSettings): readonly JsonObject[] {
  const isZoned = ['CLOUD_AWS', 'CLOUD_AZURE'].includes(settings.cloudType) && settings.vipNetworks.length > 0;
  if (!isZoned) return [{ vip_id: '0', auto_allocate_ip: true, ...allocation(routed, settings) }];
  return settings.vipNetworks.map((network, place) => ({
    vip_id: String(place + 1),
    auto_allocate_ip: true,
    ...present({ subnet_uuid: network.networkUUID ?? network.networkName }),
    ...floatingAddress(settings),
    ...(place === 0 ? staticAddress(routed) : {}),
  }));
}

function allocation(routed: RoutedGateway, settings: TranslateSettings): JsonObject {
  const shared = { ...staticAddress(routed), ...floatingAddress(settings) };
  if (settings.vpc) return { ...shared, subnet_uuid: vpcSubnet(settings.vpc, vipTypeOf(routed, settings)) };
  const [network] = settings.vipNetworks;
  const onlyV6 = routed.address?.family === 'V6' && !network?.v6cidr;
  return {
    ...shared,
    ...present({
      auto_allocate_ip_type: onlyV6 ? 'V6_ONLY' : addressFamilies(network),
      ipam_network_subnet: network ? networkSubnet(network, onlyV6) : undefined,
    }),
  };
}

function staticAddress({ address }: RoutedGateway): JsonObject {
  if (!address) return {};
  const value = { addr: address.value, type: address.family };
  return address.family === 'V6' ? { ip6_address: value } : { ip_address: value };
}

function floatingAddress({ enablePublicIP }: TranslateSettings): JsonObject {
  return enablePublicIP ? { auto_allocate_floating_ip: true } : {};
}

/** Absent means V4_ONLY. */
function addressFamilies(network: VipNetwork | undefined): string | undefined {
  if (!network?.v6cidr) return undefined;
  return network.cidr ? 'V4_V6' : 'V6_ONLY';
}

function networkSubnet({ networkName, networkUUID, cidr, v6cidr }: VipNetwork, onlyV6: boolean): JsonObject {
  return present({
    network_ref: networkUUID ? uuidRef('network', networkUUID) : networkName ? ref('network', networkName) : undefined,
    subnet: cidr && !onlyV6 ? addressPrefix(cidr, 'V4') : undefined,
    subnet6: v6cidr ? addressPrefix(v6cidr, 'V6') : undefined,
  });
}

/** `10.0.0.0/16` as Avi's IpAddrPrefix. */
export function addressPrefix(cidr: string, type: 'V4' | 'V6'): JsonObject {
  const slash = cidr.lastIndexOf('/');
  return { ip_addr: { addr: cidr.slice(0, slash), type }, mask: Number(cidr.slice(slash + 1)) };
}

/** From `/orgs/O/projects/P/vpcs/V`, as AKO writes it. */
function vpcSubnet(vpc: string, type: string): string {
  const parts = vpc.split('/');
  const after = (word: string) => parts[parts.indexOf(word) + 1] ?? '';
  return [after('projects'), after('vpcs'), type.toUpperCase()].join('_AVISEPARATOR_');
}

function vipTypeOf(routed: RoutedGateway, settings: TranslateSettings): string {
  const wanted = routed.resource.metadata?.annotations?.[vipTypeAnnotation]?.toLowerCase();
  return wanted === 'public' || wanted === 'private' ? wanted : settings.vipType;
}

/** Whether the name is one that `withSuffix` makes of the parent's. */
function hasSuffix(name: string, parentName: string): boolean {
  const suffix = /-[0-9a-f]{8}$/.exec(name)?.[0];
  return suffix !== undefined && name === parentName.slice(0, longestName - suffix.length) + suffix;
}

function isSameAddress(a: string, b: string): boolean {
  return normalized(a) === normalized(b);
}

function normalized(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.parse(address).toNormalizedString() : address;
}
