/**
 * Who refers to whom: which Gateways a change of an object touches. Kept up to date one Gateway or route at a time;
 * objects that do not exist (yet) may be referred to, so that any order of creation works.
 */
import type { Gateway, HTTPRoute, ReferenceGrant } from '../../generated/gateway-api.ts';
import { keyOf } from '../routing/snapshot.ts';
import { createRelation } from './relation.ts';

/** All answers are keys, `namespace/name`. */
export interface References {
  /** Records a Gateway's references; undefined forgets it. */
  setGateway(key: string, gateway: Gateway | undefined): void;
  /** Records a route's references; undefined forgets it. */
  setRoute(key: string, route: HTTPRoute | undefined): void;
  gatewaysOfClass(name: string): ReadonlySet<string>;
  /** The Gateways that a route names as parents, whether they exist or not. */
  gatewaysOfRoute(key: string): ReadonlySet<string>;
  /** The Gateways with routes that use a Service. */
  gatewaysOfService(key: string): ReadonlySet<string>;
  /** The Gateways with listeners that name a Secret. */
  gatewaysOfSecret(key: string): ReadonlySet<string>;
  /** The Gateways with a reference, their own or a route's, that the grant may allow. */
  gatewaysOfGrant(grant: ReferenceGrant): ReadonlySet<string>;
  /** The Gateways in a namespace, and those with routes from it. */
  gatewaysOfNamespace(name: string): ReadonlySet<string>;
  secretsOfGateway(key: string): ReadonlySet<string>;
}

const gatewayGroup = 'gateway.networking.k8s.io';

export function createReferences(): References {
  const gateway = {
    class: createRelation(),
    namespace: createRelation(),
    secrets: createRelation(),
    crossings: createRelation(),
  };
  const route = {
    parents: createRelation(),
    namespace: createRelation(),
    services: createRelation(),
    crossings: createRelation(),
  };
  const parentsOf = (routes: ReadonlySet<string>) => union([...routes].map((key) => route.parents.of(key)));

  return {
    setGateway: (key, object) => {
      const namespace = namespaceOf(key);
      const secrets = object ? secretKeys(object, namespace) : [];
      gateway.class.set(key, object ? [object.spec.gatewayClassName] : []);
      gateway.namespace.set(key, object ? [namespace] : []);
      gateway.secrets.set(key, secrets);
      gateway.crossings.set(key, crossingsFrom(namespace, secrets));
    },
    setRoute: (key, object) => {
      const namespace = namespaceOf(key);
      const services = object ? serviceKeys(object, namespace) : [];
      route.parents.set(key, object ? parentKeys(object, namespace) : []);
      route.namespace.set(key, object ? [namespace] : []);
      route.services.set(key, services);
      route.crossings.set(key, crossingsFrom(namespace, services));
    },
    gatewaysOfClass: (name) => gateway.class.to(name),
    gatewaysOfRoute: (key) => route.parents.of(key),
    gatewaysOfService: (key) => parentsOf(route.services.to(key)),
    gatewaysOfSecret: (key) => gateway.secrets.to(key),
    gatewaysOfGrant: (grant) => {
      const to = grant.metadata?.namespace ?? '';
      const crossings = (grant.spec?.from ?? []).map((from) => crossing(from.namespace, to));
      return union(crossings.flatMap((name) => [gateway.crossings.to(name), parentsOf(route.crossings.to(name))]));
    },
    gatewaysOfNamespace: (name) => union([gateway.namespace.to(name), parentsOf(route.namespace.to(name))]),
    secretsOfGateway: (key) => gateway.secrets.of(key),
  };
}

function secretKeys(gateway: Gateway, namespace: string): readonly string[] {
  return gateway.spec.listeners
    .flatMap((listener) => listener.tls?.certificateRefs ?? [])
    .filter((ref) => (ref.group ?? '') === '' && (ref.kind ?? 'Secret') === 'Secret')
    .map((ref) => keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }));
}

function parentKeys(route: HTTPRoute, namespace: string): readonly string[] {
  return (route.spec.parentRefs ?? [])
    .filter((ref) => (ref.group ?? gatewayGroup) === gatewayGroup && (ref.kind ?? 'Gateway') === 'Gateway')
    .map((ref) => keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }));
}

/** Services of backendRefs and of RequestMirror filters. */
function serviceKeys(route: HTTPRoute, namespace: string): readonly string[] {
  const rules = route.spec.rules ?? [];
  const backends = rules.flatMap((rule) => rule.backendRefs ?? []);
  const filters = [...rules, ...backends].flatMap((holder) => holder.filters ?? []);
  const mirrored = filters.flatMap((filter) => (filter.requestMirror ? [filter.requestMirror.backendRef] : []));
  return [...backends, ...mirrored]
    .filter((ref) => (ref.group ?? '') === '' && (ref.kind ?? 'Service') === 'Service')
    .map((ref) => keyOf({ namespace: ref.namespace ?? namespace, name: ref.name }));
}

/** References into other namespaces, as the pairs of namespaces that a ReferenceGrant speaks of. */
function crossingsFrom(namespace: string, keys: readonly string[]): readonly string[] {
  return keys
    .map(namespaceOf)
    .filter((target) => target !== namespace)
    .map((target) => crossing(namespace, target));
}

function crossing(from: string, to: string): string {
  return `${from}>${to}`;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
