/**
 * Work by key with a bounded number at a time: for each key the latest value counts, and only one is worked on at a
 * time; what fails is tried again with backoff unless a newer value has come.
 */
import PQueue from 'p-queue';
import { createBackoff, type Backoff } from '../cluster/backoff.ts';

export interface Lanes<T> {
  submit(key: string, value: T): void;
  /** Resolves when nothing is left, retries included. */
  idle(): Promise<void>;
  stop(): void;
}

export interface LaneOptions<T> {
  readonly concurrency: number;
  readonly backoffMs: readonly [number, number];
  readonly work: (value: T) => Promise<void>;
  /** Milliseconds from one piece of work of a key to the next, in which newer values replace one another; default 0. */
  readonly intervalMs?: (key: string) => number;
  /** Called for each failure, before the retry. */
  readonly onFailure: (value: T, error: Error) => void;
}

export function createLanes<T>(options: LaneOptions<T>): Lanes<T> {
  const queue = new PQueue({ concurrency: options.concurrency });
  const waiting = new Map<string, { readonly value: T }>();
  const active = new Set<string>();
  const backoffs = new Map<string, Backoff>();
  const timers = new Set<NodeJS.Timeout>();
  const worked = new Map<string, number>();
  let stopped = false;
  let idle = Promise.withResolvers<void>();
  idle.resolve();

  const enqueue = (key: string) => void queue.add(() => run(key));

  const run = async (key: string): Promise<void> => {
    for (let next = waiting.get(key); next && !stopped; next = waiting.get(key)) {
      const rest = (options.intervalMs?.(key) ?? 0) - (performance.now() - (worked.get(key) ?? -Infinity));
      if (rest > 0) return void later(key, rest);
      waiting.delete(key);
      try {
        if (options.intervalMs?.(key)) worked.set(key, performance.now());
        await options.work(next.value);
        backoffs.delete(key);
      } catch (error) {
        if (stopped) break;
        options.onFailure(next.value, error as Error);
        if (!waiting.has(key)) waiting.set(key, next);
        retry(key);
        return;
      }
    }
    finish(key);
  };

  const retry = (key: string) => {
    const backoff = backoffs.get(key) ?? createBackoff(...options.backoffMs);
    backoffs.set(key, backoff);
    later(key, backoff.next());
  };

  const later = (key: string, delayMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      enqueue(key);
    }, delayMs);
    timers.add(timer);
  };

  const finish = (key: string) => {
    active.delete(key);
    backoffs.delete(key);
    if (active.size === 0) idle.resolve();
  };

  return {
    submit: (key, value) => {
      if (stopped) return;
      waiting.set(key, { value });
      if (active.has(key)) return;
      if (active.size === 0) idle = Promise.withResolvers<void>();
      active.add(key);
      enqueue(key);
    },
    idle: () => idle.promise,
    stop: () => {
      stopped = true;
      queue.clear();
      for (const timer of timers) clearTimeout(timer);
      waiting.clear();
      idle.resolve();
    },
  };
}
