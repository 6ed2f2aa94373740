/** The lanes: one a Gateway, so that no Gateway waits for another, and marks that come meanwhile are taken together. */
import type { MarkReason } from '../handlers/marks.ts';

/** What a lane has to do. */
export interface Work {
  readonly reason: MarkReason;
  /** False when something that nobody observed may have caused it (see `Marks.mark`). */
  readonly explained: boolean;
}

/** `againMs` asks for another look after so many milliseconds; a mark brings it forward. */
export type RunResult = 'done' | 'retry' | { readonly againMs: number };

/** As `setTimeout`. */
export type SetTimer = (run: () => void, milliseconds: number) => NodeJS.Timeout;

/** The place that a lane takes among those that work. */
export interface Place {
  /** Leaves it to another lane while there is nothing to do but wait. */
  leave(): void;
  /** Goes on at once, also when all places are taken by now. */
  enter(): void;
}

export interface LaneQueueOptions {
  /** Works on one key. A throw, or `retry`, brings the same work back after a backoff. */
  readonly run: (key: string, work: Work, place: Place) => Promise<RunResult>;
  /** Lanes that work at the same time; those that have left their place are not counted. */
  readonly parallel: number;
  /** Milliseconds from a mark to the start, in which further marks are collected. */
  readonly settleMs?: number;
  readonly backoff?: { readonly baseMs: number; readonly capMs: number };
  readonly now?: () => number;
  readonly random?: () => number;
  readonly setTimer?: SetTimer;
  readonly onError?: (key: string, error: unknown) => void;
  /** Called when a run has ended and when the queue becomes empty. */
  readonly onIdle?: () => void;
}

export interface LaneQueue {
  /** Never throws. A mark ends the lane's backoff. */
  mark(key: string, work: Work): void;
  /** Keys that wait (those in backoff included), and milliseconds that the oldest has waited. */
  depth(): { readonly waiting: number; readonly running: number; readonly oldestMs: number };
  /** Nothing runs and nothing waits, backoffs excepted. */
  idle(): boolean;
  /** Ends when `idle()`. */
  drained(): Promise<void>;
  /** Starts nothing more, and ends when what runs has. */
  stop(): Promise<void>;
}

/**
 * `settling` collects marks, `due` waits for a place, `resting` is a backoff, `waiting` is for another look. In `running`,
 * `work` is what was marked since the run began.
 */
interface Lane {
  phase: 'settling' | 'due' | 'running' | 'resting' | 'waiting';
  work: Work | undefined;
  since: number;
  failures: number;
  timer: NodeJS.Timeout | undefined;
}

const defaultBackoff = { baseMs: 500, capMs: 120_000 };

export function createLaneQueue(options: LaneQueueOptions): LaneQueue {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const setTimer = options.setTimer ?? setTimeout;
  const { baseMs, capMs } = options.backoff ?? defaultBackoff;
  const lanes = new Map<string, Lane>();
  let running = 0;
  let taken = 0;
  let stopped = false;
  let waiters: (() => void)[] = [];

  const idle = (): boolean => running === 0 && [...lanes.values()].every((lane) => lane.phase === 'resting');

  const wakeWaiters = (): void => {
    if (!(stopped ? running === 0 : idle())) return;
    const woken = waiters;
    waiters = [];
    for (const wake of woken) wake();
    if (!stopped) options.onIdle?.();
  };

  const wait = (lane: Lane, phase: 'settling' | 'resting' | 'waiting', delay: number): void => {
    clearTimeout(lane.timer);
    lane.phase = phase;
    lane.timer = setTimer(() => {
      lane.phase = 'due';
      startDue();
    }, delay);
  };

  /** The lane that has waited longest: one whose key is marked again and again must not go before others each time. */
  const nextDue = (): readonly [key: string, lane: Lane, work: Work] | undefined => {
    let next: readonly [string, Lane, Work] | undefined;
    for (const [key, lane] of lanes) {
      if (lane.phase === 'due' && lane.work && !(next && next[1].since <= lane.since)) next = [key, lane, lane.work];
    }
    return next;
  };

  const startDue = (): void => {
    while (!stopped && taken < options.parallel) {
      const next = nextDue();
      if (!next) return;
      void run(...next);
    }
  };

  const takePlace = (): Place => {
    let here = true;
    taken += 1;
    return {
      leave: () => {
        if (!here) return;
        here = false;
        taken -= 1;
        startDue();
      },
      enter: () => {
        if (here) return;
        here = true;
        taken += 1;
      },
    };
  };

  const run = async (key: string, lane: Lane, work: Work): Promise<void> => {
    lane.phase = 'running';
    lane.work = undefined;
    running += 1;
    const place = takePlace();
    const result = await options.run(key, work, place).catch((error: unknown): 'retry' => {
      options.onError?.(key, error);
      return 'retry';
    });
    running -= 1;
    if (result === 'retry') retry(lane, work);
    else if (result === 'done' || lane.work || stopped) finish(key, lane);
    else lookAgain(lane, result.againMs);
    place.leave();
    startDue();
    wakeWaiters();
  };

  const finish = (key: string, lane: Lane): void => {
    lane.failures = 0;
    if (lane.work) lane.phase = 'due';
    else lanes.delete(key);
  };

  const lookAgain = (lane: Lane, delayMs: number): void => {
    lane.failures = 0;
    lane.since = now();
    lane.work = { reason: 'all', explained: true };
    wait(lane, 'waiting', delayMs);
  };

  const retry = (lane: Lane, work: Work): void => {
    if (stopped) return;
    if (!lane.work) lane.since = now();
    lane.work = mergeWork(lane.work, work);
    lane.failures += 1;
    wait(lane, 'resting', random() * Math.min(capMs, baseMs * 2 ** (lane.failures - 1)));
  };

  return {
    mark(key, work) {
      if (stopped) return;
      const known = lanes.get(key);
      const lane: Lane = known ?? { phase: 'settling', work: undefined, since: now(), failures: 0, timer: undefined };
      if (!lane.work) lane.since = now();
      lane.work = mergeWork(lane.work, work);
      lanes.set(key, lane);
      if (!known || lane.phase === 'resting' || lane.phase === 'waiting') wait(lane, 'settling', options.settleMs ?? 5);
    },
    depth() {
      const waiting = [...lanes.values()].filter((lane) => lane.work !== undefined);
      const oldest = Math.min(...waiting.map((lane) => lane.since));
      return { waiting: waiting.length, running, oldestMs: waiting.length === 0 ? 0 : now() - oldest };
    },
    idle,
    drained: () => (idle() ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    async stop() {
      stopped = true;
      for (const lane of lanes.values()) clearTimeout(lane.timer);
      if (running > 0) await new Promise<void>((resolve) => waiters.push(resolve));
    },
  };
}

/** Two pieces of work of one lane as one. */
export function mergeWork(a: Work | undefined, b: Work): Work {
  if (!a) return b;
  const reason = a.reason === 'all' || b.reason === 'all' ? 'all' : [...new Set([...a.reason, ...b.reason])].sort();
  return { reason, explained: a.explained && b.explained };
}
