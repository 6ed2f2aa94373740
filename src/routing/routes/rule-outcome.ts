/** The rules of a route, whatever its kind. */
import type { BackendSources } from '../backends/backends.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { AnyRoute, RouteKind } from '../result/routed-route.ts';
import { routeGrpcRules } from '../rules/grpc-rules.ts';
import { readL4Rules, type L4Rules } from '../rules/l4-rules.ts';
import { routeRules, type DroppedRule, type RouteRules } from '../rules/rules.ts';
import type { AttachingRoute } from './route-index.ts';

/** What a route's rules come to. */
export interface RuleOutcome {
  /** How many rules are implemented. */
  readonly count: number;
  readonly dropped: readonly DroppedRule[];
  readonly resolvedRefs: ConditionDraft;
  readonly services: readonly string[];
  readonly named: readonly AviName[];
  readonly http?: RouteRules;
  readonly l4?: L4Rules;
}

/** Reads a route's rules with every reference resolved. */
export function readRules({ kind, route, namespace }: AttachingRoute, sources: BackendSources): RuleOutcome {
  if (isKind(kind, 'HTTPRoute', route)) return ofHttp(routeRules(route, namespace, sources));
  if (isKind(kind, 'GRPCRoute', route)) return ofHttp(routeGrpcRules(route, namespace, sources));
  const l4 = readL4Rules(kind, route, namespace, sources);
  return { count: 1, dropped: [], resolvedRefs: l4.resolvedRefs, services: l4.services, named: l4.named, l4 };
}

function isKind<K extends RouteKind>(
  kind: RouteKind,
  wanted: K,
  route: AnyRoute,
): route is Extract<AnyRoute, { readonly kind?: K }> {
  return kind === wanted && route !== undefined;
}

function ofHttp(http: RouteRules): RuleOutcome {
  const { rules, dropped, resolvedRefs, services, named } = http;
  return { count: rules.length, dropped, resolvedRefs, services, named, http };
}
