/** Objects of our own that settings need, one for each that differ: application and SSL profiles, what refuses clients, persistence. */
import { acceptanceProblem, acceptedTls } from '../../routing/extensions/tls-acceptance.ts';
import type {
  ClientAccess,
  PersistenceSettings,
  PoolSettings,
  RateLimit,
  VirtualServiceSettings,
} from '../../routing/extensions/avi-settings.ts';
import { httpProfileFields, tlsFields } from '../../routing/extensions/merged-settings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';
import type { AviObject, AviType, JsonObject } from '../desired.ts';
import type { GatewayPlan } from '../gateway-plan.ts';
import { markers } from '../naming/markers.ts';
import { createdBy, settingsName } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { l4Parts } from '../pools/l4-parts.ts';
import { l4Settings } from '../virtual-services/l4-settings.ts';
import { backendsWithTraffic, pooledBackends } from '../policies/rule-backends.ts';
import { aviObject, present, type TranslateContext } from '../translate-context.ts';

/** Those that the virtual services and pools of a Gateway need, each once. */
export function settingsObjects(context: TranslateContext, plan: GatewayPlan): readonly AviObject[] {
  const { routed } = context;
  const services = [...plan.children.flatMap(({ rule }) => rule.rule.settings ?? []), ...serviceSettings(routed, plan)];
  const backends = [
    ...plan.rules.flatMap(({ rule }) => (mayHaveSettings(rule) ? pooledBackends(rule) : [])),
    ...routed.l4.flatMap(({ routes }) => routes.flatMap((route) => backendsWithTraffic(route.backends))),
  ];
  const made = [...new Set(services)].flatMap((settings) => serviceObjects(context, settings));
  const pools = [...new Set(backends.flatMap(({ settings }) => settings ?? []))];
  const all = [...made, ...pools.flatMap((settings) => poolObjects(context, settings))];
  return [...new Map(all.map((object) => [`${object.type} ${object.name}`, object])).values()];
}

/** Of the virtual services that have ports. */
function serviceSettings(routed: RoutedGateway, { parentSettings }: GatewayPlan): readonly VirtualServiceSettings[] {
  const l4 = [...l4Parts(routed)].map(([part, listeners]) => l4Settings(routed, part, listeners));
  return [...(parentSettings ? [parentSettings] : []), ...l4];
}

/** Most rules have none, and are not looked at closely. */
function mayHaveSettings({ backends, mirrors }: RoutedRule): boolean {
  return mirrors !== undefined || backends.some(({ settings }) => settings !== undefined);
}

function serviceObjects(context: TranslateContext, settings: VirtualServiceSettings): readonly AviObject[] {
  const profile = applicationProfileName(context, settings);
  const security = securitySetName(context, settings);
  const ssl = sslProfileName(context, settings);
  const object = (type: AviType, name: string, fields: JsonObject): AviObject =>
    settingsObject(context, type, { name, created_by: createdBy(context.settings.clusterName), ...fields });
  return [
    ...(profile === undefined
      ? []
      : [
          object('applicationprofile', profile, {
            type: 'APPLICATION_PROFILE_TYPE_HTTP',
            http_profile: httpProfile(settings),
          }),
        ]),
    ...(security === undefined
      ? []
      : [object('httppolicyset', security, { http_security_policy: { rules: securityRules(settings) } })]),
    ...(ssl === undefined ? [] : [settingsObject(context, 'sslprofile', { name: ssl, ...sslProfile(settings) })]),
  ];
}

function poolObjects(context: TranslateContext, settings: PoolSettings): readonly AviObject[] {
  const name = persistenceName(context, settings);
  if (name === undefined || !settings.persistence || 'avi' in settings.persistence) return [];
  return [
    settingsObject(context, 'applicationpersistenceprofile', {
      name,
      ...persistenceProfile(settings.persistence.profile),
    }),
  ];
}

function settingsObject(
  context: TranslateContext,
  type: AviType,
  fields: JsonObject & { readonly name: string },
): AviObject {
  const { settings, gateway, routed } = context;
  return aviObject(context, type, {
    ...fields,
    tenant_ref: ref('tenant', routed.tenant),
    markers: markers({ clusterName: settings.clusterName, gateway }),
  });
}

/** Name of the profile that single settings come to; undefined where there are none. */
export function applicationProfileName(
  { settings: { clusterName }, gateway }: TranslateContext,
  settings: VirtualServiceSettings | undefined,
): string | undefined {
  if (!settings || !httpProfileFields.some((field) => settings[field] !== undefined)) return undefined;
  return settingsName(clusterName, gateway, 'application-profile', JSON.stringify(httpProfile(settings)));
}

/** Ciphers that do not count, since together with a version that something else asks for they would let nobody in. */
export function cipherProblems({ routed }: TranslateContext, plan: GatewayPlan): readonly Problem[] {
  const messages = serviceSettings(routed, plan).flatMap((settings) => acceptanceProblem(settings) ?? []);
  return [...new Set(messages)].map((message) => ({
    resource: `Gateway/${routed.key}`,
    field: 'spec.listeners',
    message: `the ciphers that policies ask for do not count: ${message}`,
  }));
}

/** Name of the policy set that refuses clients; undefined where all are let in. */
export function securitySetName(
  { settings: { clusterName }, gateway }: TranslateContext,
  settings: VirtualServiceSettings | undefined,
): string | undefined {
  if (!settings?.access && !settings?.rateLimit) return undefined;
  return settingsName(clusterName, gateway, 'security', JSON.stringify(securityRules(settings)));
}

/** Name of the SSL profile that single settings come to; undefined where there are none. */
export function sslProfileName(
  { settings: { clusterName }, gateway }: TranslateContext,
  settings: VirtualServiceSettings | undefined,
): string | undefined {
  if (!settings || !tlsFields.some((field) => settings[field] !== undefined)) return undefined;
  return settingsName(clusterName, gateway, 'ssl-profile', JSON.stringify(sslProfile(settings)));
}

/** Name of the persistence profile of a pool; undefined where it has none of ours. */
export function persistenceName(
  { settings: { clusterName }, gateway }: TranslateContext,
  { persistence }: PoolSettings,
): string | undefined {
  if (!persistence || 'avi' in persistence) return undefined;
  return settingsName(clusterName, gateway, 'persistence', JSON.stringify(persistenceProfile(persistence.profile)));
}

const forwardedForUpdates = {
  Replace: 'REPLACE_XFF_HEADERS',
  Append: 'APPEND_TO_THE_XFF_HEADER',
  Add: 'ADD_NEW_XFF_HEADER',
} as const;

/** System-HTTP but for the settings. Avi wants `compression` and `remove_accept_encoding_header` said. */
export function httpProfile(settings: VirtualServiceSettings): JsonObject {
  const { hsts, forwardedFor, compression } = settings;
  return present({
    hsts_enabled: hsts && true,
    hsts_max_age: hsts?.maxAgeDays,
    hsts_subdomains_enabled: hsts?.includeSubdomains,
    xff_enabled: forwardedFor && forwardedFor.mode !== 'Off',
    xff_update: forwardedFor && forwardedFor.mode !== 'Off' ? forwardedForUpdates[forwardedFor.mode] : undefined,
    xff_alternate_name: forwardedFor?.header,
    x_forwarded_proto_enabled: settings.forwardedProto,
    compression_profile:
      compression === undefined
        ? undefined
        : { compression, remove_accept_encoding_header: compression, type: 'AUTO_COMPRESSION' },
    client_max_body_size: settings.maxRequestBodyKb,
    client_max_request_size: settings.maxRequestHeadersKb,
  });
}

/** Avi's default of what is left out is never used: no version that is accepted has it. */
function sslProfile(settings: VirtualServiceSettings): JsonObject {
  const { versions, ciphers, suites } = acceptedTls(settings);
  return present({
    accepted_versions: versions.map((type) => ({ type })),
    accepted_ciphers: ciphers.length > 0 ? ciphers.join(':') : undefined,
    ciphersuites: suites.length > 0 ? suites.join(':') : undefined,
  });
}

/** Who is refused, then who is not let in, then who asks too often. */
function securityRules({ access, rateLimit }: VirtualServiceSettings): readonly JsonObject[] {
  const rules = [
    ...(access?.deny ? [refuse('deny', 'IS_IN', access.deny)] : []),
    ...(access?.allow ? [refuse('allow', 'IS_NOT_IN', access.allow)] : []),
    ...(rateLimit ? [{ name: 'rate-limit', action: limit(rateLimit) }] : []),
  ];
  return rules.map((rule, place) => ({ ...rule, enable: true, index: place + 1 }));
}

function refuse(name: keyof ClientAccess, criteria: 'IS_IN' | 'IS_NOT_IN', addresses: readonly string[]): JsonObject {
  return {
    name,
    match: { client_ip: { match_criteria: criteria, prefixes: addresses.map(prefix) } },
    action: {
      action: 'HTTP_SECURITY_ACTION_SEND_RESPONSE',
      status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_403',
    },
  };
}

function limit({ count, periodSeconds, burst, perClient, perPath }: RateLimit): JsonObject {
  return {
    action: 'HTTP_SECURITY_ACTION_RATE_LIMIT',
    rate_profile: {
      rate_limiter: present({ count, period: periodSeconds, burst_sz: burst }),
      action: { type: 'RL_ACTION_LOCAL_RSP', status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_429' },
      per_client_ip: perClient,
      per_uri_path: perPath,
    },
  };
}

/** An address is the subnet of itself. */
function prefix(address: string): JsonObject {
  const [addr = '', mask] = address.split('/');
  const type = addr.includes(':') ? 'V6' : 'V4';
  return { ip_addr: { addr, type }, mask: mask === undefined ? (type === 'V6' ? 128 : 32) : Number(mask) };
}

function persistenceProfile(settings: PersistenceSettings): JsonObject {
  switch (settings.by) {
    case 'cookie':
      return {
        persistence_type: 'PERSISTENCE_TYPE_HTTP_COOKIE',
        http_cookie_persistence_profile: present({
          cookie_name: settings.name,
          timeout: settings.timeoutMinutes,
          is_persistent_cookie: settings.persistent,
          http_only: settings.httpOnly,
        }),
      };
    case 'applicationCookie':
      return {
        persistence_type: 'PERSISTENCE_TYPE_APP_COOKIE',
        app_cookie_persistence_profile: present({ prst_hdr_name: settings.name, timeout: settings.timeoutMinutes }),
      };
    case 'header':
      return {
        persistence_type: 'PERSISTENCE_TYPE_CUSTOM_HTTP_HEADER',
        hdr_persistence_profile: { prst_hdr_name: settings.name },
      };
    case 'sourceAddress':
      return {
        persistence_type: 'PERSISTENCE_TYPE_CLIENT_IP_ADDRESS',
        ip_persistence_profile: present({
          ip_persistent_timeout: settings.timeoutMinutes,
          ip_mask: settings.prefixLength,
        }),
      };
    case 'tls':
      return { persistence_type: 'PERSISTENCE_TYPE_TLS' };
  }
}
