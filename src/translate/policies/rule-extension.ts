/** Fields of a virtual service that its settings decide (ako-facts.md sections 6.6 and 6.7), over its own. */
import type { AnalyticsPolicySettings, VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import type { Json, JsonObject } from '../desired.ts';
import { nameOfExtension } from '../profiles/extension-object.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { applicationProfileName, securitySetName, sslProfileName } from '../profiles/settings-objects.ts';
import { present, type TranslateContext } from '../translate-context.ts';

type Settings = VirtualServiceSettings | undefined;

/** The policy sets of a virtual service in order: what clients are refused by, the operator's own, and those that are named. */
export function namedSets(context: TranslateContext, own: readonly string[], settings: Settings): readonly string[] {
  const security = securitySetName(context, settings);
  return [...(security === undefined ? [] : [security]), ...own, ...(settings?.policySets ?? [])];
}

/** The DataScript sets of a virtual service in order: the operator's own goes first. */
export function namedScripts(own: string | undefined, settings: Settings): readonly string[] {
  return [...(own === undefined ? [] : [own]), ...(settings?.dataScripts ?? [])];
}

/** To be put over the virtual service's own fields. */
export function serviceFields(context: TranslateContext, settings: Settings): JsonObject {
  if (!settings) return {};
  const { certificates, sso, performanceLimits: limits } = settings;
  return present({
    enabled: settings.enabled,
    allow_invalid_client_cert: settings.allowInvalidClientCert,
    close_client_conn_on_config_update: settings.closeClientConnOnConfigUpdate,
    ign_pool_net_reach: settings.ignPoolNetReach,
    remove_listening_port_on_vs_down: settings.removeListeningPortOnVsDown,
    revoke_vip_route: settings.revokeVipRoute,
    ssl_sess_cache_avg_size: settings.sslSessCacheAvgSize,
    min_pools_up: settings.minPoolsUp,
    bot_policy_ref: named('botdetectionpolicy', settings.botPolicy),
    traffic_clone_profile_ref: named('trafficcloneprofile', settings.trafficCloneProfile),
    analytics_profile_ref: named('analyticsprofile', settings.analyticsProfile),
    application_profile_ref: applicationProfile(context, settings),
    waf_policy_ref: named('wafpolicy', settings.wafPolicy),
    icap_request_profile_refs:
      settings.icapProfile === undefined ? undefined : [bareRef('icapprofile', settings.icapProfile)],
    error_page_profile_ref: named('errorpageprofile', settings.errorPageProfile),
    security_policy_ref: named('securitypolicy', settings.securityPolicy),
    network_security_policy_ref: named('networksecuritypolicy', settings.networkSecurityPolicy),
    network_profile_ref: named('networkprofile', settings.networkProfile),
    ssl_profile_ref: sslProfile(context, settings),
    ssl_key_and_certificate_refs: certificates?.map((name) => ref('sslkeyandcertificate', name)),
    analytics_policy: settings.analyticsPolicy && analyticsPolicy(settings.analyticsPolicy),
    performance_limits:
      limits &&
      present({ max_concurrent_connections: limits.maxConcurrentConnections, max_throughput: limits.maxThroughput }),
    sso_policy_ref: named('ssopolicy', sso?.policy),
    oauth_vs_config: sso?.oauth,
    saml_sp_config: sso?.saml,
  });
}

function applicationProfile(context: TranslateContext, settings: VirtualServiceSettings): string | undefined {
  const own = applicationProfileName(context, settings);
  if (own !== undefined) return ref('applicationprofile', own);
  const { applicationProfile: profile } = settings;
  if (!profile) return undefined;
  if ('avi' in profile) return bareRef('applicationprofile', profile.avi.name);
  return ref('applicationprofile', nameOfExtension(context.settings.clusterName, profile.object));
}

function sslProfile(context: TranslateContext, settings: VirtualServiceSettings): string | undefined {
  const own = sslProfileName(context, settings);
  return own === undefined ? named('sslprofile', settings.sslProfile) : ref('sslprofile', own);
}

function named(type: Parameters<typeof bareRef>[0], name: string | undefined): string | undefined {
  return name === undefined ? undefined : bareRef(type, name);
}

function analyticsPolicy({ allHeaders, fullClientLogs: logs }: AnalyticsPolicySettings): Json {
  return present({
    all_headers: allHeaders,
    full_client_logs: logs && present({ enabled: true, throttle: logs.throttle, duration: logs.durationMinutes }),
  });
}
