/** What the parts of the loop share: what they are given, and what they remember of each Gateway. */
import type { ApplyContext } from '../apply/operations.ts';
import type { ObjectOutcome, Outcome } from '../apply/outcome.ts';
import type { AviClient } from '../avi/client.ts';
import type { NamedObjects } from '../avi/named-objects.ts';
import type { InventoryStore } from '../avi/inventory.ts';
import type { ClusterState } from '../cluster/state.ts';
import type { GuardLimits, HeldDeletions } from '../plan/guard.ts';
import type { Identity } from '../plan/inventory/identity.ts';
import type { Inventory } from '../plan/inventory/inventory.ts';
import type { AviSchema } from '../plan/content/schema.ts';
import type { Verified } from '../plan/inventory/verified.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { StatusWriter } from '../status/writer.ts';
import type { EventsSink } from '../telemetry/events-sink.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { AviType, DesiredState } from '../translate/desired.ts';
import { objectsById } from '../translate/desired-index.ts';
import type { PlanRecord } from './plan-record.ts';
import type { Settling } from './settling.ts';
import type { Publishing } from './publishing.ts';
import type { Answers } from './progress.ts';
import type { SetTimer } from './queue.ts';
import type { StaticRoutesSettings } from './static-routes.ts';
import type { World, WorldSettings } from './world.ts';

/** What the engine works with. */
export interface EngineDeps {
  /** The watched objects; `complete()` says whether anything may be deleted for lack of an owner. */
  readonly state: Pick<ClusterState, 'snapshot' | 'complete'>;
  readonly settings: WorldSettings;
  readonly client: AviClient;
  readonly inventory: InventoryStore;
  readonly identity: Identity;
  readonly schema: AviSchema;
  readonly statuses: Pick<StatusWriter, 'submit' | 'setClassInUse' | 'setFinalizer'>;
  readonly events: EventsSink;
  readonly logger: Logger;
  readonly metrics?: Metrics;
  /** Whether this replica may write. One that may not keeps itself warm. */
  readonly isLeader: () => boolean;
  /** `gateway.networking.k8s.io/bundle-version` of the CRDs; undefined when unknown. */
  readonly bundleVersion: () => string | undefined;
  readonly drift: {
    readonly mode: 'repair' | 'report' | 'off';
    readonly intervalMs: number;
    /** Types that are only reported in mode `repair`. */
    readonly reportTypes?: readonly AviType[];
  };
  readonly guard: GuardLimits;
  /** The static routes to pods; absent: there are none of ours, and none are wanted. */
  readonly staticRoutes?: StaticRoutesSettings;
  /** How long after something vanished unseen its Gateways wait for what vanishes with it, ms; default 10,000. */
  readonly unseenSettleMs?: number;
  /** Deletions have come to be held, or other ones than before. */
  readonly onHeld?: (held: HeldDeletions) => void;
  /** How long a write may take to reach all Service Engines before the old way is taken away, ms; default 1000. */
  readonly graceMs?: number;
  /** How long pools that come into use may take until their first health check is over, ms; default 15000. */
  readonly healthMs?: number;
  /** `apply.macro`; default false. */
  readonly macro?: boolean;
  /** Gateways worked on at the same time, those left out that only wait for Service Engines; default 64. */
  readonly parallel?: number;
  /** Replaced in tests. */
  readonly now?: () => number;
  readonly random?: () => number;
  readonly sleep?: (milliseconds: number) => Promise<void>;
  readonly setTimer?: SetTimer;
}

/** What is known of one Gateway since its last reconcile. */
export interface GatewayMemory {
  /** Undefined: it is gone, and its objects are not all deleted yet. */
  readonly routed?: RoutedGateway;
  readonly desired: DesiredState;
  readonly ids: { has(id: string): boolean; keys(): Iterable<string> };
  /** Undefined before the first apply; grows while one runs. */
  readonly outcome?: Map<string, ObjectOutcome>;
  /** It is gone, and that was seen. */
  readonly seenGone?: boolean;
}

export interface EngineContext {
  readonly deps: EngineDeps;
  readonly world: World;
  readonly memory: Map<string, GatewayMemory>;
  /** The last plan of each Gateway that had something to do. */
  readonly plans: Map<string, PlanRecord>;
  /** Gateways of ours that were there at the start. */
  readonly primed: Set<string>;
  /** Gateways of which something may be gone that nobody saw go, since the last search for leftovers. */
  readonly unexplained: Set<string>;
  /** Ids of objects whose deletion is held: no lane deletes them. */
  readonly held: Set<string>;
  /** Gateways that the held objects belong to. */
  readonly heldOf: Set<string>;
  /** Gateways whose VsVip has names for that reason only. */
  readonly keepingNames: Set<string>;
  /** What the controller has of what users name. */
  readonly named: NamedObjects;
  readonly publishing: Publishing;
  readonly settling: Settling;
  /** Gateways whose last plan left other objects than desired (`Plan.interim`). */
  readonly interim: Set<string>;
  /** What the controller was last found to have as desired, by Gateway. */
  readonly verified: Map<string, Verified>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly setTimer: SetTimer;
  readonly answers: Answers;
  readonly mark: (gateways: Iterable<string>, explained: boolean) => void;
  /** Something may be left over that no lane deletes: look for it when the lanes rest. */
  readonly lookForOrphans: () => void;
  /** Whether the controller's objects have been read: before, nothing is planned. */
  readonly inventoryReady: () => boolean;
}

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, 'Z');

export function remember(
  routed: RoutedGateway | undefined,
  desired: DesiredState,
  outcome: Outcome | undefined,
  seenGone = false,
): GatewayMemory {
  return {
    desired,
    ids: objectsById(desired.objects),
    ...(routed && { routed }),
    ...(outcome && { outcome: outcome as Map<string, ObjectOutcome> }),
    ...(seenGone && { seenGone }),
  };
}

/** The inventory for a plan: complete only when the cluster's sources are too, so that nothing is deleted for lack of news. */
export function planningInventory({ deps }: EngineContext): Inventory {
  const inventory = deps.inventory.current();
  return { ...inventory, complete: inventory.complete && deps.state.complete() };
}

/** Ids that other Gateways desire. */
export function claimedByOthers(context: EngineContext, key: string): { has(id: string): boolean } {
  const others = [...context.memory].filter(([gateway]) => gateway !== key).map(([, { ids }]) => ids);
  return { has: (id) => others.some((ids) => ids.has(id)) };
}

/** What an apply needs. Names can pass from one Gateway to another, so deletions look at what all of them want now. */
export function applyContext(context: EngineContext, priority = 0): ApplyContext {
  const { client, inventory, identity, schema, isLeader, graceMs, healthMs, macro } = context.deps;
  const wanting = (id: string): readonly string[] =>
    [...context.memory].filter(([, { ids }]) => ids.has(id)).map(([key]) => key);
  return {
    client,
    inventory,
    identity,
    schema,
    mayWrite: isLeader,
    sleep: context.sleep,
    isWanted: (id) => wanting(id).length > 0,
    // It took the object for present while the deletion was on its way.
    onDeleted: (id) => context.mark(wanting(id), true),
    priority,
    ...(graceMs !== undefined && { graceMs }),
    ...(healthMs !== undefined && { healthMs }),
    ...(macro !== undefined && { macro }),
  };
}
