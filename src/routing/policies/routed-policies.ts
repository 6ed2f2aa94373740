/** What is to be said of the policies that concern a Gateway: one condition Accepted, with the Gateway as ancestor (GEP-713). */
import { isRival } from '../extensions/merged-settings.ts';
import { fails, fitMessage, holds } from '../conditions.ts';
import { compareText, list } from '../../values/read.ts';
import type { ConditionDraft, Problem } from '../result/findings.ts';
import type { RoutedAviPolicy } from '../result/routed-gateway.ts';
import { backendPaths } from './backend-settings.ts';
import { frontendPaths } from './frontend-settings.ts';
import { policyKinds, type PolicyTarget, type TargetedPolicy } from './policy-index.ts';
import type { Policies } from './resolve.ts';

/** What policies may target of a Gateway. */
export interface Reach {
  /** `Kind/namespace/name` of the Gateway, its ListenerSets, the routes that name it and the Services that these use. */
  readonly ids: readonly string[];
  /** Names of what a target may name a section of. */
  readonly sections: (id: string) => readonly string[];
}

/** Sorted by kind and key. */
export function routedAviPolicies(policies: Policies, reach: Reach): readonly RoutedAviPolicy[] {
  if (!policies.any) return [];
  const concerned = new Map<string, TargetedPolicy>();
  for (const id of reach.ids)
    for (const kind of policyKinds)
      for (const policy of policies.on(kind, id)) concerned.set(`${kind}/${policy.key}`, policy);
  return [...concerned]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, policy]) => ({
      kind: policy.kind,
      key: policy.key,
      resource: policy.resource,
      conditions: [accepted(policy, policies, reach)],
    }));
}

export function policyProblems(routed: readonly RoutedAviPolicy[]): readonly Problem[] {
  return routed.flatMap(({ kind, key, conditions }) =>
    conditions
      .filter(({ status }) => status === 'False')
      .map(({ reason, message }) => ({ resource: `${kind}/${key}`, field: 'spec', message: `${reason}: ${message}` })),
  );
}

function accepted(policy: TargetedPolicy, policies: Policies, { ids, sections }: Reach): ConditionDraft {
  const near = policy.targets.filter(({ id }) => ids.includes(id));
  const found = near.filter(({ id, section }) => section === undefined || sections(id).includes(section));
  const missing = near.filter((target) => !found.includes(target)).map(describe);
  if (found.length === 0)
    return fails('Accepted', 'TargetNotFound', fitMessage(`${missing.join(', ')} does not exist`));
  const { failures } = policies.read(policy);
  if (failures.size > 0) {
    const message = [...failures.values()].join('; ');
    return fails('Accepted', 'Invalid', fitMessage(`${message}; what the policy covers is answered with 500`));
  }
  const lost = found.map((target) => lostFields(policy, target, policies));
  const messages = lost.flatMap((fields, place) => fields.map((field) => describeLoss(policy, field, found[place])));
  const count = fieldsOf(policy, policies).length;
  const notes = [...messages, ...missing.map((target) => `${target} does not exist`)];
  if (count > 0 && lost.every((fields) => fields.length === count)) {
    return fails('Accepted', 'Conflicted', fitMessage(messages.join('; ')));
  }
  return holds('Accepted', 'Accepted', fitMessage(['Policy is valid', ...notes].join('; ')));
}

interface LostField {
  readonly field: string;
  readonly winner: string;
}

/** Fields that an older policy with the same target decides, itself or by what cannot stand beside them. */
function lostFields(policy: TargetedPolicy, target: PolicyTarget, policies: Policies): readonly LostField[] {
  const all = policies.on(policy.kind, target.id);
  const older = all
    .slice(0, all.indexOf(policy))
    .filter(({ targets }) => targets.some(({ id, section }) => id === target.id && section === target.section));
  return fieldsOf(policy, policies).flatMap((field) => {
    const winner = older.find((other) => {
      const taken = new Set(fieldsOf(other, policies));
      return taken.has(field) || isRival(field, taken);
    });
    return winner ? [{ field, winner: `${winner.kind} ${winner.key}` }] : [];
  });
}

function fieldsOf(policy: TargetedPolicy, policies: Policies): readonly string[] {
  const { settings, failures } = policies.read(policy);
  return [...Object.keys(settings), ...failures.keys()];
}

function describeLoss(
  { kind }: TargetedPolicy,
  { field, winner }: LostField,
  target: PolicyTarget | undefined,
): string {
  const paths: Readonly<Record<string, string | undefined>> =
    kind === 'AviBackendPolicy' ? backendPaths : frontendPaths;
  const where = target ? ` of ${describe(target)}` : '';
  return `spec.${paths[field] ?? field}${where} is decided by ${winner}, which is older`;
}

function describe({ id, section }: PolicyTarget): string {
  const name = id.replace('/', ' ');
  return section === undefined ? name : `${name} section ${section}`;
}

/** Names of rules, ports or listeners. */
export function sectionNames(items: readonly { readonly name?: string }[] | undefined): readonly string[] {
  return list(items).flatMap(({ name }) => name ?? []);
}
