/** Routed Gateways for tests of single Avi objects. */
import type { Certificate, RoutedListener } from '../../../src/routing/result/routed-listener.ts';
import type { RoutedGateway } from '../../../src/routing/result/routed-gateway.ts';
import type { RoutedRoute } from '../../../src/routing/result/routed-route.ts';
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import type { RuleMatch } from '../../../src/routing/result/routed-match.ts';
import type { AviObject, AviType, DesiredState } from '../../../src/translate/desired.ts';
import { nameClaims, resolveNames } from '../../../src/translate/naming/name-table.ts';
import type { TranslateSettings } from '../../../src/translate/settings.ts';
import { translateGateway } from '../../../src/translate/translate-gateway.ts';
import type { PreviousVsVip } from '../../../src/translate/virtual-services/vsvip.ts';
import { backend } from './model.ts';
import { settings } from './settings.ts';

export function listener(fields: Partial<RoutedListener> = {}): RoutedListener {
  const tls = fields.tls ?? false;
  return {
    name: tls ? 'https' : 'http',
    port: tls ? 443 : 80,
    protocol: tls ? 'HTTPS' : 'HTTP',
    serving: true,
    tls,
    certificates: [],
    supportedKinds: [],
    attachedRoutes: 0,
    conditions: [],
    ...fields,
  };
}

export function certificate(secretName: string): Certificate {
  return {
    secretNamespace: 'default',
    secretName,
    certificate: `certificate of ${secretName}`,
    key: `key of ${secretName}`,
    dnsNames: [],
    notAfter: '2030-01-01T00:00:00Z',
  };
}

export function match(path = '/', fields: Partial<RuleMatch> = {}): RuleMatch {
  return { path: { type: 'PathPrefix', value: path }, headers: [], queryParams: [], ...fields };
}

/** A rule that forwards everything to the Service `web`. */
export function rule(fields: Partial<RoutedRule> = {}): RoutedRule {
  return { index: 0, matches: [match()], action: 'forward', backends: [backend('default', 'web')], ...fields };
}

export function route(fields: Partial<RoutedRoute> = {}): RoutedRoute {
  return {
    kind: 'HTTPRoute',
    namespace: 'default',
    name: 'r1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    hostnames: ['app.example.com'],
    listeners: ['http'],
    rules: [rule()],
    ...fields,
  };
}

/** Gateway `default/gw1` with one HTTP listener on port 80 and one route. */
export function gateway(fields: Partial<RoutedGateway> = {}): RoutedGateway {
  const routed = {
    key: 'default/gw1',
    tenant: 'admin',
    programmable: true,
    trafficEnabled: true,
    listeners: [listener()],
    routes: [route()],
    l4: [],
    listenerSets: [],
    policies: [],
    aviPolicies: [],
    parents: [],
    dnsNames: [],
    conditions: [],
    events: [],
    problems: [],
    named: [],
    services: [],
    ...fields,
  };
  const [namespace, name] = routed.key.split('/');
  const metadata = { namespace, name, creationTimestamp: '2026-01-01T00:00:00Z' };
  return { resource: { metadata } as unknown as RoutedGateway['resource'], ...routed };
}

/** Translates with the names that the Gateway's own claims lead to. */
export function translated(
  routed: RoutedGateway,
  changes: Partial<TranslateSettings> = {},
  previous?: PreviousVsVip,
): DesiredState {
  const chosen = { ...settings, ...changes };
  return translateGateway(routed, chosen, resolveNames(nameClaims(routed, chosen)), previous);
}

export function ofType(state: DesiredState, type: AviType): readonly AviObject[] {
  return state.objects.filter((object) => object.type === type);
}

/** The body of the only object of a type. */
export function only(state: DesiredState, type: AviType): Record<string, unknown> {
  const objects = ofType(state, type);
  if (objects.length !== 1) throw new Error(`${objects.length} objects of type ${type}`);
  return objects[0]!.body;
}

/** Bodies of the children, in the order of their names. */
export function children(state: DesiredState): readonly Record<string, unknown>[] {
  return ofType(state, 'virtualservice')
    .map(({ body }) => body as Record<string, unknown>)
    .filter(({ type }) => type === 'VS_TYPE_VH_CHILD');
}

export function parent(state: DesiredState): Record<string, unknown> {
  return ofType(state, 'virtualservice').find(({ body }) => body.type === 'VS_TYPE_VH_PARENT')!.body;
}

/** Request rules of the policy set of that name. */
export function requestRules(state: DesiredState, name: unknown): readonly Record<string, unknown>[] {
  const set = ofType(state, 'httppolicyset').find((object) => object.name === name);
  const policy = set?.body.http_request_policy as { rules?: readonly Record<string, unknown>[] } | undefined;
  return policy?.rules ?? [];
}
