import { randomUUID } from 'node:crypto';
import { familyOf, networkAddress } from './addresses.ts';
import type { Draft } from './document.ts';
import type { ObjectStore } from './object-store.ts';
import { systemReference } from './rules/rule.ts';
import { TLS_PARSER } from './tls-parser.ts';
import type { Writer } from './writer.ts';

/** What the seeded cloud offers. */
export interface SeedOptions {
  /** Subnets of the VIP network `net-vip`, as `127.10.0.0/24`; IPv4 and IPv6. */
  readonly vipPools: readonly string[];
  /** DNS domains of the cloud's DNS profile; none = no profile. */
  readonly dnsDomains: readonly string[];
  /** PEM pair for System-Default-Cert-EC. */
  readonly certificate?: { readonly certificate: string; readonly key: string };
}

/**
 * Creates the objects that a fresh controller has (avi-model.md 2.8), and a cloud without orchestrator with its IPAM
 * and DNS profile and one VIP network.
 */
export function seed(store: ObjectStore, writer: Writer, options: SeedOptions): void {
  const create = (type: string, body: Draft, uuid?: string): void => {
    const objectType = store.catalogue.types.get(type);
    if (!objectType) throw new Error(`The schema has no type '${type}'`);
    writer.create({ type: objectType, body, tenant: 'admin', system: true, ...(uuid === undefined ? {} : { uuid }) });
  };
  store.transaction(() => {
    create('tenant', { name: 'admin', description: 'Administrator tenant', local: true }, 'admin');
    create('cloud', { name: 'Default-Cloud', vtype: 'CLOUD_NONE' });
    create('vrfcontext', { name: 'global', system_default: true });
    create('vrfcontext', { name: 'management', system_default: true });
    create('serviceenginegroup', { name: 'Default-Group' });
    create('analyticsprofile', { name: 'System-Analytics-Profile' });
    seedProfiles(create);
    seedNetworks(store, create, options);
    create(
      'cluster',
      { name: 'cluster-0-1', nodes: [{ name: 'node1', ip: { addr: '127.0.0.1', type: 'V4' } }] },
      `cluster-${randomUUID()}`,
    );
    create('systemconfiguration', { default_license_tier: 'ENTERPRISE', welcome_workflow_complete: true }, 'default');
    if (options.certificate) create('sslkeyandcertificate', certificateBody(options.certificate));
  });
}

type Create = (type: string, body: Draft) => void;

function seedProfiles(create: Create): void {
  for (const [name, type] of Object.entries(applicationProfiles)) {
    create('applicationprofile', {
      name,
      type: `APPLICATION_PROFILE_TYPE_${type}`,
      ...(type === 'HTTP' ? { http_profile: httpProfile(name) } : {}),
    });
  }
  for (const [name, profile] of Object.entries(networkProfiles))
    create('networkprofile', { name, profile: { ...profile } });
  for (const [name, body] of Object.entries(healthMonitors))
    create('healthmonitor', { name, ...structuredClone(body) });
  for (const [name, body] of Object.entries(persistenceProfiles))
    create('applicationpersistenceprofile', { name, ...structuredClone(body) });
  for (const name of ['System-Standard', 'System-Standard-PFS']) {
    create('sslprofile', { name, accepted_versions: [{ type: 'SSL_VERSION_TLS1_2' }, { type: 'SSL_VERSION_TLS1_3' }] });
  }
  create('protocolparser', { name: 'Default-TLS', parser_code: TLS_PARSER });
}

const applicationProfiles: Readonly<Record<string, string>> = {
  'System-HTTP': 'HTTP',
  'System-Secure-HTTP': 'HTTP',
  'System-L4-Application': 'L4',
  'System-SSL-Application': 'SSL',
  'System-DNS': 'DNS',
};

function httpProfile(name: string): Draft {
  const secure = name === 'System-Secure-HTTP';
  return secure
    ? {
        x_forwarded_proto_enabled: true,
        httponly_enabled: true,
        secure_cookie_enabled: true,
        hsts_enabled: true,
        http_to_https: true,
        server_side_redirect_to_https: true,
      }
    : {};
}

const networkProfiles: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'System-TCP-Proxy': { type: 'PROTOCOL_TYPE_TCP_PROXY' },
  'System-TCP-Fast-Path': { type: 'PROTOCOL_TYPE_TCP_FAST_PATH' },
  'System-UDP-Fast-Path': { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: {} },
  'System-UDP-Per-Pkt': { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: { per_pkt_loadbalance: true } },
  'System-SCTP-Proxy': { type: 'PROTOCOL_TYPE_SCTP_PROXY' },
};

const httpRequest = 'HEAD / HTTP/1.0';
const httpCodes = ['HTTP_2XX', 'HTTP_3XX'];

const healthMonitors: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'System-TCP': { type: 'HEALTH_MONITOR_TCP', tcp_monitor: {} },
  'System-UDP': { type: 'HEALTH_MONITOR_UDP', udp_monitor: {} },
  'System-SCTP': { type: 'HEALTH_MONITOR_SCTP', sctp_monitor: {} },
  'System-Ping': { type: 'HEALTH_MONITOR_PING' },
  'System-HTTP': {
    type: 'HEALTH_MONITOR_HTTP',
    http_monitor: { http_request: httpRequest, http_response_code: httpCodes },
  },
  'System-HTTPS': {
    type: 'HEALTH_MONITOR_HTTPS',
    https_monitor: { http_request: httpRequest, http_response_code: httpCodes },
  },
};

const persistenceProfiles: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'System-Persistence-Client-IP': {
    persistence_type: 'PERSISTENCE_TYPE_CLIENT_IP_ADDRESS',
    ip_persistence_profile: { ip_persistent_timeout: 5 },
  },
  'System-Persistence-Http-Cookie': {
    persistence_type: 'PERSISTENCE_TYPE_HTTP_COOKIE',
    http_cookie_persistence_profile: {},
  },
  'System-Persistence-TLS': { persistence_type: 'PERSISTENCE_TYPE_TLS' },
  'System-Persistence-App-Cookie': {
    persistence_type: 'PERSISTENCE_TYPE_APP_COOKIE',
    app_cookie_persistence_profile: { prst_hdr_name: 'Session-Id' },
  },
};

function seedNetworks(store: ObjectStore, create: Create, options: SeedOptions): void {
  create('network', {
    name: 'net-vip',
    dhcp_enabled: false,
    configured_subnets: options.vipPools.map(subnet),
    vrf_context_ref: '/api/vrfcontext/?name=global',
  });
  create('ipamdnsproviderprofile', {
    name: 'ipam-internal',
    type: 'IPAMDNS_TYPE_INTERNAL',
    internal_profile: { usable_networks: [{ nw_ref: '/api/network/?name=net-vip' }] },
  });
  if (options.dnsDomains.length > 0) {
    create('ipamdnsproviderprofile', {
      name: 'dns-internal',
      type: 'IPAMDNS_TYPE_INTERNAL_DNS',
      internal_profile: { dns_service_domain: options.dnsDomains.map((name) => ({ domain_name: name })) },
    });
  }
  const cloud = store.named('cloud', 'Default-Cloud')[0];
  if (!cloud) return;
  store.put({ ...cloud, lastModified: store.nextTimestamp(), body: { ...cloud.body, ...providers(store) } });
}

function providers(store: ObjectStore): Draft {
  const references: readonly (readonly [string, string, string])[] = [
    ['ipam_provider_ref', 'ipamdnsproviderprofile', 'ipam-internal'],
    ['dns_provider_ref', 'ipamdnsproviderprofile', 'dns-internal'],
    ['se_group_template_ref', 'serviceenginegroup', 'Default-Group'],
  ];
  const found: Draft = {};
  for (const [field, type, name] of references) {
    const reference = systemReference(store, type, name);
    if (reference) found[field] = reference;
  }
  return found;
}

function subnet(pool: string): Draft {
  const [address = '', mask = ''] = pool.split('/');
  const family = familyOf(address);
  return { prefix: { ip_addr: { addr: networkAddress(address, Number(mask)), type: family }, mask: Number(mask) } };
}

function certificateBody({ certificate, key }: { readonly certificate: string; readonly key: string }): Draft {
  return {
    name: 'System-Default-Cert-EC',
    type: 'SSL_CERTIFICATE_TYPE_VIRTUALSERVICE',
    certificate: { certificate },
    key,
  };
}
