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

it('keeps the earlier values of what an event says again', () => {
  const changes: ObjectChange[] = [];
  const known = createKnownObjects({ apiVersion: 'v1', kind: 'Thing' }, (change) => void changes.push(change));
  const spec = () => ({ spec: { list: [{ a: 1 }] }, status: { told: changes.length } });
  known.apply('ADDED', { ...object('one'), ...spec() });
  known.apply('MODIFIED', { ...object('one', { resourceVersion: '2' }), ...spec() });
  const [first, second] = changes.map(
    (change) => change.object as { readonly spec?: object; readonly status?: object },
  );
  expect(second).toEqual({
    ...object('one', { resourceVersion: '2' }),
    apiVersion: 'v1',
    kind: 'Thing',
    ...spec(),
    status: { told: 1 },
  });
  expect(second?.spec).toBe(first?.spec);
  expect(second?.status).not.toBe(first?.status);
});
