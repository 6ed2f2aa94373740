import { describe, expect, it } from '@jest/globals';
import { createObjectMemory } from '../../../src/status/write-memory.ts';

describe('memory by object', () => {
  it('forgets objects that no longer exist, and only those', () => {
    const alive = new Set<string>();
    const memory = createObjectMemory<number>((id) => alive.has(id), 4);
    for (let number = 0; number < 100; number += 1) {
      alive.add(`o${number}`);
      memory.set(`o${number}`, number);
      alive.delete(`o${number - 2}`);
    }
    expect(memory.size()).toBeLessThanOrEqual(8);
    expect(memory.get('o99')).toBe(99);
    expect(memory.get('o98')).toBe(98);
  });

  it('keeps all that exist, however many', () => {
    const memory = createObjectMemory<number>(() => true, 4);
    for (let number = 0; number < 100; number += 1) memory.set(`o${number}`, number);
    expect(memory.size()).toBe(100);
    memory.delete('o5');
    expect(memory.get('o5')).toBeUndefined();
  });
});
