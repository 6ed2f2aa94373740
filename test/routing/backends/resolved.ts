/** Backends of one rule, resolved. */
import type { Endpoint, RoutedBackend } from '../../../src/routing/result/routed-backend.ts';
import { app, gateway, httpRoute, parentOf, routed, rule, type Rule, type World } from '../world.ts';

export type Ref = NonNullable<Rule['backendRefs']>[number];

/** A backendRef to the Service `app`. */
export const ref = (part: Partial<Ref> = {}): Ref => ({ name: 'app', port: 8080, ...part });

/** What an HTTPRoute with one rule of these backends comes to. */
export function resolve(refs: readonly Ref[], world: World = app, settings: Parameters<typeof routed>[1] = {}) {
  const result = routed(
    { gateways: [gateway()], routes: [httpRoute({ rules: [rule({ backendRefs: refs })] })], ...world },
    settings,
  );
  const only = result.routes[0]?.rules[0];
  return { result, conditions: parentOf(result).conditions, action: only?.action, backends: only?.backends ?? [] };
}

/** The only backend. */
export function first(
  world: World,
  settings: Parameters<typeof routed>[1] = {},
  part: Partial<Ref> = {},
): RoutedBackend {
  const [backend] = resolve([ref(part)], world, settings).backends;
  if (!backend) throw new Error('no backend');
  return backend;
}

/** Endpoints as `address:port` with `-` behind a disabled one. */
export function servers(backend: RoutedBackend): readonly string[] {
  return backend.endpoints.map(
    (endpoint: Endpoint) => `${endpoint.address}:${endpoint.port}${endpoint.enabled ? '' : '-'}`,
  );
}
