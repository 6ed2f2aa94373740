/**
 * What the routing of one Gateway remembers of the time before, so that a route of which nothing changed comes to the
 * same value again, and what follows from it needs no work. The memory never changes a result: everything that a
 * remembered value was made of is compared, by identity where objects never change.
 */
import { isDeepStrictEqual } from 'node:util';
import { podsOf } from '../backends/node-port-local.ts';
import { policiesOn, policyKinds } from '../policies/policy-index.ts';
import type { Certificate } from '../result/routed-listener.ts';
import type { GrantIndex } from '../grants.ts';
import type { ListenerState } from '../listeners/listeners.ts';
import type { RouteKind } from '../result/routed-route.ts';
import type { AttachingRoute } from './route-index.ts';
import type { RoutingSettings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';

/** What all routes of a Gateway have in common; the same object as long as it is the same. */
export interface RouteBasis {
  /** As routes see them: certificates of HTTPS listeners may be earlier ones. */
  readonly listeners: readonly ListenerState[];
  readonly namespaces: Snapshot['namespaces'];
  readonly settings: RoutingSettings;
  readonly grants: GrantIndex;
  /** Servers in NodePort mode. */
  readonly nodes: Snapshot['nodes'] | undefined;
  /** What BackendTLSPolicies follow from; undefined where there are none. */
  readonly policies: readonly unknown[] | undefined;
  /** The Gateway's certificate towards backends, or why there is none; undefined where none is asked for. */
  readonly clientCertificate: Certificate | string | undefined;
  /** What extensions follow from. */
  readonly extensions: readonly unknown[];
  /** AviFrontendPolicies of the Gateway, its listeners and ListenerSets. */
  readonly frontends: readonly unknown[];
  readonly gatewayRefused: boolean;
}

/** Policies that target something, as they were. */
type UsedPolicies = readonly (readonly [id: string, policies: readonly unknown[]])[];

/** The Services (`namespace/name`) that something was made of, as they were. */
type UsedServices = readonly (readonly [key: string, service: unknown, slices: unknown, pods: readonly unknown[]])[];

/** Anything that one route comes to, with the Services that it was made of. */
export interface MadeOfServices {
  readonly services: readonly string[];
}

interface Remembered<T> {
  /** The latest that was found to be the same, so that the next is mostly the same object. */
  entry: AttachingRoute;
  readonly basis: RouteBasis;
  readonly used: UsedServices;
  readonly targeted: UsedPolicies;
  readonly value: T;
  /** Where these were found to be as they were. */
  checked: Checked;
}

type Sources = Pick<Snapshot, 'services' | 'endpointSlices' | 'pods' | 'extensions'>;
type Checked = Pick<Snapshot, 'services' | 'endpointSlices' | 'pods'> & { readonly policies: readonly unknown[] };

/** `T` is what one route comes to. */
export interface RouteMemory<T extends MadeOfServices> {
  /** The earlier basis where it is the same but for certificates of HTTPS listeners. */
  basis(now: RouteBasis): RouteBasis;
  /** What the route came to before, where all that it was made of is the same; else what `make` makes of it. */
  recall(entry: AttachingRoute, basis: RouteBasis, sources: Sources, make: () => T): T;
  /** Forgets all routes but these. */
  keepOnly(entries: readonly AttachingRoute[]): void;
}

/** Use one memory for one Gateway. */
export function createRouteMemory<T extends MadeOfServices>(): RouteMemory<T> {
  let last: RouteBasis | undefined;
  let maps: Checked | undefined;
  const routes = new Map<RouteKind, Map<string, Remembered<T>>>();
  return {
    basis: (now) => (last = last && sameBasis(last, now) ? last : now),
    recall: (entry, basis, sources, make) => {
      maps = keptSources(maps, sources);
      const ofKind = routes.get(entry.kind) ?? new Map<string, Remembered<T>>();
      routes.set(entry.kind, ofKind);
      const known = ofKind.get(entry.key);
      if (known?.basis === basis && sameEntry(known.entry, entry) && sameUsed(known, maps, sources)) {
        known.checked = maps;
        known.entry = entry;
        return known.value;
      }
      const value = make();
      const used = value.services.map(
        (key) => [key, sources.services.get(key), sources.endpointSlices.get(key), podsBehind(key, sources)] as const,
      );
      const ids = [`${entry.kind}/${entry.key}`, ...value.services.map((key) => `Service/${key}`)];
      const targeted = ids.map((id) => [id, targeting(id, sources)] as const);
      ofKind.set(entry.key, { entry, basis, used, targeted, value, checked: maps });
      return value;
    },
    keepOnly: (entries) => {
      for (const [kind, ofKind] of routes) {
        const wanted = entries.filter((entry) => entry.kind === kind);
        if (ofKind.size === wanted.length) continue;
        const keys = new Set(wanted.map(({ key }) => key));
        for (const key of ofKind.keys()) if (!keys.has(key)) ofKind.delete(key);
      }
    },
  };
}

function sameBasis(a: RouteBasis, b: RouteBasis): boolean {
  return (
    a.settings === b.settings &&
    a.grants === b.grants &&
    a.nodes === b.nodes &&
    a.gatewayRefused === b.gatewayRefused &&
    sameList(a.frontends, b.frontends) &&
    isDeepStrictEqual(a.clientCertificate, b.clientCertificate) &&
    sameMaps(a.policies, b.policies) &&
    sameList(a.extensions, b.extensions) &&
    sameListeners(a, b)
  );
}

function sameMaps(a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameList(a, b));
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, place) => item === b[place]);
}

/** A listener's tests for routes follow from its specification and from the labels of namespaces. */
function sameListeners(a: RouteBasis, b: RouteBasis): boolean {
  if (a.namespaces !== b.namespaces && b.listeners.some(selectsNamespaces)) return false;
  return (
    a.listeners.length === b.listeners.length &&
    a.listeners.every((listener, place) => sameListener(listener, b.listeners[place]))
  );
}

function sameListener(a: ListenerState, b: ListenerState | undefined): boolean {
  return (
    b !== undefined &&
    a.takesRoutes === b.takesRoutes &&
    isDeepStrictEqual(a.spec, b.spec) &&
    isDeepStrictEqual(asRoutesSeeIt(a), asRoutesSeeIt(b)) &&
    isDeepStrictEqual(a.warnings, b.warnings)
  );
}

/** Nothing of a route above TCP follows from the certificates of its listener. */
function asRoutesSeeIt({ routed }: ListenerState): ListenerState['routed'] {
  return routed.protocol === 'HTTPS' ? { ...routed, certificates: [] } : routed;
}

function selectsNamespaces({ spec }: ListenerState): boolean {
  return spec.manifest.allowedRoutes?.namespaces?.from === 'Selector';
}

/** The earlier value where it is the same. It has nothing else of a snapshot, which would not be freed. */
function keptSources(before: Checked | undefined, sources: Sources): Checked {
  const { services, endpointSlices, pods, extensions } = sources;
  const policies = policyKinds.map((kind) => extensions[kind]);
  const isSame =
    before?.services === services &&
    before.endpointSlices === endpointSlices &&
    before.pods === pods &&
    sameList(before.policies, policies);
  return isSame ? before : { services, endpointSlices, pods, policies };
}

function targeting(id: string, { extensions }: Sources): readonly unknown[] {
  return policyKinds.flatMap((kind): readonly unknown[] => policiesOn(extensions, kind, id));
}

/** A status or an annotation that is written makes a route another object with an equal specification. */
function sameEntry(a: AttachingRoute, b: AttachingRoute): boolean {
  if (a === b) return true;
  const [before, now] = [a.route, b.route];
  return (
    (before === now ||
      (before.metadata?.uid === now.metadata?.uid &&
        before.metadata?.generation === now.metadata?.generation &&
        (before.spec === now.spec || isDeepStrictEqual(before.spec, now.spec)))) &&
    a.createdAt === b.createdAt &&
    a.refs.length === b.refs.length &&
    a.refs.every(({ index, set }, place) => index === b.refs[place]?.index && set === b.refs[place].set)
  );
}

function sameUsed<T>({ used, targeted, checked }: Remembered<T>, maps: Checked, sources: Sources): boolean {
  if (checked === maps) return true;
  const { services, endpointSlices } = maps;
  return (
    used.every(
      ([key, service, slices, pods]) =>
        services.get(key) === service &&
        endpointSlices.get(key) === slices &&
        (checked.pods === maps.pods || sameList(podsBehind(key, maps), pods)),
    ) &&
    (sameList(checked.policies, maps.policies) ||
      targeted.every(([id, policies]) => sameList(policies, targeting(id, sources))))
  );
}

/** The Pods that a Service's servers are reached by; none where Pods are not watched. */
function podsBehind(
  service: string,
  { endpointSlices, pods }: Pick<Snapshot, 'endpointSlices' | 'pods'>,
): readonly unknown[] {
  return pods.size === 0 ? [] : podsOf(endpointSlices.get(service) ?? []).map((key) => pods.get(key));
}
