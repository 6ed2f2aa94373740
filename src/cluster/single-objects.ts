/**
 * Follows single Secrets or ConfigMaps, those that are named, each with a watch of its own: the operator never reads the
 * others, and needs no permission to list them.
 */
import type { FollowedSource } from './followed-sources.ts';
import { apiVersionOf, collectionPath, resources, type FollowedKind } from './kinds.ts';
import type { ObjectChange } from './known-objects.ts';
import { ApiFailure, startListWatch, type ListWatch, type ListWatchTimings, type Transport } from './list-watch.ts';

export interface ObjectWatchOptions {
  readonly kind: FollowedKind;
  readonly transport: Transport;
  readonly onChange: (change: ObjectChange) => void;
  /** It is now known whether the object exists. */
  readonly onResolved: (key: string) => void;
  /** An object is not followed any more and is to be forgotten. */
  readonly onForgotten: (key: string) => void;
  readonly onFailure: (error: Error) => void;
  readonly timings?: Partial<ListWatchTimings>;
}

export interface ObjectWatches extends FollowedSource {
  stop(): void;
}

export function createObjectWatches(options: ObjectWatchOptions): ObjectWatches {
  const resource = resources[options.kind];
  const watches = new Map<string, ListWatch>();
  const pending = new Set<string>();
  const resolve = (key: string) => {
    if (pending.delete(key)) options.onResolved(key);
  };

  const start = (key: string): ListWatch => {
    const slash = key.indexOf('/');
    const [namespace, name] = [key.slice(0, slash), key.slice(slash + 1)];
    return startListWatch({
      transport: options.transport,
      path: collectionPath(resource, namespace),
      apiVersion: apiVersionOf(resource),
      kind: options.kind,
      fieldSelector: `metadata.name=${name}`,
      onChange: options.onChange,
      onListed: () => resolve(key),
      onFailure: (error) => {
        options.onFailure(error);
        // Not allowed to read it: for the Gateway that is the same as an object that is not there.
        if (error instanceof ApiFailure && error.code === 403) resolve(key);
      },
      ...(options.timings ? { timings: options.timings } : {}),
    });
  };

  return {
    follow: (key) => {
      if (watches.has(key)) return;
      pending.add(key);
      watches.set(key, start(key));
    },
    unfollow: (key) => {
      const watch = watches.get(key);
      if (!watch) return;
      watch.stop();
      watches.delete(key);
      pending.delete(key);
      options.onForgotten(key);
    },
    pending: () => pending,
    stop: () => {
      for (const watch of watches.values()) watch.stop();
      watches.clear();
      pending.clear();
    },
  };
}
