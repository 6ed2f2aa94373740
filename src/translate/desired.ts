import type { Problem } from '../routing/result/findings.ts';
import type { RouteKind } from '../routing/result/routed-route.ts';

/** REST path names of the Avi types that the operator writes. */
export type AviType =
  | 'sslkeyandcertificate'
  | 'pkiprofile'
  | 'sslprofile'
  | 'healthmonitor'
  | 'applicationprofile'
  | 'applicationpersistenceprofile'
  | 'pool'
  | 'poolgroup'
  | 'stringgroup'
  | 'httppolicyset'
  | 'l4policyset'
  | 'vsdatascriptset'
  | 'vsvip'
  | 'virtualservice';

/** Fields below `oauth_vs_config` that hold secrets: in no checksum, log or difference. */
export const ssoSecretFields: ReadonlySet<string> = new Set(['client_secret', 'server_secret']);

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/**
 * One Avi object as it should be. The body is what is sent, with references by name (`/api/pool/?name=…`); they are
 * also the dependency graph. `origin` says for whom the object exists, which status and deletion need.
 */
export interface AviObject {
  readonly type: AviType;
  readonly tenant: string;
  readonly name: string;
  readonly body: JsonObject;
  readonly origin: {
    /** `namespace/name` of the Gateway. */
    readonly gateway: string;
    /** `namespace/name` of the route, where the object exists for one route. */
    readonly route?: string;
    /** Kind of that route; absent: HTTPRoute. */
    readonly routeKind?: RouteKind;
    /** Ids (`listenerId`) of the listeners that need it (certificates). */
    readonly listeners?: readonly string[];
    /** `namespace/name` of the Service whose endpoints the pool holds. */
    readonly service?: string;
  };
}

/** Everything that should exist on the controller for one Gateway; sorted by type and name, plain serialisable data. */
export interface DesiredState {
  readonly gateway: string;
  readonly tenant: string;
  readonly objects: readonly AviObject[];
  /**
   * The body of the parent's policy set with the rules of all wildcards, also of those without narrower hosts: what it
   * holds while a host gets its first child or loses its last. Absent where the desired one is so.
   */
  readonly wideParentPolicy?: JsonObject;
  /** What Avi's limits did not let through; absent when nothing. */
  readonly problems?: readonly Problem[];
}

/** `kind/namespace/name` of the route that an object exists for; empty for one of the Gateway itself. */
export function routeIdOf({ origin }: Pick<AviObject, 'origin'>): string {
  return origin.route === undefined ? '' : `${origin.routeKind ?? 'HTTPRoute'}/${origin.route}`;
}

/** Identity of an object on a controller: `type tenant/name`. */
export function objectId(object: { readonly type: string; readonly tenant: string; readonly name: string }): string {
  return `${object.type} ${object.tenant}/${object.name}`;
}
