import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../src/apply/outcome.ts';
import { createSettling, type Settling } from '../../src/loop/settling.ts';
import type { Operation } from '../../src/plan/operation.ts';

const operation = (verb: Operation['verb']): Operation => ({ verb }) as Operation;
const creates = { operations: [operation('create'), operation('create')] };
const deletes = { operations: [operation('create'), operation('delete')] };
const clean: Outcome = new Map();
const failed: Outcome = new Map([['pool admin/p', { state: 'failed', message: 'no', retryable: true }]]);

function at(): { time: number; readonly settling: Settling } {
  const clock = { time: 10_000 };
  return Object.assign(clock, { settling: createSettling(() => clock.time, 1_000) });
}

describe('writes whose effect nobody waited for', () => {
  it('may be those of the replica before, until the grace has passed since the controller was read', () => {
    const clock = at();
    expect(clock.settling.remaining('gw', deletes)).toBe(0);
    clock.settling.read();
    clock.time += 400;
    expect(clock.settling.remaining('gw', deletes)).toBe(600);
    expect(clock.settling.remaining('gw', creates)).toBe(0);
    clock.time += 700;
    expect(clock.settling.remaining('gw', deletes)).toBe(0);
  });

  it('are none after a plan that succeeded, and those of one that failed or leaves something to the next', () => {
    const clock = at();
    clock.settling.read();
    clock.settling.applied('gw', clean, true);
    expect(clock.settling.remaining('gw', deletes)).toBe(0);
    clock.time += 5_000;
    clock.settling.applied('gw', failed, true);
    expect(clock.settling.remaining('gw', deletes)).toBe(1_000);
    clock.settling.applied('gw', clean, true);
    expect(clock.settling.remaining('gw', deletes)).toBe(0);
    clock.settling.applied('gw', clean, false);
    expect(clock.settling.remaining('gw', deletes)).toBe(1_000);
    expect(clock.settling.remaining('other', deletes)).toBe(0);
  });
});
