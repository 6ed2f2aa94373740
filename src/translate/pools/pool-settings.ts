/** Fields of a pool that its settings decide. */
import type { PoolSettings, PoolTls } from '../../routing/extensions/avi-settings.ts';
import type { Json, JsonObject } from '../desired.ts';
import { nameOfExtension } from '../profiles/extension-object.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { persistenceName } from '../profiles/settings-objects.ts';
import { present, type TranslateContext } from '../translate-context.ts';

/** `health_monitor_refs`; undefined where the settings name none. */
export function monitorRefs(
  { settings: { clusterName } }: TranslateContext,
  settings: PoolSettings | undefined,
): readonly string[] | undefined {
  return settings?.monitors?.map((monitor) =>
    ref('healthmonitor', 'object' in monitor ? nameOfExtension(clusterName, monitor.object) : monitor.avi.name),
  );
}

/** All but monitors and TLS, to be put over the pool's own fields. */
export function poolFields(context: TranslateContext, settings: PoolSettings | undefined): JsonObject {
  if (!settings) return {};
  const { algorithm, maxConnectionRate: rate, idleTimeoutMs, analyticsProfile } = settings;
  return present({
    lb_algorithm: algorithm?.name,
    lb_algorithm_hash: algorithm?.hash,
    lb_algorithm_consistent_hash_hdr: algorithm?.header,
    application_persistence_profile_ref: persistenceRef(context, settings),
    max_concurrent_connections_per_server: settings.maxConnections,
    max_conn_rate_per_server: rate && {
      rate_limiter: { count: rate.count, period: rate.periodSeconds },
      action: { type: 'RL_ACTION_NONE' },
    },
    connection_ramp_duration: settings.rampMinutes,
    graceful_disable_timeout: settings.gracefulDisableMinutes,
    request_queue_depth: settings.requestQueueDepth,
    request_queue_enabled: settings.requestQueueDepth === undefined ? undefined : settings.requestQueueDepth > 0,
    server_timeout: settings.serverTimeoutMs,
    conn_pool_properties: idleTimeoutMs === undefined ? undefined : { upstream_connpool_conn_idle_tmo: idleTimeoutMs },
    min_servers_up: settings.minServersUp,
    min_health_monitors_up: settings.minMonitorsUp,
    inline_health_monitor: settings.inlineMonitor,
    analytics_profile_ref: analyticsProfile === undefined ? undefined : bareRef('analyticsprofile', analyticsProfile),
    analytics_policy:
      settings.realtimeMetrics === undefined ? undefined : { enable_realtime_metrics: settings.realtimeMetrics },
    enable_http2: settings.http2,
    enabled: settings.enabled,
  });
}

function persistenceRef(context: TranslateContext, settings: PoolSettings): Json | undefined {
  const { persistence } = settings;
  const name = persistence && 'avi' in persistence ? persistence.avi.name : persistenceName(context, settings);
  return name === undefined ? undefined : ref('applicationpersistenceprofile', name);
}

/** TLS that no BackendTLSPolicy asks for: no server name of its own, so none is sent, as AKO has it. */
export function settingsTls({ settings: { clusterName } }: TranslateContext, tls: PoolTls | undefined): JsonObject {
  if (!tls) return { sni_enabled: false };
  const { pki, certificate } = tls;
  return {
    ssl_profile_ref: ref('sslprofile', tls.sslProfile ?? 'System-Standard'),
    sni_enabled: false,
    host_check_enabled: tls.hostCheck,
    ...present({
      pki_profile_ref:
        pki && ref('pkiprofile', 'object' in pki ? nameOfExtension(clusterName, pki.object) : pki.avi.name),
      domain_name: tls.domainNames.length > 0 ? tls.domainNames : undefined,
      ssl_key_and_certificate_ref: certificate === undefined ? undefined : ref('sslkeyandcertificate', certificate),
    }),
  };
}
