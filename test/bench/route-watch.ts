/** Follows the routes' statuses, to know when each was accepted and programmed. */
import type { KubeClient } from './kube-client.ts';
import { namespace } from './objects.ts';

interface WatchedRoute {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly parents?: readonly {
      readonly conditions?: readonly {
        readonly type: string;
        readonly status: string;
        readonly observedGeneration?: number;
      }[];
    }[];
  };
}

export interface RouteWatch {
  /** Routes that exist. */
  count(): number;
  /** Routes whose status says, for their present generation, that they are accepted and programmed. */
  accepted(): number;
  /** When the last of them came to say so, ms since the epoch. */
  lastAcceptedAt(): number;
  /** When the last event came. */
  lastEventAt(): number;
  stop(): void;
}

export function watchRoutes(kube: KubeClient, onFailure: (error: unknown) => void): RouteWatch {
  const routes = new Map<string, boolean>();
  const end = new AbortController();
  let [accepted, lastAcceptedAt, lastEventAt] = [0, 0, 0];

  const set = (name: string, state: boolean | undefined) => {
    const before = routes.get(name) ?? false;
    if (state === undefined) routes.delete(name);
    else routes.set(name, state);
    accepted += Number(state ?? false) - Number(before);
    if (state && !before) lastAcceptedAt = Date.now();
  };
  const follow = async () => {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes?watch=1&resourceVersion=0`;
    for await (const line of kube.watch(path, end.signal)) {
      const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: WatchedRoute };
      lastEventAt = Date.now();
      set(object.metadata.name, type === 'DELETED' ? undefined : isAccepted(object));
    }
    throw new Error('the watch of the routes has ended');
  };
  follow().catch((error: unknown) => {
    if (!end.signal.aborted) onFailure(error);
  });

  return {
    count: () => routes.size,
    accepted: () => accepted,
    lastAcceptedAt: () => lastAcceptedAt,
    lastEventAt: () => lastEventAt,
    stop: () => end.abort(),
  };
}

function isAccepted({ metadata, status }: WatchedRoute): boolean {
  const conditions = status?.parents?.[0]?.conditions ?? [];
  return ['Accepted', 'Programmed'].every((type) =>
    conditions.some(
      (condition) =>
        condition.type === type && condition.status === 'True' && condition.observedGeneration === metadata.generation,
    ),
  );
}
