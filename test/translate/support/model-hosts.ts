/** Hostnames, and which routes a listener has, as the specification says; knows nothing of the translation. */
import type { ModelConfig, ModelRoute } from './model.ts';

/** null is every host. */
export type ModelHost = string | null;
export type ModelListener = ModelConfig['listeners'][number];

/** Listeners of each route, in their order. */
type Attachments = ReadonlyMap<ModelRoute, readonly ModelListener[]>;

const known = new WeakMap<ModelConfig, Attachments>();

/**
 * Where routes are attached: on the listeners that a parentRef selects and whose hostname theirs meet. Of an HTTPRoute
 * and a GRPCRoute that share a host of a listener the older stays, then the first by name (grpcroute_types.go).
 */
export function attachments(config: ModelConfig): Attachments {
  const found = known.get(config) ?? attach(config);
  known.set(config, found);
  return found;
}

function attach(config: ModelConfig): Attachments {
  const attached = new Map<ModelRoute, readonly ModelListener[]>();
  const oldestFirst = config.routes.toSorted(
    (a, b) => a.age - b.age || (`${a.ns}/${a.name}` < `${b.ns}/${b.name}` ? -1 : 1),
  );
  for (const route of oldestFirst) {
    const rivals = [...attached].filter(([other]) => kindOf(other) !== kindOf(route));
    const free = (listener: ModelListener) =>
      !rivals.some(
        ([other, where]) => where.includes(listener) && shareHost(hostsOn(listener, other), route, listener),
      );
    attached.set(
      route,
      config.listeners.filter((listener) => isSelected(route, listener) && free(listener)),
    );
  }
  return attached;
}

export function kindOf(route: ModelRoute): 'HTTPRoute' | 'GRPCRoute' {
  return route.kind ?? 'HTTPRoute';
}

function shareHost(hosts: readonly ModelHost[], route: ModelRoute, listener: ModelListener): boolean {
  return hostsOn(listener, route).some((own) => hosts.some((host) => intersection(own, host) !== undefined));
}

function hostsOn({ hostname }: ModelListener, route: ModelRoute): readonly ModelHost[] {
  if (route.hostnames.length === 0) return [hostname];
  return route.hostnames.flatMap((own) => intersection(hostname, own) ?? []);
}

function isSelected(route: ModelRoute, listener: ModelListener): boolean {
  const selected = route.parents.some(
    ({ section, port }) => [null, listener.name].includes(section) && [null, listener.port].includes(port),
  );
  return selected && (route.hostnames.length === 0 || route.hostnames.some((h) => meets(listener.hostname, h)));
}

export function hostMatches(pattern: ModelHost, host: string): boolean {
  if (pattern === null) return true;
  if (!pattern.startsWith('*.')) return pattern === host;
  return host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}

export function meets(a: ModelHost, b: ModelHost): boolean {
  return intersection(a, b) !== undefined;
}

/** The narrower of two hostnames of which one holds the other; undefined where they share no host. */
function intersection(a: ModelHost, b: ModelHost): ModelHost | undefined {
  if (b === null || a === b) return a;
  if (a === null) return b;
  const inside = (outer: string, inner: string) =>
    outer.startsWith('*.') && (inner.startsWith('*.') ? inner.slice(1) : inner).endsWith(outer.slice(1));
  if (inside(a, b)) return b;
  return inside(b, a) ? a : undefined;
}

export function specificity(hostname: ModelHost): readonly number[] {
  if (hostname === null) return [2, 0];
  return [hostname.startsWith('*.') ? 1 : 0, -hostname.length];
}
