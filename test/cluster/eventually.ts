import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until a check does not throw any more, and throws what it threw last when that takes too long. */
export async function eventually<T>(check: () => T | Promise<T>, limitMs = 30_000, everyMs = 20): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(everyMs);
    }
  }
}
