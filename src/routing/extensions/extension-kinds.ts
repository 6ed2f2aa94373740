/** The kinds beyond the Gateway API by which users say what Avi is to do (groups ako.vmware.com and our own). */
import type {
  ApplicationProfile,
  AviBackendPolicy,
  AviFrontendPolicy,
  AviInfraSetting,
  HealthMonitor,
  L7Rule,
  PKIProfile,
  RouteBackendExtension,
} from '../../../generated/extensions.ts';

/** The object type behind each kind. */
export interface ExtensionObjects {
  readonly ApplicationProfile: ApplicationProfile;
  readonly AviBackendPolicy: AviBackendPolicy;
  readonly AviFrontendPolicy: AviFrontendPolicy;
  readonly AviInfraSetting: AviInfraSetting;
  readonly HealthMonitor: HealthMonitor;
  readonly L7Rule: L7Rule;
  readonly PKIProfile: PKIProfile;
  readonly RouteBackendExtension: RouteBackendExtension;
}

export type ExtensionKind = keyof ExtensionObjects;

/** Objects of all kinds by key, `namespace/name`; AviInfraSettings, which have no namespace, by name. */
export type Extensions = { readonly [K in ExtensionKind]: ReadonlyMap<string, ExtensionObjects[K]> };

/** API group of AKO's kinds. */
export const akoGroup = 'ako.vmware.com';

export const noExtensions: Extensions = {
  ApplicationProfile: new Map(),
  AviBackendPolicy: new Map(),
  AviFrontendPolicy: new Map(),
  AviInfraSetting: new Map(),
  HealthMonitor: new Map(),
  L7Rule: new Map(),
  PKIProfile: new Map(),
  RouteBackendExtension: new Map(),
};

export const extensionKinds = Object.keys(noExtensions) as readonly ExtensionKind[];

export function isExtensionKind(kind: string): kind is ExtensionKind {
  return Object.hasOwn(noExtensions, kind);
}

/**
 * `Kind/namespace/name`: what an extension is called among the lanes, whose other keys, those of Gateways, begin with a
 * namespace and so never with a capital.
 */
export function extensionId(kind: ExtensionKind, key: string): string {
  return `${kind}/${key}`;
}

/** The extension that an id means; undefined for the key of a Gateway. */
export function parseExtensionId(id: string): { readonly kind: ExtensionKind; readonly key: string } | undefined {
  const slash = id.indexOf('/');
  const kind = id.slice(0, slash);
  return isExtensionKind(kind) ? { kind, key: id.slice(slash + 1) } : undefined;
}
