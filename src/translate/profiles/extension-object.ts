/** Avi objects of extensions: HealthMonitor, PKIProfile and ApplicationProfile, under AKO's names. */
import { splitKey } from '../../values/read.ts';
import type { ObjectKind } from '../../routing/extensions/extension-objects.ts';
import type {
  ApplicationProfileObject,
  ExtensionObject,
  HealthMonitorObject,
  PkiProfileObject,
} from '../../routing/extensions/extension-result.ts';
import type { Named, PoolSettings } from '../../routing/extensions/avi-settings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { RoutedRoute } from '../../routing/result/routed-route.ts';
import type { AviObject, AviType, Json, JsonObject } from '../desired.ts';
import { managedBy } from '../naming/markers.ts';
import { createdBy, extensionName } from '../naming/names.ts';
import { ref } from '../naming/refs.ts';
import { backendsWithTraffic, pooledBackends } from '../policies/rule-backends.ts';
import { present } from '../translate-context.ts';

/** REST path name of a kind's objects. */
export const typeOfKind: Readonly<Record<ObjectKind, AviType>> = {
  HealthMonitor: 'healthmonitor',
  PKIProfile: 'pkiprofile',
  ApplicationProfile: 'applicationprofile',
};

/** Name of the object on the controller. */
export function nameOfExtension(clusterName: string, object: Pick<ExtensionObject, 'key' | 'contested'>): string {
  return extensionName(clusterName, object.key, object.contested);
}

/**
 * The object as it is for whoever needs it, so that several may: it carries nothing of a Gateway.
 *
 * @param owner the Gateway (`namespace/name`) or extension (`Kind/namespace/name`) that wants it
 */
export function extensionObject(
  object: ExtensionObject,
  clusterName: string,
  tenant: string,
  owner: string,
): AviObject {
  const type = typeOfKind[object.kind];
  const name = nameOfExtension(clusterName, object);
  const version = object.kind === 'HealthMonitor' ? object.credentials?.version : undefined;
  const body = {
    name,
    // HealthMonitors have no such field.
    ...(object.kind !== 'HealthMonitor' && { created_by: createdBy(clusterName) }),
    tenant_ref: ref('tenant', tenant),
    ...bodyOf(object),
    markers: [
      { key: 'clustername', values: [clusterName] },
      { key: 'namespace', values: [splitKey(object.key).namespace] },
      ...(version === undefined ? [] : [{ key: 'credentials-version', values: [version] }]),
      { key: 'managed-by', values: [managedBy] },
    ],
  };
  return { type, tenant, name, body, origin: { gateway: owner } };
}

/** Objects of the extensions that a Gateway's routes use, each once. */
export function usedExtensionObjects(routed: RoutedGateway, clusterName: string): readonly AviObject[] {
  const ofL4 = routed.l4.flatMap(({ routes }) => routes.flatMap(({ backends }) => backendsWithTraffic(backends)));
  const used = [
    ...routed.routes.flatMap(usedByRoute),
    ...objectOf(routed.settings?.applicationProfile),
    ...ofL4.flatMap(({ settings }) => usedByPool(settings)),
  ];
  const byId = new Map<string, ExtensionObject>(used.map((object) => [`${object.kind} ${object.key}`, object]));
  return [...byId.values()].map((object) => extensionObject(object, clusterName, routed.tenant, routed.key));
}

/** Routed routes never change. */
const usedByRoutes = new WeakMap<RoutedRoute, readonly ExtensionObject[]>();

function usedByRoute(route: RoutedRoute): readonly ExtensionObject[] {
  const known = usedByRoutes.get(route);
  if (known) return known;
  const profiles = route.rules.flatMap(({ settings }) => objectOf(settings?.applicationProfile));
  const ofBackends = route.rules.flatMap(pooledBackends).flatMap(({ settings }) => usedByPool(settings));
  const used = [...profiles, ...ofBackends];
  usedByRoutes.set(route, used);
  return used;
}

function usedByPool(settings: PoolSettings | undefined): readonly ExtensionObject[] {
  return [...(settings?.monitors ?? []).flatMap(objectOf), ...objectOf(settings?.tls?.pki)];
}

function objectOf<T>(named: Named<T> | undefined): readonly T[] {
  return named && 'object' in named ? [named.object] : [];
}

function bodyOf(object: ExtensionObject): JsonObject {
  switch (object.kind) {
    case 'HealthMonitor':
      return healthMonitor(object);
    case 'PKIProfile':
      return pkiProfile(object);
    case 'ApplicationProfile':
      return applicationProfile(object);
  }
}

/** The fields have Avi's names. A port of 0 is the server's own, which is Avi's default. */
function healthMonitor({ spec, credentials }: HealthMonitorObject): JsonObject {
  const { authentication: _, monitor_port: port, ...fields } = spec;
  return {
    ...asJson(fields),
    ...present({
      monitor_port: port || undefined,
      authentication: credentials && { username: credentials.username, password: credentials.password },
    }),
  };
}

/** Without revocation lists, which Avi's default would ask for. */
function pkiProfile({ certificates }: PkiProfileObject): JsonObject {
  return { ca_certs: certificates.map((certificate) => ({ certificate })), crl_check: false };
}

function applicationProfile(object: ApplicationProfileObject): JsonObject {
  return { type: object.spec.type, http_profile: httpProfileOfExtension(object) };
}

/** The fields have Avi's names. */
export function httpProfileOfExtension({ spec }: ApplicationProfileObject): JsonObject {
  return asJson(spec.http_profile ?? {});
}

/** A part of a manifest: what came from JSON is JSON. */
function asJson(fields: object): JsonObject {
  return present(fields as Readonly<Record<string, Json | undefined>>);
}
