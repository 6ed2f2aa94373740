/** Examples for rows of the table of support, and what the routing says of them. */
import type { GRPCRoute } from '../../../generated/gateway-api.ts';
import type { ConditionDraft } from '../../../src/routing/result/findings.ts';
import { support } from '../../../src/routing/support.ts';
import type { Feature } from '../../../src/routing/support/feature.ts';
import { settings, malformed, routeWorld, rule, type World } from '../world.ts';

/** The rows by their keys. */
export const rows: ReadonlyMap<string, Feature> = new Map(Object.entries<Feature>(support));
/** Keys of rows of which users see this. */
export const saying = (part: RegExp | string) =>
  [...rows].filter(([, { says = '' }]) => says.match(part)).map(([key]) => key);

/** Everything that is said of a class, a Gateway, a listener, a parentRef, a ListenerSet or a policy. */
export function conditionsOf(world: World): readonly ConditionDraft[] {
  const { classes, gateways } = routeWorld(world, settings);
  const routed = [...gateways.values()];
  return [
    ...[...classes.values()].flatMap(({ conditions }) => conditions),
    ...routed.flatMap(({ conditions, listeners, parents, listenerSets, policies }) => [
      ...conditions,
      ...[...listeners, ...parents, ...listenerSets, ...policies].flatMap((one) => one.conditions),
    ]),
  ];
}

/** A rule with a filter. */
export const filter = (given: unknown) => rule({ filters: malformed([given]) });
/** A rule with backends that have a filter each. */
export const ofBackend = (...filters: readonly unknown[]) =>
  rule({ backendRefs: malformed(filters.map((one, place) => ({ name: 'app', port: 8080 + place, filters: [one] }))) });
/** A rule with a match. */
export const match = (given: unknown) => rule({ matches: malformed([given]) });
/** A filter that sets a header. */
export const setHeader = (type: 'request' | 'response', value = 'a') => ({
  type: type === 'request' ? 'RequestHeaderModifier' : 'ResponseHeaderModifier',
  [`${type}HeaderModifier`]: { set: [{ name: 'X-A', value }] },
});
/** A filter that names an extension. */
export const ref = (kind: string, name = 'gone') => ({
  type: 'ExtensionRef',
  extensionRef: { group: 'ako.vmware.com', kind, name },
});
/** A filter that redirects. */
export const redirect = (given: unknown) => ({ type: 'RequestRedirect', requestRedirect: given });
/** A filter that rewrites. */
export const rewrite = (given: unknown) => ({ type: 'URLRewrite', urlRewrite: given });
/** A filter that copies requests to a Service. */
export const mirror = (name: string, part: object = {}) => ({
  type: 'RequestMirror',
  requestMirror: { backendRef: { name, port: 8080, ...part } },
});

/** A GRPCRoute of Gateway `gw`. */
export function grpcRoute(rules: readonly unknown[], day = 3): GRPCRoute {
  const metadata = { name: 'calls', namespace: 'default', creationTimestamp: `2026-01-0${day}T00:00:00Z` };
  return { metadata, spec: { parentRefs: [{ name: 'gw' }], rules: malformed(rules) } };
}
