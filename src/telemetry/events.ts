/**
 * Kubernetes Events (events.k8s.io/v1) for users: each thing is said once in a while, and not more than a few a second.
 */
import { createHash } from 'node:crypto';
import { EventsV1Api, V1MicroTime, type EventsV1Event, type KubeConfig } from '@kubernetes/client-node';
import type { RoutingEvent } from '../routing/result/findings.ts';
import type { EventsSink } from './events-sink.ts';

export interface EventsOptions {
  readonly kubeConfig: KubeConfig;
  /** `reportingController`, as `ako.vmware.com/avi-lb`. */
  readonly controllerName: string;
  /** `reportingInstance`: the pod's name. */
  readonly instance: string;
  /** Uid of the object that an Event is about, so that `kubectl describe` shows it. */
  readonly uidOf: (regarding: RoutingEvent['regarding']) => string | undefined;
  /** Asked before each write; false (not the leader) drops the Event. */
  readonly mayWrite: () => boolean;
  readonly onFailure: (error: Error) => void;
  /** The same Event is not said again within this time. */
  readonly repeatMs?: number;
  /** A bucket of so many Events, refilled at so many a second. */
  readonly burst?: number;
  readonly perSecond?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly clock?: () => number;
}

const maxRemembered = 10_000;
const maxNote = 1024;

export function createEvents(options: EventsOptions): EventsSink {
  const api = options.kubeConfig.makeApiClient(EventsV1Api);
  const clock = options.clock ?? (() => performance.now());
  const seen = createSeen(options.repeatMs ?? 3_600_000, clock);
  let count = 0;
  const takeToken = createBucket(options.burst ?? 50, options.perSecond ?? 5, clock);

  const send = async (event: RoutingEvent, fingerprint: string): Promise<void> => {
    const { namespace = 'default', name } = event.regarding;
    count += 1;
    // The time tells restarts apart, the count Events of the same millisecond.
    const suffix = `${fingerprint.slice(0, 8)}.${Date.now().toString(16)}${count.toString(16).padStart(4, '0')}`;
    const body: EventsV1Event = {
      metadata: { namespace, name: `${name.slice(0, 200)}.${suffix}` },
      eventTime: new V1MicroTime(),
      type: event.type,
      reason: event.reason,
      action: 'Reconcile',
      note: event.message.slice(0, maxNote),
      regarding: { ...event.regarding, ...uid(options.uidOf(event.regarding)) },
      reportingController: options.controllerName,
      reportingInstance: options.instance.slice(0, 128),
    };
    await api.createNamespacedEvent({ namespace, body });
  };

  return {
    emit: (events, happenedAgain = false) => {
      for (const event of events) {
        const fingerprint = fingerprintOf(event);
        const isRepeated = !happenedAgain && seen.has(fingerprint);
        if (!options.mayWrite() || isRepeated || !takeToken()) continue;
        seen.add(fingerprint);
        send(event, fingerprint).catch((error: unknown) => {
          // It may be said again: nobody has seen it.
          seen.delete(fingerprint);
          options.onFailure(error instanceof Error ? error : new Error(String(error)));
        });
      }
    },
  };
}

function uid(value: string | undefined): { readonly uid?: string } {
  return value === undefined ? {} : { uid: value };
}

function fingerprintOf({ type, reason, message, regarding }: RoutingEvent): string {
  const { kind, namespace = '', name } = regarding;
  return createHash('sha256').update([type, reason, message, kind, namespace, name].join('\0')).digest('hex');
}

interface Seen {
  has(fingerprint: string): boolean;
  add(fingerprint: string): void;
  delete(fingerprint: string): void;
}

/** What was said within the last `forMs`, oldest first, and a bounded number of it. */
function createSeen(forMs: number, clock: () => number): Seen {
  const times = new Map<string, number>();
  return {
    has: (fingerprint) => {
      const at = times.get(fingerprint);
      return at !== undefined && clock() - at < forMs;
    },
    add: (fingerprint) => {
      times.delete(fingerprint);
      times.set(fingerprint, clock());
      const [oldest] = times.keys();
      if (times.size > maxRemembered && oldest !== undefined) times.delete(oldest);
    },
    delete: (fingerprint) => void times.delete(fingerprint),
  };
}

/** A token bucket; the result says whether there was a token. */
function createBucket(size: number, perSecond: number, clock: () => number): () => boolean {
  let tokens = size;
  let last = clock();
  return () => {
    const now = clock();
    tokens = Math.min(size, tokens + ((now - last) / 1000) * perSecond);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
