/** Rules of one HTTPRoute, routed. */
import type { RoutedRule } from '../../../src/routing/result/routed-rule.ts';
import {
  app,
  gateway,
  httpRoute,
  messageOf,
  parentOf,
  routed,
  rule,
  service,
  slice,
  type Rule,
  type World,
} from '../world.ts';

export type Filter = NonNullable<Rule['filters']>[number];

/** The Service `app`, and beside it `shadow` with a server of its own. */
export const shadow: World = {
  services: [...app.services!, service({}, { name: 'shadow' })],
  slices: [...app.slices!, slice([{ addresses: ['10.1.0.2'] }], {}, 'default/shadow')],
};

/** Routes one HTTPRoute with these rules; what `world` has takes the place of the Service `app`. */
export function routeRules(rules: readonly Rule[], world: World = {}) {
  const result = routed({ gateways: [gateway()], routes: [httpRoute({ rules })], ...app, ...world });
  return { result, parent: parentOf(result), rules: result.routes[0]?.rules ?? [] };
}

/** The only rule, which must have been kept. */
export function kept(part: Partial<Rule>, world: World = shadow): RoutedRule {
  const [only] = routeRules([rule(part)], world).rules;
  if (!only) throw new Error('the rule was dropped');
  return only;
}

/** What is said of the rule, which another one stands beside; undefined where it was kept. */
export function droppedBy(part: Partial<Rule>, world: World = shadow): string | undefined {
  return messageOf(routeRules([rule(part), rule()], world).parent.conditions, 'PartiallyInvalid');
}

export const filters = (...given: readonly Filter[]) => ({ filters: given });

export const rewrite = (urlRewrite: NonNullable<Filter['urlRewrite']>): Filter => ({ type: 'URLRewrite', urlRewrite });

export const setHeader = (name: string, value: string): Filter => ({
  type: 'RequestHeaderModifier',
  requestHeaderModifier: { set: [{ name, value }] },
});

/** Copies requests to `shadow`. */
export const mirror = (part: Partial<NonNullable<Filter['requestMirror']>> = {}): Filter => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { name: 'shadow', port: 8080 }, ...part },
});
