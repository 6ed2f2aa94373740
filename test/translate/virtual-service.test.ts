import { describe, expect, it } from '@jest/globals';
import { schemaProblems } from './support/avi-schema.ts';
import {
  certificate,
  children,
  gateway,
  listener,
  match,
  only,
  parent,
  requestRules,
  route,
  rule,
  translated,
} from './support/routed.ts';

const name = 'ako-gw-cluster1--ddc13d1020d8fcf748f7833a84b87620092c6209';
const markers = (...own: readonly (readonly [string, ...string[]])[]) => [
  { key: 'clustername', values: ['cluster1'] },
  ...own.map(([key, ...values]) => ({ key, values })),
  { key: 'managed-by', values: ['avi-gateway-operator'] },
];

describe('child virtual service', () => {
  it('is what the incumbent sends, but for the deviations', () => {
    const [child] = children(translated(gateway()));
    expect(child).toEqual({
      name,
      created_by: 'avi-gateway-cluster1',
      cloud_config_cksum: expect.stringMatching(/^[0-9a-f]{16}$/),
      cloud_ref: '/api/cloud?name=Default-Cloud',
      application_profile_ref: '/api/applicationprofile/?name=System-HTTP',
      network_profile_ref: '/api/networkprofile/?name=System-TCP-Proxy',
      east_west_placement: false,
      ign_pool_net_reach: false,
      markers: markers(
        ['Host', 'app.example.com'],
        ['GatewayName', 'gw1'],
        ['GatewayNamespace', 'default'],
        ['HTTPRouteName', 'r1'],
        ['HTTPRouteNamespace', 'default'],
      ),
      pool_group_ref: `/api/poolgroup/?name=${name}`,
      se_group_ref: '/api/serviceenginegroup?name=Default-Group',
      service_metadata:
        '{"namespace_ingress_name":null,"ingress_name":"","namespace":"","hostnames":null,"namespace_svc_name":null,' +
        '"crd_status":{"type":"","value":"","status":""},"pool_ratio":0,"passthrough_parent_ref":"",' +
        '"passthrough_child_ref":"","gateway":"default/gw1","httproute":"default/r1",' +
        '"httproute_rule_name":"3678547134","insecureedgetermallow":false,"is_mci_ingress":false,' +
        '"fqdn_reuse_policy":"","host_namespace_ingress_name":null}',
      type: 'VS_TYPE_VH_CHILD',
      vh_matches: [
        {
          host: 'app.example.com',
          rules: [
            {
              name: 'rule-0',
              matches: {
                path: { match_case: 'SENSITIVE', match_criteria: 'BEGINS_WITH', match_str: ['/'] },
                vs_port: { match_criteria: 'IS_IN', ports: [80] },
              },
            },
          ],
        },
      ],
      vh_parent_vs_ref: '/api/virtualservice/?name=ako-gw-cluster1--default-gw1-EVH',
      vh_type: 'VS_TYPE_VH_ENHANCED',
      vrf_context_ref: '/api/vrfcontext?name=global',
    });
  });

  it('claims a prefix as the path itself and what is under it', () => {
    const state = translated(gateway({ routes: [route({ rules: [rule({ matches: [match('/foo/')] })] })] }));
    const [host] = children(state)[0]!.vh_matches as { rules: { matches: { path: object } }[] }[];
    expect(host!.rules.map(({ matches }) => matches.path)).toEqual([
      { match_case: 'SENSITIVE', match_criteria: 'EQUALS', match_str: ['/foo'] },
      { match_case: 'SENSITIVE', match_criteria: 'BEGINS_WITH', match_str: ['/foo/'] },
    ]);
  });

  it('compares a path with an escape as it is sent', () => {
    const exact = match('/', { path: { type: 'Exact', value: '/a%20b' } });
    const state = translated(gateway({ routes: [route({ rules: [rule({ matches: [exact] })] })] }));
    const [host] = children(state)[0]!.vh_matches as { rules: { matches: { path: object } }[] }[];
    expect(host!.rules[0]!.matches.path).toMatchObject({ match_str: ['/a%20b'], match_decoded_string: false });
  });

  it('carries the name of a named rule', () => {
    const state = translated(gateway({ routes: [route({ rules: [rule({ name: 'checkout' })] })] }));
    const [child] = children(state);
    expect(child!.markers).toContainEqual({ key: 'HTTPRouteRuleName', values: ['checkout'] });
    expect(child!.service_metadata).toContain('"httproute_rule_name":"checkout"');
  });

  it('has neither VRF nor pool group where there is none', () => {
    const failing = rule({ action: 'fail', backends: [] });
    const state = translated(gateway({ routes: [route({ rules: [failing] })] }), { nsxtT1LR: '/infra/tier-1s/t1' });
    const [child] = children(state);
    expect(child).not.toHaveProperty('vrf_context_ref');
    expect(child).not.toHaveProperty('pool_group_ref');
    expect(parent(state)).not.toHaveProperty('vrf_context_ref');
  });
});

describe('parent virtual service', () => {
  it('keeps what is said of listeners where rules without hostname say the rest', () => {
    const listeners = [listener({ tls: true, certificates: [certificate('shown')] })];
    const routes = [route({ hostnames: [], listeners: ['https'], rules: [rule({ settings: { wafPolicy: 'waf' } })] })];
    const state = translated(gateway({ listeners, routes, settings: { wafPolicy: 'waf', sslProfile: 'strict' } }));
    expect(parent(state)).toMatchObject({
      waf_policy_ref: '/api/wafpolicy?name=waf',
      ssl_profile_ref: '/api/sslprofile?name=strict',
    });
  });

  it('has the ports, the VIP and its own 404', () => {
    const listeners = [listener(), listener({ tls: true }), listener({ name: 'again', port: 80, hostname: 'x.y' })];
    const state = translated(gateway({ listeners }), { enableRHI: true });
    expect(parent(state)).toEqual({
      name: 'ako-gw-cluster1--default-gw1-EVH',
      created_by: 'avi-gateway-cluster1',
      cloud_config_cksum: expect.any(String),
      tenant_ref: '/api/tenant/?name=admin',
      cloud_ref: '/api/cloud?name=Default-Cloud',
      type: 'VS_TYPE_VH_PARENT',
      vh_type: 'VS_TYPE_VH_ENHANCED',
      application_profile_ref: '/api/applicationprofile/?name=System-HTTP',
      network_profile_ref: '/api/networkprofile/?name=System-TCP-Proxy',
      se_group_ref: '/api/serviceenginegroup?name=Default-Group',
      vrf_context_ref: '/api/vrfcontext?name=global',
      vsvip_ref: '/api/vsvip/?name=ako-gw-cluster1--default-gw1-EVH',
      services: [
        { port: 80, enable_ssl: false, enable_http2: false },
        { port: 443, enable_ssl: true, enable_http2: false },
      ],
      http_policies: [{ index: 11, http_policy_set_ref: '/api/httppolicyset/?name=ako-gw-cluster1--default-gw1-EVH' }],
      markers: markers(['GatewayName', 'gw1'], ['GatewayNamespace', 'default']),
      service_metadata: expect.stringContaining('"gateway":"default/gw1"'),
      traffic_enabled: true,
      enable_rhi: true,
    });
    expect(requestRules(state, 'ako-gw-cluster1--default-gw1-EVH')).toEqual([
      {
        name: 'default-backend-rule',
        enable: true,
        index: 1,
        switching_action: {
          action: 'HTTP_SWITCHING_SELECT_LOCAL',
          status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404',
        },
      },
    ]);
  });

  it('ignores listeners that do not serve', () => {
    const listeners = [listener(), listener({ name: 'lost', port: 8080, serving: false })];
    expect(parent(translated(gateway({ listeners }))).services).toHaveLength(1);
  });

  it('stops traffic when asked to', () => {
    expect(parent(translated(gateway({ trafficEnabled: false }))).traffic_enabled).toBe(false);
  });

  it('does not exist without a serving listener', () => {
    expect(translated(gateway({ programmable: false })).objects).toEqual([]);
  });
});

describe('SSL profile of our own', () => {
  const listeners = [listener({ tls: true, certificates: [certificate('shown')] })];

  it('holds the version and the ciphers, and takes the place of the default', () => {
    const settings = { minTLSVersion: 'SSL_VERSION_TLS1_3', ciphers: ['TLS_AES_128_GCM_SHA256'] } as const;
    const state = translated(gateway({ listeners, routes: [], settings }));
    const profile = only(state, 'sslprofile');
    expect(profile).toMatchObject({
      accepted_versions: [{ type: 'SSL_VERSION_TLS1_3' }],
      ciphersuites: 'TLS_AES_128_GCM_SHA256',
    });
    expect(profile).not.toHaveProperty('accepted_ciphers');
    expect(parent(state).ssl_profile_ref).toBe(`/api/sslprofile/?name=${String(profile.name)}`);
    expect(state.problems).toBeUndefined();
    expect(state.objects.flatMap(schemaProblems)).toEqual([]);
  });

  it('keeps the version where no cipher is left for it, and says so', () => {
    const settings = { minTLSVersion: 'SSL_VERSION_TLS1_3', ciphers: ['TLS_RSA_WITH_AES_128_CBC_SHA'] } as const;
    const state = translated(gateway({ listeners, routes: [], settings }));
    expect(only(state, 'sslprofile')).toMatchObject({ accepted_versions: [{ type: 'SSL_VERSION_TLS1_3' }] });
    expect(state.problems).toEqual([expect.objectContaining({ message: expect.stringMatching(/do not count: none/) })]);
  });
});
