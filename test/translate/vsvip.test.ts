import { describe, expect, it } from '@jest/globals';
import type { RoutedGateway } from '../../src/routing/result/routed-gateway.ts';
import { vsVipName } from '../../src/translate/virtual-services/vsvip.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { gateway, ofType, only, parent, translated } from './support/routed.ts';

const name = 'ako-gw-cluster1--default-gw1-EVH';
const v4 = (value: string) => ({ family: 'V4' as const, value });
const v6 = (value: string) => ({ family: 'V6' as const, value });

describe('VsVip', () => {
  it('publishes what Avi takes, and says which names it left out', () => {
    const dnsNames = Array.from({ length: 1002 }, (_, place) => `h${String(place).padStart(4, '0')}.example.com`);
    const state = translated(gateway({ dnsNames }));
    expect(only(state, 'vsvip').dns_info).toHaveLength(1000);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
    expect(state.problems).toEqual([
      {
        resource: 'Gateway/default/gw1',
        field: 'spec.listeners',
        message: expect.stringContaining('2 are served but not published in DNS, from h1000.example.com on'),
      },
    ]);
  });

  it('is what the incumbent sends', () => {
    const dnsNames = ['b.example.com', 'a.example.com', 'outside.org', '*.example.com', 'notexample.com'];
    expect(only(translated(gateway({ dnsNames })), 'vsvip')).toEqual({
      name,
      cloud_ref: '/api/cloud?name=Default-Cloud',
      tenant_ref: '/api/tenant/?name=admin',
      vrf_context_ref: '/api/vrfcontext?name=global',
      east_west_placement: false,
      vsvip_cloud_config_cksum: expect.any(String),
      dns_info: [{ fqdn: 'a.example.com' }, { fqdn: 'b.example.com' }],
      markers: [
        { key: 'clustername', values: ['cluster1'] },
        { key: 'GatewayName', values: ['gw1'] },
        { key: 'GatewayNamespace', values: ['default'] },
        { key: 'managed-by', values: ['avi-gateway-operator'] },
      ],
      vip: [
        {
          vip_id: '0',
          auto_allocate_ip: true,
          ipam_network_subnet: {
            network_ref: '/api/network/?name=net-vip',
            subnet: { ip_addr: { addr: '10.50.0.0', type: 'V4' }, mask: 16 },
          },
        },
      ],
    });
  });

  it('publishes every name where no DNS domains are known, and has no list without names', () => {
    const dnsNames = ['outside.org'];
    expect(only(translated(gateway({ dnsNames }), { dnsDomains: [] }), 'vsvip').dns_info).toEqual([
      { fqdn: 'outside.org' },
    ]);
    expect(only(translated(gateway({ dnsNames })), 'vsvip')).not.toHaveProperty('dns_info');
  });

  const network = { networkName: 'n', cidr: '10.0.0.0/8' };
  const dual = { ...network, v6cidr: 'fd00::/64' };
  const subnet6 = { ip_addr: { addr: 'fd00::', type: 'V6' }, mask: 64 };
  it.each([
    ['static', { address: v4('10.1.1.1') }, {}, { ip_address: { addr: '10.1.1.1', type: 'V4' } }],
    [
      'static IPv6',
      { address: v6('fd00::1') },
      { vipNetworks: [network] },
      {
        ip6_address: { addr: 'fd00::1', type: 'V6' },
        auto_allocate_ip_type: 'V6_ONLY',
        ipam_network_subnet: { network_ref: '/api/network/?name=n' },
      },
    ],
    ['both families', {}, { vipNetworks: [dual] }, { auto_allocate_ip_type: 'V4_V6' }],
    [
      'IPv6 only, by uuid',
      {},
      { vipNetworks: [{ networkUUID: 'network-1', v6cidr: 'fd00::/64' }] },
      {
        auto_allocate_ip_type: 'V6_ONLY',
        ipam_network_subnet: { network_ref: '/api/network/network-1', subnet6 },
      },
    ],
    ['public IP', {}, { enablePublicIP: true }, { auto_allocate_floating_ip: true }],
    [
      'NSX VPC',
      {},
      { vpc: '/orgs/default/projects/p1/vpcs/v1' },
      { subnet_uuid: 'p1_AVISEPARATOR_v1_AVISEPARATOR_PUBLIC' },
    ],
  ] as const)('%s', (_, fields, settings, expected) => {
    const state = translated(gateway(fields), settings);
    const [vip] = only(state, 'vsvip').vip as object[];
    expect(vip).toMatchObject({ vip_id: '0', auto_allocate_ip: true, ...expected });
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('is private where the Gateway says so', () => {
    const plain = gateway();
    const annotations = { 'networking.vmware.com/lb-vip-type': 'private' };
    const resource = { metadata: { ...plain.resource.metadata, annotations } } as unknown as RoutedGateway['resource'];
    const [vip] = only(translated({ ...plain, resource }, { vpc: '/orgs/o/projects/p/vpcs/v' }), 'vsvip')
      .vip as object[];
    expect(vip).toMatchObject({ subnet_uuid: 'p_AVISEPARATOR_v_AVISEPARATOR_PRIVATE' });
  });

  it('has a VIP for each zone in AWS', () => {
    const vipNetworks = [{ networkName: 'subnet-a' }, { networkName: 'subnet-b' }];
    expect(only(translated(gateway(), { cloudType: 'CLOUD_AWS', vipNetworks }), 'vsvip').vip).toEqual([
      { vip_id: '1', auto_allocate_ip: true, subnet_uuid: 'subnet-a' },
      { vip_id: '2', auto_allocate_ip: true, subnet_uuid: 'subnet-b' },
    ]);
  });

  it('takes the Tier-1 router instead of the VRF', () => {
    const state = translated(gateway(), { nsxtT1LR: '/infra/tier-1s/t1' });
    for (const type of ['vsvip', 'pool'] as const) {
      const body = only(state, type);
      expect(body.tier1_lr).toBe('/infra/tier-1s/t1');
      expect(body).not.toHaveProperty('vrf_context_ref');
      expect(body).not.toHaveProperty('vrf_ref');
    }
  });
});

describe('name of the VsVip', () => {
  const suffixed = /^ako-gw-cluster1--default-gw1-EVH-[0-9a-f]{8}$/;

  it('is the parent’s without a VsVip before, and while the address stays', () => {
    expect(vsVipName(name, v4('10.1.1.1'))).toBe(name);
    expect(vsVipName(name, v4('10.1.1.1'), { name, address: '10.1.1.1' })).toBe(name);
    expect(vsVipName(name, undefined, { name, address: '10.1.1.1' })).toBe(name);
    expect(vsVipName(name, v6('FD00:0::1'), { name, address: 'fd00::1' })).toBe(name);
  });

  it('changes with the address, and each address has its own', () => {
    const second = vsVipName(name, v4('10.1.1.2'), { name, address: '10.1.1.1' });
    expect(second).toMatch(suffixed);
    expect(vsVipName(name, v4('10.1.1.2'), { name: second, address: '10.1.1.2' })).toBe(second);
    expect(vsVipName(name, v4('10.1.1.2'), { name: second })).toBe(second);
    expect(vsVipName(name, undefined, { name: second, address: '10.1.1.2' })).toBe(second);
    const first = vsVipName(name, v4('10.1.1.1'), { name: second, address: '10.1.1.2' });
    expect(first).toMatch(suffixed);
    expect(first).not.toBe(second);
  });

  it('does not follow a VsVip of somebody else', () => {
    expect(vsVipName(name, v4('10.1.1.2'), { name: 'other', address: '10.1.1.1' })).toBe(name);
    expect(vsVipName(name, undefined, { name: 'other', address: '10.1.1.1' })).toBe(name);
    expect(vsVipName(name, undefined, { name: 'ako-12345678', address: '10.1.1.1' })).toBe(name);
  });

  it('is what the parent refers to', () => {
    const state = translated(gateway({ address: v4('10.1.1.2') }), {}, { name, address: '10.1.1.1' });
    const [vip] = ofType(state, 'vsvip');
    expect(vip!.name).toMatch(suffixed);
    expect(parent(state).vsvip_ref).toBe(`/api/vsvip/?name=${vip!.name}`);
  });
});
