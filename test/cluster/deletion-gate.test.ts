import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createDeletionGate, type DeletionGate } from '../../src/cluster/deletion-gate.ts';
import { eventually } from './eventually.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let gate: DeletionGate<string>;
let passed: string[];
let failures: number;
let going: number;
/** Questions that wait for an answer. */
let asked: PromiseWithResolvers<boolean>[];

beforeEach(() => {
  passed = [];
  asked = [];
  failures = 0;
  going = 0;
  gate = createDeletionGate<string>({
    stays: () => {
      const question = Promise.withResolvers<boolean>();
      asked.push(question);
      return question.promise;
    },
    pass: (event) => void passed.push(event),
    onGoing: () => void (going += 1),
    onFailure: () => void (failures += 1),
    waitMs: [5, 5],
  });
});
afterEach(() => gate.stop());

const questions = (count: number): Promise<void> => eventually(() => expect(asked).toHaveLength(count));

describe('deletions of what a CRD defines', () => {
  it('pass when the kind stays, in their order among what came after them', async () => {
    gate.take('change a', false);
    expect(passed).toEqual(['change a']);
    gate.take('delete a', true);
    gate.take('add a', false);
    await questions(1);
    expect(passed).toEqual(['change a']);
    asked[0]?.resolve(true);
    await eventually(() => expect(passed).toEqual(['change a', 'delete a', 'add a']));
    gate.take('change b', false);
    expect(passed.at(-1)).toBe('change b');
  });

  it('are not covered by an answer to a question of before', async () => {
    gate.take('delete a', true);
    await questions(1);
    gate.take('delete b', true);
    asked[0]?.resolve(true);
    await questions(2);
    expect(passed).toEqual(['delete a']);
    asked[1]?.resolve(true);
    await eventually(() => expect(passed).toEqual(['delete a', 'delete b']));
  });

  it('are dropped with everything that follows when the kind goes', async () => {
    gate.take('delete a', true);
    await questions(1);
    asked[0]?.resolve(false);
    await eventually(() => expect(going).toBe(1));
    gate.take('delete b', true);
    gate.take('change c', false);
    expect([passed, asked.length]).toEqual([[], 1]);
  });

  it('wait until the API server can be asked', async () => {
    gate.take('delete a', true);
    await questions(1);
    asked[0]?.reject(new Error('no answer'));
    await questions(2);
    expect([passed, failures]).toEqual([[], 1]);
    asked[1]?.resolve(true);
    await eventually(() => expect(passed).toEqual(['delete a']));
  });
});
