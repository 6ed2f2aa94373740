import type { HeaderAction } from '../http/header-edit.ts';
import type { ErrorPage } from './compile-error-pages.ts';
import type { AnswerRules, Compression, RequestLimits } from './http-profile.ts';
import type { L4Flow, L4Program, Transport } from './l4-program.ts';
import type { RequestMatch, ResponseMatch } from '../decide/match.ts';
import type { ClientRequest } from '../http/request.ts';
import type { Target } from '../decide/target.ts';
import type { Redirect, Rewrite } from '../decide/uri.ts';

/** Simulates what is not documented about the order among EVH children: see docs/simulator-dataplane.md. */
export type EvhOrder = 'longest' | 'random';

/** An answer that the data plane makes itself. */
export interface LocalResponse {
  readonly status: number;
  readonly contentType?: string;
  readonly body?: string;
}

export interface RateLimit {
  readonly count: number;
  /** Seconds. */
  readonly period: number;
  readonly perClientIp: boolean;
  readonly perPath: boolean;
  readonly exceeded: SecurityAction | undefined;
}

export type SecurityAction =
  | { readonly kind: 'allow' }
  | { readonly kind: 'close' }
  | { readonly kind: 'local'; readonly response: LocalResponse }
  | { readonly kind: 'redirect'; readonly redirect: (request: ClientRequest) => Redirect }
  | { readonly kind: 'rateLimit'; readonly limit: RateLimit };

export interface SecurityRule {
  readonly name: string;
  readonly match: RequestMatch;
  readonly action: SecurityAction;
}

export type Switching =
  { readonly kind: 'forward'; readonly target: Target } | { readonly kind: 'local'; readonly response: LocalResponse };

export interface RequestRule {
  readonly name: string;
  readonly match: RequestMatch;
  readonly headers: readonly HeaderAction[];
  readonly rewrite?: (request: ClientRequest) => Rewrite;
  readonly redirect?: (request: ClientRequest) => Redirect;
  readonly switching?: Switching;
}

export interface ResponseRule {
  readonly name: string;
  readonly match: ResponseMatch;
  readonly headers: readonly HeaderAction[];
  readonly location?: (location: string, request: ClientRequest) => string;
}

export interface ServerProgram {
  readonly address: string;
  readonly port: number;
  readonly enabled: boolean;
  readonly ratio: number;
  /** For `rewrite_host_header`: the name that replaces Host. */
  readonly hostname?: string;
  /** For persistence by header: the value whose clients it gets. */
  readonly headerValue?: string;
}

/** What to do when no server is up. */
export type FailAction =
  | { readonly kind: 'close' }
  | { readonly kind: 'local'; readonly response: LocalResponse }
  | { readonly kind: 'redirect'; readonly redirect: (request: ClientRequest) => Redirect }
  | { readonly kind: 'backup'; readonly poolUuid: string };

export interface HealthMonitorProgram {
  readonly uuid: string;
  readonly kind: 'tcp' | 'http' | 'https' | 'other';
  /** Absent: the server's own port. */
  readonly port?: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly successes: number;
  readonly failures: number;
  readonly http?: {
    readonly request: string;
    readonly body?: string;
    readonly codes: readonly string[];
    readonly contains?: string;
  };
}

export interface Reselect {
  readonly retries: number;
  readonly nonIdempotent: boolean;
  /** Milliseconds for one try; 0: no limit of its own. */
  readonly tryTimeoutMs: number;
  readonly retriesStatus: (status: number) => boolean;
}

/** TLS towards the servers; PEM. */
export interface ServerTls {
  readonly ca?: readonly string[];
  /** Absent: the incoming Host. */
  readonly serverName?: string;
  readonly sni: boolean;
  /** Names of which the certificate must carry one; absent: not checked. `host` is the incoming Host. */
  readonly checkNames?: readonly string[] | 'host';
  readonly certificate?: string;
  readonly key?: string;
}

/** @see PoolProgram.persistence */
export type Persistence =
  | {
      readonly by: 'cookie';
      readonly cookie: string;
      readonly httpOnly: boolean;
      /** Absent: for ever. */
      readonly lifetimeMs?: number;
      /** Whether the client is told the lifetime, so that the cookie outlives its session. */
      readonly persistent: boolean;
    }
  | {
      readonly by: 'client';
      readonly timeoutMs: number;
      /** Leading bits of the address that count; absent: all. */
      readonly maskBits?: number;
    }
  | { readonly by: 'tls' }
  | { readonly by: 'applicationCookie'; readonly name: string; readonly timeoutMs: number }
  /** Each server has its value of the header: see ServerProgram.headerValue. */
  | { readonly by: 'header'; readonly header: string };

export interface PoolProgram {
  readonly uuid: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly servers: readonly ServerProgram[];
  readonly algorithm: 'roundRobin' | 'leastConnections' | 'consistentHash' | 'random';
  /** What the consistent hash is over. */
  readonly hash: { readonly by: 'source' | 'sourceAndPort' | 'uri' | 'header'; readonly header?: string };
  /** How clients are kept to servers; absent: not at all. */
  readonly persistence?: Persistence;
  readonly monitors: readonly HealthMonitorProgram[];
  readonly failAction: FailAction;
  /** Milliseconds for the whole exchange; 0: one hour. */
  readonly serverTimeoutMs: number;
  readonly reselect?: Reselect;
  readonly tls?: ServerTls;
  readonly http2: boolean;
  readonly rewriteHost: 'no' | 'serverName' | 'sni';
}

export interface PoolGroupMember {
  readonly poolUuid: string;
  readonly ratio: number;
  readonly priority: number;
}

export interface PoolGroupProgram {
  readonly uuid: string;
  readonly name: string;
  readonly members: readonly PoolGroupMember[];
  readonly failAction?: FailAction;
}

/** What is asked of clients over TLS: a certificate that the authorities vouch for. */
export interface ClientCertificates {
  /** `request`: none is fine too. */
  readonly mode: 'request' | 'require';
  /** PEM. */
  readonly authorities: readonly string[];
}

/** The fields of an application profile that the data plane honours; times in milliseconds. */
export interface HttpProfile {
  readonly xff: 'replace' | 'append' | 'add' | 'off';
  readonly xffName: string;
  readonly forwardedProto: boolean;
  readonly httpToHttps: boolean;
  readonly checkSni: boolean;
  readonly websockets: boolean;
  readonly keepaliveMs: number;
  readonly headerTimeoutMs: number;
  readonly keepaliveRequests: number;
  readonly clientCertificates?: ClientCertificates;
  readonly limits: RequestLimits;
  readonly answers: AnswerRules;
  readonly compression?: Compression;
}

export type ScriptEvent =
  | 'HTTP_REQ'
  | 'HTTP_REQ_DATA'
  | 'HTTP_LB_DONE'
  | 'HTTP_RESP'
  | 'HTTP_LB_FAILED'
  | 'TCP_CLIENT_ACCEPT'
  | 'SSL_HANDSHAKE_DONE'
  | 'L4_REQUEST';

export interface Script {
  readonly event: ScriptEvent;
  /** Name of the set, for messages. */
  readonly name: string;
  readonly source: string;
  /** Pools and pool groups that the script may select, by `<kind> <name>`. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Code of the protocol parsers that the script may require, by name. */
  readonly parsers: ReadonlyMap<string, string>;
}

export interface ServicePort {
  readonly port: number;
  readonly tls: boolean;
  readonly http2: boolean;
  readonly transport: Transport;
}

export interface CertificateProgram {
  readonly uuid: string;
  /** PEM, leaf first, with the CA certificates behind. */
  readonly certificate: string;
  readonly key: string;
}

/** One host of one `vh_matches` entry with one rule. */
export interface VhRule {
  /** Lower case, without port. */
  readonly host: string;
  readonly name: string;
  readonly match: RequestMatch;
  /** The rule's path criterion, for the index and for the order among children; absent: no path. */
  readonly path?: {
    readonly criteria: string;
    readonly values: readonly string[];
    readonly caseSensitive: boolean;
    readonly decoded: boolean;
  };
}

/** One virtual service as it has been programmed: immutable, and independent of later store writes. */
export interface VirtualServiceProgram {
  readonly uuid: string;
  readonly name: string;
  readonly kind: 'normal' | 'parent' | 'child';
  readonly parentUuid?: string;
  readonly enabled: boolean;
  readonly trafficEnabled: boolean;
  /** Present when the application profile is L4 or SSL. */
  readonly l4?: L4Program;
  /** Type of the application profile when it is neither HTTP, L4 nor SSL: such virtual services are not served. */
  readonly unservedType?: string;
  readonly services: readonly ServicePort[];
  readonly addresses: readonly string[];
  readonly certificates: readonly CertificateProgram[];
  readonly tlsVersions: {
    readonly min: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly max: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  };
  /** Ciphers below TLS 1.3, then the suites of TLS 1.3, joined by colons, in OpenSSL's words; absent: the usual ones. */
  readonly tlsCiphers?: string;
  /** Whether clients whose certificate is invalid are served where one is requested. */
  readonly allowsInvalidClients: boolean;
  /** Absent: everybody may connect. */
  readonly admits?: (flow: L4Flow) => boolean;
  readonly vhRules: readonly VhRule[];
  readonly errorPages: readonly ErrorPage[];
  readonly security: readonly SecurityRule[];
  readonly requests: readonly RequestRule[];
  readonly responses: readonly ResponseRule[];
  readonly defaultTarget?: Target;
  readonly portTargets: ReadonlyMap<number, Target>;
  readonly minPoolsUp: number;
  readonly pools: ReadonlyMap<string, PoolProgram>;
  readonly poolGroups: ReadonlyMap<string, PoolGroupProgram>;
  readonly scripts: readonly Script[];
  readonly http: HttpProfile;
  /** Profiles of ports whose service overrides the application profile. */
  readonly portHttp: ReadonlyMap<number, HttpProfile>;
  /** What can not be evaluated, in words; the rules concerned never match. */
  readonly problems: readonly string[];
}
