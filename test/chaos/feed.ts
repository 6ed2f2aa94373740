/** An API server in memory: keeps objects, and tells the handlers of one operator of each change, as watches would. */
import { createReferences } from '../../src/cluster/references.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { watchedKinds } from '../../src/cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import { allObjects } from '../../src/cluster/followed-sources.ts';
import { createHandlers, dispatch, type Handlers } from '../../src/handlers/handlers.ts';
import type { Marks } from '../../src/handlers/marks.ts';
import { keyOf } from '../../src/routing/snapshot.ts';
import { controllerName } from '../loop/harness.ts';

export interface Feed {
  /** What the operator that is told knows, statuses included. */
  readonly state: ClusterState;
  put<K extends WatchedKind>(kind: K, object: WatchedObjects[K]): void;
  /** @param explained false when nobody saw it go. */
  remove(kind: WatchedKind, key: string, explained?: boolean): void;
  /** The same cluster for the next operator, which lists it. */
  restart(): Feed;
  /** Whom the handlers mark from now on. */
  connect(marks: Marks): void;
}

const nobody: Marks = { mark: () => undefined, markClass: () => undefined };

/** @param generation the latest that an object has. */
export function createFeed(objects: readonly (readonly [WatchedKind, object])[] = [], generation = 1): Feed {
  const state = createClusterState([]);
  let marks = nobody;
  const handlers: Handlers = createHandlers({
    state,
    references: createReferences(),
    marks: {
      mark: (gateways, reason, explained) => marks.mark(gateways, reason, explained),
      markClass: (name) => marks.markClass(name),
    },
    followed: allObjects,
    settings: { controllerName, serviceType: 'ClusterIP' },
    isOwnStatus: () => false,
  });
  const tell = <K extends WatchedKind>(
    kind: K,
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: WatchedObjects[K],
    explained = true,
  ): void => dispatch(handlers, kind, { type, object, explained });
  for (const [kind, object] of objects) tell(kind, 'ADDED', object as WatchedObjects[typeof kind]);

  return {
    state,
    put(kind, object) {
      const before = state.get(kind, keyOf(object.metadata ?? {})) as { readonly status?: unknown } | undefined;
      generation += 1;
      const metadata = { uid: keyOf(object.metadata ?? {}), ...object.metadata, generation };
      const whole = { ...object, metadata, ...(before?.status !== undefined && { status: before.status }) };
      tell(kind, before ? 'MODIFIED' : 'ADDED', whole as typeof object);
    },
    remove(kind, key, explained) {
      const object = state.get(kind, key);
      if (object) tell(kind, 'DELETED', object, explained);
    },
    restart: () => {
      const objects = watchedKinds.flatMap((kind) => [...state.list(kind)].map((one) => [kind, one] as const));
      return createFeed(objects, generation);
    },
    connect: (target) => (marks = target),
  };
}
