/** The endpoints of one Gateway, on a path of their own: they change more often than all else. */
import { applyPlan } from '../apply/apply.ts';
import { isClean, isWorthRetrying, setOutcome } from '../apply/outcome.ts';
import { planObjects } from '../plan/plan-gateway.ts';
import type { RoutedBackend } from '../routing/result/routed-backend.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { RouteKind } from '../routing/result/routed-route.ts';
import { objectId } from '../translate/desired.ts';
import { translatePoolsOfServices } from '../translate/translate-gateway.ts';
import { applyContext, isoTime, planningInventory, type EngineContext } from './engine-context.ts';
import { replaceObjects } from './kept-objects.ts';
import { restingBetweenCalls } from './lane-rest.ts';
import type { Place } from './queue.ts';
import type { Statuses } from './statuses.ts';

/** Only endpoints have changed: the pools that hold them, and nothing else. */
export async function reconcilePools(
  key: string,
  services: readonly string[],
  context: EngineContext,
  statuses: Statuses,
  place: Place,
): Promise<'done' | 'retry'> {
  const { deps, memory, world } = context;
  const known = memory.get(key);
  if (!known?.routed) return 'done';
  const routed = world.routeThose(
    deps.state.snapshot(),
    key,
    isoTime(context.now()),
    routesOfServices(known.routed, services),
  );
  if (!routed) return 'done'; // its deletion has been marked too
  const pools = translatePoolsOfServices(routed, deps.settings.translate, world.names(), services).filter((pool) =>
    known.ids.has(objectId(pool)),
  );
  const desired = replaceObjects(known.desired, pools);
  memory.set(key, { ...known, desired });
  if (!deps.isLeader() || !context.inventoryReady()) return 'done';
  const plan = planObjects(pools, {
    inventory: planningInventory(context),
    identity: deps.identity,
    schema: deps.schema,
  });
  const changed = await restingBetweenCalls(place, context, (client) =>
    applyPlan(plan, pools, { ...applyContext(context, 1), client }),
  );
  const latest = memory.get(key);
  for (const [id, end] of changed) if (latest?.outcome) setOutcome(latest.outcome, id, end);
  const verified = context.verified.get(key);
  if (verified?.objects === known.desired.objects && isClean(changed))
    context.verified.set(key, { ...verified, objects: desired.objects });
  if (!isClean(changed)) statuses.gateway(key);
  return isWorthRetrying(changed) ? 'retry' : 'done';
}

interface RouteName {
  readonly kind: RouteKind;
  readonly namespace: string;
  readonly name: string;
}

type RoutesByService = ReadonlyMap<string, ReadonlySet<string>>;

/** A routed Gateway never changes, and the endpoints of its Services do often. */
const byService = new WeakMap<RoutedGateway, RoutesByService>();

/** The routes whose rules use one of the Services, also for copies of requests, as `kind/namespace/name`. */
function routesOfServices(routed: RoutedGateway, services: readonly string[]): readonly string[] {
  const known = byService.get(routed) ?? indexByService(routed);
  byService.set(routed, known);
  return [...new Set(services.flatMap((service) => [...(known.get(service) ?? [])]))];
}

function indexByService(routed: RoutedGateway): RoutesByService {
  const index = new Map<string, Set<string>>();
  const add = (route: RouteName, backends: readonly RoutedBackend[]): void => {
    for (const { namespace, name } of backends) {
      const service = `${namespace}/${name}`;
      const routes = index.get(service) ?? new Set<string>();
      index.set(service, routes.add(`${route.kind}/${route.namespace}/${route.name}`));
    }
  };
  for (const route of routed.routes) {
    for (const { backends, mirrors = [] } of route.rules) {
      add(route, backends);
      add(
        route,
        mirrors.map(({ backend }) => backend),
      );
    }
  }
  for (const route of routed.l4.flatMap((listener) => listener.routes)) add(route, route.backends);
  return index;
}
