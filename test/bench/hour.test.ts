import { describe, expect, it } from '@jest/globals';
import { changesEach, minuteOfChanges, type Change } from './hour.ts';

const minutes = 60;
const hour = Array.from({ length: minutes }, (_, minute) => minuteOfChanges(minute, minutes, 100));
const nameOf = (change: Change) => (change.verb === 'rotate' ? '' : change.manifest.metadata.name);
const routes = (changes: readonly Change[], verb: Change['verb']) =>
  changes.filter((change) => change.verb === verb).map(nameOf);

describe('the hour of changes', () => {
  it('has one a second, of different objects in each minute', () => {
    expect(hour.slice(1, -1).map((changes) => changes.length)).toEqual(Array(minutes - 2).fill(changesEach));
    expect(changesEach).toBe(60);
    for (const changes of hour) {
      const keys = changes.map((change) => `${change.verb === 'endpoints' ? 'endpoints' : 'route'} ${nameOf(change)}`);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it('leaves as many routes as there were, and the first as it was', () => {
    const extras = new Set<string>();
    for (const changes of hour) {
      for (const name of routes(changes, 'remove')) expect(extras.delete(name)).toBe(true);
      for (const name of routes(changes, 'apply')) if (name >= 'app-00200') extras.add(name);
    }
    expect(extras.size).toBe(0);
    expect(hour.flatMap((changes) => routes(changes, 'apply'))).not.toContain('app-00000');
  });

  it.each([50, 100, 1000, 5000])('changes endpoints each time to others, of %i Services in turn', (count) => {
    const sizes = new Map<string, number>();
    const changes = hour.flatMap((_, minute) => minuteOfChanges(minute, minutes, count));
    for (const change of changes) {
      if (change.verb !== 'endpoints') continue;
      const size = (change.manifest.endpoints as readonly unknown[]).length;
      expect(size).not.toBe(sizes.get(nameOf(change)) ?? 3);
      sizes.set(nameOf(change), size);
    }
    expect(sizes.size).toBe(Math.min(count, 2400));
  });
});
