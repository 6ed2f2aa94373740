/** Specifications of extensions that their CRDs refuse, and what is said of each. */
export const refusedSpecs: readonly (readonly [kind: string, spec: object, message: RegExp])[] = [
  ['HealthMonitor', { type: 'HEALTH_MONITOR_UDP' }, /supported values/],
  ['HealthMonitor', { type: 'HEALTH_MONITOR_TCP', send_interval: 0 }, /greater than or equal to 1/],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_TCP', http_monitor: { http_response_code: ['HTTP_2XX'] } },
    /http_monitor is for type HEALTH_MONITOR_HTTP only/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_PING', tcp_monitor: {} },
    /tcp_monitor is for type HEALTH_MONITOR_TCP only/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_TCP', tcp_monitor: { tcp_half_open: true, tcp_request: 'x' } },
    /tcp_half_open sends nothing/,
  ],
  [
    'HealthMonitor',
    { type: 'HEALTH_MONITOR_HTTP', http_monitor: { http_response_code: ['HTTP_2XX'], auth_type: 'AUTH_NTLM' } },
    /auth_type needs authentication/,
  ],
  [
    'HealthMonitor',
    {
      type: 'HEALTH_MONITOR_HTTP',
      authentication: { secret_ref: 'a' },
      http_monitor: { http_response_code: ['HTTP_2XX'], auth_type: 'AUTH_NTLM', exact_http_request: true },
    },
    /exact_http_request must be false/,
  ],
  ['RouteBackendExtension', { lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_URI' }, /lbAlgorithmHash belongs to/],
  [
    'RouteBackendExtension',
    { lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH', lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER' },
    /lbAlgorithmConsistentHashHdr belongs to/,
  ],
  ['RouteBackendExtension', { backendTLS: { domainName: ['a'] } }, /domainName needs hostCheckEnabled/],
  ['RouteBackendExtension', { healthMonitor: [{ kind: 'CRD', name: 'a' }] }, /supported values/],
  ['HostRule', {}, /spec.virtualhost: Required/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', fqdnType: 'Prefix' } }, /supported values/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', fqdnType: 'Wildcard' } }, /fqdn must begin with \*/],
  [
    'HostRule',
    { virtualhost: { fqdn: '*.a.com', fqdnType: 'Wildcard', aliases: ['b.com'] } },
    /aliases need fqdnType Exact/,
  ],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['a.com'] } }, /aliases must not contain fqdn itself/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['b.com', 'b.com'] } }, /Duplicate value/],
  [
    'HostRule',
    { virtualhost: { fqdn: 'a.com', aliases: ['g.com'], gslb: { fqdn: 'g.com' } } },
    /aliases must not contain gslb.fqdn/,
  ],
  ['HostRule', { virtualhost: { fqdn: 'a.com', aliases: ['*.b.com'] } }, /should match/],
  ['HostRule', { virtualhost: { fqdn: 'a.com', tls: { sslProfile: 'a' } } }, /sslKeyCertificate: Required/],
  ['HTTPRule', { fqdn: 'a.com', paths: [{ target: 'foo' }] }, /should match/],
  [
    'HTTPRule',
    { fqdn: 'a.com', paths: [{ target: '/', loadBalancerPolicy: { algorithm: 'LB_ALGORITHM_RANDOM' } }] },
    /supported values/,
  ],
  [
    'HTTPRule',
    { fqdn: 'a.com', paths: [{ target: '/', tls: { type: 'reencrypt', pkiProfile: 'a', destinationCA: 'PEM' } }] },
    /at most one of pkiProfile and destinationCA/,
  ],
  ['SSORule', { fqdn: 'a.com', ssoPolicyRef: 'a' }, /exactly one of oauthVsConfig and samlSpConfig/],
  ['SSORule', { fqdn: '*.a.com', ssoPolicyRef: 'a', oauthVsConfig: {} }, /fqdn must not be a wildcard/],
  [
    'SSORule',
    {
      fqdn: 'a.com',
      ssoPolicyRef: 'a',
      oauthVsConfig: {
        oauthSettings: [{ authProfileRef: 'a', resourceServer: { accessType: 'ACCESS_TOKEN_TYPE_OPAQUE' } }],
      },
    },
    /opaqueTokenParams belongs to accessType/,
  ],
  [
    'SSORule',
    {
      fqdn: 'a.com',
      ssoPolicyRef: 'a',
      samlSpConfig: {
        authnReqAcsType: 'SAML_AUTHN_REQ_ACS_TYPE_URL',
        acsIndex: 1,
        entityID: 'a',
        singleSignonURL: 'https://a.com/acs',
      },
    },
    /acsIndex belongs to authnReqAcsType/,
  ],
  ['L4Rule', { backendProperties: [{ port: 80 }] }, /protocol: Required/],
  [
    'L4Rule',
    {
      backendProperties: [{ port: 80, protocol: 'TCP', lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CALLID' }],
    },
    /lbAlgorithmHash belongs to lbAlgorithm/,
  ],
  [
    'L4Rule',
    { backendProperties: [{ port: 80, protocol: 'TCP', healthMonitorRefs: ['a'], healthMonitorCrdRefs: ['b'] }] },
    /at most one of healthMonitorRefs and healthMonitorCrdRefs/,
  ],
  ['L7Rule', { wafPolicy: { kind: 'CRD', name: 'a' } }, /supported values/],
  ['L7Rule', { sslSessCacheAvgSize: 1 }, /greater than or equal to 1024/],
  [
    'AviInfraSetting',
    { network: { vipNetworks: [{ cidr: '10.0.0.0/24' }] } },
    /exactly one of networkName and networkUUID/,
  ],
  ['AviInfraSetting', { network: { vipNetworks: [{ networkName: 'a', cidr: '10.0.0.0/40' }] } }, /should match/],
  ['AviInfraSetting', { network: { bgpPeerLabels: ['a'] } }, /bgpPeerLabels needs enableRhi/],
  ['AviInfraSetting', { l7Settings: { shardSize: 'HUGE' } }, /supported values/],
  ['PKIProfile', { ca_certs: [] }, /at least 1/],
  ['ApplicationProfile', {}, /spec.type: Required/],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { xff_update: 'REPLACE_XFF_HEADERS' } },
    /xff_update needs xff_enabled/,
  ],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { true_client_ip: {} } },
    /true_client_ip needs use_true_client_ip/,
  ],
];
