import type { HeaderAction, HeaderEdit } from '../http/header-edit.ts';
import type { LocalResponse, SecurityAction, SecurityRule, VirtualServiceProgram } from '../program/program.ts';
import type { Target } from './target.ts';
import { pick, type Random } from '../../random.ts';
import type { RateLimits } from './rate-limit.ts';
import type { ClientRequest, ServerResponse } from '../http/request.ts';
import type { Redirect, Rewrite } from './uri.ts';
import { possibleVirtualServices, type Program } from './virtual-host.ts';

/** What becomes of a request. `none`: no rule took it and the virtual service has no default target. */
export type Action =
  | { readonly kind: 'forward'; readonly target: Target }
  | { readonly kind: 'redirect'; readonly redirect: Redirect }
  | { readonly kind: 'local'; readonly response: LocalResponse }
  | { readonly kind: 'close' }
  | { readonly kind: 'none' };

export interface Decision {
  readonly virtualService: VirtualServiceProgram;
  /** Names of the rules that matched, security rules first, in the order of evaluation. */
  readonly rules: readonly string[];
  /** Edits of the request on its way to the server. */
  readonly headers: readonly HeaderEdit[];
  readonly rewrite: Rewrite;
  readonly action: Action;
  /** Whether a rule's switching action chose the target; a DataScript's choice is ignored then. */
  readonly switched: boolean;
}

/** What a decision depends on besides program and request; the defaults are those of an idle, healthy system. */
export interface Environment extends RateLimits {
  /** Whether a child takes part in the selection (min_pools_up). */
  readonly isEligible: (child: VirtualServiceProgram) => boolean;
}

const IDLE: Environment = { isOverLimit: () => false, isEligible: () => true };

/** Decides one request: picks among the virtual services that Avi might choose, then evaluates its policies. */
export function decide(
  program: Program,
  request: ClientRequest,
  random: Random,
  environment: Environment = IDLE,
): Decision {
  const possible = [...possibleVirtualServices(program, request, environment.isEligible)];
  return evaluate(pick(possible, random) ?? program.parent, request, environment);
}

/** Evaluates the policies of one virtual service. */
export function evaluate(
  virtualService: VirtualServiceProgram,
  request: ClientRequest,
  environment: Environment = IDLE,
): Decision {
  const rules: string[] = [];
  const verdict = evaluateSecurity(virtualService, request, environment, rules);
  if (verdict) return { virtualService, rules, headers: [], rewrite: {}, action: verdict, switched: false };
  return evaluateRequestPolicy(virtualService, request, rules);
}

function resolveActions(actions: readonly HeaderAction[], request: ClientRequest): readonly HeaderEdit[] {
  return actions.map((action) => action(request)).filter((edit) => edit !== undefined);
}

/** The first matching security rule decides; `ALLOW` and a limit that is not reached hand on to the request policy. */
function evaluateSecurity(
  virtualService: VirtualServiceProgram,
  request: ClientRequest,
  environment: Environment,
  rules: string[],
): Action | undefined {
  for (const rule of virtualService.security) {
    if (!rule.match.test(request)) continue;
    rules.push(rule.name);
    const { action } = rule;
    if (action.kind !== 'rateLimit') return securityVerdict(action, request);
    if (environment.isOverLimit(virtualService, rule.name, action.limit, request)) return limitVerdict(rule, request);
  }
  return undefined;
}

function limitVerdict(rule: SecurityRule, request: ClientRequest): Action | undefined {
  const exceeded = rule.action.kind === 'rateLimit' ? rule.action.limit.exceeded : undefined;
  return exceeded && securityVerdict(exceeded, request);
}

function securityVerdict(action: SecurityAction, request: ClientRequest): Action | undefined {
  switch (action.kind) {
    case 'close':
      return { kind: 'close' };
    case 'local':
      return { kind: 'local', response: action.response };
    case 'redirect':
      return { kind: 'redirect', redirect: action.redirect(request) };
    default:
      return undefined;
  }
}

/** Rules without a terminal action (redirect or switching) add their edits and evaluation goes on. */
function evaluateRequestPolicy(
  virtualService: VirtualServiceProgram,
  request: ClientRequest,
  rules: string[],
): Decision {
  const headers: HeaderEdit[] = [];
  let rewrite: Rewrite = {};
  for (const rule of virtualService.requests) {
    if (!rule.match.test(request)) continue;
    rules.push(rule.name);
    const decided = { virtualService, rules, headers, switched: false };
    if (rule.redirect) return { ...decided, rewrite, action: { kind: 'redirect', redirect: rule.redirect(request) } };
    headers.push(...resolveActions(rule.headers, request));
    rewrite = { ...rewrite, ...rule.rewrite?.(request) };
    if (rule.switching) return { ...decided, rewrite, action: rule.switching, switched: true };
  }
  const target = virtualService.portTargets.get(request.port) ?? virtualService.defaultTarget;
  const action: Action = target ? { kind: 'forward', target } : { kind: 'none' };
  return { virtualService, rules, headers, rewrite, action, switched: false };
}

/** What the response policy does to a server's answer. All matching rules apply, in order. */
export function evaluateResponse(
  virtualService: VirtualServiceProgram,
  request: ClientRequest,
  response: ServerResponse,
): { readonly rules: readonly string[]; readonly headers: readonly HeaderEdit[] } {
  const matching = virtualService.responses.filter((rule) => rule.match.test(request, response));
  const headers = matching.flatMap((rule) => {
    const location = response.headers['location']?.[0];
    const rewritten = rule.location && location !== undefined ? rule.location(location, request) : undefined;
    const edits = resolveActions(rule.headers, request);
    return rewritten === undefined
      ? edits
      : [...edits, { action: 'replace' as const, header: 'Location', value: rewritten }];
  });
  return { rules: matching.map((rule) => rule.name), headers };
}
