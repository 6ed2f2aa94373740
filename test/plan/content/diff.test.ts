import { describe, expect, it } from '@jest/globals';
import { diffObject } from '../../../src/plan/content/diff.ts';
import { putBody } from '../../../src/plan/content/put-body.ts';
import { parseRef, sameRef } from '../../../src/plan/refs.ts';
import type { AviType, JsonObject } from '../../../src/translate/desired.ts';
import { paths, schema } from '../fixtures.ts';

const diff = (type: AviType, desired: JsonObject, current: JsonObject) =>
  paths(diffObject(type, desired, current, schema));

describe('references', () => {
  const uuid = 'pool-0d1c2b3a-0000-4000-8000-000000000001';
  const spellings = [
    `https://avi.test/api/pool/${uuid}#my pool`,
    `http://10.0.0.1:8080/api/pool/${uuid}#my pool`,
    `/api/pool/${uuid}#my pool`,
    '/api/pool/?name=my%20pool',
    '/api/pool?name=my+pool',
    'https://avi.test/api/pool/?name=my%20pool&cloud=Default-Cloud',
  ];

  it.each(spellings)('%s means the same as every other spelling', (spelling) => {
    for (const other of spellings) expect(sameRef(spelling, other)).toBe(true);
    expect(sameRef(spelling, '/api/pool/?name=other')).toBe(false);
    expect(sameRef(spelling, '/api/poolgroup/?name=my%20pool')).toBe(false);
  });

  it('compares by uuid, or by a name that is known for it', () => {
    expect(sameRef(uuid, `/api/pool/${uuid}`)).toBe(true);
    expect(sameRef(uuid, '/api/pool/?name=a')).toBe(false);
    expect(sameRef(uuid, '/api/pool/?name=a', () => 'a')).toBe(true);
  });

  it('keeps what follows the first # of a name', () => {
    expect(parseRef(`/api/pool/${uuid}#a#b`)?.name).toBe('a#b');
    expect(parseRef('no ref')).toBeUndefined();
  });
});

describe('diffObject', () => {
  it('sees no difference in what the controller adds by itself', () => {
    const sent = { name: 'p', servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80, enabled: true }] };
    const current: JsonObject = {
      ...sent,
      servers: [
        { ...sent.servers[0], hostname: '10.0.0.1', ratio: 1, verify_network: false, discovered_networks: [{}] },
      ],
      uuid: 'pool-1',
      url: 'https://avi.test/api/pool/pool-1#p',
      _last_modified: '17',
      tenant_ref: 'https://avi.test/api/tenant/admin#admin',
      lb_algorithm: 'LB_ALGORITHM_LEAST_CONNECTIONS',
      max_concurrent_connections_per_server: 0,
      inline_health_monitor: true,
      east_west: false,
      analytics_profile_ref: 'https://avi.test/api/analyticsprofile/x#System-Analytics-Profile',
      server_count: 1,
    };
    expect(diff('pool', sent, current)).toEqual([]);
  });

  it('sees what somebody switched away from its default', () => {
    expect(diff('virtualservice', { name: 'v' }, { name: 'v', enabled: false })).toEqual(['enabled']);
    expect(diff('virtualservice', { name: 'v' }, { name: 'v', waf_policy_ref: '/api/wafpolicy/w#mine' })).toEqual([
      'waf_policy_ref',
    ]);
    expect(diff('pool', { name: 'p' }, { name: 'p', enabled: true })).toEqual([]);
  });

  it('takes a value that is sent and missing in the reply for equal only when it is the default', () => {
    expect(diff('pool', { enabled: true, sni_enabled: true }, {})).toEqual([]);
    expect(diff('pool', { enabled: false }, {})).toEqual(['enabled']);
    expect(diff('pool', { host_check_enabled: false, health_monitor_refs: [] }, {})).toEqual([]);
  });

  it('names the path of what differs in a list', () => {
    const services = (port: number): JsonObject => ({ services: [{ port: 80 }, { port, enable_ssl: true }] });
    const current: JsonObject = {
      services: [
        { port: 80, port_range_end: 80 },
        { port: 8443, port_range_end: 8443, enable_ssl: true },
      ],
    };
    expect(diff('virtualservice', services(8443), current)).toEqual([]);
    expect(diff('virtualservice', services(443), current)).toEqual(['services[1].port']);
  });

  it('ignores the order of sets and keeps that of lists', () => {
    const server = (addr: string) => ({ ip: { addr, type: 'V4' }, port: 80 });
    expect(diff('pool', { servers: [server('a'), server('b')] }, { servers: [server('b'), server('a')] })).toEqual([]);
    expect(diff('pool', { servers: [server('a')] }, { servers: [server('b'), server('a')] })).toEqual(['servers[-]']);
    const marker = (key: string, ...values: string[]) => ({ key, values });
    expect(
      diff(
        'pool',
        { markers: [marker('a', '1', '2'), marker('b')] },
        { markers: [marker('b'), marker('a', '2', '1')] },
      ),
    ).toEqual([]);
    const refs = (...names: string[]) => ({
      ssl_key_and_certificate_refs: names.map((name) => `/api/sslkeyandcertificate/?name=${name}`),
    });
    expect(diff('virtualservice', refs('a', 'b'), refs('b', 'a'))).toHaveLength(2);
  });

  it('keeps elements that a set cannot tell apart', () => {
    const twice = { health_monitor_refs: ['/api/healthmonitor/?name=a', '/api/healthmonitor/?name=a'] };
    expect(diff('pool', twice, { health_monitor_refs: ['/api/healthmonitor/?name=a'] })).toEqual([
      'health_monitor_refs[1]',
    ]);
  });

  it('compares certificates by their PEM, not by the key or what was parsed', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    const sent = { name: 'c', key: 'SECRET', certificate: { certificate: pem } };
    const current: JsonObject = {
      name: 'c',
      certificate: {
        certificate: pem.trim().replaceAll('\n', '\r\n'),
        subject: { common_name: 'x' },
        days_until_expire: 12,
      },
      key_params: { algorithm: 'SSL_KEY_ALGORITHM_RSA' },
      status: 'SSL_CERTIFICATE_FINISHED',
    };
    expect(diff('sslkeyandcertificate', sent, current)).toEqual([]);
    const changed = diffObject(
      'sslkeyandcertificate',
      { ...sent, certificate: { certificate: pem.replace('AAAA', 'BBBB') } },
      current,
      schema,
    );
    expect(paths(changed)).toEqual(['certificate.certificate']);
    expect(JSON.stringify(changed)).not.toMatch(/BBBB|SECRET/);
  });

  it('sees a changed key of a string group, which is no secret', () => {
    expect(diff('stringgroup', { kv: [{ key: '/a' }] }, { kv: [{ key: '/b' }] })).toEqual(['kv[0].key']);
  });

  it('leaves what the controller allocated for a VIP alone', () => {
    const sent = { vip: [{ vip_id: '0', auto_allocate_ip: true }], dns_info: [{ fqdn: 'a.test' }, { fqdn: 'b.test' }] };
    const current: JsonObject = {
      vip: [
        {
          vip_id: '0',
          auto_allocate_ip: true,
          ip_address: { addr: '10.0.0.9', type: 'V4' },
          avi_allocated_vip: true,
          subnet_uuid: 'x',
        },
      ],
      dns_info: [
        { fqdn: 'b.test', type: 'DNS_RECORD_A' },
        { fqdn: 'a.test', type: 'DNS_RECORD_A' },
      ],
    };
    expect(diff('vsvip', sent, current)).toEqual([]);
    expect(diff('vsvip', { ...sent, dns_info: [{ fqdn: 'a.test' }] }, current)).toEqual(['dns_info[-]']);
  });
});

describe('putBody', () => {
  it('keeps the allocated address of a VsVip, what it was read at, and nothing that the schema does not know', () => {
    const current: JsonObject = {
      _last_modified: '5',
      vip: [{ vip_id: '0', auto_allocate_ip: true, ip_address: { addr: '10.0.0.9', type: 'V4' }, runtime_extra: 1 }],
      vs_refs: ['x'],
    };
    expect(putBody('vsvip', { name: 'v', vip: [{ vip_id: '0', auto_allocate_ip: true }] }, current, schema)).toEqual({
      name: 'v',
      vip: [{ vip_id: '0', auto_allocate_ip: true, ip_address: { addr: '10.0.0.9', type: 'V4' } }],
      _last_modified: '5',
    });
  });

  it('sends every other object as desired', () => {
    expect(putBody('pool', { name: 'p' }, { name: 'p', _last_modified: '1', enabled: false }, schema)).toEqual({
      name: 'p',
    });
  });
});
