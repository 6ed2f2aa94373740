import { expect, it } from '@jest/globals';
import { createChangeLog } from '../../src/avi/change-log.ts';

it('says what changed since a moment, as long as it remembers', () => {
  const log = createChangeLog(2);
  const begin = log.now();
  log.note('a');
  const moment = log.now();
  log.note('b');
  log.note('b');
  expect(log.since(begin)).toEqual(new Set(['a', 'b']));
  expect(log.since(moment)).toEqual(new Set(['b']));
  expect(log.since(log.now())).toEqual(new Set());
  for (const id of ['c', 'd', 'e']) log.note(id);
  expect(log.since(begin)).toBeUndefined();
  expect(log.since(log.now() - 2)).toEqual(new Set(['d', 'e']));
});

it('knows nothing of the time before everything may have changed', () => {
  const log = createChangeLog();
  const begin = log.now();
  log.reset();
  expect(log.since(begin)).toBeUndefined();
  expect(log.since(log.now())).toEqual(new Set());
});
