import { describe, expect, it } from '@jest/globals';
import { createFixture, refusalOf } from './fixture.ts';

const automatic = { auto_allocate_ip: true };
const noFree = '400 {"error":"No available free IPs"}';

function address(addr: string, type = 'V4'): { readonly addr: string; readonly type: string } {
  return { addr, type };
}

describe('a VsVip', () => {
  it('gets the lowest free address of the network, and gives it back', () => {
    const { make, remove } = createFixture();
    const addresses = (name: string): unknown => make('vsvip', { name, vip: [automatic] }).body['vip'];
    expect(addresses('a')).toMatchObject([{ vip_id: '0', avi_allocated_vip: true, ip_address: address('10.9.0.1') }]);
    expect(addresses('b')).toMatchObject([{ ip_address: address('10.9.0.2') }]);
    remove('vsvip', 'a');
    expect(addresses('c')).toMatchObject([{ ip_address: address('10.9.0.1') }]);
  });

  it('gets none when all are taken', () => {
    const { make } = createFixture('strict', ['10.9.0.0/30']);
    make('vsvip', { name: 'a', vip: [automatic] });
    make('vsvip', { name: 'b', vip: [automatic] });
    expect(refusalOf(() => make('vsvip', { name: 'c', vip: [automatic] }))).toBe(noFree);
  });

  it('gets the address that it prefers when that is free and in the network', () => {
    const { make } = createFixture();
    const preferring = (name: string, addr: string): string =>
      refusalOf(() => make('vsvip', { name, vip: [{ ...automatic, ip_address: address(addr) }] }));
    expect(preferring('a', '10.9.0.5')).toBe('accepted');
    expect(preferring('b', '10.9.0.5')).toBe(noFree);
    expect(preferring('c', '10.8.0.5')).toBe(noFree);
    expect(preferring('d', '10.9.0.0')).toBe(noFree);
  });

  it('takes a static address from anywhere, once', () => {
    const { make } = createFixture();
    const fixed = (name: string): string =>
      refusalOf(() => make('vsvip', { name, vip: [{ ip_address: address('192.0.2.7') }] }));
    expect(fixed('a')).toBe('accepted');
    expect(fixed('b')).toBe('400 {"error":"IP address 192.0.2.7 is already used by VsVip a"}');
    expect(refusalOf(() => make('vsvip', { name: 'c', vip: [{}] }))).toMatch(
      /^400 .*ip_address or auto_allocate_ip is required/,
    );
  });

  it('gets IPv6 and dual addresses where the network has both', () => {
    const { make } = createFixture('strict', ['10.9.0.0/29', 'fd00:9::/64']);
    const vip = (name: string, auto_allocate_ip_type: string): unknown =>
      make('vsvip', { name, vip: [{ ...automatic, auto_allocate_ip_type }] }).body['vip'];
    expect(vip('six', 'V6_ONLY')).toMatchObject([{ ip6_address: address('fd00:9::1', 'V6') }]);
    expect(vip('both', 'V4_V6')).toMatchObject([
      { ip_address: address('10.9.0.1'), ip6_address: address('fd00:9::2', 'V6') },
    ]);
    expect(refusalOf(() => make('vsvip', { name: 'x', vip: [{ ip6_address: address('FD00:9::1', 'V6') }] }))).toMatch(
      /already used by VsVip six/,
    );
  });

  it('is refused an IPv6 address where the network has none', () => {
    const { make } = createFixture();
    expect(
      refusalOf(() => make('vsvip', { name: 'a', vip: [{ ...automatic, auto_allocate_ip_type: 'V6_ONLY' }] })),
    ).toBe(noFree);
  });

  it('takes the network and subnet that it names', () => {
    const { make } = createFixture();
    const prefix = { ip_addr: address('10.7.0.0'), mask: 24 };
    const range = { begin: address('10.7.0.50'), end: address('10.7.0.51') };
    make('network', { name: 'other', configured_subnets: [{ prefix, static_ip_ranges: [{ range }] }] });
    const from = (name: string, subnet?: object): string => {
      const ipam_network_subnet = { network_ref: '/api/network?name=other', ...(subnet ? { subnet } : {}) };
      const refusal = refusalOf(() => make('vsvip', { name, vip: [{ ...automatic, ipam_network_subnet }] }));
      return refusal;
    };
    const made = (): string => from(`v${Math.random()}`, prefix);
    expect([made(), made(), made()]).toEqual(['accepted', 'accepted', noFree]);
    expect(from('wrong', { ip_addr: address('10.6.0.0'), mask: 24 })).toBe(noFree);
  });

  it.each([-1_000_000_000_000, -1, 33, 1e99])('is refused an address where the mask is %d', (mask) => {
    const { make } = createFixture();
    const prefix = { ip_addr: address('10.7.0.0'), mask };
    const network = refusalOf(() => make('network', { name: 'odd', configured_subnets: [{ prefix }] }));
    if (network !== 'accepted') return;
    const ipam_network_subnet = { network_ref: '/api/network?name=odd' };
    expect(refusalOf(() => make('vsvip', { name: 'v', vip: [{ ...automatic, ipam_network_subnet }] }))).toBe(noFree);
  });

  it.each([
    ['a begin that is no address', { begin: address('x'), end: address('10.7.0.5') }],
    ['an end before its begin', { begin: address('10.7.0.9'), end: address('10.7.0.5') }],
    ['the wrong family', { begin: address('fd00::1', 'V6'), end: address('fd00::2', 'V6') }],
  ])('is refused an address where the range has %s', (_what, range) => {
    const { make } = createFixture();
    const prefix = { ip_addr: address('10.7.0.0'), mask: 24 };
    make('network', { name: 'odd', configured_subnets: [{ prefix, static_ip_ranges: [{ range }] }] });
    const ipam_network_subnet = { network_ref: '/api/network?name=odd' };
    expect(refusalOf(() => make('vsvip', { name: 'v', vip: [{ ...automatic, ipam_network_subnet }] }))).toBe(noFree);
  });

  it('keeps its address in updates that do not mention it', () => {
    const { make, replace } = createFixture();
    make('vsvip', { name: 'a', vip: [automatic] });
    const after = replace('vsvip', 'a', {
      name: 'a',
      vip: [{ ...automatic, vip_id: '0' }],
      dns_info: [{ fqdn: 'a.example.com' }],
    });
    expect(after.body['vip']).toMatchObject([{ ip_address: address('10.9.0.1') }]);
  });

  it('does not change its address or vip_id', () => {
    const { make, replace } = createFixture();
    make('vsvip', { name: 'a', vip: [automatic] });
    const update = (vip: object): string => refusalOf(() => replace('vsvip', 'a', { name: 'a', vip: [vip] }));
    expect(update({ ...automatic, ip_address: address('10.9.0.4') })).toBe(
      '400 {"error":"If a new preferred IP is needed, please recreate the VIP"}',
    );
    expect(update({ ...automatic, vip_id: '7' })).toBe(
      `400 {"error":"Changing an existing VIP's vip_id is not supported"}`,
    );
    expect(update({ ...automatic, ip_address: address('10.9.0.1') })).toBe('accepted');
  });

  it('may get a further vip', () => {
    const { make, replace } = createFixture();
    make('vsvip', { name: 'a', vip: [automatic] });
    const vip = [
      { ...automatic, vip_id: '0' },
      { ...automatic, vip_id: '1' },
    ];
    expect(replace('vsvip', 'a', { name: 'a', vip }).body['vip']).toMatchObject([
      { ip_address: address('10.9.0.1') },
      { ip_address: address('10.9.0.2') },
    ]);
    expect(
      refusalOf(() =>
        make('vsvip', {
          name: 'b',
          vip: [
            { ...automatic, vip_id: '0' },
            { ...automatic, vip_id: '0' },
          ],
        }),
      ),
    ).toMatch(/vip_id is given twice/);
  });

  it('is kept while a virtual service uses it', () => {
    const { make, remove } = createFixture();
    make('vsvip', { name: 'a', vip: [automatic] });
    make('virtualservice', { name: 'vs', vsvip_ref: '/api/vsvip?name=a' });
    expect(refusalOf(() => remove('vsvip', 'a'))).toBe(
      `403 {"error":"Cannot delete, object is referred by: ['VirtualService vs']"}`,
    );
  });
});
