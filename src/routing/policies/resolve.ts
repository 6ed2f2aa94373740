/**
 * What policies together say of one thing: field by field, the most specific target wins, and of equal targets the
 * oldest policy, then by namespace and name (GEP-713).
 */
import { isRival, mergePoolSettings, mergeServiceSettings } from '../extensions/merged-settings.ts';
import type { AviName, PoolSettings, VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { Extensions } from '../extensions/extension-kinds.ts';
import { compareAge, splitKey } from '../../values/read.ts';
import type { SettingsOrigins } from '../result/routed-backend.ts';
import { backendPolicySettings } from './backend-settings.ts';
import { frontendPolicySettings } from './frontend-settings.ts';
import { policiesOn, type PolicyKind, type PolicyTarget, type TargetedPolicy } from './policy-index.ts';
import type { PolicySettings, PolicySettingSources } from './policy-settings.ts';

/** Settings by kind of policy. */
export interface SettingsOf {
  readonly AviBackendPolicy: PoolSettings;
  readonly AviFrontendPolicy: VirtualServiceSettings;
}

/** Targets of one specificity. */
export type Level = readonly Pick<PolicyTarget, 'id' | 'section'>[];

export interface ResolvedSettings<T> {
  /** Of what was said before and of the policies; empty where nothing is said. */
  readonly settings: T;
  readonly origins: SettingsOrigins;
  /** Why what is asked for cannot be had; it must not mean that nothing was asked for. */
  readonly failures: readonly string[];
  /** Objects on the controller that count. */
  readonly named: readonly AviName[];
}

/** The policies of one snapshot, as far as a Gateway's controller has what they name. */
export interface Policies {
  /** Whether there are any. */
  readonly any: boolean;
  /** Policies that target something (`Kind/namespace/name`) or a section of it, oldest first. */
  readonly on: <K extends PolicyKind>(kind: K, id: string) => readonly TargetedPolicy<K>[];
  readonly read: <K extends PolicyKind>(policy: TargetedPolicy<K>) => PolicySettings<SettingsOf[K]>;
}

export function createPolicies(sources: PolicySettingSources): Policies {
  const extensions: Extensions = sources.snapshot.extensions;
  const known = new Map<TargetedPolicy, PolicySettings<SettingsOf[PolicyKind]>>();
  return {
    any: extensions.AviBackendPolicy.size > 0 || extensions.AviFrontendPolicy.size > 0,
    on: (kind, id) => policiesOn(extensions, kind, id),
    read: <K extends PolicyKind>(policy: TargetedPolicy<K>) => {
      const earlier = known.get(policy) as PolicySettings<SettingsOf[K]> | undefined;
      if (earlier) return earlier;
      const read = readPolicy(policy, sources);
      known.set(policy, read);
      return read;
    },
  };
}

function readPolicy(policy: TargetedPolicy, sources: PolicySettingSources): PolicySettings<SettingsOf[PolicyKind]> {
  const { namespace } = splitKey(policy.key);
  return isBackend(policy)
    ? backendPolicySettings(policy.resource.spec, namespace, sources)
    : frontendPolicySettings((policy as TargetedPolicy<'AviFrontendPolicy'>).resource.spec, namespace, sources);
}

function isBackend(policy: TargetedPolicy): policy is TargetedPolicy<'AviBackendPolicy'> {
  return policy.kind === 'AviBackendPolicy';
}

/**
 * @param levels the most specific first
 * @param said settings that go before those of policies
 */
export function resolveServiceSettings(
  policies: Policies,
  levels: readonly Level[],
  said: VirtualServiceSettings = {},
): ResolvedSettings<VirtualServiceSettings> {
  const { won, ...rest } = resolve('AviFrontendPolicy', policies, levels, said, isRival);
  return { ...rest, settings: mergeServiceSettings([said, won]) };
}

/** The same for pools. */
export function resolvePoolSettings(
  policies: Policies,
  levels: readonly Level[],
  said: PoolSettings = {},
): ResolvedSettings<PoolSettings> {
  const { won, ...rest } = resolve('AviBackendPolicy', policies, levels, said, () => false);
  return { ...rest, settings: mergePoolSettings([said, won]) };
}

function resolve<K extends PolicyKind>(
  kind: K,
  policies: Policies,
  levels: readonly Level[],
  said: SettingsOf[K],
  rival: (field: string, taken: ReadonlySet<string>) => boolean,
): Omit<ResolvedSettings<never>, 'settings'> & { readonly won: SettingsOf[K] } {
  const taken = new Set(Object.keys(said));
  const won: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  const failures: string[] = [];
  const named: AviName[] = [];
  for (const policy of levels.flatMap((level) => policiesOfLevel(kind, policies, level))) {
    const read = policies.read(policy);
    named.push(...read.named);
    const before = new Set(taken);
    const values: Readonly<Record<string, unknown>> = { ...read.settings };
    for (const field of [...Object.keys(values), ...read.failures.keys()]) {
      if (before.has(field) || rival(field, before)) continue;
      taken.add(field);
      const failure = (read.failures as ReadonlyMap<string, string>).get(field);
      const origin = `${policy.kind} ${policy.key}`;
      if (failure === undefined) won[field] = values[field];
      else failures.push(`${origin}: ${failure}`);
      origins[field] = origin;
    }
  }
  return { won: won, origins, failures, named };
}

function policiesOfLevel<K extends PolicyKind>(
  kind: K,
  policies: Policies,
  level: Level,
): readonly TargetedPolicy<K>[] {
  const found = level.flatMap(({ id, section }) =>
    policies.on(kind, id).filter((policy) => targets(policy, id, section)),
  );
  const distinct = [...new Set(found)];
  return level.length > 1 ? distinct.sort(compareAge) : distinct;
}

function targets(policy: TargetedPolicy, id: string, section: string | undefined): boolean {
  return policy.targets.some((target) => target.id === id && target.section === section);
}
