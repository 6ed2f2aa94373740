import { expect, it } from '@jest/globals';
import { createKnownObjects, type ObjectChange } from '../../src/cluster/known-objects.ts';

const object = (name: string, more: object = {}) => ({ metadata: { name, uid: name, resourceVersion: '1', ...more } });

it('takes what is missing in a new list for explained only where its deletion had been asked for', () => {
  const changes: ObjectChange[] = [];
  const known = createKnownObjects({ apiVersion: 'v1', kind: 'Thing' }, (change) => void changes.push(change));
  known.replace([object('vanished'), object('leaving'), object('stays')]);
  const leaving = { resourceVersion: '2', deletionTimestamp: '2026-01-01T00:00:00Z' };
  known.apply('MODIFIED', object('leaving', leaving));
  changes.length = 0;
  known.replace([object('stays')]);
  expect(changes.map(({ type, object: { metadata }, explained }) => [type, metadata?.name, explained])).toEqual([
    ['DELETED', 'vanished', false],
    ['DELETED', 'leaving', true],
  ]);
});
