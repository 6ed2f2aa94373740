import { byIndex, flag, number, object, objects, text, trailingNumber, type Body } from './fields.ts';
import { compileHeaderActions } from '../http/header-edit.ts';
import { compileRequestMatch, compileResponseMatch, type RequestMatch } from '../decide/match.ts';
import type {
  FailAction,
  LocalResponse,
  RateLimit,
  RequestRule,
  ResponseRule,
  SecurityAction,
  SecurityRule,
  Switching,
} from './program.ts';
import type { Target } from '../decide/target.ts';
import { uuidOf, type Resolve } from './resolve.ts';
import { compileLocationRewrite, compileRedirect, compileRewrite } from '../decide/uri.ts';

/** The policies of a virtual service: all its sets in the order of their index, rules in the order of theirs. */
export interface Policies {
  readonly security: readonly SecurityRule[];
  readonly requests: readonly RequestRule[];
  readonly responses: readonly ResponseRule[];
  /** Pools and pool groups that switching actions name. */
  readonly targets: readonly Target[];
  readonly problems: readonly string[];
}

/** A pool_ref or pool_group_ref of `body`; undefined when it has none or the object does not exist. */
export function targetOf(
  body: Body | undefined,
  resolve: Resolve,
  fields = { pool: 'pool_ref', group: 'pool_group_ref' },
): Target | undefined {
  const group = resolve(body?.[fields.group]);
  if (group) return { kind: 'poolgroup', uuid: group.uuid, name: group.name };
  const pool = resolve(body?.[fields.pool]);
  return pool && { kind: 'pool', uuid: pool.uuid, name: pool.name };
}

/** HTTPLocalFile and a status → the answer. */
export function localResponse(status: number, file: Body | undefined): LocalResponse {
  const body = text(file, 'file_content');
  return { status, ...(body !== undefined && { body, contentType: text(file, 'content_type') ?? 'text/html' }) };
}

const ANY_REQUEST = compileRequestMatch(undefined, () => undefined);

/** FailAction of a pool or a pool group; undefined when the field is absent. */
export function compileFailAction(action: Body | undefined): FailAction | undefined {
  if (!action) return undefined;
  const local = object(action, 'local_rsp');
  const redirect = object(action, 'redirect');
  switch (text(action, 'type')) {
    case 'FAIL_ACTION_HTTP_LOCAL_RSP':
      return {
        kind: 'local',
        response: localResponse(trailingNumber(text(local, 'status_code'), 503), object(local, 'file')),
      };
    case 'FAIL_ACTION_HTTP_REDIRECT':
      return { kind: 'redirect', redirect: failRedirect(redirect) };
    case 'FAIL_ACTION_BACKUP_POOL': {
      const poolUuid = uuidOf(object(action, 'backup_pool')?.['backup_pool_ref']);
      return poolUuid === undefined ? { kind: 'close' } : { kind: 'backup', poolUuid };
    }
    default:
      return { kind: 'close' };
  }
}

function literal(value: string | undefined): Body | undefined {
  return value === undefined
    ? undefined
    : { type: 'URI_PARAM_TYPE_TOKENIZED', tokens: [{ type: 'URI_TOKEN_TYPE_STRING', str_value: value }] };
}

function failRedirect(redirect: Body | undefined): ReturnType<typeof compileRedirect> {
  const query = text(redirect, 'query');
  const action = {
    protocol: text(redirect, 'protocol') ?? 'HTTPS',
    status_code: text(redirect, 'status_code'),
    host: literal(text(redirect, 'host')),
    path: literal(text(redirect, 'path')),
    ...(query !== undefined && { keep_query: false, add_string: query }),
  };
  return compileRedirect(action, ANY_REQUEST);
}

function redirectToHttps(action: Body): SecurityAction {
  const redirect = compileRedirect({ protocol: 'HTTPS', port: number(action, 'https_port') ?? 443 }, ANY_REQUEST);
  return { kind: 'redirect', redirect };
}

function compileLimit(action: Body, match: RequestMatch): RateLimit {
  const profile = object(action, 'rate_profile');
  const limiter = object(profile, 'rate_limiter');
  return {
    count: number(limiter, 'count') ?? 1_000_000_000,
    period: number(limiter, 'period') ?? 1,
    perClientIp: flag(profile, 'per_client_ip', false),
    perPath: flag(profile, 'per_uri_path', false),
    exceeded: compileLimitAction(object(profile, 'action'), match),
  };
}

function compileLimitAction(action: Body | undefined, match: RequestMatch): SecurityAction | undefined {
  switch (text(action, 'type')) {
    case 'RL_ACTION_DROP_CONN':
    case 'RL_ACTION_RESET_CONN':
    case 'RL_ACTION_CLOSE_CONN':
      return { kind: 'close' };
    case 'RL_ACTION_LOCAL_RSP':
      return {
        kind: 'local',
        response: localResponse(trailingNumber(text(action, 'status_code'), 429), object(action, 'file')),
      };
    case 'RL_ACTION_REDIRECT':
      return { kind: 'redirect', redirect: compileRedirect(object(action, 'redirect') ?? {}, match) };
    default:
      return undefined;
  }
}

function compileSecurityAction(action: Body, match: RequestMatch): SecurityAction | undefined {
  switch (text(action, 'action')) {
    case 'HTTP_SECURITY_ACTION_CLOSE_CONN':
      return { kind: 'close' };
    case 'HTTP_SECURITY_ACTION_SEND_RESPONSE':
      return {
        kind: 'local',
        response: localResponse(trailingNumber(text(action, 'status_code'), 403), object(action, 'file')),
      };
    case 'HTTP_SECURITY_ACTION_ALLOW':
      return { kind: 'allow' };
    case 'HTTP_SECURITY_ACTION_REDIRECT_TO_HTTPS':
      return redirectToHttps(action);
    case 'HTTP_SECURITY_ACTION_RATE_LIMIT':
      return { kind: 'rateLimit', limit: compileLimit(action, match) };
    default:
      return undefined;
  }
}

interface Collected {
  readonly security: SecurityRule[];
  readonly requests: RequestRule[];
  readonly responses: ResponseRule[];
  readonly targets: Target[];
  readonly problems: string[];
}

function compileSecurityRule(rule: Body, resolve: Resolve, into: Collected): void {
  const name = text(rule, 'name') ?? '';
  const match = compileRequestMatch(object(rule, 'match'), resolve);
  const action = compileSecurityAction(object(rule, 'action') ?? {}, match);
  if (action) into.security.push({ name, match, action });
  else into.problems.push(`rule ${name}: its security action is not simulated`);
  into.problems.push(...match.problems.map((problem) => `rule ${name}: ${problem}`));
}

function compileSwitching(action: Body, resolve: Resolve): Switching | undefined {
  if (text(action, 'action') !== 'HTTP_SWITCHING_SELECT_LOCAL') {
    const target = targetOf(action, resolve);
    return target && { kind: 'forward', target };
  }
  const status = number(action, 'other_status_code') ?? trailingNumber(text(action, 'status_code'), 200);
  return { kind: 'local', response: localResponse(status, object(action, 'file')) };
}

function compileRequestRule(rule: Body, resolve: Resolve, into: Collected): void {
  const name = text(rule, 'name') ?? '';
  const match = compileRequestMatch(object(rule, 'match'), resolve);
  const redirectBody = object(rule, 'redirect_action');
  const switchingBody = object(rule, 'switching_action');
  const switching = switchingBody && compileSwitching(switchingBody, resolve);
  const rewrite = compileRewrite(rule, match);
  if (switching?.kind === 'forward') into.targets.push(switching.target);
  if (switchingBody && !switching)
    into.problems.push(`rule ${name}: the pool or pool group that it selects does not exist`);
  into.problems.push(...match.problems.map((problem) => `rule ${name}: ${problem}`));
  into.requests.push({
    name,
    match,
    headers: compileHeaderActions(rule),
    ...(rewrite && { rewrite }),
    ...(redirectBody && { redirect: compileRedirect(redirectBody, match) }),
    ...(switching && { switching }),
  });
}

function compileResponseRule(rule: Body, resolve: Resolve, into: Collected): void {
  const name = text(rule, 'name') ?? '';
  const target = object(rule, 'match');
  const match = compileResponseMatch(target, resolve);
  const location = object(rule, 'loc_hdr_action');
  into.problems.push(...match.problems.map((problem) => `rule ${name}: ${problem}`));
  into.responses.push({
    name,
    match,
    headers: compileHeaderActions(rule),
    ...(location && { location: compileLocationRewrite(location, compileRequestMatch(target, resolve)) }),
  });
}

function enabledRules(set: Body | undefined, policy: string): readonly Body[] {
  return byIndex(objects(object(set, policy), 'rules')).filter((rule) => flag(rule, 'enable', true));
}

/** Compiles `http_policies[]` of a virtual service. */
export function compilePolicies(virtualService: Body, resolve: Resolve): Policies {
  const into: Collected = { security: [], requests: [], responses: [], targets: [], problems: [] };
  for (const entry of byIndex(objects(virtualService, 'http_policies'))) {
    const set = resolve(entry['http_policy_set_ref'])?.body;
    enabledRules(set, 'http_security_policy').forEach((rule) => compileSecurityRule(rule, resolve, into));
    enabledRules(set, 'http_request_policy').forEach((rule) => compileRequestRule(rule, resolve, into));
    enabledRules(set, 'http_response_policy').forEach((rule) => compileResponseRule(rule, resolve, into));
  }
  return into;
}
