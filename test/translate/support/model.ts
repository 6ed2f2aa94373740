/**
 * Small configurations for tests of the rule-to-child translation, and what the Gateway API's specification answers to a
 * request: an oracle that knows nothing of the translation. Rules are called `namespace/name#index`.
 */
import { RE2JS } from 're2js';
import { readGrpcMatches } from '../../../src/routing/rules/grpc-rules.ts';
import type { RoutedBackend } from '../../../src/routing/result/routed-backend.ts';
import type { RoutedGateway } from '../../../src/routing/result/routed-gateway.ts';
import type { RoutedListener } from '../../../src/routing/result/routed-listener.ts';
import type { RoutedRoute } from '../../../src/routing/result/routed-route.ts';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import type { RuleMatch } from '../../../src/routing/result/routed-match.ts';
import { attachments, hostMatches, kindOf, meets, specificity, type ModelListener } from './model-hosts.ts';
import { gateway } from './routed.ts';

export interface ModelMatch {
  readonly path: readonly [type: string, value: string];
  readonly method: string | null;
  readonly headers: readonly (readonly [string, string])[];
  readonly query: readonly (readonly [string, string])[];
  /** Of a GRPCRoute's match, in place of path, method and query. */
  readonly grpc?: { readonly service: string | null; readonly method: string | null };
}

export interface ModelRoute {
  /** Absent: HTTPRoute. */
  readonly kind?: RoutedRoute['kind'];
  readonly ns: string;
  readonly name: string;
  /** Smaller is older. */
  readonly age: number;
  readonly parents: readonly { readonly section: string | null; readonly port: number | null }[];
  readonly hostnames: readonly string[];
  readonly rules: readonly (readonly ModelMatch[])[];
  /** What each rule does; absent: forwards. `strip` forwards without the matched prefix. */
  readonly actions?: readonly ModelAction[];
}

export type ModelAction = 'forward' | 'strip' | 'redirect' | 'fail';

export interface ModelConfig {
  readonly listeners: readonly { readonly name: string; readonly port: number; readonly hostname: string | null }[];
  readonly routes: readonly ModelRoute[];
}

export interface ModelRequest {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
}

/** The rule that answers, or 404. */
export function oracle(config: ModelConfig, request: ModelRequest): string {
  return answering(config, request)?.rule ?? '404';
}

/**
 * The answer as `aviMatcher` puts it; undefined where the specification has none: for what is no gRPC call, on a host that
 * GRPCRoutes have.
 */
export function expectedAnswer(config: ModelConfig, request: ModelRequest): string | undefined {
  if (!grpcCall.test(request.path) && isGrpcHost(config, request)) return undefined;
  const found = answering(config, request);
  if (!found) return '404';
  const { rule, route, ruleIndex, match } = found;
  const action = route.actions?.[ruleIndex] ?? 'forward';
  if (action === 'fail') return '500';
  if (action === 'redirect') return `redirect HTTP:${request.port}`;
  return action === 'strip' ? `${serviceOf(rule)} from ${segments(match)}` : serviceOf(rule);
}

/** `/service/method`. */
const grpcCall = /^\/([^/]+)\/([^/]+)$/;

/** Whether GRPCRoutes have the request's host. */
export function isGrpcHost(config: ModelConfig, request: ModelRequest): boolean {
  const served = servedRoutes(config, request);
  return served.some(({ route }) => kindOf(route) === 'GRPCRoute');
}

interface Answering {
  readonly rule: string;
  readonly route: ModelRoute;
  readonly ruleIndex: number;
  readonly match: ModelMatch;
}

function answering(config: ModelConfig, request: ModelRequest): Answering | undefined {
  let best: (Answering & { readonly key: readonly (number | string)[] }) | undefined;
  for (const { route, hostKey } of servedRoutes(config, request)) {
    for (const [ruleIndex, rule] of route.rules.entries()) {
      for (const [matchIndex, match] of rule.entries()) {
        if (!matchAccepts(match, request)) continue;
        const key = [...hostKey, ...matchKey(match, route, ruleIndex, matchIndex)];
        if (best && compareKeys(key, best.key) > 0) continue;
        best = { key, rule: `${route.ns}/${route.name}#${ruleIndex}`, route, ruleIndex, match };
      }
    }
  }
  return best;
}

interface ServedRoute {
  readonly route: ModelRoute;
  /** Of the hostname that applies. */
  readonly hostKey: readonly number[];
}

/** The routes of the request's host on the most specific listener that has it. */
function servedRoutes(config: ModelConfig, request: ModelRequest): readonly ServedRoute[] {
  const host = request.host.toLowerCase().replace(/:\d+$/, '');
  const [listener] = config.listeners
    .filter((candidate) => candidate.port === request.port && hostMatches(candidate.hostname, host))
    .sort((a, b) => compareKeys(specificity(a.hostname), specificity(b.hostname)));
  if (!listener) return [];
  return [...attachments(config)].flatMap(([route, where]) => {
    const hostnames = route.hostnames.filter((h) => meets(listener.hostname, h) && hostMatches(h, host));
    if (!where.includes(listener) || (route.hostnames.length > 0 && hostnames.length === 0)) return [];
    const [hostKey] = (hostnames.length > 0 ? hostnames : [null]).map(specificity).sort(compareKeys);
    return [{ route, hostKey: hostKey! }];
  });
}

function segments({ path: [type, value] }: ModelMatch): number {
  if (type === 'RegularExpression') return 0;
  return withoutSlash(value).split('/').filter(Boolean).length;
}

/** The configuration as the routing would hand it over. Each rule has its own Service, named after it. */
export function routedGateway(config: ModelConfig): RoutedGateway {
  const listeners = config.listeners.map(({ name, port, hostname }): RoutedListener => ({
    name,
    port,
    protocol: 'HTTP',
    ...(hostname !== null && { hostname }),
    serving: true,
    tls: false,
    certificates: [],
    supportedKinds: [],
    attachedRoutes: 0,
    conditions: [],
  }));
  const routes = config.routes
    .map((route) => routedRoute(route, attachments(config).get(route) ?? []))
    .filter((route) => route.listeners.length > 0);
  const resource = { metadata: { namespace: 'default', name: 'gateway' } } as unknown as RoutedGateway['resource'];
  return gateway({ key: 'default/gateway', resource, listeners, routes });
}

/** The Service of a rule in `routedGateway`. */
export function serviceOf(rule: string): string {
  return rule.replace('/', '-').replace('#', '-');
}

function routedRoute(route: ModelRoute, listeners: readonly ModelListener[]): RoutedRoute {
  return {
    kind: kindOf(route),
    namespace: route.ns,
    name: route.name,
    creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, route.age)).toISOString(),
    hostnames: route.hostnames,
    listeners: listeners.map(({ name }) => name),
    rules: route.rules.map((matches, index) => ({
      index,
      matches: route.kind === 'GRPCRoute' ? grpcMatches(matches) : matches.map(ruleMatch),
      ...actionFields(route.actions?.[index] ?? 'forward'),
      backends: [backend(route.ns, serviceOf(`${route.ns}/${route.name}#${index}`))],
    })),
  };
}

function actionFields(action: ModelAction): Pick<RoutedRule, 'action' | 'redirect' | 'rewrite'> {
  if (action === 'fail') return { action };
  if (action === 'redirect') return { action, redirect: { hostname: 'elsewhere.example', statusCode: 302 } };
  if (action === 'forward') return { action };
  return { action: 'forward', rewrite: { path: { type: 'ReplacePrefixMatch', value: '/' } } };
}

export function backend(namespace: string, name: string, weight = 1): RoutedBackend {
  return {
    namespace,
    name,
    port: 80,
    weight,
    endpoints: [{ address: '10.0.0.1', family: 'V4', port: 8080, enabled: true, nodeName: 'node1' }],
  };
}

function ruleMatch({ path: [type, value], method, headers, query }: ModelMatch): RuleMatch {
  return {
    path: { type: type as RuleMatch['path']['type'], value },
    ...(method !== null && { method }),
    headers: headers.map(([name, headerValue]) => ({ type: 'Exact', name, value: headerValue })),
    queryParams: query.map(([name, queryValue]) => ({ type: 'Exact', name, value: queryValue })),
  };
}

/** As the routing reads them: services and methods become paths there. */
function grpcMatches(matches: readonly ModelMatch[]): readonly RuleMatch[] {
  const manifests = matches.map(({ headers, grpc }) => ({
    headers: headers.map(([name, value]) => ({ name, value })),
    ...((grpc?.service ?? grpc?.method) && {
      method: {
        ...(grpc?.service && { service: grpc.service }),
        ...(grpc?.method && { method: grpc.method }),
      },
    }),
  }));
  const read = readGrpcMatches({ matches: manifests }, 'spec.rules[0]');
  if ('dropped' in read) throw new Error(`${read.dropped.field}: ${read.dropped.message}`);
  return read.value;
}

function withoutSlash(prefix: string): string {
  return prefix.replace(/\/+$/, '') || '/';
}

/** Within one kind: a host of a listener has routes of one kind only. */
function matchKey(match: ModelMatch, route: ModelRoute, rule: number, index: number): readonly (number | string)[] {
  const { grpc } = match;
  const headers = new Set(match.headers.map(([name]) => name.toLowerCase())).size;
  const last = [route.age, `${route.ns}/${route.name}`, rule, index];
  if (grpc) return [-(grpc.service ?? '').length, -(grpc.method ?? '').length, -headers, ...last];
  const [type, value] = match.path;
  const path = type === 'Exact' ? [0, 0] : type === 'PathPrefix' ? [1, -withoutSlash(value).length] : [2, 0];
  const query = new Set(match.query.map(([name]) => name)).size;
  return [...path, match.method ? 0 : 1, -headers, -query, ...last];
}

function matchAccepts(match: ModelMatch, request: ModelRequest): boolean {
  const path = match.grpc ? callAccepts(match.grpc, request.path) : pathAccepts(match.path, request.path);
  return path && conditionsAccept(match, request);
}

function callAccepts({ service, method }: NonNullable<ModelMatch['grpc']>, path: string): boolean {
  const call = grpcCall.exec(path);
  return call !== null && [null, call[1]].includes(service) && [null, call[2]].includes(method);
}

function pathAccepts([type, value]: ModelMatch['path'], path: string): boolean {
  if (type === 'Exact') return path === value;
  if (type === 'RegularExpression') return RE2JS.compile(value).matcher(path).find();
  const prefix = withoutSlash(value);
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
}

function conditionsAccept({ method, headers, query }: ModelMatch, request: ModelRequest): boolean {
  if (method && method !== request.method) return false;
  const wanted = firstOf(headers.map(([name, value]) => [name.toLowerCase(), value]));
  if ([...wanted].some(([name, value]) => request.headers[name] !== value)) return false;
  const given = firstOf(request.query);
  return [...firstOf(query)].every(([name, value]) => given.get(name) === value);
}

function firstOf(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  return new Map(pairs.toReversed());
}

function compareKeys(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index]!;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
