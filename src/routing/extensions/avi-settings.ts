/**
 * What virtual services and pools may be told, whoever says it: ExtensionRefs, policies, and rules by FQDN all come to
 * these values, and the translation knows no others. What is absent keeps the translation's own value.
 */
import type { ApplicationProfileObject, HealthMonitorObject, PkiProfileObject } from './extension-result.ts';
import type { CipherName, TlsVersion } from './tls-acceptance.ts';

/** An object on the controller that is not ours, by REST path name and name, in the Gateway's tenant. */
export interface AviName {
  readonly type:
    | 'analyticsprofile'
    | 'applicationpersistenceprofile'
    | 'applicationprofile'
    | 'authprofile'
    | 'botdetectionpolicy'
    | 'errorpageprofile'
    | 'healthmonitor'
    | 'httppolicyset'
    | 'icapprofile'
    | 'networkprofile'
    | 'networksecuritypolicy'
    | 'pkiprofile'
    | 'securitypolicy'
    | 'serviceenginegroup'
    | 'network'
    | 'sslkeyandcertificate'
    | 'sslprofile'
    | 'ssopolicy'
    | 'trafficcloneprofile'
    | 'vsdatascriptset'
    | 'wafpolicy';
  readonly name: string;
}

/** One of ours, or one that the controller has. */
export type Named<T> = { readonly object: T } | { readonly avi: AviName };

export type MonitorRef = Named<HealthMonitorObject>;

/** How clients are kept to servers, for an ApplicationPersistenceProfile of our own. */
export type PersistenceSettings =
  | {
      readonly by: 'cookie';
      /** Absent: Avi makes one up. */
      readonly name?: string;
      /** Absent: until the client ends its session. */
      readonly timeoutMinutes?: number;
      /** A lifetime that clients keep the cookie for, over sessions. */
      readonly persistent?: boolean;
      readonly httpOnly?: boolean;
    }
  | { readonly by: 'applicationCookie'; readonly name: string; readonly timeoutMinutes?: number }
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'sourceAddress'; readonly timeoutMinutes?: number; readonly prefixLength?: number }
  | { readonly by: 'tls' };

/** TLS to the servers, where no BackendTLSPolicy says how. */
export interface PoolTls {
  readonly hostCheck: boolean;
  readonly domainNames: readonly string[];
  readonly pki?: Named<PkiProfileObject>;
  /** Name of an SSL profile; absent: System-Standard. */
  readonly sslProfile?: string;
  /** Name of what is shown to servers. */
  readonly certificate?: string;
}

/** Of the pool of a backend. */
export interface PoolSettings {
  /** Each once, sorted; never empty. */
  readonly monitors?: readonly MonitorRef[];
  /** `lb_algorithm`, and what it hashes. */
  readonly algorithm?: { readonly name: string; readonly hash?: string; readonly header?: string };
  readonly persistence?: { readonly avi: AviName } | { readonly profile: PersistenceSettings };
  readonly tls?: PoolTls;
  /** HTTP/2 to the servers. */
  readonly http2?: boolean;
  /** Of each server; 0 is no limit. */
  readonly maxConnections?: number;
  /** New connections to each server in a period. */
  readonly maxConnectionRate?: { readonly count: number; readonly periodSeconds: number };
  /** Minutes in which a server that has come up gets its share; 0 at once. */
  readonly rampMinutes?: number;
  /** Minutes for which connections to a server that is taken out go on; -1 without end, 0 not at all. */
  readonly gracefulDisableMinutes?: number;
  readonly requestQueueDepth?: number;
  /** Milliseconds; goes behind the timeouts of the rule. */
  readonly serverTimeoutMs?: number;
  /** Milliseconds for which an idle connection to a server is kept. */
  readonly idleTimeoutMs?: number;
  readonly minServersUp?: number;
  readonly minMonitorsUp?: number;
  /** Whether answers to clients count as checks too. */
  readonly inlineMonitor?: boolean;
  readonly analyticsProfile?: string;
  readonly realtimeMetrics?: boolean;
  readonly enabled?: boolean;
}

/** Strict-Transport-Security, in days. */
export interface Hsts {
  readonly maxAgeDays: number;
  readonly includeSubdomains: boolean;
}

export interface ForwardedFor {
  readonly mode: 'Replace' | 'Append' | 'Add' | 'Off';
  /** Absent: X-Forwarded-For. */
  readonly header?: string;
}

/** Addresses and subnets. A client in `deny` is refused; with `allow`, all but these are. */
export interface ClientAccess {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

export interface RateLimit {
  readonly count: number;
  readonly periodSeconds: number;
  readonly burst?: number;
  /** What is counted by itself. */
  readonly perClient: boolean;
  readonly perPath: boolean;
}

export interface AnalyticsPolicySettings {
  readonly allHeaders?: boolean;
  /** `throttle`: logs a second, 0 for no limit; `durationMinutes`: 0 for ever. */
  readonly fullClientLogs?: { readonly throttle: number; readonly durationMinutes?: number };
}

/** Of a virtual service. Names are those of objects on the controller. */
export interface VirtualServiceSettings {
  /** Goes before the fields of `HttpProfileSettings` of something less specific, and these before it. */
  readonly applicationProfile?: Named<ApplicationProfileObject>;
  readonly analyticsProfile?: string;
  readonly analyticsPolicy?: AnalyticsPolicySettings;
  readonly wafPolicy?: string;
  readonly errorPageProfile?: string;
  readonly icapProfile?: string;
  readonly botPolicy?: string;
  readonly trafficCloneProfile?: string;
  readonly securityPolicy?: string;
  readonly networkSecurityPolicy?: string;
  readonly networkProfile?: string;
  /** Goes before the fields of `tlsFields` of something less specific, and these before it. */
  readonly sslProfile?: string;
  /** The lowest that clients may use. */
  readonly minTLSVersion?: TlsVersion;
  /** The most wanted first; never empty. */
  readonly ciphers?: readonly CipherName[];
  /** Never empty. */
  readonly certificates?: readonly string[];
  /** Each once, in order; behind the operator's own. Never empty. */
  readonly policySets?: readonly string[];
  /** The same for VSDataScriptSets. */
  readonly dataScripts?: readonly string[];
  readonly sso?: {
    readonly policy: string;
    /** `oauth_vs_config` and `saml_sp_config`, as Avi has them. */
    readonly oauth?: AviFields;
    readonly saml?: AviFields;
    /** Changes with the Secrets that `oauth` has values of: the controller does not show these to compare with. */
    readonly credentialsVersion?: string;
  };
  /** False: it takes no requests. */
  readonly enabled?: boolean;
  readonly allowInvalidClientCert?: boolean;
  readonly closeClientConnOnConfigUpdate?: boolean;
  readonly ignPoolNetReach?: boolean;
  readonly removeListeningPortOnVsDown?: boolean;
  readonly revokeVipRoute?: boolean;
  readonly sslSessCacheAvgSize?: number;
  readonly minPoolsUp?: number;
  readonly performanceLimits?: { readonly maxConcurrentConnections?: number; readonly maxThroughput?: number };
  readonly hsts?: Hsts;
  readonly forwardedFor?: ForwardedFor;
  readonly forwardedProto?: boolean;
  readonly compression?: boolean;
  readonly maxRequestBodyKb?: number;
  readonly maxRequestHeadersKb?: number;
  readonly access?: ClientAccess;
  readonly rateLimit?: RateLimit;
}

/** Fields as Avi has them, JSON. May hold secrets: never to be logged. */
export interface AviFields {
  readonly [field: string]: AviValue;
}
type AviValue = null | boolean | number | string | readonly AviValue[] | AviFields;

const namedFields = {
  analyticsProfile: 'analyticsprofile',
  wafPolicy: 'wafpolicy',
  errorPageProfile: 'errorpageprofile',
  icapProfile: 'icapprofile',
  botPolicy: 'botdetectionpolicy',
  trafficCloneProfile: 'trafficcloneprofile',
  securityPolicy: 'securitypolicy',
  networkSecurityPolicy: 'networksecuritypolicy',
  networkProfile: 'networkprofile',
  sslProfile: 'sslprofile',
  certificates: 'sslkeyandcertificate',
  policySets: 'httppolicyset',
  dataScripts: 'vsdatascriptset',
} as const satisfies Partial<Record<keyof VirtualServiceSettings, AviName['type']>>;

/** Objects on the controller that the settings of a virtual service name, with the field that does. */
export function namedByService(
  settings: VirtualServiceSettings,
): readonly (AviName & { readonly field: keyof VirtualServiceSettings })[] {
  const { applicationProfile, sso } = settings;
  const fields = Object.keys(namedFields) as (keyof typeof namedFields)[];
  return [
    ...(applicationProfile && 'avi' in applicationProfile
      ? [{ ...applicationProfile.avi, field: 'applicationProfile' } as const]
      : []),
    ...fields.flatMap((field) => namesIn(settings[field]).map((name) => ({ type: namedFields[field], name, field }))),
    ...(sso ? [{ type: 'ssopolicy', name: sso.policy, field: 'sso' } as const] : []),
  ];
}

/** The same of a pool. */
export function namedByPool({
  monitors = [],
  persistence,
  tls,
  analyticsProfile,
}: PoolSettings): readonly (AviName & { readonly field: keyof PoolSettings })[] {
  const pki = tls?.pki && 'avi' in tls.pki ? [{ ...tls.pki.avi, field: 'tls' } as const] : [];
  return [
    ...monitors.flatMap((monitor) => ('avi' in monitor ? [{ ...monitor.avi, field: 'monitors' } as const] : [])),
    ...(persistence && 'avi' in persistence ? [{ ...persistence.avi, field: 'persistence' } as const] : []),
    ...pki,
    ...namesIn(tls?.sslProfile).map((name) => ({ type: 'sslprofile', name, field: 'tls' }) as const),
    ...namesIn(tls?.certificate).map((name) => ({ type: 'sslkeyandcertificate', name, field: 'tls' }) as const),
    ...namesIn(analyticsProfile).map(
      (name) => ({ type: 'analyticsprofile', name, field: 'analyticsProfile' }) as const,
    ),
  ];
}

function namesIn(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
