import { ref } from './store.ts';

type Body = Readonly<Record<string, unknown>>;

export const anywhere = (criteria: string, ...values: readonly string[]): Body => ({
  match_criteria: criteria,
  match_case: 'SENSITIVE',
  match_decoded_string: false,
  match_str: values,
});

export const vhMatch = (host: string, ...matches: readonly Body[]): Body => ({
  host,
  rules: matches.map((match, index) => ({ name: `vh-${index}`, matches: match })),
});

export const child = (parent: string, matches: readonly Body[], more: Body = {}): Body => ({
  type: 'VS_TYPE_VH_CHILD',
  vh_type: 'VS_TYPE_VH_ENHANCED',
  vh_parent_vs_ref: ref('virtualservice', parent),
  vh_matches: matches,
  ...more,
});

export const parent = (vsvip: string, more: Body = {}): Body => ({
  type: 'VS_TYPE_VH_PARENT',
  vh_type: 'VS_TYPE_VH_ENHANCED',
  services: [{ port: 80, enable_ssl: false }],
  vsvip_ref: ref('vsvip', vsvip),
  ...more,
});

export const vip = (address: string): Body => ({ vip: [{ vip_id: '0', ip_address: { addr: address, type: 'V4' } }] });

export const pool = (ports: readonly number[], more: Body = {}): Body => ({
  servers: ports.map((port) => ({ ip: { addr: '127.0.0.1', type: 'V4' }, port })),
  fail_action: { type: 'FAIL_ACTION_HTTP_LOCAL_RSP', local_rsp: { status_code: 'FAIL_HTTP_STATUS_CODE_503' } },
  ...more,
});

/** A policy set from rules in the order given. */
export const requestPolicy = (...rules: readonly Body[]): Body => ({
  http_request_policy: { rules: rules.map((rule, index) => ({ name: `rule-${index}`, index, enable: true, ...rule })) },
});

export const responsePolicy = (...rules: readonly Body[]): Body => ({
  http_response_policy: {
    rules: rules.map((rule, index) => ({ name: `response-${index}`, index, enable: true, ...rule })),
  },
});

export const securityPolicy = (...rules: readonly Body[]): Body => ({
  http_security_policy: {
    rules: rules.map((rule, index) => ({ name: `security-${index}`, index, enable: true, ...rule })),
  },
});

export const local = (status: number, content?: string): Body => ({
  action: 'HTTP_SWITCHING_SELECT_LOCAL',
  other_status_code: status,
  ...(content !== undefined && { file: { content_type: 'text/plain', file_content: content } }),
});

export const toPool = (name: string): Body => ({ action: 'HTTP_SWITCHING_SELECT_POOL', pool_ref: ref('pool', name) });

export const policies = (...sets: readonly string[]): Body => ({
  http_policies: sets.map((name, index) => ({ index: 11 + index, http_policy_set_ref: ref('httppolicyset', name) })),
});

const tokens = (...list: readonly Body[]): Body => ({ type: 'URI_PARAM_TYPE_TOKENIZED', tokens: list });
const string = (value: string): Body => ({ type: 'URI_TOKEN_TYPE_STRING', str_value: value });
export const literal = (value: string): Body => tokens(string(value));
/** The replacement for a prefix of `segments` segments. */
export const newPrefix = (replacement: string, segments: number): Body =>
  tokens(...(replacement === '' ? [] : [string(replacement)]), {
    type: 'URI_TOKEN_TYPE_PATH',
    start_index: segments,
    end_index: 65535,
  });

export const header = (
  action: 'ADD' | 'REPLACE' | 'REMOVE',
  index: number,
  name: string,
  value?: string | Body,
): Body => ({
  action: `HTTP_${action}_HDR`,
  hdr_index: index,
  hdr: { name, value: typeof value === 'object' ? value : { val: value } },
});
