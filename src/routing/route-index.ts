/** Which routes name which Gateway as their parent, for all Gateways at once: routing one Gateway reads its own only. */
import type { HTTPRoute } from '../../generated/gateway-api.ts';
import { compareAge, list, splitKey, text } from './read.ts';
import type { Snapshot } from './snapshot.ts';

export type ParentRef = NonNullable<NonNullable<HTTPRoute['spec']>['parentRefs']>[number];

/** A route and its parentRefs that name one Gateway. */
export interface AttachingRoute {
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt?: string;
  readonly route: HTTPRoute;
  readonly refs: readonly { readonly index: number; readonly ref: ParentRef }[];
}

/** By key of the Gateway, which need not exist; oldest route first, then by `namespace/name`. */
export type RoutesByGateway = ReadonlyMap<string, readonly AttachingRoute[]>;

const group = 'gateway.networking.k8s.io';

export function indexRoutes(snapshot: Pick<Snapshot, 'httpRoutes'>): RoutesByGateway {
  const index = new Map<string, AttachingRoute[]>();
  for (const [key, route] of snapshot.httpRoutes) {
    for (const [gateway, refs] of refsByGateway(key, route)) {
      const entry = { key, ...splitKey(key), createdAt: text(route.metadata?.creationTimestamp), route, refs };
      const known = index.get(gateway);
      if (known) known.push(entry);
      else index.set(gateway, [entry]);
    }
  }
  for (const routes of index.values()) routes.sort(compareAge);
  return index;
}

function refsByGateway(key: string, route: HTTPRoute): ReadonlyMap<string, AttachingRoute['refs']> {
  const { namespace } = splitKey(key);
  const refs = new Map<string, { index: number; ref: ParentRef }[]>();
  if (route.metadata?.deletionTimestamp) return refs;
  for (const [index, ref] of list(route.spec?.parentRefs).entries()) {
    if ((ref.group ?? group) !== group || (ref.kind ?? 'Gateway') !== 'Gateway') continue;
    const gateway = `${text(ref.namespace) ?? namespace}/${text(ref.name) ?? ''}`;
    refs.set(gateway, [...(refs.get(gateway) ?? []), { index, ref }]);
  }
  return refs;
}
