/** Fields of a virtual service that the extensions of its rule decide (ako-facts.md section 6.6). */
import { policySetsOf } from '../../routing/extensions/rule-extensions.ts';
import type { RuleExtension } from '../../routing/result.ts';
import type { Json, JsonObject } from '../desired.ts';
import { nameOfExtension } from '../profiles/extension-object.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { present } from '../translate-context.ts';

type L7Spec = NonNullable<RuleExtension['l7Rule']>;

/** Logs a second that are not about something significant, by AKO's words for it; 0 does not limit them. */
const throttles: Readonly<Record<string, number>> = { LOW: 50, MEDIUM: 30, HIGH: 10, DISABLED: 0 };

/** Names of policy sets that follow the operator's own. */
export function extensionPolicySets(extension: RuleExtension | undefined): readonly string[] {
  return extension?.l7Rule ? policySetsOf(extension.l7Rule) : [];
}

/** To be put over the virtual service's own fields. An ApplicationProfile goes before the one that an L7Rule names. */
export function extensionFields(extension: RuleExtension | undefined, clusterName: string): JsonObject {
  if (!extension) return {};
  const { applicationProfile, l7Rule } = extension;
  return {
    ...(l7Rule && l7Fields(l7Rule)),
    ...(applicationProfile && {
      application_profile_ref: ref('applicationprofile', nameOfExtension(clusterName, applicationProfile)),
    }),
  };
}

/** Avi's defaults are left out, as the controller would set them. */
function l7Fields(spec: L7Spec): JsonObject {
  const on = (flag: boolean | undefined): Json | undefined => (flag === true ? true : undefined);
  return present({
    allow_invalid_client_cert: on(spec.allowInvalidClientCert),
    close_client_conn_on_config_update: on(spec.closeClientConnOnConfigUpdate),
    ign_pool_net_reach: on(spec.ignPoolNetReach),
    remove_listening_port_on_vs_down: on(spec.removeListeningPortOnVsDown),
    ssl_sess_cache_avg_size: spec.sslSessCacheAvgSize === 1024 ? undefined : spec.sslSessCacheAvgSize,
    min_pools_up: spec.minPoolsUp,
    bot_policy_ref: named('botdetectionpolicy', spec.botPolicyRef),
    traffic_clone_profile_ref: named('trafficcloneprofile', spec.trafficCloneProfileRef),
    analytics_profile_ref: named('analyticsprofile', spec.analyticsProfile?.name),
    application_profile_ref: named('applicationprofile', spec.applicationProfile?.name),
    waf_policy_ref: named('wafpolicy', spec.wafPolicy?.name),
    icap_request_profile_refs: spec.icapProfile && [bareRef('icapprofile', spec.icapProfile.name)],
    error_page_profile_ref: named('errorpageprofile', spec.errorPageProfile?.name),
    analytics_policy: spec.analyticsPolicy && analyticsPolicy(spec.analyticsPolicy),
  });
}

function named(type: Parameters<typeof bareRef>[0], name: string | undefined): string | undefined {
  return name ? bareRef(type, name) : undefined;
}

function analyticsPolicy(policy: NonNullable<L7Spec['analyticsPolicy']>): JsonObject | undefined {
  const { fullClientLogs, logAllHeaders } = policy;
  const fields = present({
    all_headers: logAllHeaders === true ? true : undefined,
    full_client_logs:
      fullClientLogs?.enabled === true
        ? present({
            enabled: true,
            throttle: throttles[fullClientLogs.throttle ?? 'HIGH'] ?? 10,
            duration: fullClientLogs.duration,
          })
        : undefined,
  });
  return Object.keys(fields).length > 0 ? fields : undefined;
}
