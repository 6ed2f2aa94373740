/** What the ExtensionRef filters of a backendRef say of how the backend is served (AKO: HealthMonitor, RouteBackendExtension). */
import type { RouteBackendExtension } from '../../../generated/extensions.ts';
import { akoGroup, isExtensionKind } from './extension-kinds.ts';
import {
  judgeHealthMonitor,
  judgePkiProfile,
  type ExtensionProblem,
  type ExtensionSnapshot,
} from './extension-objects.ts';
import { compareText, list, text } from '../read.ts';
import { mergePoolSettings, type AviName, type MonitorRef, type PoolSettings, type PoolTls } from './avi-settings.ts';
import type { RoutedBackend } from '../result.ts';

/** What extensions are resolved with. */
export interface ExtensionSources {
  readonly snapshot: ExtensionSnapshot;
  /** Objects that extensions may name and that the controller is known not to have, by `aviNameId`. */
  readonly missing: ReadonlySet<string>;
  /** What a reference that does not hold means: an error for its requests, or, as AKO has it, nothing. */
  readonly onInvalid: 'fail' | 'ako';
}

type Failure = NonNullable<RoutedBackend['invalid']>;

/** The settings that hold, what of the controller they name, and why references do not hold. */
export interface ReadExtension {
  readonly settings?: PoolSettings;
  readonly named: readonly AviName[];
  readonly failures: readonly Failure[];
}

interface ExtensionRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
}

const nothing: ReadExtension = { named: [], failures: [] };

/** Identity of an object that is named on the controller, in the tenant of whoever names it. */
export function aviNameId({ type, name }: AviName): string {
  return `${type} ${name}`;
}

/**
 * @param refs with their paths, as `spec.rules[0].backendRefs[1].filters[0].extensionRef`
 * @param namespace of the route, where they are looked up
 * @param holder what they stand in, for messages
 */
export function readBackendExtension(
  refs: readonly { readonly ref: ExtensionRef | undefined; readonly path: string }[],
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadExtension {
  const read = refs.map(({ ref, path }) => readRef(ref, path, namespace, holder, sources));
  const [, second] = refs.filter(({ ref }) => isKind(ref, 'RouteBackendExtension'));
  const repeated: readonly Failure[] = second
    ? [{ reason: 'UnsupportedValue', message: `${second.path}: RouteBackendExtension cannot be repeated` }]
    : [];
  const failures = [...read.flatMap((one) => one.failures), ...repeated];
  const settings = mergeExtensions(read.flatMap((one) => one.settings ?? []));
  return { ...(settings && { settings }), named: read.flatMap((one) => one.named), failures };
}

function isKind(ref: ExtensionRef | undefined, kind: string): boolean {
  return ref?.group === akoGroup && ref.kind === kind;
}

function readRef(
  ref: ExtensionRef | undefined,
  path: string,
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadExtension {
  const name = text(ref?.name) ?? '';
  const key = `${namespace}/${name}`;
  if (isKind(ref, 'HealthMonitor')) {
    const judged = judgeHealthMonitor(key, sources.snapshot);
    return 'problem' in judged
      ? failed(path, judged.problem)
      : { ...nothing, settings: { monitors: [{ object: judged.object }] } };
  }
  if (isKind(ref, 'RouteBackendExtension')) {
    const resource = sources.snapshot.extensions.RouteBackendExtension.get(key);
    const message = `RouteBackendExtension object ${key} not found`;
    return resource ? readResource(resource, path, namespace, sources) : failed(path, { reason: 'NotFound', message });
  }
  const kind = text(ref?.kind) ?? '';
  const given = ref?.group !== akoGroup && isExtensionKind(kind) ? `${ref?.group ?? ''}/${kind}` : kind;
  const message = `${path}: Unsupported kind ${given} defined on ${holder}`;
  return { named: [], failures: [{ reason: 'InvalidKind', message }] };
}

function failed(path: string, { reason, message }: ExtensionProblem): ReadExtension {
  const condition = reason === 'NotFound' ? 'BackendNotFound' : 'UnsupportedValue';
  return { named: [], failures: [{ reason: condition, message: `${path}: ${message}` }] };
}

/** Everything that a RouteBackendExtension says; used as well to judge one that nothing refers to. */
export function readResource(
  { spec }: RouteBackendExtension,
  path: string,
  namespace: string,
  { snapshot, missing }: ExtensionSources,
): ReadExtension {
  const named = list(spec.healthMonitor).map(({ name }): AviName => ({ type: 'healthmonitor', name }));
  const absent = named.filter((one) => missing.has(aviNameId(one)));
  const failures: Failure[] = absent.map(({ name }) => ({
    reason: 'BackendNotFound',
    message: `${path}: the controller has no health monitor ${name}`,
  }));
  const tls = readTls(spec.backendTLS, path, namespace, snapshot);
  const { lbAlgorithm, lbAlgorithmHash, lbAlgorithmConsistentHashHdr, persistenceProfile } = spec;
  return {
    named,
    failures: [...failures, ...tls.failures],
    settings: {
      ...(named.length > 0 && { monitors: named.map((avi) => ({ avi })) }),
      ...(lbAlgorithm && {
        algorithm: {
          name: lbAlgorithm,
          ...(lbAlgorithmHash && { hash: lbAlgorithmHash }),
          ...(lbAlgorithmConsistentHashHdr && { header: lbAlgorithmConsistentHashHdr }),
        },
      }),
      ...(persistenceProfile && {
        persistence: { avi: { type: 'applicationpersistenceprofile', name: persistenceProfile } },
      }),
      ...(tls.value && { tls: tls.value }),
    },
  };
}

function readTls(
  tls: RouteBackendExtension['spec']['backendTLS'],
  path: string,
  namespace: string,
  snapshot: ExtensionSnapshot,
): { readonly value?: PoolTls; readonly failures: readonly Failure[] } {
  if (!tls) return { failures: [] };
  const profile = tls.pkiProfile && judgePkiProfile(`${namespace}/${tls.pkiProfile.name}`, snapshot);
  if (profile && 'problem' in profile) return { failures: failed(path, profile.problem).failures };
  return {
    failures: [],
    value: {
      hostCheck: tls.hostCheckEnabled === true,
      domainNames: list(tls.domainName),
      ...(profile && { pki: { object: profile.object } }),
    },
  };
}

/** HealthMonitors by filters go before those of a RouteBackendExtension; all else is only in the latter. */
function mergeExtensions(read: readonly PoolSettings[]): PoolSettings | undefined {
  if (read.length === 0) return undefined;
  const own = read.flatMap(({ monitors }) => monitors ?? []).filter((monitor) => 'object' in monitor);
  const merged = mergePoolSettings(read.toReversed());
  const monitors = own.length > 0 ? own : merged.monitors;
  const byId = new Map((monitors ?? []).map((monitor) => [monitorId(monitor), monitor]));
  const sorted = [...byId].sort(([a], [b]) => compareText(a, b)).map(([, monitor]) => monitor);
  return mergePoolSettings([sorted.length > 0 ? { monitors: sorted } : {}, merged]);
}

function monitorId(monitor: MonitorRef): string {
  return 'object' in monitor ? `object ${monitor.object.key}` : `name ${monitor.avi.name}`;
}
