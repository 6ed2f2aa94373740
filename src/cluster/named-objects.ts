/** Which Secrets, ConfigMaps and ClusterTrustBundles Gateways, listeners and policies name, in whatever namespace. */
import type { BackendTLSPolicy, Gateway } from '../../generated/gateway-api.ts';
import {
  extensionId,
  isExtensionKind,
  type ExtensionKind,
  type ExtensionObjects,
} from '../routing/extensions/extension-kinds.ts';
import { policyTargets } from '../routing/policies/policy-index.ts';
import { list, record, text } from '../values/read.ts';
import { keyOf } from '../routing/snapshot.ts';
import { followedKinds, type NamedKind } from './kinds.ts';

/** A Secret or ConfigMap by key, `namespace/name`, or a ClusterTrustBundle by name. */
export interface NamedObject {
  readonly kind: NamedKind;
  readonly key: string;
}

interface Ref {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

interface Listener {
  readonly tls?: { readonly certificateRefs?: readonly Ref[] };
}

/** Certificates of listeners, the client certificate towards backends, authorities of client certificates. */
export function namedInGateway({ spec }: Gateway, namespace: string): readonly NamedObject[] {
  const { frontend, backend } = spec.tls ?? {};
  const validations = [frontend?.default?.validation, ...(frontend?.perPort ?? []).map(({ tls }) => tls?.validation)];
  const authorities = validations.flatMap((validation) => validation?.caCertificateRefs ?? []);
  const own = backend?.clientCertificateRef ? [backend.clientCertificateRef] : [];
  return [...namedInListeners(spec.listeners, namespace), ...objects([...own, ...authorities], namespace)];
}

export function namedInListeners(
  listeners: readonly Listener[] | undefined,
  namespace: string,
): readonly NamedObject[] {
  const refs = (listeners ?? []).flatMap((listener) => listener.tls?.certificateRefs ?? []);
  return objects(refs, namespace);
}

export function namedInPolicy({ spec }: BackendTLSPolicy, namespace: string): readonly NamedObject[] {
  return objects(spec.validation.caCertificateRefs ?? [], namespace);
}

/** Secrets and, as `Kind/namespace/name`, other extensions that an extension needs. */
export function usedByExtension(object: ExtensionObjects[ExtensionKind], namespace: string): readonly string[] {
  const spec = record(object.spec);
  const secret = text(record(spec.authentication).secret_ref);
  const pki = text(record(record(spec.backendTLS).pkiProfile).name);
  const policy = 'targetRefs' in spec ? usedByPolicy(spec, namespace) : [];
  const l7Rule = text(record(spec.virtualhost).l7Rule);
  const sso = secretsOfSso(spec.oauthVsConfig);
  const monitors = monitorsOfL4(spec.backendProperties);
  return [
    ...(l7Rule === undefined ? [] : [`L7Rule/${keyOf({ namespace, name: l7Rule })}`]),
    ...monitors.map((name) => `HealthMonitor/${keyOf({ namespace, name })}`),
    ...sso.map((name) => `Secret/${keyOf({ namespace, name })}`),
    ...(secret === undefined ? [] : [`Secret/${keyOf({ namespace, name: secret })}`]),
    ...(pki === undefined ? [] : [`PKIProfile/${keyOf({ namespace, name: pki })}`]),
    ...policy,
  ];
}

/** What a policy of our own group refers to that is not on the controller already. */
function usedByPolicy(spec: Readonly<Record<string, unknown>>, namespace: string): readonly string[] {
  const monitors = list<unknown>(spec['healthMonitors'] as readonly unknown[] | undefined);
  const refs = [...monitors, record(spec['tls'])['pkiProfile'], spec['applicationProfile']].map(record);
  return refs.flatMap(({ kind, name }) => {
    const isOurs = typeof kind === 'string' && isExtensionKind(kind) && typeof name === 'string';
    return isOurs ? [extensionId(kind, keyOf({ namespace, name }))] : [];
  });
}

/** What a policy of our own group targets, as `Kind/namespace/name`. */
export function targetedByExtension(object: ExtensionObjects[ExtensionKind], namespace: string): readonly string[] {
  if (!('targetRefs' in object.spec)) return [];
  return policyTargets({ spec: object.spec }, namespace).map(({ id }) => id);
}

/** HealthMonitors that an L4Rule names. */
function monitorsOfL4(properties: unknown): readonly string[] {
  const all = Array.isArray(properties) ? (properties as readonly unknown[]) : [];
  return all.flatMap((entry) => {
    const names = record(entry).healthMonitorCrdRefs;
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  });
}

/** Secrets that an SSORule names. */
function secretsOfSso(config: unknown): readonly string[] {
  const settings = record(config).oauthSettings;
  return (Array.isArray(settings) ? (settings as readonly unknown[]) : []).flatMap((entry) => {
    const { appSettings, resourceServer } = record(entry);
    const server = record(record(resourceServer).opaqueTokenParams);
    return [text(record(appSettings).clientSecret), text(server.serverSecret)].filter((name) => name !== undefined);
  });
}

function objects(refs: readonly Ref[], namespace: string): readonly NamedObject[] {
  return refs.flatMap((ref): readonly NamedObject[] => {
    if (ref.group === 'certificates.k8s.io' && ref.kind === 'ClusterTrustBundle') {
      return ref.namespace ? [] : [{ kind: ref.kind, key: ref.name }];
    }
    const kind = followedKinds.find((known) => known === (ref.kind ?? 'Secret'));
    if ((ref.group ?? '') !== '' || !kind) return [];
    return [{ kind, key: keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }) }];
  });
}
