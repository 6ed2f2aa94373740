/** What a policy rule does with a request: header, rewrite, redirect and switching actions (avi-model.md section 2.4). */
import { compareText } from '../../values/read.ts';
import { normalizePrefix } from '../../routing/routes/precedence.ts';
import type { HeaderModifier, PathModifier, Rewrite } from '../../routing/result/routed-filters.ts';
import type { JsonObject } from '../desired.ts';
import type { Action } from './policy-entry.ts';
import { bareRef } from '../naming/refs.ts';
import { hasPoolGroup } from './rule-backends.ts';
import { present } from '../translate-context.ts';

/** Nothing matched. */
export const notFound: JsonObject = {
  switching_action: {
    action: 'HTTP_SWITCHING_SELECT_LOCAL',
    status_code: 'HTTP_LOCAL_RESPONSE_STATUS_CODE_404',
  },
};

/** The rule has no backend that could answer. */
const internalError: JsonObject = {
  switching_action: { action: 'HTTP_SWITCHING_SELECT_LOCAL', other_status_code: 500 },
};

/** Everything a rule does, ended by a terminal action. `poolGroup`: name of the rule's pool group. */
export function terminalActions(action: Action, poolGroup: string, internalHeader?: JsonObject): JsonObject {
  if (action.rule.rule.action === 'fail') return internalError;
  if (!hasPoolGroup(action.rule.rule)) return redirectAction(action);
  return {
    ...filterActions(action, internalHeader),
    switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP', pool_group_ref: bareRef('poolgroup', poolGroup) },
  };
}

/** What a rule does to a request on its way to the pool group; empty without filters. */
export function filterActions({ rule: { rule }, prefixSegments }: Action, internalHeader?: JsonObject): JsonObject {
  const headers = [...headerActions(rule.requestHeaders), ...(internalHeader ? [internalHeader] : [])];
  return present({
    hdr_action: headers.length > 0 ? headers.map((header, index) => ({ ...header, hdr_index: index })) : undefined,
    rewrite_url_action: rewriteAction(rule.rewrite, prefixSegments),
  });
}

/** Set, then add, then remove, each by header name; `hdr_index` is the caller's. */
export function headerActions(modifier: HeaderModifier | undefined): readonly JsonObject[] {
  if (!modifier) return [];
  return [
    ...modifier.set.toSorted(byName).map(({ name, value }) => headerAction('HTTP_REPLACE_HDR', name, value)),
    ...modifier.add.toSorted(byName).map(({ name, value }) => headerAction('HTTP_ADD_HDR', name, value)),
    ...modifier.remove.toSorted(compareText).map((name) => headerAction('HTTP_REMOVE_HDR', name)),
  ];
}

/** One of Avi's HTTPHdrActions; without a value where there is none to give. */
export function headerAction(action: string, name: string, value?: string): JsonObject {
  return { action, hdr: present({ name, value: value ? { is_sensitive: false, val: value } : undefined }) };
}

/** "Redirect may not be stacked with other actions", so it is the only one. */
function redirectAction({ rule: { rule }, prefixSegments, redirect: target }: Action): JsonObject {
  const { redirect } = rule;
  if (!redirect || !target) return internalError;
  return {
    redirect_action: present({
      protocol: target.protocol,
      host: redirect.hostname ? uri([literal(redirect.hostname)]) : undefined,
      port: target.port,
      path: redirect.path ? pathUri(redirect.path, prefixSegments) : undefined,
      status_code: `HTTP_REDIRECT_STATUS_CODE_${redirect.statusCode}`,
    }),
  };
}

function rewriteAction(rewrite: Rewrite | undefined, prefixSegments: number): JsonObject | undefined {
  if (!rewrite?.hostname && !rewrite?.path) return undefined;
  return present({
    host_hdr: rewrite.hostname ? uri([literal(rewrite.hostname)]) : undefined,
    path: rewrite.path ? pathUri(rewrite.path, prefixSegments) : undefined,
    query: { keep_query: true },
  });
}

/** Path tokens are joined with `/` and need no leading one; the prefix's segments make way for the replacement. */
function pathUri(modifier: PathModifier, prefixSegments: number): JsonObject {
  if (modifier.type === 'ReplaceFullPath') return uri([literal(withoutSlash(modifier.value))]);
  const replacement = withoutSlash(normalizePrefix(modifier.value));
  const rest: JsonObject = { type: 'URI_TOKEN_TYPE_PATH', start_index: prefixSegments, end_index: 65535 };
  return uri(replacement ? [literal(replacement), rest] : [rest]);
}

function uri(tokens: readonly JsonObject[]): JsonObject {
  return { type: 'URI_PARAM_TYPE_TOKENIZED', tokens };
}

function literal(value: string): JsonObject {
  return { type: 'URI_TOKEN_TYPE_STRING', str_value: value };
}

function withoutSlash(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path;
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compareText(a.name, b.name);
}
