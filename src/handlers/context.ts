/**
 * What all handlers share.
 */
import type { FollowedSources } from '../cluster/followed-sources.ts';
import type { WatchedKind, WatchedObjects, WatchSettings } from '../cluster/kinds.ts';
import type { References } from '../cluster/references.ts';
import type { ClusterState } from '../cluster/state.ts';
import { parseExtensionId } from '../routing/extensions/extension-kinds.ts';
import type { Marks } from './marks.ts';

/** One change of one object, from a watch, a new list or a file. */
export interface ResourceChange<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
  /** False for a deletion that nobody saw happen: the object was missing in a new list. */
  readonly explained: boolean;
}

/** Records the change and marks the Gateways that it touches. Synchronous, so that events of a kind keep their order. */
export type Handler<K extends WatchedKind = WatchedKind> = (change: ResourceChange<WatchedObjects[K]>) => void;

export interface HandlerContext {
  readonly state: ClusterState;
  readonly references: References;
  readonly marks: Marks;
  readonly followed: FollowedSources;
  readonly settings: WatchSettings & {
    /** `spec.controllerName` of the GatewayClasses that are ours. */
    readonly controllerName: string;
  };
  /** Whether a status is the one that we wrote last, so that the event that reports it is no news. */
  readonly isOwnStatus: (kind: WatchedKind, key: string, status: unknown) => boolean;
}

/** Whether a Gateway exists and its class is one of ours. */
export function isOurs(context: HandlerContext, gatewayKey: string): boolean {
  const className = context.state.get('Gateway', gatewayKey)?.spec.gatewayClassName;
  return className !== undefined && isOurClass(context, className);
}

export function isOurClass(context: HandlerContext, name: string): boolean {
  return context.state.get('GatewayClass', name)?.spec.controllerName === context.settings.controllerName;
}

/** Those of the Gateways that are ours, and the extensions, which are by their group. */
export function ours(context: HandlerContext, keys: Iterable<string>): readonly string[] {
  return [...keys].filter((key) => parseExtensionId(key) !== undefined || isOurs(context, key));
}
