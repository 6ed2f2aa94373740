/**
 * Binds the framework's watchers to the handlers: one watch a kind that the API server serves, single watches for the
 * Secrets and ConfigMaps that Gateways and policies name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ResourceEventType } from '@dot-i/k8s-operator';
import { createBackoff } from './cluster/backoff.ts';
import { createDeletionGate, type DeletionGate } from './cluster/deletion-gate.ts';
import { discover, staysServed, type Discovery } from './cluster/discovery.ts';
import { ReliableOperator, type FrameworkOptions, type OperatorEvent } from './cluster/framework.ts';
import {
  followedKinds,
  hasDefinition,
  isFollowed,
  kindsFor,
  resources,
  type FollowedKind,
  type Resource,
  type WatchedKind,
  type WatchedObjects,
} from './cluster/kinds.ts';
import { isExtensionKind } from './routing/extensions/extension-kinds.ts';
import { createReferences } from './cluster/references.ts';
import { createObjectWatches, type ObjectWatches } from './cluster/single-objects.ts';
import type { WatchedObject } from './cluster/known-objects.ts';
import type { ClusterState } from './cluster/state.ts';
import type { HandlerContext, ResourceChange } from './handlers/context.ts';
import { createHandlers, dispatch, type Handlers } from './handlers/handlers.ts';
import { createHeldMarks, type HeldMarks } from './handlers/held-marks.ts';
import type { Marks } from './handlers/marks.ts';

export interface GatewayOperatorOptions extends FrameworkOptions {
  readonly state: ClusterState;
  readonly marks: Marks;
  readonly settings: HandlerContext['settings'];
  readonly isOwnStatus: HandlerContext['isOwnStatus'];
  /** Called once, when everything that is served has been listed (`state.started()`). */
  readonly onStarted?: () => void;
  /** Called after each discovery that found something else than the one before. */
  readonly onDiscovery?: (discovery: Discovery) => void;
  /** How often to look whether CRDs have come or gone. */
  readonly discoveryMs?: number;
}

export class GatewayOperator extends ReliableOperator {
  readonly #options: GatewayOperatorOptions;
  readonly #handlers: Handlers;
  readonly #marks: HeldMarks;
  readonly #followed: { readonly [K in FollowedKind]: ObjectWatches };
  readonly #gates = new Map<WatchedKind, DeletionGate<OperatorEvent>>();
  #served: ReadonlyMap<WatchedKind, Resource> = new Map();
  /** Kinds that were served, and are to come back. */
  readonly #gone = new Set<WatchedKind>();
  /** Shortens the wait for the next discovery. */
  #lookSoon: () => void = () => undefined;
  #bundleVersion: string | undefined;
  #discovered = false;
  #started = false;

  constructor(options: GatewayOperatorOptions) {
    super(options);
    this.#options = options;
    const { state, marks, settings, isOwnStatus } = options;
    const references = createReferences();
    this.#followed = { Secret: this.#watchObjects('Secret'), ConfigMap: this.#watchObjects('ConfigMap') };
    this.#marks = createHeldMarks(marks, references, this.#followed);
    this.#handlers = createHandlers({
      state,
      references,
      marks: this.#marks,
      followed: this.#followed,
      settings,
      isOwnStatus,
    });
  }

  /** Finds out what is served and begins to watch it; waits for the API server as long as it takes. */
  protected override async init(): Promise<void> {
    const backoff = createBackoff(500, 30_000);
    while (!this.stopping.signal.aborted) {
      try {
        await this.#discover();
        void this.#rediscover();
        return;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.logger.warn(`the API server cannot be asked what it serves, trying again: ${(error as Error).message}`);
        await this.#pause(backoff.next());
      }
    }
  }

  override stop(): void {
    for (const kind of followedKinds) this.#followed[kind].stop();
    for (const gate of this.#gates.values()) gate.stop();
    super.stop();
  }

  #watchObjects(kind: FollowedKind): ObjectWatches {
    const { state, timings } = this.#options;
    return createObjectWatches({
      kind,
      transport: this.transport,
      onChange: (change) => this.#dispatch(kind, change as ResourceChange<WatchedObjects[FollowedKind]>),
      onResolved: (key) => this.#resolved(kind, key),
      onForgotten: (key) => void state.remove(kind, key),
      onFailure: (error) => this.#watchFailed(resources[kind].plural, error),
      ...(timings ? { timings } : {}),
    });
  }

  async #rediscover(): Promise<void> {
    for (;;) {
      const soon = new AbortController();
      this.#lookSoon = () => soon.abort();
      await this.#pause(this.#options.discoveryMs ?? (this.#gone.size > 0 ? 5_000 : 60_000), soon.signal);
      if (this.stopping.signal.aborted) return;
      await this.#discover().catch((error: unknown) => this.logger.warn(`discovery failed: ${String(error)}`));
    }
  }

  async #discover(): Promise<void> {
    const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(30_000)]);
    const discovery = await discover(this.transport, signal, kindsFor(this.#options.settings));
    const before = this.#served;
    this.#served = discovery.served;
    for (const kind of kindsFor(this.#options.settings))
      if (!isFollowed(kind)) this.#follow(kind, before.get(kind), discovery.served.get(kind));

    const changed = before.size !== discovery.served.size || this.#bundleVersion !== discovery.bundleVersion;
    this.#bundleVersion = discovery.bundleVersion;
    if (discovery.bundleProblem !== undefined && !this.#discovered)
      this.logger.warn(`the installed bundle of the Gateway API cannot be read: ${discovery.bundleProblem}`);
    if (changed || !this.#discovered) this.#options.onDiscovery?.(discovery);
    this.#discovered = true;
    this.#checkStarted();
  }

  /** Begins or ends to watch a kind, as it is served now. */
  #follow(kind: WatchedKind, before: Resource | undefined, now: Resource | undefined): void {
    if (before?.version === now?.version && this.#discovered) return;
    const { state } = this.#options;
    if (before) this.unwatchResource(before.group, before.version, before.plural);
    this.#gates.get(kind)?.stop();
    if (before && !now) {
      this.#gone.add(kind);
      this.#lookSoon();
    }
    if (!now) {
      state.setSource(kind, 'absent');
      const message = `${kind} is not served by the API server; it is taken up when it is`;
      // Few clusters have these, and none needs them.
      if (isExtensionKind(kind) || kind === 'ClusterTrustBundle') this.logger.info(message);
      else this.logger.warn(message);
      return;
    }
    this.#gone.delete(kind);
    state.setSource(kind, 'pending');
    const gate = this.#gateOf(kind, now);
    void this.watchResource(
      now.group,
      now.version,
      now.plural,
      (event) => Promise.resolve(gate ? gate.take(event, isSeenDeletion(event)) : this.#onEvent(kind, event)),
      undefined,
      kind,
      // What an earlier watch left behind: a CRD may have been away, and its objects with it.
      state.list(kind) as Iterable<WatchedObject>,
    ).then(() => this.#listed(kind));
  }

  /** Only what a CRD defines may go with it. */
  #gateOf(kind: WatchedKind, resource: Resource): DeletionGate<OperatorEvent> | undefined {
    if (!hasDefinition(resource)) return undefined;
    const gate = createDeletionGate<OperatorEvent>({
      stays: (signal) => staysServed(this.transport, kind, resource, signal),
      pass: (event) => this.#onEvent(kind, event),
      onGoing: () => this.#going(kind, resource),
      onFailure: (error) => this.logger.warn(`whether ${kind} stays cannot be asked, trying again: ${String(error)}`),
    });
    this.#gates.set(kind, gate);
    return gate;
  }

  /** A CRD is being deleted: its objects are kept as they were last seen, until it is back and they are listed. */
  #going(kind: WatchedKind, resource: Resource): void {
    this.#served = new Map([...this.#served].filter(([served]) => served !== kind));
    this.logger.warn(`the CRD of ${kind} is being deleted; its objects are kept as they were`);
    this.#follow(kind, resource, undefined);
  }

  #onEvent(kind: WatchedKind, { type, object, explained }: OperatorEvent): void {
    this.#dispatch(kind, { type, object, explained } as unknown as ResourceChange<WatchedObjects[WatchedKind]>);
  }

  #dispatch<K extends WatchedKind>(kind: K, change: ResourceChange<WatchedObjects[K]>): void {
    dispatch(this.#handlers, kind, change);
  }

  #listed(kind: WatchedKind): void {
    if (this.stopping.signal.aborted) return;
    this.#options.state.setSource(kind, 'synced');
    this.#checkStarted();
  }

  #resolved(kind: FollowedKind, key: string): void {
    this.#marks.release(kind, key);
    this.#checkStarted();
  }

  #checkStarted(): void {
    if (this.#started) return;
    const { state, onStarted } = this.#options;
    const decided = (kind: WatchedKind) => state.source(kind) !== 'pending';
    // Which Secrets and ConfigMaps are needed is known when all who name them are.
    const naming: readonly WatchedKind[] = [
      'Gateway',
      'GatewayClass',
      'ListenerSet',
      'BackendTLSPolicy',
      'HealthMonitor',
    ];
    if (naming.every(decided)) {
      for (const kind of followedKinds)
        if ([...this.#followed[kind].pending()].length === 0) state.setSource(kind, 'synced');
    }
    if (!state.started()) return;
    this.#started = true;
    onStarted?.();
  }

  #watchFailed(plural: string, error: Error): void {
    this.logger.warn(`watch of ${plural} failed and is resumed: ${error.message}`);
    this.#options.onWatchFailure?.(plural, error);
  }

  async #pause(ms: number, until?: AbortSignal): Promise<void> {
    const { signal } = this.stopping;
    await sleep(ms, undefined, { signal: until ? AbortSignal.any([signal, until]) : signal }).catch(() => undefined);
  }
}

function isSeenDeletion({ type, explained }: OperatorEvent): boolean {
  return explained && type === ResourceEventType.Deleted;
}
