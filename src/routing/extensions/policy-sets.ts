/** `httpPolicy` of AKO's kinds: policy sets of the controller behind what a rule does by itself, or in place of it. */
import type { RoutedRule } from '../result/routed-rule.ts';

/** `httpPolicy`, as HostRules and L7Rules have it. */
interface HttpPolicy {
  readonly policySets?: readonly string[];
  readonly overwrite?: boolean;
}

/** Whether the policy sets take the place of a rule's filters. Without any there is nothing to take it. */
export function overwritesFilters(policy: HttpPolicy | undefined): boolean {
  return policy?.overwrite === true && (policy.policySets ?? []).some((name) => name !== '');
}

/**
 * The rule without the filters that AKO expresses by a policy set of its own. A redirect stays: it is the rule's answer, and
 * without it there is none.
 */
export function withoutFilters({
  requestHeaders: _,
  responseHeaders: __,
  rewrite: ___,
  ...rule
}: RoutedRule): RoutedRule {
  return rule;
}
