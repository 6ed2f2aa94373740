import { isObject, objects } from '../document.ts';
import { refuseField } from '../errors.ts';
import type { RuleContext } from './rule.ts';

/** HTTPPolicySet: rules are complete, and what the controller's documentation forbids is refused (avi-model.md 2.4). */
export function httpPolicySetRule(context: RuleContext): void {
  if (!context.strict) return;
  for (const policy of ['http_request_policy', 'http_response_policy', 'http_security_policy'] as const) {
    const section = context.draft[policy];
    if (!isObject(section)) continue;
    const rules = objects(section['rules']);
    checkIndexes(policy, rules);
    for (const rule of rules) checkRule(policy, rule);
  }
}

/** Paths that are compared as a whole or by prefix start with a slash (avi-model.md 2.3). */
export function checkMatchPath(field: string, match: unknown): void {
  if (!isObject(match) || !isObject(match['path'])) return;
  const { match_criteria: criteria, match_str: values } = match['path'];
  if (criteria !== 'BEGINS_WITH' && criteria !== 'EQUALS') return;
  for (const value of Array.isArray(values) ? (values as unknown[]) : []) {
    if (typeof value === 'string' && value.startsWith('/')) continue;
    throw refuseField(field, `${field}: path match_str must start with '/'.`);
  }
}

function checkIndexes(policy: string, rules: readonly Readonly<Record<string, unknown>>[]): void {
  const seen = new Set<unknown>();
  for (const rule of rules) {
    if (seen.has(rule['index']))
      throw refuseField(policy, `${policy}: rule index ${String(rule['index'])} is given twice.`);
    seen.add(rule['index']);
  }
}

function checkRule(policy: string, rule: Readonly<Record<string, unknown>>): void {
  checkMatchPath(policy, rule['match']);
  const switching = rule['switching_action'];
  if (isObject(switching)) checkSwitching(policy, switching);
  if (rule['redirect_action'] === undefined) return;
  const others = ['switching_action', 'rewrite_url_action'].filter((name) => rule[name] !== undefined);
  if (objects(rule['hdr_action']).length > 0) others.push('hdr_action');
  if (others.length > 0) {
    throw refuseField(
      policy,
      `${policy}: rule '${String(rule['name'])}': redirect_action may not be stacked with ${others.join(', ')}.`,
    );
  }
}

function checkSwitching(policy: string, action: Readonly<Record<string, unknown>>): void {
  const needed: Readonly<Record<string, readonly string[]>> = {
    HTTP_SWITCHING_SELECT_POOL: ['pool_ref'],
    HTTP_SWITCHING_SELECT_POOLGROUP: ['pool_group_ref'],
    HTTP_SWITCHING_SELECT_LOCAL: ['status_code', 'other_status_code'],
  };
  const fields = needed[String(action['action'])] ?? [];
  if (fields.some((field) => action[field] !== undefined)) return;
  throw refuseField(policy, `${policy}: switching_action ${String(action['action'])} needs ${fields.join(' or ')}.`);
}
