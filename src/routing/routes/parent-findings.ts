/** What is to be said of a route and its parentRefs: conditions, events and problems. */
import { record } from '../../values/read.ts';
import { fitMessage, holds, messages, withIgnored } from '../conditions.ts';
import type { ConditionDraft, Problem, RoutingEvent } from '../result/findings.ts';
import type { RoutedParent } from '../result/routed-route.ts';
import type { DroppedRule } from '../rules/rules.ts';
import type { Attachment, IndexedAttachment, RouteHostnames } from './attach.ts';
import type { AttachingRoute } from './route-index.ts';
import type { RuleOutcome } from './rule-outcome.ts';

/** Accepted, ResolvedRefs and PartiallyInvalid as they apply. */
export function parentConditions(
  attachment: Attachment,
  rules: RuleOutcome,
  names: RouteHostnames,
): readonly ConditionDraft[] {
  if ('refusal' in attachment) return [attachment.refusal, rules.resolvedRefs];
  const malformed = names.malformed.map((field) => ({ field, message: 'not a hostname' }));
  const withheld = (attachment.withheld ?? []).map(({ listener, message }) => ({
    field: `listener ${listener}`,
    message,
  }));
  const accepted = holds(
    'Accepted',
    'Accepted',
    fitMessage(withIgnored(messages.parentAccepted, [...malformed, ...withheld])),
  );
  if (rules.dropped.length === 0) return [accepted, rules.resolvedRefs];
  const message = fitMessage(rules.dropped.map((rule) => `Dropped Rule ${rule.rule}: ${describe([rule])}`).join('; '));
  return [accepted, rules.resolvedRefs, holds('PartiallyInvalid', 'UnsupportedValue', message)];
}

/** The dropped rules' fields, and why each was dropped. */
export function describe(dropped: readonly DroppedRule[]): string {
  return dropped.map((rule) => `${rule.field}: ${rule.message}`).join('; ');
}

/** What a policy refuses of a route, as an event. */
export function policyEvent({ kind, namespace, name }: AttachingRoute, { field, message }: Problem): RoutingEvent {
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name };
  return { type: 'Warning', reason: 'PolicyInvalid', message: `${field}: ${message}`, regarding };
}

/** Events about what was refused or dropped. Detached is what AKO says of a route that is not valid. */
export function eventsOf(entry: AttachingRoute, parents: readonly RoutedParent[]): readonly RoutingEvent[] {
  const { kind, namespace, name } = entry;
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name };
  const warn = (reason: string, message: string): RoutingEvent => ({ type: 'Warning', reason, message, regarding });
  return parents.flatMap(({ conditions, parentRefIndex }) =>
    conditions.flatMap((condition) => {
      if (condition.type === 'PartiallyInvalid') return [warn('RuleDropped', condition.message)];
      if (condition.type !== 'Accepted' || condition.status === 'True') return [];
      const where = `spec.parentRefs[${parentRefIndex}]`;
      return [
        warn('Detached', `${kind} object ${name} is not valid: ${where}: ${condition.reason}: ${condition.message}`),
      ];
    }),
  );
}

/** Listeners whose host another route has. */
export function withheldProblems(
  { kind, key }: AttachingRoute,
  attachments: readonly IndexedAttachment[],
): readonly Problem[] {
  return attachments.flatMap(({ index, attachment }) => {
    const withheld = 'withheld' in attachment ? (attachment.withheld ?? []) : [];
    return withheld.map(({ listener, message }) => ({
      resource: `${kind}/${key}`,
      field: `spec.parentRefs[${index}]`,
      message: `listener ${listener}: ${message}`,
    }));
  });
}

/** What of a route is malformed, dropped, unresolved or refused. */
export function problemsOf(
  entry: AttachingRoute,
  parents: readonly RoutedParent[],
  rules: RuleOutcome,
  names: RouteHostnames,
): readonly Problem[] {
  const resource = `${entry.kind}/${entry.key}`;
  const problems: Problem[] = names.malformed.map((field) => ({ resource, field, message: 'not a hostname' }));
  problems.push(...rules.dropped.map(({ field, message }) => ({ resource, field, message })));
  if (rules.resolvedRefs.status === 'False') {
    const { reason, message } = rules.resolvedRefs;
    problems.push({ resource, field: 'spec.rules', message: `${reason}: ${message}` });
  }
  for (const parent of parents) {
    const refusal = parent.conditions.find(
      (condition) => condition.type === 'Accepted' && condition.status === 'False',
    );
    if (!refusal || (refusal.reason === 'UnsupportedValue' && rules.count === 0)) continue;
    const field = `spec.parentRefs[${parent.parentRefIndex}]`;
    problems.push({ resource, field, message: `${refusal.reason}: ${refusal.message}` });
  }
  // Fields of the experimental channel that the standard one has no place for.
  if (record(entry.route.spec).useDefaultGateways !== undefined) {
    problems.push({ resource, field: 'spec.useDefaultGateways', message: 'default Gateways are not supported' });
  }
  return problems;
}
