import { afterEach, describe, expect, it } from '@jest/globals';
import { createLaneQueue, type LaneQueue, type LaneQueueOptions, type Work } from '../../src/loop/queue.ts';

const all: Work = { reason: 'all', explained: true };
const queues: LaneQueue[] = [];
afterEach(async () => {
  await Promise.all(queues.splice(0).map((queue) => queue.stop()));
});

function queue(options: Partial<LaneQueueOptions> & Pick<LaneQueueOptions, 'run'>): LaneQueue {
  const made = createLaneQueue({ parallel: 4, settleMs: 0, random: () => 0.001, ...options });
  queues.push(made);
  return made;
}

/** A promise and how to end it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe('createLaneQueue', () => {
  it('takes marks that come before the start together, and unites their reasons', async () => {
    const seen: Work[] = [];
    const lanes = queue({
      run: (_key, work) => {
        seen.push(work);
        return Promise.resolve('done');
      },
    });
    lanes.mark('a/g', { reason: ['a/s2'], explained: true });
    lanes.mark('a/g', { reason: ['a/s1', 'a/s2'], explained: false });
    await lanes.drained();
    expect(seen).toEqual([{ reason: ['a/s1', 'a/s2'], explained: false }]);
  });

  it('looks again when a run asks for it, is not idle until then, and sooner for a mark', async () => {
    const seen: Work['reason'][] = [];
    const again = [{ againMs: 20 }, { againMs: 3_600_000 }, 'done'] as const;
    const lanes = queue({
      run: (_key, { reason }) => {
        seen.push(reason);
        return Promise.resolve(again[seen.length - 1] ?? 'done');
      },
    });
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(lanes.idle()).toBe(false);
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    await lanes.drained();
    expect(seen).toEqual([['a/s'], 'all', 'all']);
  });

  it('starts another lane when one has left its place, and lets that one go on beside it', async () => {
    const wait = gate();
    const order: string[] = [];
    const lanes = queue({
      parallel: 1,
      run: async (key, _work, place) => {
        order.push(`${key} begins`);
        if (key === 'a/waits') {
          place.leave();
          await wait.opened;
          place.enter();
          order.push(`${key} goes on`);
        } else {
          wait.open();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        order.push(`${key} ends`);
        return 'done';
      },
    });
    for (const key of ['a/waits', 'b/works', 'c/works']) lanes.mark(key, all);
    await lanes.drained();
    expect(order).toEqual([
      'a/waits begins',
      'b/works begins',
      'a/waits goes on',
      'a/waits ends',
      'b/works ends',
      'c/works begins',
      'c/works ends',
    ]);
  });

  it('never runs one key twice at a time, and runs it again for what came meanwhile', async () => {
    const first = gate();
    const begun = gate();
    let inside = 0;
    const seen: Work['reason'][] = [];
    const lanes = queue({
      run: async (_key, work) => {
        inside += 1;
        expect(inside).toBe(1);
        seen.push(work.reason);
        begun.open();
        await first.opened;
        inside -= 1;
        return 'done';
      },
    });
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    await begun.opened;
    lanes.mark('a/g', all);
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    first.open();
    await lanes.drained();
    expect(seen).toEqual([['a/s'], 'all']);
  });

  it('does not let a slow key hold up another, and keeps within its parallel lanes', async () => {
    const slow = gate();
    const done: string[] = [];
    let inside = 0;
    let most = 0;
    const lanes = queue({
      parallel: 2,
      run: async (key) => {
        inside += 1;
        most = Math.max(most, inside);
        if (key === 'slow') await slow.opened;
        inside -= 1;
        done.push(key);
        if (done.length === 3) slow.open();
        return 'done';
      },
    });
    for (const key of ['slow', 'b', 'c', 'd']) lanes.mark(key, all);
    await lanes.drained();
    expect(done).toEqual(['b', 'c', 'd', 'slow']);
    expect(most).toBe(2);
  });

  it('brings failed work back, whole, after a backoff that doubles', async () => {
    const runs: Work['reason'][] = [];
    const errors: unknown[] = [];
    const finished = gate();
    const lanes = queue({
      backoff: { baseMs: 1000, capMs: 4000 },
      run: (_key, work) => {
        runs.push(work.reason);
        if (runs.length === 1) return Promise.resolve('retry');
        if (runs.length === 2) return Promise.reject(new Error('boom'));
        finished.open();
        return Promise.resolve('done');
      },
      onError: (_key, error) => errors.push(error),
    });
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    await finished.opened;
    expect(runs).toEqual([['a/s'], ['a/s'], ['a/s']]);
    expect(errors).toEqual([new Error('boom')]);
  });

  it('counts as drained while a key only rests, and a new mark ends the rest', async () => {
    let fail = true;
    let runs = 0;
    const lanes = queue({
      backoff: { baseMs: 1_000_000, capMs: 1_000_000 },
      random: () => 1,
      run: () => {
        runs += 1;
        return Promise.resolve(fail ? 'retry' : 'done');
      },
    });
    lanes.mark('a/g', all);
    await lanes.drained();
    expect(runs).toBe(1);
    expect(lanes.depth()).toMatchObject({ waiting: 1, running: 0 });
    fail = false;
    lanes.mark('a/g', { reason: ['a/s'], explained: true });
    await lanes.drained();
    expect(runs).toBe(2);
    expect(lanes.depth()).toEqual({ waiting: 0, running: 0, oldestMs: 0 });
  });

  it('lets what runs end when it is stopped, and starts nothing more', async () => {
    const open = gate();
    const begun = gate();
    const seen: string[] = [];
    const lanes = queue({
      parallel: 1,
      run: async (key) => {
        begun.open();
        await open.opened;
        seen.push(key);
        return 'done';
      },
    });
    lanes.mark('a', all);
    lanes.mark('b', all);
    await begun.opened;
    const stopped = lanes.stop();
    open.open();
    await stopped;
    lanes.mark('c', all);
    expect(seen).toEqual(['a']);
  });
});

it('lets no key wait for others that are marked again and again', async () => {
  let clock = 0;
  const runs: string[] = [];
  const lanes = queue({
    parallel: 2,
    now: () => (clock += 1),
    run: async (key) => {
      runs.push(key);
      // Something changes all the time.
      if (runs.length < 60) lanes.mark(key, all);
      await new Promise((resolve) => setImmediate(resolve));
      return 'done';
    },
  });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const key of keys) lanes.mark(key, all);
  await lanes.drained();
  const places = keys.map((key) => runs.flatMap((run, place) => (run === key ? [place] : [])));
  const longest = places.map((at) => Math.max(...at.map((place, index) => place - (at[index - 1] ?? 0))));
  expect(Math.max(...longest)).toBeLessThanOrEqual(2 * keys.length);
});
