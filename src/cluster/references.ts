/**
 * Who refers to whom: which Gateways a change of an object touches. Kept up to date one object at a time; objects that
 * do not exist (yet) may be referred to, so that any order of creation works.
 */
import type { BackendTLSPolicy, Gateway, ListenerSet, ReferenceGrant } from '../../generated/gateway-api.ts';
import { isAttachedKind, type ExtensionKind, type ExtensionObjects } from '../routing/extensions/extension-kinds.ts';
import type { AnyRoute, RouteKind } from '../routing/result/routed-route.ts';
import { keyOf } from '../routing/snapshot.ts';
import { isFollowed, type FollowedKind, type NamedKind, type WatchedKind } from './kinds.ts';
import {
  namedInGateway,
  namedInListeners,
  namedInPolicy,
  targetedByExtension,
  usedByExtension,
  type NamedObject,
} from './named-objects.ts';
import { extensionIds, refKeys, serviceKeys } from './named-in-routes.ts';
import { createRelation, type Relation } from './relation.ts';

/** A Secret or ConfigMap by key, `namespace/name`. */
export interface FollowedObject extends NamedObject {
  readonly kind: FollowedKind;
}

/** All answers are keys, `namespace/name`. */
export interface References {
  /** Records a Gateway's references; undefined forgets it. */
  setGateway(key: string, gateway: Gateway | undefined): void;
  /** Records a ListenerSet's references; undefined forgets it. */
  setListenerSet(key: string, listenerSet: ListenerSet | undefined): void;
  /** Records a route's references; undefined forgets it. */
  setRoute(kind: RouteKind, key: string, route: AnyRoute | undefined): void;
  /** Records a BackendTLSPolicy's references; undefined forgets it. */
  setPolicy(key: string, policy: BackendTLSPolicy | undefined): void;
  /** Records the Pods (`namespace/name`) of an EndpointSlice; undefined forgets it. */
  setSlice(key: string, pods: readonly string[] | undefined): void;
  /** Records what an extension (`Kind/namespace/name`) refers to; undefined forgets it. */
  setExtension(id: string, extension: ExtensionObjects[ExtensionKind] | undefined): void;
  /** The Gateways with routes that refer to an extension, directly or by another one. */
  gatewaysOfExtension(id: string): ReadonlySet<string>;
  /** Ids of the HostRules that may speak for a whole Gateway, or of TLS of its listeners or a ListenerSet's. */
  hostRulesOfGateway(key: string): ReadonlySet<string>;
  /** Ids of the extensions in a namespace. */
  extensionsOfNamespace(name: string): ReadonlySet<string>;
  /** Ids of the extensions that use an extension. */
  extensionsUsing(id: string): ReadonlySet<string>;
  /** The EndpointSlices that were recorded with a Pod. */
  slicesOfPod(key: string): ReadonlySet<string>;
  /** Ids of the policies of our own group that target something (`Kind/namespace/name`). */
  policiesOfTarget(id: string): ReadonlySet<string>;
  gatewaysOfClass(name: string): ReadonlySet<string>;
  /** The Gateway that a ListenerSet names as parent, whether it exists or not. */
  gatewaysOfListenerSet(key: string): ReadonlySet<string>;
  /** The Gateways that a route names as parents, by their ListenerSets too, whether they exist or not. */
  gatewaysOfRoute(kind: RouteKind, key: string): ReadonlySet<string>;
  /** The Gateways with routes that use a Service. */
  gatewaysOfService(key: string): ReadonlySet<string>;
  /** The Gateways with routes that use a Service of the policy. */
  gatewaysOfPolicy(key: string): ReadonlySet<string>;
  /** The Gateways that name an object, or whose ListenerSets do. */
  gatewaysNaming(kind: NamedKind, key: string): ReadonlySet<string>;
  /**
   * The Gateways that need an object: those that name it, and those whose backends' policies or routes'
   * extensions do. With them the ids of these extensions.
   */
  gatewaysOfNamed(kind: NamedKind, key: string): ReadonlySet<string>;
  /** The Gateways with a reference, their own, a ListenerSet's or a route's, that the grant may allow. */
  gatewaysOfGrant(grant: ReferenceGrant): ReadonlySet<string>;
  /** The Gateways in a namespace, and those with ListenerSets and routes from it. */
  gatewaysOfNamespace(name: string): ReadonlySet<string>;
  /** What is to be followed of what a Gateway and its ListenerSets name. */
  followedByGateway(key: string): readonly FollowedObject[];
  followedByListenerSet(key: string): readonly FollowedObject[];
  followedByPolicy(key: string): readonly FollowedObject[];
  followedByExtension(id: string): readonly FollowedObject[];
  /** Whether a policy or an extension names it. */
  isNamedByPolicy(kind: NamedKind, key: string): boolean;
}

/** Relations of one kind of subject. */
interface Relations {
  readonly namespace: Relation;
  /** To `Secret/namespace/name`, `ConfigMap/namespace/name` and `ClusterTrustBundle/name`. */
  readonly named: Relation;
  readonly crossings: Relation;
}

export function createReferences(): References {
  const gateway = { ...createRelations(), class: createRelation() };
  const listenerSet = { ...createRelations(), parents: createRelation() };
  const route = {
    ...createRelations(),
    parents: createRelation(),
    sets: createRelation(),
    services: createRelation(),
    extensions: createRelation(),
  };
  const extension = { namespace: createRelation(), uses: createRelation(), targets: createRelation() };
  const slicePods = createRelation();
  const policy = { services: createRelation(), named: createRelation() };

  const parentsOfSets = (sets: Iterable<string>) => union([...sets].map((key) => listenerSet.parents.of(key)));
  const parentsOf = (routes: Iterable<string>) =>
    union([...routes].flatMap((id) => [route.parents.of(id), parentsOfSets(route.sets.of(id))]));
  const gatewaysOfPolicy = (key: string) =>
    parentsOf(union([...policy.services.of(key)].map((service) => route.services.to(service))));
  /** @param id `Kind/namespace/name` of a Gateway, ListenerSet, route or Service */
  const gatewaysOfTarget = (id: string): ReadonlySet<string> => {
    const slash = id.indexOf('/');
    const key = id.slice(slash + 1);
    switch (id.slice(0, slash)) {
      case 'Gateway':
        return new Set([key]);
      case 'ListenerSet':
        return listenerSet.parents.of(key);
      case 'Service':
        return parentsOf(route.services.to(key));
      default:
        return parentsOf([id]);
    }
  };
  const gatewaysOfExtension = (id: string): ReadonlySet<string> =>
    union([
      parentsOf(route.extensions.to(id)),
      ...[...extension.namespace.of(id)]
        .filter(() => isAttached(id))
        .map((name) => parentsOf(route.namespace.to(name))),
      ...[...extension.namespace.of(id)].filter(() => isHostRule(id)).map((name) => gateway.namespace.to(name)),
      ...[...extension.uses.to(id)].map(gatewaysOfExtension),
      ...[...extension.targets.of(id)].map(gatewaysOfTarget),
    ]);
  const gatewaysNaming = (kind: NamedKind, key: string) => {
    const id = `${kind}/${key}`;
    return union([gateway.named.to(id), parentsOfSets(listenerSet.named.to(id))]);
  };

  return {
    setGateway: (key, object) => {
      record(gateway, key, object ? namedInGateway(object, namespaceOf(key)) : undefined, []);
      gateway.class.set(key, object ? [object.spec.gatewayClassName] : []);
    },
    setListenerSet: (key, object) => {
      const namespace = namespaceOf(key);
      record(listenerSet, key, object ? namedInListeners(object.spec.listeners, namespace) : undefined, []);
      listenerSet.parents.set(key, object ? refKeys([object.spec.parentRef], 'Gateway', namespace) : []);
    },
    setRoute: (kind, key, object) => {
      const id = `${kind}/${key}`;
      const namespace = namespaceOf(key);
      const services = object ? serviceKeys(object, namespace) : [];
      record(route, id, object ? [] : undefined, services, namespace);
      route.parents.set(id, object ? refKeys(object.spec.parentRefs, 'Gateway', namespace) : []);
      route.sets.set(id, object ? refKeys(object.spec.parentRefs, 'ListenerSet', namespace) : []);
      route.services.set(id, services);
      route.extensions.set(id, object ? extensionIds(object, namespace) : []);
    },
    setPolicy: (key, object) => {
      const namespace = namespaceOf(key);
      const targets = (object?.spec.targetRefs ?? []).filter(({ group, kind }) => group === '' && kind === 'Service');
      policy.services.set(
        key,
        targets.map(({ name }) => keyOf({ namespace, name })),
      );
      policy.named.set(key, object ? namedInPolicy(object, namespace).map(idOf) : []);
    },
    setExtension: (id, object) => {
      const namespace = object?.metadata.namespace ?? '';
      extension.namespace.set(id, object && namespace ? [namespace] : []);
      extension.uses.set(id, object ? usedByExtension(object, namespace) : []);
      extension.targets.set(id, object ? targetedByExtension(object, namespace) : []);
    },
    setSlice: (key, pods) => slicePods.set(key, pods ?? []),
    slicesOfPod: (key) => slicePods.to(key),
    gatewaysOfExtension,
    extensionsOfNamespace: (name) => extension.namespace.to(name),
    hostRulesOfGateway: (key) => new Set([...extension.namespace.to(namespaceOf(key))].filter(isHostRule)),
    extensionsUsing: (id) => extension.uses.to(id),
    policiesOfTarget: (id) => extension.targets.to(id),
    gatewaysOfClass: (name) => gateway.class.to(name),
    gatewaysOfListenerSet: (key) => listenerSet.parents.of(key),
    gatewaysOfRoute: (kind, key) => parentsOf([`${kind}/${key}`]),
    gatewaysOfService: (key) => parentsOf(route.services.to(key)),
    gatewaysOfPolicy,
    gatewaysNaming,
    gatewaysOfNamed: (kind, key) =>
      union([
        gatewaysNaming(kind, key),
        ...[...policy.named.to(`${kind}/${key}`)].map(gatewaysOfPolicy),
        ...[...extension.uses.to(`${kind}/${key}`)].flatMap((id) => [new Set([id]), gatewaysOfExtension(id)]),
      ]),
    gatewaysOfGrant: (grant) => {
      const to = grant.metadata?.namespace ?? '';
      const crossings = (grant.spec?.from ?? []).map((from) => crossing(from.namespace, to));
      return union(
        crossings.flatMap((name) => [
          gateway.crossings.to(name),
          parentsOfSets(listenerSet.crossings.to(name)),
          parentsOf(route.crossings.to(name)),
        ]),
      );
    },
    gatewaysOfNamespace: (name) =>
      union([
        gateway.namespace.to(name),
        parentsOfSets(listenerSet.namespace.to(name)),
        parentsOf(route.namespace.to(name)),
      ]),
    followedByGateway: (key) =>
      [gateway.named.of(key), ...[...listenerSet.parents.to(key)].map((set) => listenerSet.named.of(set))].flatMap(
        objectsOf,
      ),
    followedByListenerSet: (key) => objectsOf(listenerSet.named.of(key)),
    followedByPolicy: (key) => objectsOf(policy.named.of(key)),
    followedByExtension: (id) => objectsOf(extension.uses.of(id)),
    isNamedByPolicy: (kind, key) =>
      policy.named.to(`${kind}/${key}`).size > 0 || extension.uses.to(`${kind}/${key}`).size > 0,
  };
}

function createRelations(): Relations {
  return { namespace: createRelation(), named: createRelation(), crossings: createRelation() };
}

/** @param named undefined for a subject that is gone. */
function record(
  relations: Relations,
  subject: string,
  named: readonly NamedObject[] | undefined,
  others: readonly string[],
  namespace = namespaceOf(subject),
): void {
  const namespaced = (named ?? []).map(({ key }) => key).filter((key) => key.includes('/'));
  relations.namespace.set(subject, named ? [namespace] : []);
  relations.named.set(subject, (named ?? []).map(idOf));
  relations.crossings.set(subject, crossingsFrom(namespace, [...namespaced, ...others]));
}

function idOf({ kind, key }: NamedObject): string {
  return `${kind}/${key}`;
}

function objectsOf(ids: ReadonlySet<string>): readonly FollowedObject[] {
  return [...ids].flatMap((id) => {
    const slash = id.indexOf('/');
    const kind = id.slice(0, slash) as WatchedKind;
    return isFollowed(kind) ? [{ kind, key: id.slice(slash + 1) }] : [];
  });
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

/** Of a kind that holds for all routes of its namespace. */
function isAttached(id: string): boolean {
  return isAttachedKind(id.slice(0, id.indexOf('/')));
}

/** It may speak for Gateways of its namespace too. */
function isHostRule(id: string): boolean {
  return id.startsWith('HostRule/');
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function union(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  return new Set(sets.flatMap((set) => [...set]));
}
