import { describe, expect, it } from '@jest/globals';
import type { Endpoint, RoutedBackend } from '../../src/routing/result/routed-backend.ts';
import type { RoutedRule } from '../../src/routing/result/routed-rule.ts';
import { nameClaims, resolveNames } from '../../src/translate/naming/name-table.ts';
import { maxServers } from '../../src/translate/pools/pool.ts';
import { ratiosOf } from '../../src/translate/pools/pool-group.ts';
import { replacePools, translatePoolsOfServices } from '../../src/translate/translate-gateway.ts';
import { schemaProblems } from './support/avi-schema.ts';
import { backend } from './support/model.ts';
import { gateway, listener, match, ofType, only, parent, route, rule, translated } from './support/routed.ts';
import { settings } from './support/settings.ts';

const poolName = 'ako-gw-cluster1--1997e339bc34320c63941c7e530038f0cf229434';

function withRule(own: Partial<RoutedRule>) {
  return gateway({ routes: [route({ rules: [rule(own)] })] });
}

function members(backends: readonly RoutedBackend[]) {
  const state = translated(withRule({ backends }));
  return (only(state, 'poolgroup').members as { pool_ref: string; ratio: number }[]).map(({ ratio }) => ratio);
}

describe('pool', () => {
  const endpoints: readonly Endpoint[] = [
    { address: '10.244.92.1', family: 'V4', port: 8080, enabled: true, nodeName: 'node1' },
    { address: 'fd00::2', family: 'V6', port: 8080, enabled: false },
  ];

  it('is what the incumbent sends, with an answer for when no server is up', () => {
    const routed = withRule({ backends: [{ ...backend('default', 'web'), endpoints }] });
    expect(only(translated(routed), 'pool')).toEqual({
      name: poolName,
      created_by: 'avi-gateway-cluster1',
      cloud_config_cksum: expect.any(String),
      tenant_ref: '/api/tenant/?name=admin',
      cloud_ref: '/api/cloud?name=Default-Cloud',
      vrf_ref: '/api/vrfcontext?name=global',
      graceful_disable_timeout: 1,
      sni_enabled: false,
      health_monitor_refs: ['/api/healthmonitor/?name=System-TCP'],
      fail_action: { type: 'FAIL_ACTION_HTTP_LOCAL_RSP', local_rsp: { status_code: 'FAIL_HTTP_STATUS_CODE_503' } },
      servers: [
        {
          ip: { addr: '10.244.92.1', type: 'V4' },
          port: 8080,
          external_uuid: '10.244.92.1:8080',
          enabled: true,
          server_node: 'node1',
        },
        { ip: { addr: 'fd00::2', type: 'V6' }, port: 8080, external_uuid: 'fd00::2:8080', enabled: false },
      ],
      markers: [
        { key: 'clustername', values: ['cluster1'] },
        { key: 'GatewayName', values: ['gw1'] },
        { key: 'GatewayNamespace', values: ['default'] },
        { key: 'HTTPRouteName', values: ['r1'] },
        { key: 'HTTPRouteNamespace', values: ['default'] },
        { key: 'BackendName', values: ['web'] },
        { key: 'BackendNs', values: ['default'] },
        { key: 'managed-by', values: ['avi-gateway-operator'] },
      ],
      service_metadata: expect.stringContaining('"namespace_svc_name":["default/web"]'),
    });
  });

  it.each([
    [{ requestMs: 2000 }, 2000],
    [{ backendRequestMs: 500 }, 500],
    [{ requestMs: 2000, backendRequestMs: 500 }, 500],
    [{ requestMs: 0, backendRequestMs: 500 }, 500],
    [{ requestMs: 0 }, undefined],
    [{ requestMs: 10 ** 9 }, 21_600_000],
    [undefined, undefined],
  ])('timeouts %j: %j', (timeouts, expected) => {
    expect(only(translated(withRule({ timeouts })), 'pool').server_timeout).toBe(expected);
  });

  it.each([
    [{ attempts: 3 }, undefined, { num_retries: 3 }],
    [{ attempts: 3 }, { backendRequestMs: 500 }, { num_retries: 3, retry_timeout: 500 }],
    [{ attempts: 10 ** 6 }, { backendRequestMs: 10 ** 8 }, { num_retries: maxServers, retry_timeout: 3_600_000 }],
  ])('retries %j with timeouts %j: %j', (retry, timeouts, expected) => {
    const state = translated(withRule({ retry, timeouts }));
    const fixed = { enabled: true, retry_nonidempotent: false };
    expect(only(state, 'pool').server_reselect).toEqual({ ...fixed, ...expected });
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('speaks HTTP/2 to servers that ask for it, and so do the ports that lead there', () => {
    const backends = [{ ...backend('default', 'web'), protocol: 'h2c' as const }];
    const other = route({ name: 'r2', hostnames: ['other.example.com'], listeners: ['other'] });
    const listeners = [listener(), listener({ name: 'other', port: 8080 })];
    const state = translated(gateway({ listeners, routes: [route({ rules: [rule({ backends })] }), other] }));
    expect(ofType(state, 'pool').map(({ body }) => body.enable_http2)).toEqual(
      expect.arrayContaining([true, undefined]),
    );
    expect(parent(state).services).toEqual([
      { port: 80, enable_ssl: false, enable_http2: true },
      { port: 8080, enable_ssl: false, enable_http2: false },
    ]);
  });

  it('of a mirror is no member, but follows its Service', () => {
    const mirrors = [{ backend: backend('default', 'shadow'), numerator: 1, denominator: 2 }];
    const before = withRule({ mirrors });
    expect(only(translated(before), 'poolgroup').members).toHaveLength(1);
    const names = resolveNames(nameClaims(before, settings));
    const after = withRule({ mirrors: [{ ...mirrors[0]!, backend: { ...mirrors[0]!.backend, endpoints } }] });
    const pools = translatePoolsOfServices(after, settings, names, ['default/shadow']);
    expect(pools).toHaveLength(1);
    expect(replacePools(translated(before), pools)).toEqual(translated(after));
  });

  it('of a mirror to a backend of the rule is that backend’s', () => {
    const mirrors = [{ backend: backend('default', 'web'), numerator: 1, denominator: 1 }];
    expect(ofType(translated(withRule({ mirrors })), 'pool')).toHaveLength(1);
  });

  it('names the nodes’ networks where Avi places interfaces itself', () => {
    const nodeNetworks = [{ networkName: 'nodes', cidrs: ['10.1.0.0/16', 'fd00::/64'] }];
    const state = translated(gateway(), { cloudType: 'CLOUD_VCENTER', nodeNetworks });
    expect(only(state, 'pool').placement_networks).toEqual([
      {
        network_ref: '/api/network/?name=nodes',
        subnet: { ip_addr: { addr: '10.1.0.0', type: 'V4' }, mask: 16 },
      },
      { network_ref: '/api/network/?name=nodes', subnet: { ip_addr: { addr: 'fd00::', type: 'V6' }, mask: 64 } },
    ]);
    expect(only(translated(gateway(), { nodeNetworks }), 'pool')).not.toHaveProperty('placement_networks');
  });

  it('keeps as many servers as Avi takes and reports the rest', () => {
    const many = Array.from({ length: maxServers + 1 }, (_, index) => ({ ...endpoints[0]!, port: index + 1 }));
    const state = translated(withRule({ backends: [{ ...backend('default', 'web'), endpoints: many }] }));
    expect(only(state, 'pool').servers).toHaveLength(maxServers);
    expect(state.problems).toEqual([
      expect.objectContaining({ resource: 'HTTPRoute/default/r1', field: 'spec.rules[0].backendRefs' }),
    ]);
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('of one Service are translated alone, as they are in the whole', () => {
    const other = route({ name: 'r2', rules: [rule({ matches: [match('/b')], backends: [backend('default', 'b')] })] });
    const before = gateway({ routes: [route(), other] });
    const names = resolveNames(nameClaims(before, settings));
    const changed = rule({ matches: [match('/b')], backends: [{ ...backend('default', 'b'), endpoints }] });
    const after = gateway({ routes: [route(), { ...other, rules: [changed] }] });
    const pools = translatePoolsOfServices(after, settings, names, ['default/b']);
    expect(pools).toHaveLength(1);
    expect(replacePools(translated(before), pools)).toEqual(translated(after));
    expect(translatePoolsOfServices(after, settings, names, ['default/other'])).toEqual([]);
  });
});

describe('pool group', () => {
  it('adds up a Service that is named twice, and leaves out what gets no traffic', () => {
    const invalid = { ...backend('default', 'gone', 5), invalid: { reason: 'BackendNotFound', message: '' } };
    const backends = [backend('default', 'web', 1), backend('default', 'b', 2), backend('default', 'web', 3)];
    expect(members([...backends, backend('default', 'off', 0), invalid])).toEqual([4, 2]);
    const state = translated(withRule({ backends: [...backends, backend('default', 'off', 0), invalid] }));
    expect(ofType(state, 'pool')).toHaveLength(2);
  });

  it.each([
    [
      [1, 9],
      [1, 9],
    ],
    [
      [1000, 1],
      [1000, 1],
    ],
    [
      [2000, 4000],
      [1, 2],
    ],
    [
      [1_000_000, 1],
      [1000, 1],
    ],
    [
      [999_999, 333_333],
      [3, 1],
    ],
    [
      [5001, 2503],
      [1000, 500],
    ],
    [[], []],
  ])('weights %j: ratios %j', (weights, ratios) => {
    expect(ratiosOf(weights)).toEqual(ratios);
  });
});
