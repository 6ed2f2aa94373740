/** What the ExtensionRef filters of a rule say of its virtual service (AKO: L7Rule, ApplicationProfile). */
import type { L7Rule } from '../../../generated/extensions.ts';
import { judgeApplicationProfile } from './extension-objects.ts';
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
import {
  namedByService,
  type AnalyticsPolicySettings,
  type AviName,
  type VirtualServiceSettings,
} from './avi-settings.ts';
import { mergeServiceSettings } from './merged-settings.ts';
import { overwritesFilters } from './policy-sets.ts';
import { list, text } from '../../values/read.ts';

/** What an L7Rule or an ApplicationProfile says, and whether it holds. */
export interface ReadRuleExtension extends ReadExtension<VirtualServiceSettings> {
  /** Its policy sets take the place of the rule's filters. */
  readonly overwrites?: true;
}

interface ReadRef extends ReadRuleExtension {
  readonly first?: true;
}

/** Of which a rule may name one each. */
const kinds = ['ApplicationProfile', 'L7Rule'];

/** @param refs and the others as in `readBackendExtension` */
export function readRuleExtension(
  refs: readonly PlacedRef[],
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadRuleExtension {
  if (refs.length === 0) return { named: [], failures: [] };
  const seen = new Set<string>();
  const read = refs.map((placed): ReadRef => {
    const kind = akoKind(placed.ref);
    if (seen.has(kind)) return failedRef('UnsupportedValue', `${placed.path}: ${kind} cannot be repeated`);
    if (kinds.includes(kind)) seen.add(kind);
    return readRef(placed, namespace, holder, sources);
  });
  // An ApplicationProfile goes before the one that an L7Rule names.
  const layers = read.toSorted((a, b) => Number(b.first ?? false) - Number(a.first ?? false));
  const settings = mergeServiceSettings(layers.map((one) => one.settings ?? {}));
  return {
    ...(Object.keys(settings).length > 0 && { settings }),
    named: read.flatMap((one) => one.named),
    failures: read.flatMap((one) => one.failures),
    ...(read.some(({ overwrites }) => overwrites) && { overwrites: true }),
  };
}

function readRef(placed: PlacedRef, namespace: string, holder: string, sources: ExtensionSources): ReadRef {
  const { ref, path } = placed;
  const key = `${namespace}/${text(ref?.name) ?? ''}`;
  if (akoKind(ref) === 'ApplicationProfile') {
    const judged = judgeApplicationProfile(key, sources.snapshot);
    if ('problem' in judged) return failedRef('BackendNotFound', `${path}: ${judged.problem.message}`);
    return { settings: { applicationProfile: { object: judged.object } }, named: [], failures: [], first: true };
  }
  if (akoKind(ref) !== 'L7Rule') return unsupportedKind(placed, holder);
  const resource = sources.snapshot.extensions.L7Rule.get(key);
  if (!resource) return failedRef('BackendNotFound', `${path}: L7Rule CRD ${key} not found`);
  return readL7Rule(resource, path, sources);
}

/** An L7Rule by itself: whether what it names is there, and whether it asks for what is not offered. */
export function readL7Rule(
  { spec }: L7Rule,
  path: string,
  { missing }: Pick<ExtensionSources, 'missing'>,
): ReadRuleExtension {
  const settings = l7Settings(spec);
  const named = namedByService(settings).map(({ type, name }): AviName => ({ type, name }));
  const failures: Failure[] = aviNameProblems(named, missing).map((problem) => ({
    reason: 'BackendNotFound',
    message: `${path}: ${problem}`,
  }));
  return { settings, named, failures, ...(overwritesFilters(spec.httpPolicy) && { overwrites: true }) };
}

/** Fields that AKO does not honour on Gateway API objects either. */
export const ignoredL7Fields = ['hostNameXlate', 'performanceLimits', 'securityPolicyRef'] as const;

/** Policy sets each once, without empty names, sorted, as AKO has it. */
function policySetsOf(spec: L7Rule['spec']): readonly string[] {
  return [...new Set(list(spec.httpPolicy?.policySets).filter((name) => name !== ''))].sort();
}

/** Logs a second that are not about something significant, by AKO's words for it; 0 does not limit them. */
const throttles: Readonly<Record<string, number>> = { LOW: 50, MEDIUM: 30, HIGH: 10, DISABLED: 0 };

/** Flags that are Avi's defaults are left out, as the controller would set them. */
function l7Settings(spec: L7Rule['spec']): VirtualServiceSettings {
  const on = (flag: boolean | undefined): true | undefined => (flag === true ? true : undefined);
  const policySets = policySetsOf(spec);
  const application = spec.applicationProfile?.name;
  return mergeServiceSettings([
    {
      ...given('allowInvalidClientCert', on(spec.allowInvalidClientCert)),
      ...given('closeClientConnOnConfigUpdate', on(spec.closeClientConnOnConfigUpdate)),
      ...given('ignPoolNetReach', on(spec.ignPoolNetReach)),
      ...given('removeListeningPortOnVsDown', on(spec.removeListeningPortOnVsDown)),
      ...given('sslSessCacheAvgSize', spec.sslSessCacheAvgSize === 1024 ? undefined : spec.sslSessCacheAvgSize),
      ...given('minPoolsUp', spec.minPoolsUp),
      ...given('botPolicy', spec.botPolicyRef || undefined),
      ...given('trafficCloneProfile', spec.trafficCloneProfileRef || undefined),
      ...given('analyticsProfile', spec.analyticsProfile?.name),
      ...given('wafPolicy', spec.wafPolicy?.name),
      ...given('icapProfile', spec.icapProfile?.name),
      ...given('errorPageProfile', spec.errorPageProfile?.name),
      ...given('analyticsPolicy', spec.analyticsPolicy && analyticsPolicy(spec.analyticsPolicy)),
      ...given('policySets', policySets.length > 0 ? policySets : undefined),
      ...(application && { applicationProfile: { avi: { type: 'applicationprofile', name: application } } }),
    },
  ]);
}

function given<K extends keyof VirtualServiceSettings>(
  field: K,
  value: VirtualServiceSettings[K] | undefined,
): Pick<VirtualServiceSettings, K> | Record<string, never> {
  return value === undefined ? {} : ({ [field]: value } as unknown as Pick<VirtualServiceSettings, K>);
}

/** `analyticsPolicy` of AKO's kinds; undefined where it asks for nothing. */
export function analyticsPolicy({
  fullClientLogs,
  logAllHeaders,
}: NonNullable<L7Rule['spec']['analyticsPolicy']>): AnalyticsPolicySettings | undefined {
  const isLogged = fullClientLogs?.enabled === true;
  if (logAllHeaders !== true && !isLogged) return undefined;
  return {
    ...(logAllHeaders === true && { allHeaders: true }),
    ...(isLogged && {
      fullClientLogs: {
        throttle: throttles[fullClientLogs.throttle ?? 'HIGH'] ?? 10,
        ...(fullClientLogs.duration !== undefined && { durationMinutes: fullClientLogs.duration }),
      },
    }),
  };
}
