/** What the ExtensionRef filters of a rule say of its virtual service (AKO: L7Rule, ApplicationProfile). */
import type { L7Rule } from '../../../generated/extensions.ts';
import { aviNameId, type ExtensionSources } from './backend-extensions.ts';
import { akoGroup, isExtensionKind } from './extension-kinds.ts';
import { judgeApplicationProfile } from './extension-objects.ts';
import { list, text } from '../read.ts';
import type { AviName, RoutedBackend, RuleExtension } from '../result.ts';

type Failure = NonNullable<RoutedBackend['invalid']>;

/** The settings that hold, what of the controller they name, and why references do not hold. */
export interface ReadRuleExtension {
  readonly extension?: RuleExtension;
  readonly named: readonly AviName[];
  readonly failures: readonly Failure[];
}

interface ExtensionRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
}

/** Of which a rule may name one each. */
const kinds = ['ApplicationProfile', 'L7Rule'];

/** @param refs and the others as in `readBackendExtension` */
export function readRuleExtension(
  refs: readonly { readonly ref: ExtensionRef | undefined; readonly path: string }[],
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadRuleExtension {
  if (refs.length === 0) return { named: [], failures: [] };
  const seen = new Set<string>();
  const read = refs.map(({ ref, path }): ReadRuleExtension => {
    const kind = ref?.group === akoGroup ? (text(ref.kind) ?? '') : '';
    if (seen.has(kind)) return failed('UnsupportedValue', `${path}: ${kind} cannot be repeated`);
    if (kinds.includes(kind)) seen.add(kind);
    return readRef(ref, path, namespace, holder, sources);
  });
  const extension: RuleExtension = Object.assign({}, ...read.map((one) => one.extension)) as RuleExtension;
  return {
    ...(Object.keys(extension).length > 0 && { extension }),
    named: read.flatMap((one) => one.named),
    failures: read.flatMap((one) => one.failures),
  };
}

function readRef(
  ref: ExtensionRef | undefined,
  path: string,
  namespace: string,
  holder: string,
  sources: ExtensionSources,
): ReadRuleExtension {
  const key = `${namespace}/${text(ref?.name) ?? ''}`;
  const kind = text(ref?.kind) ?? '';
  if (ref?.group === akoGroup && kind === 'ApplicationProfile') {
    const judged = judgeApplicationProfile(key, sources.snapshot);
    if ('problem' in judged) return failed('BackendNotFound', `${path}: ${judged.problem.message}`);
    return { extension: { applicationProfile: judged.object }, named: [], failures: [] };
  }
  if (ref?.group === akoGroup && kind === 'L7Rule') {
    const resource = sources.snapshot.extensions.L7Rule.get(key);
    if (!resource) return failed('BackendNotFound', `${path}: L7Rule CRD ${key} not found`);
    return readL7Rule(resource, path, sources);
  }
  const given = ref?.group !== akoGroup && isExtensionKind(kind) ? `${ref?.group ?? ''}/${kind}` : kind;
  return failed('InvalidKind', `${path}: Unsupported kind ${given} defined on ${holder}`);
}

/** An L7Rule by itself: whether what it names is there, and whether it asks for what is not offered. */
export function readL7Rule(
  { spec }: L7Rule,
  path: string,
  { missing }: Pick<ExtensionSources, 'missing'>,
): ReadRuleExtension {
  const named = namedBy(spec);
  const absent = named.filter((name) => missing.has(aviNameId(name)));
  const failures: Failure[] = absent.map(({ type, name }) => ({
    reason: 'BackendNotFound',
    message: `${path}: the controller has no ${type} ${name}`,
  }));
  if (spec.httpPolicy?.overwrite === true)
    failures.push({ reason: 'UnsupportedValue', message: `${path}: ${overwrite}` });
  return { extension: { l7Rule: spec }, named, failures };
}

const overwrite =
  'httpPolicy.overwrite is not offered: the policy set of a rule is also what keeps its requests apart from those of other rules; leave it out, and the sets are added';

/** Fields that AKO does not honour on Gateway API objects either. */
export const ignoredL7Fields = ['hostNameXlate', 'performanceLimits', 'securityPolicyRef'] as const;

/** Policy sets each once, without empty names, sorted, as AKO has it. */
export function policySetsOf(spec: L7Rule['spec']): readonly string[] {
  return [...new Set(list(spec.httpPolicy?.policySets).filter((name) => name !== ''))].sort();
}

function namedBy(spec: L7Rule['spec']): readonly AviName[] {
  const entries: readonly (readonly [AviName['type'], string | undefined])[] = [
    ['analyticsprofile', spec.analyticsProfile?.name],
    ['applicationprofile', spec.applicationProfile?.name],
    ['botdetectionpolicy', spec.botPolicyRef],
    ['errorpageprofile', spec.errorPageProfile?.name],
    ['icapprofile', spec.icapProfile?.name],
    ['trafficcloneprofile', spec.trafficCloneProfileRef],
    ['wafpolicy', spec.wafPolicy?.name],
  ];
  const sets = policySetsOf(spec).map((name): AviName => ({ type: 'httppolicyset', name }));
  return [...entries.flatMap(([type, name]) => (name ? [{ type, name }] : [])), ...sets];
}

function failed(reason: string, message: string): ReadRuleExtension {
  return { named: [], failures: [{ reason, message }] };
}
