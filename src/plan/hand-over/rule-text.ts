/** Rules of policy sets, to be compared. */
import type { JsonObject } from '../../translate/desired.ts';
import { parseRef } from '../refs.ts';

/** What a rule asks for and where it leads, however the controller writes it. */
export function ruleText(rule: JsonObject): string {
  const named = (field: string, value: unknown): unknown => {
    if (field === 'pool_group_ref' && typeof value === 'string') return parseRef(value)?.name;
    return value === null || typeof value !== 'object' || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  const { match, switching_action: switching, redirect_action: redirect } = rule;
  return JSON.stringify({ match, switching, redirect }, named);
}
