/**
 * What one Gateway does with a request and why: from the routing's result and the plan that its Avi objects are written
 * from. Pure. Two readings are made and compared: the specification's (candidates in order, the first that accepts the
 * request) and Avi's (the virtual service that gets it and its ordered rules). A test holds both against the simulator's
 * data plane.
 */
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { planGateway, type GatewayPlan } from '../translate/gateway-plan.ts';
import { topologyOf, type Topology } from '../translate/virtual-services/host-ports.ts';
import { httpListeners } from '../translate/virtual-services/http-listeners.ts';
import type { NameTable } from '../translate/naming/name-table.ts';
import { actionOf, type Action } from '../translate/policies/policy-entry.ts';
import type { Match } from '../translate/policies/rule-match.ts';
import type { TranslateSettings } from '../translate/settings.ts';
import { translateContext, type TranslateContext } from '../translate/translate-context.ts';
import { answerOf, type Answer } from './answer.ts';
import { explainConnection } from './layer4.ts';
import { judgeListeners, type ListenerVerdict } from './listeners.ts';
import { unmet, type ExplainedRequest } from './request.ts';
import { possibleServices, type PossibleService } from './virtual-services.ts';

export type { Answer, Member } from './answer.ts';
export type { ListenerVerdict } from './listeners.ts';
export type { ExplainedRequest } from './request.ts';

/** One match of one rule that might have answered, judged; in the specification's order. */
export interface RuleVerdict {
  /** `Kind namespace/name rules[n]`. */
  readonly rule: string;
  /** What it asks for, as text. */
  readonly match: string;
  readonly verdict: 'answers' | 'does not match' | 'comes later';
  /** Conditions that do not hold, a phrase each; only with `does not match`. */
  readonly reasons: readonly string[];
}

/** A virtual service that Avi may hand the request to. */
export interface VirtualServiceVerdict {
  readonly name: string;
  readonly role: 'child' | 'parent' | 'below HTTP';
  /** The VH rule by which a child claims the request, as text. */
  readonly claim?: string;
}

/** A route that names the Gateway as parent and takes no part. */
export interface DetachedRoute {
  readonly route: string;
  readonly reason: string;
}

/** What one Gateway does with a request. */
export interface Explanation {
  /** `namespace/name`. */
  readonly gateway: string;
  readonly tenant: string;
  readonly listeners: readonly ListenerVerdict[];
  /** Id of the listener that takes the request; absent: none does. */
  readonly listener?: string;
  readonly rules: readonly RuleVerdict[];
  readonly detached: readonly DetachedRoute[];
  /** More than one where the order among children is not documented; then all answer alike. */
  readonly virtualServices: readonly VirtualServiceVerdict[];
  readonly answer: Answer;
  /** Present when a virtual service would not do what the specification says: a defect of this program. */
  readonly disagreement?: string;
}

/** Explains requests at one Gateway, whose plan is made once. `names`: of all Gateways, as for `translateGateway`. */
export function explainer(
  routed: RoutedGateway,
  settings: TranslateSettings,
  names: NameTable,
): (request: ExplainedRequest) => Explanation {
  const reading: Reading = {
    context: translateContext(routed, settings, names),
    topology: topologyOf(routed),
    plan: planGateway(routed, settings.trustChildOrder),
  };
  return (request) => explainRequest(reading, request);
}

/** The Gateway as the translation reads it. */
interface Reading {
  readonly context: TranslateContext;
  readonly topology: Topology;
  readonly plan: GatewayPlan;
}

function explainRequest(reading: Reading, request: ExplainedRequest): Explanation {
  const { context } = reading;
  const { routed } = context;
  const { key: gateway, tenant } = routed;
  const listeners = judgeListeners(routed, request);
  const base = { gateway, tenant, listeners, detached: detachedRoutes(routed), rules: [], virtualServices: [] };
  const taking = listeners.find(({ takes }) => takes);
  if (!taking && !isOpen(routed, request)) {
    return { ...base, answer: { kind: 'closed', reason: 'no listener takes the request' } };
  }
  const found = { ...base, ...(taking && { listener: taking.listener }) };
  if (!routed.trafficEnabled) {
    const reason = "the Gateway's annotation ako.vmware.com/disable-traffic is true";
    return { ...found, answer: { kind: 'closed', reason } };
  }
  const below = routed.l4.find(({ listeners: ids }) => taking && ids.includes(taking.listener));
  if (!below) return { ...found, ...explainHttp(reading, request) };
  const { virtualService, answer } = explainConnection(context, below, request);
  return { ...found, virtualServices: [{ name: virtualService, role: 'below HTTP' }], answer };
}

/** Whether the port answers, if only with 404: another hostname's listener is on it. */
function isOpen(routed: RoutedGateway, { scheme, port }: ExplainedRequest): boolean {
  const protocol = scheme === 'https' ? 'HTTPS' : 'HTTP';
  const named = scheme === 'http' || scheme === 'https';
  return named && httpListeners(routed).some((listener) => listener.port === port && listener.protocol === protocol);
}

function explainHttp(
  { context, topology, plan }: Reading,
  request: ExplainedRequest,
): Pick<Explanation, 'rules' | 'virtualServices' | 'answer' | 'disagreement'> {
  const { settings } = context;
  const listener = topology.listenerFor(request.host, request.port);
  const candidates = topology.candidatesFor(request.host, request.port);
  const winner = candidates.find((match) => unmet(match, request).length === 0);
  const expected = winner && listener ? actionOf(winner, listener) : undefined;
  const services = possibleServices(plan, request, settings.trustChildOrder);
  const stray = services.find(({ action }) => action?.key !== expected?.key);
  return {
    rules: candidates.map((match) => judge(match, winner, request)),
    virtualServices: services.map((service) => describeService(context, service)),
    answer: answerOf(context, expected),
    ...(stray && { disagreement: describeStray(context, stray, expected) }),
  };
}

function judge(match: Match, winner: Match | undefined, request: ExplainedRequest): RuleVerdict {
  const { route, rule } = match.rule;
  const head = {
    rule: `${route.kind} ${route.namespace}/${route.name} rules[${rule.index}]`,
    match: describeMatch(match),
  };
  if (match === winner) return { ...head, verdict: 'answers', reasons: [] };
  const reasons = unmet(match, request);
  return { ...head, verdict: reasons.length > 0 ? 'does not match' : 'comes later', reasons };
}

function describeMatch({ path, method, headers, queryParams }: Match): string {
  const parts = [
    `${path.type} ${path.value}`,
    ...(method === undefined ? [] : [`method ${method}`]),
    ...headers.map(([name, value]) => `header ${name}=${value}`),
    ...queryParams.map(([name, value]) => `query ${name}=${value}`),
  ];
  return parts.join(', ');
}

function describeService(context: TranslateContext, { child, claim }: PossibleService): VirtualServiceVerdict {
  if (!child || !claim) return { name: context.parentName, role: 'parent' };
  const { hostname, criteria, value } = claim;
  return { name: context.ruleName(child.rule), role: 'child', claim: `host ${hostname}, path ${criteria} ${value}` };
}

function describeStray(context: TranslateContext, service: PossibleService, expected: Action | undefined): string {
  const { name } = describeService(context, service);
  const does = service.action?.rule.id ?? '404';
  return `virtual service ${name} would answer with ${does}, the specification says ${expected?.rule.id ?? '404'}`;
}

/** Routes none of whose parentRefs to the Gateway is attached to a listener. */
function detachedRoutes({ parents }: RoutedGateway): readonly DetachedRoute[] {
  const byRoute = [...Map.groupBy(parents, ({ kind, routeKey }) => `${kind} ${routeKey}`)];
  return byRoute.flatMap(([route, refs]) => {
    if (refs.some(({ attached }) => attached)) return [];
    const reasons = refs.flatMap(({ conditions }) =>
      conditions.filter(({ type, status }) => type === 'Accepted' && status === 'False'),
    );
    const texts = reasons.map(({ reason, message }) => `${reason}: ${message}`);
    return [{ route, reason: [...new Set(texts)].join('; ') || 'not attached' }];
  });
}
