/** HTTPPolicySet: ordered rules of a virtual service, or the filters of a plain child. */
import type { AviObject, JsonObject } from '../desired.ts';
import type { RouteName } from '../naming/names.ts';
import { matchTargets } from './match-target.ts';
import type { Action, PolicyEntry } from './policy-entry.ts';
import { ref } from '../naming/refs.ts';
import { filterActions, headerActions, notFound, terminalActions } from './rule-actions.ts';
import { hasPoolGroup } from './rule-backends.ts';
import { markAction, responseModifier } from '../scripts/rule-script.ts';
import { aviObject, bodyHead, present, type TranslateContext, routeOrigin } from '../translate-context.ts';

/** Index of our policy set on a virtual service, as AKO's; lower ones are the controller's. */
export const firstPolicyIndex = 11;

/** A policy set of entries; `marked` when a script needs to know which rule matched. */
export function orderedPolicySet(
  context: TranslateContext,
  name: string,
  entries: readonly PolicyEntry[],
  marked: boolean,
  route?: RouteName,
): AviObject {
  const rules = entries
    .flatMap((entry) => matchTargets(entry).map((match) => ({ entry, match })))
    .map(({ entry, match }, place) => ({
      name: match || entry.action ? `rule-${place + 1}` : 'default-backend-rule',
      enable: true,
      index: place + 1,
      ...present({ match }),
      ...entryActions(context, entry, marked),
    }));
  return policySet(context, name, { http_request_policy: { rules } }, route);
}

/** AKO's set for a child whose requests are all its own rule's; undefined when the rule asks for nothing. */
export function plainPolicySet(context: TranslateContext, name: string, action: Action): AviObject | undefined {
  const { rule, route } = action.rule;
  const request = hasPoolGroup(rule) ? filterActions(action) : terminalActions(action, name);
  const modifier = responseModifier(action);
  const response = headerActions(modifier).map((header, index) => ({ ...header, hdr_index: index }));
  const hasRequest = Object.keys(request).length > 0;
  if (!hasRequest && response.length === 0) return undefined;
  const ruleHead = { name, enable: true, index: 1 };
  const policies = present({
    http_request_policy: hasRequest ? { rules: [{ ...ruleHead, ...request }] } : undefined,
    http_response_policy: response.length > 0 ? { rules: [{ ...ruleHead, hdr_action: response }] } : undefined,
  });
  return policySet(context, name, policies, route);
}

/** References to policy sets on a virtual service, in order. */
export function policyRefs(names: readonly string[]): readonly JsonObject[] {
  return names.map((name, place) => ({
    index: firstPolicyIndex + place,
    http_policy_set_ref: ref('httppolicyset', name),
  }));
}

function policySet(context: TranslateContext, name: string, policies: JsonObject, route?: RouteName): AviObject {
  const body = {
    ...bodyHead(context, name),
    http_security_policy: {},
    ...policies,
  };
  return aviObject(context, 'httppolicyset', body, route && routeOrigin(route));
}

function entryActions(context: TranslateContext, { action }: PolicyEntry, marked: boolean): JsonObject {
  if (!action) return notFound;
  return terminalActions(action, context.ruleName(action.rule), marked ? markAction(context, action) : undefined);
}
