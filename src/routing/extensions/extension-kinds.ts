/** The kinds beyond the Gateway API by which users say what Avi is to do (groups ako.vmware.com and our own). */
import type {
  ApplicationProfile,
  AviBackendPolicy,
  AviFrontendPolicy,
  AviInfraSetting,
  HTTPRule,
  HealthMonitor,
  HostRule,
  L4Rule,
  L7Rule,
  PKIProfile,
  RouteBackendExtension,
  SSORule,
} from '../../../generated/extensions.ts';

/** The object type behind each kind. */
export interface ExtensionObjects {
  readonly ApplicationProfile: ApplicationProfile;
  readonly AviBackendPolicy: AviBackendPolicy;
  readonly AviFrontendPolicy: AviFrontendPolicy;
  readonly AviInfraSetting: AviInfraSetting;
  readonly HTTPRule: HTTPRule;
  readonly HealthMonitor: HealthMonitor;
  readonly HostRule: HostRule;
  readonly L4Rule: L4Rule;
  readonly L7Rule: L7Rule;
  readonly PKIProfile: PKIProfile;
  readonly RouteBackendExtension: RouteBackendExtension;
  readonly SSORule: SSORule;
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
  HTTPRule: new Map(),
  HealthMonitor: new Map(),
  HostRule: new Map(),
  L4Rule: new Map(),
  L7Rule: new Map(),
  PKIProfile: new Map(),
  RouteBackendExtension: new Map(),
  SSORule: new Map(),
};

export const extensionKinds = Object.keys(noExtensions) as readonly ExtensionKind[];

/** Kinds that no object refers to: they hold for what their own namespace's routes have, by FQDN or by annotation. */
export type AttachedKind = 'HTTPRule' | 'HostRule' | 'L4Rule' | 'SSORule';

export function isAttachedKind(kind: string): kind is AttachedKind {
  return kind === 'HTTPRule' || kind === 'HostRule' || kind === 'L4Rule' || kind === 'SSORule';
}

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
