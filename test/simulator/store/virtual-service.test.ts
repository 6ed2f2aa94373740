import { beforeEach, describe, expect, it } from '@jest/globals';
import { childrenOf } from '../../../src/simulator/store/rules/virtual-service.ts';
import { createServerCertificate } from '../../../src/simulator/options/certificate.ts';
import { createFixture, everyPath, refusalOf, type Fixture } from './fixture.ts';

const enhanced = { vh_type: 'VS_TYPE_VH_ENHANCED' };
const vip = { vsvip_ref: '/api/vsvip?name=vip' };
const parent = { name: 'parent', type: 'VS_TYPE_VH_PARENT', ...enhanced, ...vip, services: [{ port: 80 }] };

function child(name: string, host = 'a.example.com'): Record<string, unknown> {
  return {
    name,
    type: 'VS_TYPE_VH_CHILD',
    ...enhanced,
    vh_parent_vs_ref: '/api/virtualservice?name=parent',
    vh_matches: [everyPath(host)],
  };
}

describe('a virtual service', () => {
  let fixture: Fixture;
  beforeEach(() => {
    fixture = createFixture();
    fixture.make('vsvip', { name: 'vip', vip: [{ auto_allocate_ip: true }] });
  });

  it('gets the system profiles, group and VRF, and the end of each port range', () => {
    const { make, store } = fixture;
    const { body } = make('virtualservice', {
      name: 'vs',
      ...vip,
      services: [{ port: 80 }, { port: 90, port_range_end: 99 }],
    });
    const nameOf = (field: string): string | undefined => store.resolve(body[field])?.name;
    expect(nameOf('application_profile_ref')).toBe('System-HTTP');
    expect(nameOf('network_profile_ref')).toBe('System-TCP-Proxy');
    expect(nameOf('se_group_ref')).toBe('Default-Group');
    expect(nameOf('vrf_context_ref')).toBe('global');
    expect(nameOf('cloud_ref')).toBe('Default-Cloud');
    expect(body['services']).toMatchObject([
      { port: 80, port_range_end: 80 },
      { port: 90, port_range_end: 99 },
    ]);
  });

  it('shares a VsVip with others on other ports only', () => {
    const { make, replace } = fixture;
    make('virtualservice', { name: 'one', ...vip, services: [{ port: 80, port_range_end: 90 }] });
    make('virtualservice', { name: 'two', ...vip, services: [{ port: 443 }] });
    expect(refusalOf(() => make('virtualservice', { name: 'three', ...vip, services: [{ port: 85 }] }))).toBe(
      '400 {"error":"Port 80 of VsVip vip is already used by VirtualService one"}',
    );
    expect(
      refusalOf(() => replace('virtualservice', 'two', { name: 'two', ...vip, services: [{ port: 80 }] })),
    ).toMatch(/^400/);
    replace('virtualservice', 'one', { name: 'one', ...vip, services: [{ port: 81 }] });
    make('virtualservice', { name: 'three', ...vip, services: [{ port: 85 }] });
  });

  it('has no port twice, and no range that ends before it starts', () => {
    const { make } = fixture;
    const services = (...ports: readonly object[]): string =>
      refusalOf(() => make('virtualservice', { name: 'x', ...vip, services: ports }));
    expect(services({ port: 80 }, { port: 70, port_range_end: 80 })).toMatch(/^400 .*port 70 is given twice/);
    expect(services({ port: 80, port_range_end: 79 })).toMatch(/^400 .*port_range_end is below port/);
  });

  it('has a port once for each protocol, also beside others on the VsVip', () => {
    const { make } = fixture;
    const udp = { override_network_profile_ref: '/api/networkprofile?name=System-UDP-Fast-Path' };
    const perPacket = { network_profile_ref: '/api/networkprofile?name=System-UDP-Per-Pkt' };
    const services = [{ port: 53 }, { port: 53, ...udp }, { port: 443 }];
    make('virtualservice', { name: 'both', ...vip, services });
    expect(
      refusalOf(() => make('virtualservice', { name: 'x', ...vip, services: [{ port: 9 }, { ...udp, port: 53 }] })),
    ).toMatch(/^400 .*Port 53 of VsVip vip is already used by VirtualService both/);
    expect(
      refusalOf(() =>
        make('virtualservice', { name: 'x', ...vip, ...perPacket, services: [{ port: 9 }, { ...udp, port: 9 }] }),
      ),
    ).toMatch(/^400 .*port 9 is given twice/);
    make('virtualservice', { name: 'udp', ...vip, ...perPacket, services: [{ port: 443 }] });
  });

  it('needs a VIP, and a child a parent of its own kind', () => {
    const { make } = fixture;
    expect(refusalOf(() => make('virtualservice', { name: 'x' }))).toMatch(/^400 .*vsvip_ref: This field is required/);
    expect(refusalOf(() => make('virtualservice', { ...child('c'), vh_parent_vs_ref: '' }))).toMatch(
      /^400 .*vh_parent_vs_ref: This field/,
    );
    make('virtualservice', { name: 'parent', ...vip, services: [{ port: 80 }] });
    expect(refusalOf(() => make('virtualservice', child('c')))).toMatch(/^400 .*parent is not a VS_TYPE_VH_PARENT/);
  });

  it('has the vh_type of its parent, which never changes', () => {
    const { make, replace } = fixture;
    make('virtualservice', parent);
    expect(refusalOf(() => make('virtualservice', { ...child('c'), vh_type: 'VS_TYPE_VH_SNI' }))).toMatch(
      /^400 .*same vh_type/,
    );
    expect(refusalOf(() => replace('virtualservice', 'parent', { ...parent, vh_type: 'VS_TYPE_VH_SNI' }))).toMatch(
      /^400 .*vh_type: cannot be changed/,
    );
  });

  it.each([
    [
      'matches on a parent',
      { ...parent, vh_matches: [everyPath('a.example.com')] },
      /only a VS_TYPE_VH_CHILD has matches/,
    ],
    [
      'a parent of a parent',
      { ...parent, name: 'p2', vh_parent_vs_ref: '/api/virtualservice?name=base' },
      /only a VS_TYPE_VH_CHILD has a parent/,
    ],
    ['a child with ports', { ...child('c'), services: [{ port: 81 }] }, /listens on its parent/],
    ['a child without matches', { ...child('c'), vh_matches: [] }, /vh_matches: This field is required/],
    ['a match without rules', { ...child('c'), vh_matches: [{ host: 'a.example.com', rules: [] }] }, /rules/],
    [
      'a match without host',
      { ...child('c'), vh_matches: [{ ...everyPath(''), host: '' }] },
      /host: This field is required/,
    ],
    [
      'a path without slash',
      {
        ...child('c'),
        vh_matches: [
          { host: 'a', rules: [{ name: 'r', matches: { path: { match_criteria: 'EQUALS', match_str: ['x'] } } }] },
        ],
      },
      /must start with '\/'/,
    ],
  ])('is refused with %s', (_what, body, expected) => {
    const { make } = fixture;
    make('virtualservice', { ...parent, name: 'base', services: [{ port: 8000 }] });
    if ('vh_parent_vs_ref' in body && body.type === 'VS_TYPE_VH_CHILD') make('virtualservice', parent);
    const refusal = refusalOf(() => make('virtualservice', body));
    expect(refusal).toMatch(/^400/);
    expect(refusal).toMatch(expected);
  });

  it('as a parent is kept while it has children, and knows them', () => {
    const { make, remove, replace, store } = fixture;
    const object = make('virtualservice', parent);
    make('virtualservice', child('c1'));
    make('virtualservice', child('c2'));
    expect(childrenOf(store, object).map((entry) => entry.name)).toEqual(['c1', 'c2']);
    expect(refusalOf(() => remove('virtualservice', 'parent'))).toContain("['VirtualService c1', 'VirtualService c2']");
    expect(refusalOf(() => replace('virtualservice', 'parent', { ...parent, type: 'VS_TYPE_NORMAL' }))).toMatch(/^400/);
    for (const name of ['c1', 'c2', 'parent']) remove('virtualservice', name);
  });

  it('and its pool are in one VRF', () => {
    const { make } = fixture;
    make('pool', { name: 'far', vrf_ref: '/api/vrfcontext?name=management' });
    expect(refusalOf(() => make('virtualservice', { name: 'x', ...vip, pool_ref: '/api/pool?name=far' }))).toBe(
      '400 {"error":"VRF Context for x and pool far different"}',
    );
  });

  it('with TLS needs a certificate; only an EVH parent may have many', async () => {
    const { make } = fixture;
    for (const name of ['one', 'two']) {
      const { certificate, key } = await createServerCertificate([`${name}.example.com`]);
      make('sslkeyandcertificate', { name, certificate: { certificate }, key });
    }
    const ssl_key_and_certificate_refs = ['one', 'two'].map((name) => `/api/sslkeyandcertificate?name=${name}`);
    const services = [{ port: 443, enable_ssl: true }];
    expect(refusalOf(() => make('virtualservice', { ...parent, services }))).toMatch(/^400 .*needs a certificate/);
    expect(
      refusalOf(() => make('virtualservice', { name: 'n', ...vip, services, ssl_key_and_certificate_refs })),
    ).toMatch(/^400 .*one RSA and one EC/);
    const made = make('virtualservice', { ...parent, services, ssl_key_and_certificate_refs });
    expect(fixture.store.resolve(made.body['ssl_profile_ref'])?.name).toBe('System-Standard');
  });
});
