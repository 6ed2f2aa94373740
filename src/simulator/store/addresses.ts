import ipaddr from 'ipaddr.js';
import { isObject, objects } from './document.ts';
import { refuse } from './errors.ts';
import type { ObjectStore } from './object-store.ts';
import type { StoredObject } from './types.ts';

export type Family = 'V4' | 'V6';

/** An inclusive range of addresses as numbers. */
interface Range {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
}

/** One spelling an address: IPv6 compressed, IPv4 dotted. Text that is no address stays as it is. */
export function canonicalAddress(value: unknown): string {
  const address = String(value);
  return ipaddr.isValid(address) ? ipaddr.parse(address).toString() : address;
}

/** Addresses of all VsVips but one: address → VsVip name. */
export function usedAddresses(store: ObjectStore, exceptUuid: string): Map<string, string> {
  const used = new Map<string, string>();
  for (const vsVip of store.values('vsvip')) {
    if (vsVip.uuid === exceptUuid) continue;
    for (const vip of objects(vsVip.body['vip'])) {
      for (const address of [vip['ip_address'], vip['ip6_address']]) {
        if (isObject(address)) used.set(canonicalAddress(address['addr']), vsVip.name);
      }
    }
  }
  return used;
}

/**
 * Allocates an address for a vip from its IPAM network: the one it names, else the first usable network of its cloud's
 * IPAM profile. With `wanted`, checks that this address can be had.
 * @throws ApiError 400 "No available free IPs"
 */
export function allocateAddress(
  { store, draft }: { readonly store: ObjectStore; readonly draft: Readonly<Record<string, unknown>> },
  vip: Readonly<Record<string, unknown>>,
  family: Family,
  used: ReadonlyMap<string, string>,
  wanted?: string,
): string {
  const network = networkOf(store, draft, vip);
  const ranges = network ? rangesOf(network, family, requestedSubnet(vip, family)) : [];
  if (wanted !== undefined) {
    const value = numberOf(wanted);
    if (ranges.some((range) => value >= range.first && value <= range.last)) return wanted;
    throw refuse(400, 'No available free IPs');
  }
  for (const range of ranges) {
    for (let value = range.first; value <= range.last; value += 1n) {
      const address = textOf(value, family);
      if (!used.has(address)) return address;
    }
  }
  throw refuse(400, 'No available free IPs');
}

function networkOf(
  store: ObjectStore,
  vsVip: Readonly<Record<string, unknown>>,
  vip: Readonly<Record<string, unknown>>,
): StoredObject | undefined {
  const subnet = vip['ipam_network_subnet'];
  if (isObject(subnet) && subnet['network_ref'] !== undefined) return store.resolve(subnet['network_ref']);
  const profile = store.resolve(store.resolve(vsVip['cloud_ref'])?.body['ipam_provider_ref']);
  const internal = profile?.body['internal_profile'];
  return isObject(internal) ? store.resolve(objects(internal['usable_networks'])[0]?.['nw_ref']) : undefined;
}

function requestedSubnet(vip: Readonly<Record<string, unknown>>, family: Family): string | undefined {
  const subnet = vip['ipam_network_subnet'];
  if (!isObject(subnet)) return undefined;
  return prefixOf(subnet[family === 'V4' ? 'subnet' : 'subnet6']);
}

function rangesOf(network: StoredObject, family: Family, wantedPrefix: string | undefined): readonly Range[] {
  const ranges: Range[] = [];
  for (const subnet of objects(network.body['configured_subnets'])) {
    const prefix = prefixOf(subnet['prefix']);
    if (prefix === undefined || familyOf(prefix) !== family) continue;
    if (wantedPrefix !== undefined && wantedPrefix !== prefix) continue;
    const given = objects(subnet['static_ip_ranges'])
      .map((entry) => entry['range'])
      .filter(isObject);
    if (given.length === 0) ranges.push(wholeSubnet(prefix, family));
    for (const range of given) {
      const [first, last] = [endOf(range['begin'], family), endOf(range['end'], family)];
      if (first !== undefined && last !== undefined) ranges.push({ family, first, last });
    }
  }
  return ranges;
}

/** One end of a range; undefined when it is no address of the family. */
function endOf(address: unknown, family: Family): bigint | undefined {
  const value = isObject(address) ? String(address['addr']) : '';
  return ipaddr.isValid(value) && familyOf(value) === family ? numberOf(value) : undefined;
}

/** `10.0.0.0/16` of an IpAddrPrefix, with the host bits cleared. */
function prefixOf(prefix: unknown): string | undefined {
  if (!isObject(prefix) || !isObject(prefix['ip_addr'])) return undefined;
  const address = String(prefix['ip_addr']['addr']);
  const mask = Number(prefix['mask']);
  const bits = familyOf(address) === 'V4' ? 32 : 128;
  if (!ipaddr.isValid(address) || !Number.isInteger(mask) || mask < 0 || mask > bits) return undefined;
  return `${networkAddress(address, mask)}/${mask}`;
}

/** The network address of an address in a subnet of `mask` bits. */
export function networkAddress(address: string, mask: number): string {
  const family = familyOf(address);
  const bits = BigInt((family === 'V4' ? 32 : 128) - mask);
  return textOf((numberOf(address) >> bits) << bits, family);
}

function wholeSubnet(prefix: string, family: Family): Range {
  const [address = '', mask = '0'] = prefix.split('/');
  const bits = (family === 'V4' ? 32 : 128) - Number(mask);
  const first = numberOf(address);
  const last = first + (1n << BigInt(bits)) - 1n;
  return bits < 2 ? { family, first, last } : { family, first: first + 1n, last: last - 1n };
}

/** The address family of an address or prefix text. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 'V6' : 'V4';
}

function numberOf(address: string): bigint {
  if (!ipaddr.isValid(address)) return -1n;
  return ipaddr
    .parse(address)
    .toByteArray()
    .reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function textOf(value: bigint, family: Family): string {
  const bytes: number[] = [];
  for (let shift = family === 'V4' ? 24n : 120n; shift >= 0n; shift -= 8n) bytes.push(Number((value >> shift) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
