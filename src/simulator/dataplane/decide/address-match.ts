import ipaddr from 'ipaddr.js';
import { number, object, objects, text, texts, type Body } from '../program/fields.ts';
import type { Resolve } from '../program/resolve.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Test = (address: Address) => boolean;

function parse(address: string | undefined): Address | undefined {
  return address !== undefined && ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}

function prefixTest(body: Body): Test {
  const network = parse(text(object(body, 'ip_addr'), 'addr'));
  const mask = number(body, 'mask');
  if (!network || mask === undefined) return () => false;
  return (address) => address.kind() === network.kind() && address.match(network, mask);
}

function compare(a: Address, b: Address): number {
  const left = a.toByteArray();
  const right = b.toByteArray();
  const at = left.findIndex((byte, index) => byte !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function rangeTest(body: Body): Test {
  const begin = parse(text(object(body, 'begin'), 'addr'));
  const end = parse(text(object(body, 'end'), 'addr'));
  if (!begin || !end) return () => false;
  return (address) => address.kind() === begin.kind() && compare(begin, address) <= 0 && compare(address, end) <= 0;
}

function addressTests(body: Body): readonly Test[] {
  const addresses = new Set(objects(body, 'addrs').map((entry) => parse(text(entry, 'addr'))?.toString()));
  return [
    (address) => addresses.has(address.toString()),
    ...objects(body, 'prefixes').map(prefixTest),
    ...objects(body, 'ranges').map(rangeTest),
  ];
}

/** IpAddrMatch (avi-model 2.3): IS_IN or IS_NOT_IN of addresses, prefixes, ranges and IpAddrGroups. */
export function compileAddressMatch(body: Body, resolve: Resolve): (address: string | undefined) => boolean {
  const groups = texts(body, 'group_refs').flatMap((ref) => addressTests(resolve(ref)?.body ?? {}));
  const tests = [...addressTests(body), ...groups];
  const negated = text(body, 'match_criteria') === 'IS_NOT_IN';
  return (value) => {
    const address = parse(value);
    return address !== undefined && tests.some((test) => test(address)) !== negated;
  };
}
