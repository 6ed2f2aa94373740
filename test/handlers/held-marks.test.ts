import { describe, expect, it } from '@jest/globals';
import { createReferences } from '../../src/cluster/references.ts';
import { createHeldMarks } from '../../src/handlers/held-marks.ts';
import type { MarkReason } from '../../src/handlers/marks.ts';
import { recordingSources } from './harness.ts';
import { gateway } from './objects.ts';

function start(pending: Set<string>) {
  const marks: [readonly string[], MarkReason, boolean][] = [];
  const references = createReferences();
  references.setGateway('a/gw', gateway('a/gw', { secrets: ['one', 'two'] }));
  references.setGateway('b/gw', gateway('b/gw'));
  const sink = {
    mark: (gateways: Iterable<string>, reason: MarkReason, explained: boolean) =>
      void marks.push([[...gateways], reason, explained]),
    markClass: () => undefined,
  };
  return { marks, held: createHeldMarks(sink, references, recordingSources(pending).sources) };
}

describe('held marks', () => {
  it('hold a Gateway until it is known whether each of its Secrets exists', () => {
    const pending = new Set(['a/one', 'a/two']);
    const { marks, held } = start(pending);
    held.mark(['a/gw', 'b/gw'], 'all', true);
    expect(marks).toEqual([[['b/gw'], 'all', true]]);
    pending.delete('a/one');
    held.release('Secret', 'a/one');
    expect(marks).toHaveLength(1);
    pending.delete('a/two');
    held.release('Secret', 'a/two');
    expect(marks).toEqual([
      [['b/gw'], 'all', true],
      [['a/gw'], 'all', true],
    ]);
    held.release('Secret', 'a/two');
    expect(marks).toHaveLength(2);
  });

  it('merge what they hold', () => {
    const pending = new Set(['a/one']);
    const { marks, held } = start(pending);
    held.mark(['a/gw'], ['x/s'], true);
    held.mark(['a/gw'], ['x/t'], false);
    pending.clear();
    held.release('Secret', 'a/one');
    expect(marks).toEqual([[['a/gw'], ['x/s', 'x/t'], false]]);
  });
});
