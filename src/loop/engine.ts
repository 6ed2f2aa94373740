/** The engine: lanes that reconcile Gateways, the first sync, leftovers, drift and the change of leadership. */
import { defaultGraceMs } from '../apply/effect.ts';
import { isClean } from '../apply/outcome.ts';
import { createNamedObjects } from '../avi/named-objects.ts';
import { staticRoutesLane, type Marks } from '../handlers/marks.ts';
import { extensionId, extensionKinds, parseExtensionId } from '../routing/extensions/extension-kinds.ts';
import { createClassMarks } from './class-marks.ts';
import { describeGateways } from './describe.ts';
import { lookForDrift } from './drift.ts';
import { isoTime, type EngineContext, type EngineDeps, type GatewayMemory } from './engine-context.ts';
import { readFirst } from './first-read.ts';
import { createOrphans } from './orphans.ts';
import { createPublishing } from './publishing.ts';
import { reconcileExtension } from './extensions.ts';
import { createLaneQueue, type RunResult } from './queue.ts';
import { reconcileGateway } from './reconcile.ts';
import { reconcileStaticRoutes } from './static-routes.ts';
import { createSettling } from './settling.ts';
import { createStatuses } from './statuses.ts';
import { createUnseen } from './unseen.ts';
import { createWorld } from './world.ts';

export type { EngineDeps } from './engine-context.ts';

export interface Engine extends Marks {
  /**
   * Begins to work. Call it when every source has been listed (`ClusterState.started()`); marks before are not needed.
   * Reads the controller's objects, as often as it takes.
   */
  start(): void;
  /** Ends with the first complete sync: every Gateway has been reconciled once against what the controller has. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** This replica has become the leader: looks at everything, and writes nothing where nothing changed. */
  lead(): void;
  /** Lets the deletions through that the guard holds: those of the plan with this hash, or all. */
  confirmDeletions(hash?: string): void;
  /** For `/debug/`: each Gateway's objects by state, what failed, and its last plan, without any values. */
  describe(): unknown;
  /** Ends when nothing is to be done any more, what rests in a backoff excepted. */
  idle(): Promise<void>;
  /** Lets what runs end, and starts nothing more. */
  stop(): Promise<void>;
}

/** When the controller cannot be read for this long, statuses are written without it. */
const loadPatienceMs = 5_000;
const orphanRetryMs = 5_000;
const unseenSettleMs = 10_000;

const realSleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function createEngine(deps: EngineDeps): Engine {
  const memory = new Map<string, GatewayMemory>();
  const now = deps.now ?? Date.now;
  const random = deps.random ?? Math.random;
  const setTimer = deps.setTimer ?? setTimeout;
  const timers = new Set<NodeJS.Timeout>();
  let phase: 'new' | 'loading' | 'working' | 'stopped' = 'new';
  let orphansWanted = false;
  let orphansRunning = false;
  let synced = false;
  /** Statuses may speak of Gateways that went while nobody watched. */
  let statusesStale = true;
  let markSynced = (): void => undefined;
  const syncedOnce = new Promise<void>((resolve) => (markSynced = resolve));
  const idleWaiters: (() => void)[] = [];

  const context: EngineContext = {
    deps,
    world: createWorld(deps.settings),
    memory,
    plans: new Map(),
    primed: new Set(),
    unexplained: new Set(),
    held: new Set(),
    heldOf: new Set(),
    keepingNames: new Set(),
    setTimer,
    answers: { at: 0 },
    named: createNamedObjects(deps.client, now),
    publishing: createPublishing(now),
    settling: createSettling(now, deps.graceMs ?? defaultGraceMs),
    interim: new Set(),
    verified: new Map(),
    now,
    sleep: deps.sleep ?? realSleep,
    mark: (gateways, explained) => mark(gateways, 'all', explained),
    lookForOrphans: () => (orphansWanted = true),
    inventoryReady: () => phase === 'working',
  };
  const statuses = createStatuses(context);
  const orphans = createOrphans(context);
  const classes = createClassMarks((name) => statuses.gatewayClass(name));

  const queue = createLaneQueue({
    parallel: deps.parallel ?? 64,
    now,
    random,
    setTimer,
    run: async (key, work, place) => {
      const started = now();
      const reconcile =
        key === staticRoutesLane
          ? routes(work.explained)
          : parseExtensionId(key)
            ? reconcileExtension(key, context, statuses)
            : reconcileGateway(key, work, context, statuses, place);
      const result = await reconcile.catch((error: unknown) => {
        deps.metrics?.reconciled('failed', now() - started);
        throw error;
      });
      deps.metrics?.reconciled(result === 'retry' ? 'failed' : 'done', now() - started);
      return result;
    },
    onError: (key, error) => deps.logger.error('reconcile failed', { gateway: key, error }),
    onIdle: () => whenIdle(),
  });

  /** Only the leader looks; one that becomes it looks at once. */
  const routes = async (explained: boolean): Promise<RunResult> => {
    const { staticRoutes: settings, isLeader, state, client, guard, logger } = deps;
    if (!settings || !isLeader()) return 'done';
    return reconcileStaticRoutes(state.snapshot(), explained, { settings, client, guard, logger });
  };

  const unseen = createUnseen({
    settleMs: deps.unseenSettleMs ?? unseenSettleMs,
    now,
    setTimer,
    release: (works) => {
      if (!isStopped()) for (const [key, work] of works) queue.mark(key, work);
    },
  });

  const mark: Marks['mark'] = (gateways, reason, explained) => {
    if (phase === 'new' || phase === 'stopped') return; // the start looks at everything
    for (const key of gateways) if (!unseen.take(key, { reason, explained })) queue.mark(key, { reason, explained });
  };

  deps.metrics?.beforeText(() => {
    const { waiting, oldestMs } = queue.depth();
    deps.metrics?.queue(waiting, oldestMs);
    countOwned();
  });

  const markAll = (explained: boolean): void => {
    const { gateways, extensions } = deps.state.snapshot();
    const ids = extensionKinds.flatMap((kind) => [...extensions[kind].keys()].map((key) => extensionId(kind, key)));
    mark(new Set([...gateways.keys(), ...ids, ...memory.keys()]), 'all', explained);
    for (const name of deps.state.snapshot().gatewayClasses.keys()) classes.mark(name);
    // Nobody saw which nodes went while this replica did not lead.
    if (deps.staticRoutes) mark([staticRoutesLane], 'all', false);
  };

  const later = (milliseconds: number, run: () => void): void => {
    const timer = setTimer(() => {
      timers.delete(timer);
      if (phase !== 'stopped') run();
    }, milliseconds);
    timers.add(timer);
  };

  const begin = (): void => {
    phase = 'working';
    context.settling.read();
    orphansWanted = true;
    markAll(true);
    if (queue.idle()) whenIdle();
  };
  const isStopped = (): boolean => phase === 'stopped';

  const whenIdle = (): void => {
    if (unseen.waiting()) return;
    if (phase === 'working' && orphansWanted && deps.isLeader()) void sweepOrphans();
    else if (phase === 'working' && !orphansRunning) finishRound();
  };

  const sweepOrphans = async (): Promise<void> => {
    if (orphansRunning) return;
    orphansRunning = true;
    orphansWanted = false;
    const result = await orphans.sweep().catch((error: unknown) => {
      deps.logger.error('leftovers cannot be deleted', { error });
      return 'again' as const;
    });
    orphansRunning = false;
    if (result === 'again') later(orphanRetryMs, () => requestOrphans());
    if (queue.idle()) whenIdle();
  };

  const requestOrphans = (): void => {
    orphansWanted = true;
    if (queue.idle()) whenIdle();
  };

  const finishRound = (): void => {
    if (!synced) deps.logger.info('first sync is complete', { gateways: memory.size, leader: deps.isLeader() });
    if (statusesStale && deps.isLeader()) {
      statuses.leftovers();
      statusesStale = false;
    }
    synced = true;
    markSynced();
    if ([...memory.values()].every(({ outcome }) => !deps.isLeader() || isClean(outcome))) deps.metrics?.synced(now());
    for (const wake of idleWaiters.splice(0)) wake();
  };

  const countOwned = (): void => {
    const counts = new Map<string, number>();
    for (const { type } of deps.inventory.current().objects.values()) counts.set(type, (counts.get(type) ?? 0) + 1);
    deps.metrics?.owned(counts);
  };

  const watchDrift = (): void => {
    later(deps.drift.intervalMs, () => {
      if (deps.staticRoutes && deps.drift.mode === 'repair') mark([staticRoutesLane], 'all', false);
      void lookForDrift(context)
        .catch((error: unknown) => deps.logger.warn('looking for drift failed', { error }))
        .finally(() => {
          if (orphansWanted && queue.idle()) whenIdle();
          if (!isStopped()) watchDrift();
        });
    });
  };

  return {
    mark,
    markClass: (name) => {
      if (!isStopped()) classes.mark(name);
    },
    synced: syncedOnce,
    isSynced: () => synced,
    start() {
      if (phase !== 'new') return;
      phase = 'loading';
      for (const key of context.world.prime(deps.state.snapshot(), isoTime(now()))) context.primed.add(key);
      void readFirst(deps, random, later, isStopped, begin);
      later(loadPatienceMs, () => {
        if (phase === 'loading') markAll(true);
      });
      classes.start();
      if (deps.drift.mode !== 'off') watchDrift();
    },
    lead() {
      if (phase !== 'working') return;
      void deps.inventory
        .sweep()
        .catch((error: unknown) => deps.logger.warn('the controller cannot be swept', { error }))
        .then(() => {
          context.settling.read();
          orphansWanted = true;
          statusesStale = true;
          markAll(true);
          if (queue.idle()) whenIdle();
        });
    },
    confirmDeletions(hash) {
      orphans.confirm(hash);
      if (deps.staticRoutes) mark([staticRoutesLane], 'all', true);
      requestOrphans();
    },
    describe: () => ({
      phase,
      synced,
      leader: deps.isLeader(),
      queue: queue.depth(),
      gateways: describeGateways(context),
    }),
    idle: () =>
      synced && queue.idle() && !unseen.waiting() && !orphansRunning && !(orphansWanted && deps.isLeader())
        ? Promise.resolve()
        : new Promise((resolve) => idleWaiters.push(resolve)),
    async stop() {
      phase = 'stopped';
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
      unseen.stop();
      await queue.stop();
      for (const wake of idleWaiters.splice(0)) wake();
    },
  };
}
