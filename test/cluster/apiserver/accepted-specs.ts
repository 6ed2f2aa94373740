/** Specifications of extensions that their CRDs take, as AKO documents them. */
const tls = { kind: 'CRD', name: 'authorities' };

export const acceptedSpecs: readonly (readonly [kind: string, spec: object])[] = [
  ['HealthMonitor', { type: 'HEALTH_MONITOR_TCP', tcp_monitor: { tcp_half_open: true } }],
  ['HealthMonitor', { type: 'HEALTH_MONITOR_PING', send_interval: 5, receive_timeout: 2 }],
  [
    'HealthMonitor',
    {
      type: 'HEALTH_MONITOR_HTTP',
      monitor_port: 8080,
      authentication: { secret_ref: 'login' },
      http_monitor: {
        http_request: 'GET /healthz HTTP/1.1',
        http_response_code: ['HTTP_2XX', 'HTTP_3XX'],
        maintenance_code: [503],
        auth_type: 'AUTH_BASIC',
      },
    },
  ],
  ['RouteBackendExtension', {}],
  [
    'RouteBackendExtension',
    {
      lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
      lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
      lbAlgorithmConsistentHashHdr: 'X-User',
      persistenceProfile: 'System-Persistence-Client-IP',
      healthMonitor: [{ kind: 'AVIREF', name: 'System-HTTP' }],
      backendTLS: { pkiProfile: tls, hostCheckEnabled: true, domainName: ['a.example.com'] },
    },
  ],
  [
    'L7Rule',
    {
      wafPolicy: { kind: 'AviRef', name: 'System-WAF-Policy' },
      analyticsPolicy: { fullClientLogs: { enabled: true, throttle: 'MEDIUM' }, logAllHeaders: true },
      httpPolicy: { policySets: ['set'], overwrite: false },
    },
  ],
  [
    'HostRule',
    {
      virtualhost: {
        fqdn: 'foo.region1.com',
        fqdnType: 'Exact',
        enableVirtualHost: true,
        tls: {
          sslKeyCertificate: {
            name: 'key-cert',
            type: 'ref',
            alternateCertificate: { name: 'key-cert-2', type: 'ref' },
          },
          sslProfile: 'ssl-profile',
          termination: 'edge',
        },
        gslb: { fqdn: 'foo.com' },
        httpPolicy: { policySets: ['secure-policy'], overwrite: false },
        datascripts: ['redirect-app1'],
        wafPolicy: 'waf-policy',
        applicationProfile: 'app-profile',
        icapProfile: ['icap-profile'],
        analyticsProfile: 'analytics-profile',
        errorPageProfile: 'error-pages',
        networkSecurityPolicy: 'network-policy',
        l7Rule: 'l7-rule',
        analyticsPolicy: { fullClientLogs: { enabled: true, throttle: 'HIGH', duration: 30 }, logAllHeaders: true },
        tcpSettings: { listeners: [{ port: 8081 }, { port: 6443, enableSSL: true }], loadBalancerIP: '10.10.10.1' },
        aliases: ['bar.com', 'baz.com'],
      },
    },
  ],
  ['HostRule', { virtualhost: { fqdn: '*.alb.vmware.com', fqdnType: 'Wildcard', enableVirtualHost: false } }],
  ['HostRule', { virtualhost: { fqdn: 'Shared-VS-L7-1', fqdnType: 'Contains', useRegex: true } }],
  [
    'HTTPRule',
    {
      fqdn: 'foo.avi.internal',
      paths: [
        {
          target: '/foo',
          applicationPersistence: 'cookie-userid-persistence',
          healthMonitors: ['my-health-monitor-1', 'my-health-monitor-2'],
          enableHTTP2: true,
          loadBalancerPolicy: {
            algorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
            hash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
            hostHeader: 'foo',
          },
          tls: { type: 'reencrypt', sslProfile: 'ssl-profile', destinationCA: 'PEM' },
        },
        { target: '/bar', tls: { type: 'reencrypt', sslProfile: 'ssl-profile', pkiProfile: 'pki-profile' } },
      ],
    },
  ],
  [
    'SSORule',
    {
      fqdn: 'my-ssorule.test.com',
      ssoPolicyRef: 'oauth',
      oauthVsConfig: {
        cookieName: 'OAUTH_XYZ',
        cookieTimeout: 120,
        logoutURI: 'https://my-ssorule.test.com/oauth/logout',
        redirectURI: 'https://my-ssorule.test.com/oauth/callback',
        postLogoutRedirectURI: 'https://my-ssorule.test.com/oauth/postLogoutRedirectURI',
        oauthSettings: [
          {
            authProfileRef: 'okta-oauth',
            appSettings: {
              clientID: 'my-client-id',
              clientSecret: 'my-oauth-secret',
              oidcConfig: { oidcEnable: true, profile: true, userinfo: true },
              scopes: ['scope1'],
            },
            resourceServer: {
              accessType: 'ACCESS_TOKEN_TYPE_OPAQUE',
              introspectionDataTimeout: 60,
              opaqueTokenParams: { serverID: 'my-server-id', serverSecret: 'my-oauth-secret' },
            },
          },
        ],
      },
    },
  ],
  [
    'SSORule',
    {
      fqdn: 'my-ssorule.test.com',
      ssoPolicyRef: 'saml-app',
      samlSpConfig: {
        authnReqAcsType: 'SAML_AUTHN_REQ_ACS_TYPE_INDEX',
        acsIndex: 64,
        cookieName: 'saml-cookie',
        cookieTimeout: 120,
        entityID: 'my-ssorule.test.com',
        singleSignonURL: 'https://my-ssorule.test.com/sso/acs/',
        signingSslKeyAndCertificateRef: 'my-test-app-secret',
        useIdpSessionTimeout: false,
      },
    },
  ],
  [
    'L4Rule',
    {
      analyticsProfileRef: 'Custom-Analytics-Profile',
      analyticsPolicy: { fullClientLogs: { enabled: true, duration: 0, throttle: 30 } },
      applicationProfileRef: 'Custom-L4-Application-Profile',
      loadBalancerIP: '49.20.193.207',
      performanceLimits: { maxConcurrentConnections: 105, maxThroughput: 100 },
      networkProfileRef: 'Custom-Network-Profile',
      networkSecurityPolicyRef: 'Custom-Network-Security-Policy',
      securityPolicyRef: 'Custom-Security-Policy',
      vsDatascriptRefs: ['Custom-DS-01', 'Custom-DS-02'],
      revokeVipRoute: true,
      sslProfileRef: 'Custom-SSL-Profile',
      sslKeyAndCertificateRefs: ['Custom-Certificate'],
      listenerProperties: [{ port: 443, protocol: 'TCP', enableSsl: true }],
      backendProperties: [
        {
          port: 80,
          protocol: 'TCP',
          enabled: true,
          applicationPersistenceProfileRef: 'Custom-Application-Persistence-Profile',
          healthMonitorRefs: ['Custom-HM-01', 'Custom-HM-02'],
          lbAlgorithm: 'LB_ALGORITHM_CONSISTENT_HASH',
          lbAlgorithmHash: 'LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER',
          lbAlgorithmConsistentHashHdr: 'custom-string',
          sslProfileRef: 'Custom-SSL-Profile',
          sslKeyAndCertificateRef: 'Custom-Key-And-Certificate',
          pkiProfileRef: 'Custom-PKI-Profile',
          analyticsPolicy: { enableRealtimeMetrics: true },
          minServersUp: 1,
        },
      ],
    },
  ],
  [
    'AviInfraSetting',
    {
      seGroup: { name: 'group' },
      network: {
        vipNetworks: [{ networkName: 'vip', cidr: '10.0.0.0/24', v6cidr: '2001:db8::/64' }],
        nodeNetworks: [{ networkUUID: 'network-1', cidrs: ['10.1.0.0/24'] }],
        enableRhi: true,
        bgpPeerLabels: ['a'],
        listeners: [{ port: 443, enableHTTP2: true }],
      },
      l7Settings: { shardSize: 'SMALL' },
    },
  ],
  ['PKIProfile', { ca_certs: [{ certificate: 'PEM' }] }],
  [
    'ApplicationProfile',
    { type: 'APPLICATION_PROFILE_TYPE_HTTP', http_profile: { xff_enabled: true, xff_update: 'REPLACE_XFF_HEADERS' } },
  ],
];
