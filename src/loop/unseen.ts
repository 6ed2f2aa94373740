/**
 * What vanishes without anybody having seen it go mostly does not vanish alone: the kinds are listed anew one after the
 * other. Marks of the Gateways concerned wait until that has settled, so that no half of a loss is acted upon.
 */
import { mergeWork, type SetTimer, type Work } from './queue.ts';

export interface UnseenOptions {
  /** How long nothing more may vanish, in milliseconds; 0 waits for nothing. */
  readonly settleMs: number;
  readonly now: () => number;
  readonly setTimer: SetTimer;
  /** Takes what has waited. */
  readonly release: (works: ReadonlyMap<string, Work>) => void;
}

export interface Unseen {
  /** Whether the work waits here now: it is of something unseen, or joins what waits for the same Gateway. */
  take(key: string, work: Work): boolean;
  waiting(): boolean;
  stop(): void;
}

/** So many times the settling time is the longest that anything waits. */
const patience = 6;

export function createUnseen({ settleMs, now, setTimer, release }: UnseenOptions): Unseen {
  const waiting = new Map<string, Work>();
  let since = 0;
  let timer: NodeJS.Timeout | undefined;

  const open = (): void => {
    const works = new Map(waiting);
    waiting.clear();
    release(works);
  };
  const restart = (): void => {
    if (waiting.size === 0) since = now();
    clearTimeout(timer);
    timer = setTimer(open, Math.max(0, Math.min(settleMs, since + patience * settleMs - now())));
  };

  return {
    take(key, work) {
      if (settleMs === 0 || (work.explained && !waiting.has(key))) return false;
      if (!work.explained) restart();
      waiting.set(key, mergeWork(waiting.get(key), work));
      return true;
    },
    waiting: () => waiting.size > 0,
    stop: () => clearTimeout(timer),
  };
}
