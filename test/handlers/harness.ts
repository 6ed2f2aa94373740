/** Handlers over a real state and real references, with what they mark written down. */
import type { ServiceType } from '../../src/routing/settings.ts';
import type { WatchedKind, WatchedObjects } from '../../src/cluster/kinds.ts';
import { createReferences } from '../../src/cluster/references.ts';
import { createClusterState } from '../../src/cluster/state.ts';
import type { HandlerContext } from '../../src/handlers/context.ts';
import { allObjects, type FollowedSources } from '../../src/cluster/followed-sources.ts';
import { createHandlers, dispatch } from '../../src/handlers/handlers.ts';

export interface Mark {
  readonly gateways: readonly string[];
  readonly reason: 'all' | readonly string[];
  readonly explained: boolean;
}

export function createHarness(options: Partial<HandlerContext> & { readonly serviceType?: ServiceType } = {}) {
  const marks: Mark[] = [];
  const classes: string[] = [];
  const context: HandlerContext = {
    state: createClusterState(),
    references: createReferences(),
    marks: {
      mark: (gateways, reason, explained) => {
        const keys = [...gateways].sort();
        if (keys.length > 0) marks.push({ gateways: keys, reason, explained });
      },
      markClass: (name) => void classes.push(name),
    },
    followed: allObjects,
    settings: { controllerName: 'ako.vmware.com/avi-lb', serviceType: options.serviceType ?? 'ClusterIP' },
    isOwnStatus: () => false,
    ...options,
  };
  const handlers = createHandlers(context);
  const tell = <K extends WatchedKind>(
    kind: K,
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: WatchedObjects[K],
    explained = true,
  ) => {
    marks.length = 0;
    classes.length = 0;
    dispatch(handlers, kind, { type, object, explained });
    return [...marks];
  };
  return { tell, classes, context };
}

/** Sources of Secrets and ConfigMaps that write down what they are asked; `pending` are Secrets. */
export function recordingSources(pending: ReadonlySet<string> = new Set()) {
  const followed = { Secret: new Set<string>(), ConfigMap: new Set<string>() };
  const sourceOf = (kind: keyof typeof followed): FollowedSources['Secret'] => ({
    follow: (key) => void followed[kind].add(key),
    unfollow: (key) => void followed[kind].delete(key),
    pending: () => (kind === 'Secret' ? pending : []),
  });
  return { sources: { Secret: sourceOf('Secret'), ConfigMap: sourceOf('ConfigMap') }, followed };
}
