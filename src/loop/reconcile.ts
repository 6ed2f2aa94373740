/** One Gateway, from the snapshot to the controller and back into statuses. */
import { applyPlan, failures } from '../apply/apply.ts';
import { isClean, setOutcome, type Outcome } from '../apply/outcome.ts';
import type { Plan } from '../plan/operation.ts';
import { attribute } from '../plan/attribution.ts';
import { planGateway, planObjects, type DeletionPolicy } from '../plan/plan-gateway.ts';
import { previousVsVip } from '../plan/previous-vsvip.ts';
import { differenceSince, type Difference } from '../plan/verified.ts';
import type { Problem, RoutingEvent } from '../routing/result/findings.ts';
import type { RoutedBackend } from '../routing/result/routed-backend.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { RouteKind } from '../routing/result/routed-route.ts';
import { splitKey } from '../values/read.ts';
import { objectId, type AviObject, type DesiredState } from '../translate/desired.ts';
import { gatewayClaim, nameOf } from '../translate/naming/name-table.ts';
import { translatePoolsOfServices } from '../translate/translate-gateway.ts';
import {
  applyContext,
  claimedByOthers,
  isoTime,
  planningInventory,
  remember,
  type EngineContext,
} from './engine-context.ts';
import { lookAgainAtForeign } from './extensions.ts';
import { keepUnchanged, replaceObjects } from './kept-objects.ts';
import { keepPublishedNames } from './published-names.ts';
import { restingBetweenCalls } from './lane-rest.ts';
import { recordPlan } from './plan-record.ts';
import { applyAndTell } from './progress.ts';
import type { Place, RunResult, Work } from './queue.ts';
import type { Statuses } from './statuses.ts';

/**
 * Makes the controller equal to what one Gateway asks for, and says so in statuses. Works also for a Gateway that is
 * gone: its objects are deleted.
 *
 * @returns `retry` when a later try may get further, or when to look again at what was put off.
 */
export async function reconcileGateway(
  key: string,
  work: Work,
  context: EngineContext,
  statuses: Statuses,
  place: Place,
): Promise<RunResult> {
  const known = context.memory.get(key);
  if (work.reason !== 'all' && known?.routed && isClean(known.outcome)) {
    return reconcilePools(key, work.reason, context, statuses, place);
  }
  const { deps, memory } = context;
  const { routed, missing } = await updateWorld(key, context);
  if (routed?.held) return hold(key, routed, context, statuses);
  // A Gateway that somebody saw go takes all that was its own along.
  const wasThere = known ? known.routed !== undefined : context.primed.has(key);
  const seenGone = !routed && (known?.seenGone === true || (work.explained && wasThere));
  // Before the first apply, what is missing may be missing for a reason that nobody observed.
  const explained = seenGone || (work.explained && known?.outcome !== undefined);
  if (!explained) context.unexplained.add(key);
  const desired = routed
    ? keepUnchanged(desire(key, routed, context), known?.desired)
    : { gateway: key, tenant: '', objects: [] };
  memory.set(key, remember(routed, desired, known?.outcome, seenGone));
  if (routed) tell(key, routed, desired, context);
  forgetCertificates(known?.routed, context);
  if (!deps.isLeader() || !context.inventoryReady()) {
    statuses.gateway(key);
    return 'done';
  }

  const { verified } = context;
  const differenceNow = (): Difference | undefined =>
    isClean(known?.outcome)
      ? differenceSince(verified.get(key), desired.objects, planningInventory(context))
      : undefined;
  await lookAgainAtForeign(differenceNow()?.objects ?? desired.objects, context);
  if (wantedAgain(desired.objects, context) || !explained) context.lookForOrphans();
  const inventory = planningInventory(context);
  const difference = differenceNow();
  const at = inventory.changes?.now();
  verified.delete(key);
  const whole = planGateway(
    desired,
    seenGone ? claimedByOthers(context, key) : kept(context, key),
    allDeletions(context),
    {
      inventory,
      identity: deps.identity,
      schema: deps.schema,
      ...(known && isClean(known.outcome) && { previous: known.desired }),
    },
    difference,
  );
  const { plan, againMs } = context.publishing.pace(whole);
  const record = recordPlan(plan, isoTime(context.now()));
  if (record) context.plans.set(key, record);
  if (plan.refusals.some(({ reason }) => reason === 'IncompleteInventory')) context.lookForOrphans();
  const say = (outcome: Outcome | undefined, pending?: ReadonlySet<string>): void => {
    memory.set(key, remember(routed, desired, outcome ?? known?.outcome, seenGone));
    statuses.gateway(key, pending);
  };
  const outcome = await restingBetweenCalls(place, context, (client) =>
    applyAndTell(
      plan,
      desired.objects,
      { ...applyContext(context), client },
      {
        say,
        routes: (routes) => statuses.routes(routes),
        before: known?.outcome,
        isPartial: difference !== undefined,
        answers: context.answers,
      },
    ),
  );
  const isWhole =
    againMs === undefined && plan.refusals.length === 0 && inventory.complete && isUnsuspected(key, context);
  if (routed && at !== undefined && isWhole && isClean(outcome)) verified.set(key, { objects: desired.objects, at });
  say(outcome);
  announce(key, plan, known?.outcome, outcome, context);
  if (!routed && isClean(outcome)) forget(key, context);
  if (shouldRetry(outcome)) return 'retry';
  if (againMs !== undefined) return { againMs };
  return missing ? 'retry' : 'done';
}

/** What the controller has for a Gateway stays as it is, and nobody takes it for left over. */
function hold(key: string, routed: RoutedGateway, context: EngineContext, statuses: Statuses): RunResult {
  const { deps, memory } = context;
  const known = memory.get(key);
  const owners = attribute(deps.inventory.current(), deps.identity);
  const ids = new Set([...owners].flatMap(([id, gateways]) => (gateways.has(key) ? [id] : [])));
  const desired = { gateway: key, tenant: routed.tenant, objects: [] };
  memory.set(key, { ...known, routed, desired: known?.desired ?? desired, ids });
  tell(key, routed, desired, context);
  statuses.gateway(key);
  return routed.named.length > 0 && context.inventoryReady() ? 'retry' : 'done';
}

/** The Gateway as it is now, with what the controller has of what it names. */
async function updateWorld(
  key: string,
  context: EngineContext,
): Promise<{ readonly routed?: RoutedGateway; readonly missing: boolean }> {
  const { world, deps } = context;
  const update = () => {
    const { routed, affected } = world.update(deps.state.snapshot(), key, isoTime(context.now()));
    context.mark(affected, true);
    return routed;
  };
  const routed = update();
  if (!routed || routed.named.length === 0 || !context.inventoryReady())
    return { ...(routed && { routed }), missing: false };
  const missing = await context.named.missing(routed.tenant, routed.named);
  const latest = world.setMissing(key, missing) ? update() : routed;
  return { ...(latest && { routed: latest }), missing: missing.size > 0 };
}

/** What this lane does not delete, beside what others desire: what nobody saw go is for the search for leftovers. */
function kept(context: EngineContext, key: string): { has(id: string): boolean } {
  if (context.unexplained.has(key)) return { has: () => true };
  const others = claimedByOthers(context, key);
  return { has: (id) => context.held.has(id) || others.has(id) };
}

/** Whether nothing of a Gateway is left over for want of an explanation. */
function isUnsuspected(key: string, { unexplained, held }: EngineContext): boolean {
  return !unexplained.has(key) && held.size === 0;
}

/** What is desired is under no suspicion; says whether something was. */
function wantedAgain(objects: readonly AviObject[], { held }: EngineContext): boolean {
  const before = held.size;
  if (before > 0) for (const object of objects) held.delete(objectId(object));
  return held.size < before;
}

/** The lane's own deletions are explained, so the guard has nothing to hold. */
function allDeletions({ deps }: EngineContext): DeletionPolicy {
  return { explained: () => true, limits: deps.guard, confirmed: false };
}

function desire(key: string, routed: RoutedGateway, context: EngineContext): DesiredState {
  const desired = translate(routed, context);
  context.keepingNames.delete(key);
  if (!context.unexplained.has(key) && !context.heldOf.has(key)) return desired;
  const kept = keepPublishedNames(desired, context.deps.inventory.current());
  if (kept !== desired) context.keepingNames.add(key);
  return kept;
}

function translate(routed: RoutedGateway, context: EngineContext): DesiredState {
  const { deps, world } = context;
  const { translate: settings } = deps.settings;
  const parent = nameOf(world.names(), gatewayClaim(routed, settings));
  const previous = previousVsVip(deps.inventory.current(), routed.tenant, parent, routed.address?.family);
  return world.translate(routed, previous);
}

/** Only endpoints have changed: the pools that hold them, and nothing else. */
async function reconcilePools(
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
  return shouldRetry(changed) ? 'retry' : 'done';
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

function shouldRetry(outcome: Outcome): boolean {
  return [...outcome.values()].some((one) => one.state === 'refused' || (one.state === 'failed' && one.retryable));
}

function forget(key: string, { deps, memory, plans, verified }: EngineContext): void {
  memory.delete(key);
  verified.delete(key);
  plans.delete(key);
  deps.metrics?.gateway(key, 0, 0);
}

function tell(key: string, routed: RoutedGateway, desired: DesiredState, { deps }: EngineContext): void {
  deps.events.emit([...routed.events, ...(desired.problems ?? []).map(asEvent)]);
  deps.metrics?.gateway(key, routed.listeners.filter(({ serving }) => serving).length, routed.routes.length);
  for (const [secret, notAfter] of certificatesOf(routed)) deps.metrics?.certificate(secret, notAfter);
}

/** A problem that the translation met, as an Event about the resource that it names as `Kind/namespace/name`. */
function asEvent({ resource, field, message }: Problem): RoutingEvent {
  const [kind = '', namespace = '', name = ''] = resource.split('/');
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name };
  return { type: 'Warning', reason: 'PartiallyProgrammed', message: `${field}: ${message}`, regarding };
}

/** When the certificates of a Gateway end, by Secret, in milliseconds since the epoch. */
function certificatesOf(routed: RoutedGateway | undefined): ReadonlyMap<string, number> {
  const all = routed?.listeners.flatMap(({ certificates }) => certificates) ?? [];
  return new Map(
    all.map(({ secretNamespace, secretName, notAfter }) => [`${secretNamespace}/${secretName}`, Date.parse(notAfter)]),
  );
}

/** Certificates that no Gateway uses any more are not counted any more. */
function forgetCertificates(before: RoutedGateway | undefined, { deps, memory }: EngineContext): void {
  const gone = new Set(certificatesOf(before).keys());
  if (gone.size === 0) return;
  for (const { routed } of memory.values()) for (const secret of certificatesOf(routed).keys()) gone.delete(secret);
  for (const secret of gone) deps.metrics?.certificate(secret, undefined);
}

/** Logs what failed, and tells users of the turn to good or bad. */
function announce(key: string, plan: Plan, before: Outcome | undefined, after: Outcome, { deps }: EngineContext): void {
  const logger = deps.logger.child({ gateway: key });
  if (plan.operations.length > 0) {
    const last = plan.operations.filter(({ stage }) => stage === undefined);
    const count = (verb: string): number => last.filter((operation) => operation.verb === verb).length;
    logger.info('applied', { created: count('create'), updated: count('update'), deleted: count('delete') });
    if (plan.compromises)
      logger.info('paths cross between rules, so some requests may meet another of these rules for a moment', {
        places: plan.compromises,
      });
  }
  const failed = failures(after).filter(({ outcome }) => outcome.state !== 'blocked');
  for (const { id, outcome } of failed) logger.warn('not programmed', { object: id, outcome });
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', ...splitKey(key) };
  const [first] = failed;
  if (first && 'message' in first.outcome) {
    deps.events.emit([
      { type: 'Warning', reason: 'ProgrammingFailed', message: `${first.id}: ${first.outcome.message}`, regarding },
    ]);
  } else if (plan.operations.length > 0 && !isClean(before) && isClean(after)) {
    deps.events.emit([
      { type: 'Normal', reason: 'Programmed', message: 'Virtual service configured/updated', regarding },
    ]);
  }
}
