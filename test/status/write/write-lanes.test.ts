import { describe, expect, it, jest } from '@jest/globals';
import { createLanes } from '../../../src/status/write-lanes.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

/** Lanes whose work waits until it is let go. */
function start(options: { readonly concurrency?: number; readonly failures?: number } = {}) {
  const done: string[] = [];
  const failed: string[] = [];
  const gates: (() => void)[] = [];
  let failures = options.failures ?? 0;
  let running = 0;
  let most = 0;
  const lanes = createLanes<string>({
    concurrency: options.concurrency ?? 2,
    backoffMs: [1, 5],
    work: async (value) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running -= 1;
      if (failures > 0) {
        failures -= 1;
        throw new Error('as told');
      }
      done.push(value);
    },
    onFailure: (value) => void failed.push(value),
  });
  /** Lets everything go that waits, until nothing is left. */
  const finish = async () => {
    const idle = lanes.idle().then(() => true);
    const tick = () => new Promise<false>((resolve) => setTimeout(() => resolve(false), 1));
    while (!(await Promise.race([idle, tick()]))) gates.splice(0).forEach((open) => open());
  };
  return { lanes, done, failed, gates, finish, most: () => most };
}

describe('write lanes', () => {
  it('work on the latest value of a key, one at a time', async () => {
    const { lanes, done, finish } = start();
    lanes.submit('a', 'a1');
    lanes.submit('a', 'a2');
    lanes.submit('a', 'a3');
    await finish();
    expect(done.at(-1)).toBe('a3');
    expect(done).not.toContain('a2');
  });

  it('bound how much runs at a time', async () => {
    const { lanes, done, finish, most } = start({ concurrency: 2 });
    for (const key of ['a', 'b', 'c', 'd', 'e']) lanes.submit(key, key);
    await finish();
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(most()).toBe(2);
  });

  it('leave time between two pieces of work of a key that asks for it, and work on the latest value then', async () => {
    const done: { readonly value: string; readonly at: number }[] = [];
    const lanes = createLanes<string>({
      concurrency: 2,
      backoffMs: [1, 5],
      intervalMs: (key) => (key === 'slow' ? 50 : 0),
      work: (value) => Promise.resolve(void done.push({ value, at: performance.now() })),
      onFailure: () => undefined,
    });
    lanes.submit('slow', '1');
    await lanes.idle();
    for (const value of ['2', '3', '4']) lanes.submit('slow', value);
    lanes.submit('quick', 'other');
    await lanes.idle();
    expect(done.map(({ value }) => value)).toEqual(['1', 'other', '4']);
    expect((done[2]?.at ?? 0) - (done[0]?.at ?? 0)).toBeGreaterThanOrEqual(49);
  });

  it('try again what failed until it succeeds', async () => {
    const { lanes, done, failed, finish } = start({ failures: 3 });
    lanes.submit('a', 'a1');
    await finish();
    expect(failed).toEqual(['a1', 'a1', 'a1']);
    expect(done).toEqual(['a1']);
  });

  it('retry with a newer value that came in the meantime', async () => {
    const { lanes, done, gates, finish } = start({ failures: 1 });
    lanes.submit('a', 'a1');
    await new Promise((resolve) => setTimeout(resolve, 1));
    lanes.submit('a', 'a2');
    gates.splice(0).forEach((open) => open());
    await finish();
    expect(done).toEqual(['a2']);
  });

  it('are idle at once when nothing was submitted, and after a stop', async () => {
    const { lanes, done } = start();
    await lanes.idle();
    lanes.submit('a', 'a1');
    lanes.stop();
    await lanes.idle();
    lanes.submit('b', 'b1');
    await lanes.idle();
    expect(done).toEqual([]);
  });
});
