/**
 * Deleting a CRD deletes its objects, and the API server tells of each as of any other deletion. Nobody asked for the end
 * of these objects one by one, so deletions wait until the API server has said that their kind stays.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createBackoff } from './backoff.ts';

export interface DeletionGateOptions<Event> {
  /** Asks whether the kind is served and stays. Rejects when the API server cannot be asked. */
  readonly stays: (signal: AbortSignal) => Promise<boolean>;
  readonly pass: (event: Event) => void;
  /** The kind goes: what waited is dropped, and the gate has ended. */
  readonly onGoing: () => void;
  /** An answer that did not come, before the next try. */
  readonly onFailure: (error: unknown) => void;
  /** Until the API server is asked, in milliseconds: after few deletions, and after many. */
  readonly waitMs?: readonly [few: number, many: number];
}

export interface DeletionGate<Event> {
  /** Takes an event; what comes after a deletion that waits, waits behind it. */
  take(event: Event, isDeletion: boolean): void;
  stop(): void;
}

/** More than so many at once may be the end of a CRD; what the API server says of itself may come a little later. */
const few = 10;
const defaultWaitMs = [200, 1_000] as const;
const limitMs = 10_000;

export function createDeletionGate<Event>(options: DeletionGateOptions<Event>): DeletionGate<Event> {
  const { stays, pass, onGoing, onFailure, waitMs = defaultWaitMs } = options;
  const stopped = new AbortController();
  const backoff = createBackoff(200, 10_000);
  let waiting: Event[] = [];
  let asking = false;

  const stop = (): void => {
    stopped.abort();
    waiting = [];
  };
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);

  const ask = async (): Promise<void> => {
    await pause(waitMs[0]);
    if (waiting.length > few) await pause(waitMs[1]);
    // What comes while the answer is on its way is not covered by it.
    const covered = waiting.length;
    const answer = await stays(AbortSignal.any([stopped.signal, AbortSignal.timeout(limitMs)]));
    if (stopped.signal.aborted) return;
    backoff.reset();
    if (!answer) {
      stop();
      return onGoing();
    }
    for (const event of waiting.splice(0, covered)) pass(event);
  };

  const run = async (): Promise<void> => {
    asking = true;
    while (waiting.length > 0 && !stopped.signal.aborted) {
      await ask().catch((error: unknown) => {
        if (stopped.signal.aborted) return undefined;
        onFailure(error);
        return pause(backoff.next());
      });
    }
    asking = false;
  };

  return {
    take(event, isDeletion) {
      if (stopped.signal.aborted) return;
      if (!isDeletion && waiting.length === 0) return pass(event);
      waiting.push(event);
      if (!asking) void run();
    },
    stop,
  };
}
