/** What the ExtensionRef filters of a backendRef say of how the backend is served (AKO: HealthMonitor, RouteBackendExtension). */
import type { RouteBackendExtension } from '../../../generated/extensions.ts';
import {
  judgeHealthMonitor,
  judgePkiProfile,
  type ExtensionProblem,
  type ExtensionSnapshot,
} from './extension-objects.ts';
import {
  akoKind,
  aviNameProblems,
  failedRef,
  unsupportedKind,
  type ExtensionSources,
  type Failure,
  type PlacedRef,
  type ReadExtension,
} from './extension-refs.ts';
import { compareText, list, text } from '../../values/read.ts';
import type { AviName, MonitorRef, PoolSettings, PoolTls } from './avi-settings.ts';
import { mergePoolSettings } from './merged-settings.ts';

type ReadBackend = ReadExtension<PoolSettings>;

/**
 * @param refs with their paths, as `spec.rules[0].backendRefs[1].filters[0].extensionRef`
 * @param namespace of the route, where they are looked up
 * @param holder what they stand in, for messages
 */
export function readBackendExtension(
  refs: readonly PlacedRef[],
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadBackend {
  const read = refs.map((ref) => readRef(ref, namespace, holder, sources));
  const [, second] = refs.filter(({ ref }) => akoKind(ref) === 'RouteBackendExtension');
  const repeated: readonly Failure[] = second
    ? [{ reason: 'UnsupportedValue', message: `${second.path}: RouteBackendExtension cannot be repeated` }]
    : [];
  const failures = [...read.flatMap((one) => one.failures), ...repeated];
  const settings = mergeExtensions(read.flatMap((one) => one.settings ?? []));
  return { ...(settings && { settings }), named: read.flatMap((one) => one.named), failures };
}

function readRef(placed: PlacedRef, namespace: string, holder: string, sources: ExtensionSources): ReadBackend {
  const { ref, path } = placed;
  const key = `${namespace}/${text(ref?.name) ?? ''}`;
  if (akoKind(ref) === 'HealthMonitor') {
    const judged = judgeHealthMonitor(key, sources.snapshot);
    return 'problem' in judged
      ? failed(path, judged.problem)
      : { named: [], failures: [], settings: { monitors: [{ object: judged.object }] } };
  }
  if (akoKind(ref) !== 'RouteBackendExtension') return unsupportedKind(placed, holder);
  const resource = sources.snapshot.extensions.RouteBackendExtension.get(key);
  const message = `RouteBackendExtension object ${key} not found`;
  return resource ? readResource(resource, path, namespace, sources) : failed(path, { reason: 'NotFound', message });
}

function failed(path: string, { reason, message }: ExtensionProblem): ReadExtension<never> {
  return failedRef(reason === 'NotFound' ? 'BackendNotFound' : 'UnsupportedValue', `${path}: ${message}`);
}

/** Everything that a RouteBackendExtension says; used as well to judge one that nothing refers to. */
export function readResource(
  { spec }: RouteBackendExtension,
  path: string,
  namespace: string,
  { snapshot, missing }: ExtensionSources,
): ReadBackend {
  const named = list(spec.healthMonitor).map(({ name }): AviName => ({ type: 'healthmonitor', name }));
  const failures: Failure[] = aviNameProblems(named, missing).map((problem) => ({
    reason: 'BackendNotFound',
    message: `${path}: ${problem}`,
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
