import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ApplyContext } from '../../src/apply/operations.ts';
import { applyAndTell, type Answers } from '../../src/loop/progress.ts';
import { createInventory } from '../../src/avi/inventory.ts';
import type { AviClient, AviReply } from '../../src/avi/client.ts';
import { defaultGuardLimits } from '../../src/plan/guard.ts';
import { planGateway } from '../../src/plan/plan-gateway.ts';
import { desired, identity, object, schema } from '../plan/fixtures.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const pool = object('pool', 'ako-gw-c1--p');

/** One pool is created on a controller that answers when it is told to. */
function begin(answers: Answers) {
  const reply = Promise.withResolvers<AviReply>();
  const client: AviClient = {
    request: () => reply.promise,
    list: () => Promise.resolve([]),
    version: () => Promise.resolve(undefined),
    waiting: () => 0,
    close: () => Promise.resolve(),
  };
  const inventory = createInventory({ client, identity, tenants: ['*'], defaultTenant: 'admin' });
  const context: ApplyContext = {
    client,
    inventory,
    identity,
    schema,
    mayWrite: () => true,
    sleep: () => Promise.resolve(),
  };
  const deletions = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
  const sources = { inventory: inventory.current(), identity, schema };
  const plan = planGateway(desired([pool]), new Set(), deletions, sources);
  let told = 0;
  const ended = applyAndTell(plan, [pool], context, {
    say: () => (told += 1),
    routes: () => undefined,
    before: undefined,
    isPartial: false,
    answers,
  });
  const end = (): Promise<unknown> => {
    reply.resolve({ status: 201, body: { ...pool.body, uuid: 'pool-1', url: '/api/pool/pool-1' } });
    return ended;
  };
  return { told: () => told, end };
}

describe('statuses while an apply gets nothing done', () => {
  it('say what is known after two seconds in which the controller did nothing for anybody, once', async () => {
    const { told, end } = begin({ at: 0 });
    await jest.advanceTimersByTimeAsync(1_900);
    expect(told()).toBe(0);
    await jest.advanceTimersByTimeAsync(500);
    expect(told()).toBe(1);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(told()).toBe(1);
    await end();
  });

  it('wait while the controller answers others, but not for ever', async () => {
    const answers = { at: 0 };
    const others = setInterval(() => (answers.at = performance.now()), 100);
    const { told, end } = begin(answers);
    await jest.advanceTimersByTimeAsync(14_900);
    expect(told()).toBe(0);
    await jest.advanceTimersByTimeAsync(500);
    expect(told()).toBe(1);
    clearInterval(others);
    await end();
  });
});
