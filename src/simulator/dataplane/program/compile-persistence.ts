import { flag, number, object, text, type Body } from './fields.ts';
import type { PoolProgram } from './program.ts';

const MINUTE = 60_000;

/** How an ApplicationPersistenceProfile keeps clients to servers. Types that are not modelled (GSLB_SITE) keep nobody. */
export function compilePersistence(poolUuid: string, profile: Body | undefined): PoolProgram['persistence'] {
  switch (text(profile, 'persistence_type')) {
    case 'PERSISTENCE_TYPE_HTTP_COOKIE':
      return byCookie(poolUuid, object(profile, 'http_cookie_persistence_profile'));
    case 'PERSISTENCE_TYPE_CLIENT_IP_ADDRESS':
    case 'PERSISTENCE_TYPE_CLIENT_IPV6_ADDRESS':
      return byClient(object(profile, 'ip_persistence_profile'));
    case 'PERSISTENCE_TYPE_TLS':
      return { by: 'tls' };
    case 'PERSISTENCE_TYPE_APP_COOKIE': {
      const settings = object(profile, 'app_cookie_persistence_profile');
      const timeoutMs = (number(settings, 'timeout') ?? 20) * MINUTE;
      return { by: 'applicationCookie', name: text(settings, 'prst_hdr_name') ?? '', timeoutMs };
    }
    case 'PERSISTENCE_TYPE_CUSTOM_HTTP_HEADER':
      return { by: 'header', header: text(object(profile, 'hdr_persistence_profile'), 'prst_hdr_name') ?? '' };
    default:
      return undefined;
  }
}

function byCookie(poolUuid: string, settings: Body | undefined): PoolProgram['persistence'] {
  const minutes = number(settings, 'timeout') ?? 0;
  return {
    by: 'cookie',
    cookie: text(settings, 'cookie_name') ?? `AVI_${poolUuid.replace(/^pool-/, '').slice(0, 8)}`,
    httpOnly: flag(settings, 'http_only', false),
    persistent: flag(settings, 'is_persistent_cookie', false),
    ...(minutes > 0 && { lifetimeMs: minutes * MINUTE }),
  };
}

function byClient(settings: Body | undefined): PoolProgram['persistence'] {
  const maskBits = number(settings, 'ip_mask');
  const timeoutMs = (number(settings, 'ip_persistent_timeout') ?? 5) * MINUTE;
  return { by: 'client', timeoutMs, ...(maskBits !== undefined && { maskBits }) };
}
