/**
 * Leader election by a Lease, as client-go does it: the holder renews it; the others take it over when they have seen it
 * unchanged for its duration, by their own clock. Clocks of different machines are never compared.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiException, CoordinationV1Api, V1MicroTime, type V1Lease } from '@kubernetes/client-node';
import { briefError } from '../cluster/brief-error.ts';
import type { PooledKubeConfig } from '../cluster/kube-config.ts';

export interface LeaderTimings {
  /** A lease that was not renewed for so long may be taken over. */
  readonly leaseMs: number;
  /** A leader that could not renew for so long stops being one; shorter than the lease, so that no two lead. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
  /** Limit of one call. */
  readonly callMs: number;
}

export interface LeaderOptions {
  readonly kubeConfig: PooledKubeConfig;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Who we are, unique among the replicas: the pod's name. */
  readonly identity: string;
  readonly onStarted: () => void;
  /** We do not lead any more, at once and without asking: work has to stop. */
  readonly onLost: () => void;
  readonly onFailure?: (error: Error) => void;
  /** What somebody says to the leader by an annotation of the Lease; the annotation is removed. */
  readonly message?: { readonly annotation: string; readonly onRead: (text: string) => void };
  readonly timings?: Partial<LeaderTimings>;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock?: () => number;
}

export interface LeaderElection {
  /** Checks our own deadline, so that a leader that was suspended knows at once that it is none. */
  isLeader(): boolean;
  /** Who holds the lease as far as we know; empty when nobody does. */
  holder(): string;
  /** Gives the lease back, so that another leads at once, and ends. */
  stop(): Promise<void>;
}

const defaults: LeaderTimings = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, callMs: 5_000 };

/** A lease that was given back is found within 2 s, the calls included, also by who tries more rarely. */
const longestLookMs = 1_500;

/**
 * Milliseconds until the Lease is looked at again, with up to a fifth of jitter.
 * @param random from 0 to 1.
 */
export function nextTryMs(leading: boolean, retryMs: number, random: number): number {
  return (leading ? retryMs : Math.min(retryMs, longestLookMs)) * (1 + random * 0.2);
}

export function startLeaderElection(options: LeaderOptions): LeaderElection {
  const timings = { ...defaults, ...options.timings };
  const clock = options.clock ?? (() => performance.now());
  // A call that took longer than the deadline would come too late; its own connections keep it from waiting for others.
  const kubeConfig = options.kubeConfig.withTimeout(timings.callMs);
  const api = kubeConfig.makeApiClient(CoordinationV1Api);
  const stopped = new AbortController();
  let observed: { readonly record: string; readonly at: number } | undefined;
  let holder = '';
  let leading = false;
  let leadsUntil = 0;
  let deadline: NodeJS.Timeout | undefined;

  const observe = (lease: V1Lease) => {
    const { holderIdentity, renewTime, leaseTransitions } = lease.spec ?? {};
    const record = JSON.stringify([holderIdentity, renewTime, leaseTransitions, lease.metadata?.resourceVersion]);
    if (observed?.record !== record) observed = { record, at: clock() };
    holder = holderIdentity ?? '';
  };

  const lose = () => {
    clearTimeout(deadline);
    if (!leading) return;
    leading = false;
    options.onLost();
  };

  /** The lease is ours from the moment before the call that said so. */
  const lead = (since: number) => {
    leadsUntil = since + timings.renewDeadlineMs;
    clearTimeout(deadline);
    deadline = setTimeout(lose, Math.max(0, leadsUntil - clock()));
    if (leading) return;
    leading = true;
    options.onStarted();
  };

  const tryToLead = async (): Promise<void> => {
    const since = clock();
    const lease = await read(api, options);
    if (!lease) {
      observe(await api.createNamespacedLease({ namespace: options.namespace, body: newLease(options, timings) }));
      return lead(since);
    }
    observe(lease);
    if (holder !== options.identity && !mayTake(lease)) return lose();
    const message = messageOf(lease, options);
    observe(await replace(api, options, takenOver(withoutMessage(lease, options), options.identity, timings)));
    lead(since);
    if (message !== undefined) options.message?.onRead(message);
  };

  const mayTake = (lease: V1Lease): boolean => {
    const duration = (lease.spec?.leaseDurationSeconds ?? timings.leaseMs / 1000) * 1000;
    return holder === '' || (observed !== undefined && clock() - observed.at >= duration);
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      try {
        await tryToLead();
      } catch (error) {
        // A conflict means that another was quicker. Anything else is tried again until our own deadline.
        if (!(error instanceof ApiException && error.code === 409)) options.onFailure?.(briefError(error));
      }
      if (leading && clock() >= leadsUntil) lose();
      await sleep(nextTryMs(leading, timings.retryMs, Math.random()), undefined, { signal: stopped.signal }).catch(
        () => undefined,
      );
    }
  };

  const release = async (): Promise<void> => {
    if (!leading) return;
    lose();
    const lease = await read(api, options);
    if (lease?.spec?.holderIdentity === options.identity) await replace(api, options, released(lease));
  };

  const running = run();
  return {
    isLeader: () => leading && clock() < leadsUntil,
    holder: () => holder,
    stop: async () => {
      stopped.abort();
      await running;
      await release().catch((error: unknown) => options.onFailure?.(briefError(error)));
      clearTimeout(deadline);
      await kubeConfig.close();
    },
  };
}

type Message = Pick<LeaderOptions, 'message'>;

function messageOf({ metadata }: V1Lease, { message }: Message): string | undefined {
  return message && metadata?.annotations?.[message.annotation];
}

function withoutMessage(lease: V1Lease, { message }: Message): V1Lease {
  if (!message || messageOf(lease, { message }) === undefined) return lease;
  const { [message.annotation]: _read, ...annotations } = lease.metadata?.annotations ?? {};
  return { ...lease, metadata: { ...lease.metadata, annotations } };
}

type Lease = Pick<LeaderOptions, 'namespace' | 'name' | 'identity'>;

function newLease({ name, namespace, identity }: Lease, timings: LeaderTimings): V1Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace },
    spec: takenOver({}, identity, timings).spec ?? {},
  };
}

/** The lease with us as the holder, from now on. */
function takenOver(lease: V1Lease, identity: string, timings: LeaderTimings): V1Lease {
  const now = new V1MicroTime();
  const renewal = lease.spec?.holderIdentity === identity;
  const transitions = lease.spec?.leaseTransitions ?? -1;
  return {
    ...lease,
    spec: {
      ...lease.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(timings.leaseMs / 1000)),
      renewTime: now,
      acquireTime: renewal ? (lease.spec?.acquireTime ?? now) : now,
      leaseTransitions: renewal ? Math.max(transitions, 0) : transitions + 1,
    },
  };
}

function released(lease: V1Lease): V1Lease {
  const now = new V1MicroTime();
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now },
  };
}

async function read(api: CoordinationV1Api, { name, namespace }: Lease): Promise<V1Lease | undefined> {
  try {
    return await api.readNamespacedLease({ name, namespace });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

function replace(api: CoordinationV1Api, { name, namespace }: Lease, body: V1Lease): Promise<V1Lease> {
  return api.replaceNamespacedLease({ name, namespace, body });
}
