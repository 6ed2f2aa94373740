/** The rules of a GRPCRoute, as rules about paths: gRPC calls are `POST /service/method` (grpcroute_types.go). */
import type { GRPCRoute } from '../../../generated/gateway-api.ts';
import type { BackendSources } from '../backends/backends.ts';
import { drop, readEach, value, type Read } from '../backends/dropped.ts';
import { readHeaders, type RuleManifest } from './matches.ts';
import { list, text } from '../../values/read.ts';
import type { PathMatch, RuleMatch } from '../result/routed-match.ts';
import { readRules, type RouteRules } from './rules.ts';
import { reasonOf } from '../support.ts';

type GrpcRule = NonNullable<NonNullable<GRPCRoute['spec']>['rules']>[number];
type GrpcMatch = NonNullable<GrpcRule['matches']>[number];

/** Names as the API server accepts them. */
const serviceName = /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i;
const methodName = /^[a-z_][a-z_0-9]*$/i;
const longestName = 1024;

export function routeGrpcRules(route: GRPCRoute, namespace: string, sources: BackendSources): RouteRules {
  const rules = list(route.spec?.rules);
  // Without the matches a GRPCRoute's rule is an HTTPRoute's with fewer kinds of filters.
  const manifests = rules.map(({ matches: _, ...rest }) => rest as RuleManifest);
  return readRules(
    { kind: 'GRPCRoute', namespace, name: route.metadata?.name ?? '', secures: true },
    manifests,
    sources,
    (index, path) => {
      const rule = rules[index] ?? {};
      const unsupported = unsupportedFilter(rule, path);
      return unsupported ?? readGrpcMatches(rule, path);
    },
  );
}

function unsupportedFilter(rule: GrpcRule, path: string): Read<never> | undefined {
  const holders = [
    { filters: rule.filters, where: path },
    ...list(rule.backendRefs).map(({ filters }, index) => ({ filters, where: `${path}.backendRefs[${index}]` })),
  ];
  for (const { filters, where } of holders) {
    const index = list(filters).findIndex(({ type }) => type === 'RequestMirror');
    if (index >= 0) return drop(`${where}.filters[${index}].requestMirror`, reasonOf('grpcMirror'));
  }
  return undefined;
}

/** The matches of a rule. "If no matches are specified, the implementation MUST match every gRPC request." */
export function readGrpcMatches(rule: GrpcRule, path: string): Read<readonly RuleMatch[]> {
  const manifests = list(rule.matches);
  return readEach(manifests.length > 0 ? manifests : [{}], `${path}.matches`, readMatch);
}

function readMatch(manifest: GrpcMatch, path: string): Read<RuleMatch> {
  const headers = readHeaders(manifest.headers, `${path}.headers`);
  if ('dropped' in headers) return headers;
  const type: string = manifest.method?.type ?? 'Exact';
  if (manifest.method && type !== 'Exact') {
    return drop(`${path}.method.type`, reasonOf(type === 'RegularExpression' ? 'grpcMethodRegex' : 'unknownValue'));
  }
  const service = text(manifest.method?.service) || undefined;
  const method = text(manifest.method?.method) || undefined;
  if (service !== undefined && !isName(service, serviceName)) return drop(`${path}.method.service`, 'is not a name');
  if (method !== undefined && !isName(method, methodName)) return drop(`${path}.method.method`, 'is not a name');
  return value({
    path: pathOf(service, method),
    headers: headers.value,
    queryParams: [],
    grpc: { ...(service === undefined ? {} : { service }), ...(method === undefined ? {} : { method }) },
  });
}

function isName(name: string, pattern: RegExp): boolean {
  return name.length <= longestName && pattern.test(name);
}

function pathOf(service: string | undefined, method: string | undefined): PathMatch {
  if (service !== undefined && method !== undefined) return { type: 'Exact', value: `/${service}/${method}` };
  if (service !== undefined) return { type: 'PathPrefix', value: `/${service}` };
  if (method !== undefined) return { type: 'RegularExpression', value: `^/[^/]+/${method}$` };
  return { type: 'PathPrefix', value: '/' };
}
