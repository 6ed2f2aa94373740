/** The first read of the controller's objects, as often as it takes. */
import type { EngineDeps } from './engine-context.ts';

/** From one attempt to the next, in milliseconds; a random share of it. */
const backoff = { baseMs: 1_000, capMs: 30_000 };

/**
 * @param later as `setTimeout`.
 * @param isStopped asked after each attempt: true ends it without another one.
 * @param then called when everything has been read.
 */
export async function readFirst(
  deps: Pick<EngineDeps, 'inventory' | 'logger'>,
  random: () => number,
  later: (milliseconds: number, run: () => void) => void,
  isStopped: () => boolean,
  then: () => void,
  attempt = 0,
): Promise<void> {
  try {
    await deps.inventory.load();
  } catch (error) {
    if (isStopped()) return;
    deps.logger.warn('the controller cannot be read, trying again', { error });
    const delay = random() * Math.min(backoff.capMs, backoff.baseMs * 2 ** attempt);
    later(delay, () => void readFirst(deps, random, later, isStopped, then, attempt + 1));
    return;
  }
  if (!isStopped()) then();
}
