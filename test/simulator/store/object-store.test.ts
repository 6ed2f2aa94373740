import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { referencedUuids } from '../../../src/simulator/store/references.ts';
import { createObjectStore, typeOf, type ObjectStore } from '../../../src/simulator/store/object-store.ts';
import type { StoreChange, StoredObject } from '../../../src/simulator/store/types.ts';
import { createFixture } from './fixture.ts';

const { catalogue } = createFixture().store;

function pool(name: string): StoredObject {
  return { type: 'pool', uuid: `pool-${name}`, tenant: 'admin', name, lastModified: '1', body: { name } };
}

function group(name: string, members: readonly string[]): StoredObject {
  const body = { name, members: members.map((member) => ({ pool_ref: `/api/pool/pool-${member}` })) };
  return { type: 'poolgroup', uuid: `poolgroup-${name}`, tenant: 'admin', name, lastModified: '1', body };
}

/** Who refers to an object, by looking at everything. */
function scan(store: ObjectStore, uuid: string): readonly string[] {
  const found = [...store.all()].filter((object) =>
    referencedUuids(object.body, typeOf(store, object).shape).has(uuid),
  );
  return found.map((object) => object.uuid).sort();
}

describe('the object store', () => {
  it('tells listeners of each commit until they leave', () => {
    const store = createObjectStore(catalogue);
    const seen: string[] = [];
    const leave = store.subscribe((change) =>
      seen.push(`${change.kind} ${change.object.name} ${change.previous?.name ?? '-'}`),
    );
    store.put(pool('a'));
    store.put({ ...pool('a'), name: 'b' });
    store.remove('pool-a');
    leave();
    store.put(pool('c'));
    expect(seen).toEqual(['created a -', 'updated b a', 'deleted b b']);
  });

  it('runs a transaction as one: silent until its end, undone by an error', () => {
    const store = createObjectStore(catalogue);
    store.put(pool('kept'));
    store.put(group('g', ['kept']));
    const before = JSON.stringify([...store.all()]);
    const seen: StoreChange[] = [];
    store.subscribe((change) => seen.push(change));
    expect(() =>
      store.transaction(() => {
        store.put(pool('new'));
        store.put(group('g', ['new']));
        store.remove('pool-kept');
        expect(seen).toEqual([]);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(seen).toEqual([]);
    expect(store.list('pool').map((object) => object.name)).toEqual(['kept']);
    expect(store.referrers('pool-kept').map((object) => object.name)).toEqual(['g']);
    expect(JSON.stringify([...store.all()].sort((left, right) => (left.uuid < right.uuid ? 1 : -1)))).toHaveLength(
      before.length,
    );
    store.transaction(() => [store.put(pool('x')), store.put(pool('y'))]);
    expect(seen.map((change) => change.object.name)).toEqual(['x', 'y']);
  });

  it('has strictly growing time stamps even when the clock stands', () => {
    const store = createObjectStore(catalogue, () => 5);
    expect([store.nextTimestamp(), store.nextTimestamp(), store.nextTimestamp()]).toEqual(['5000', '5001', '5002']);
  });

  it('keeps its indexes equal to a full scan, whatever happens', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({ put: fc.constant('pool'), name: names, members: fc.constant([]) }),
      fc.record({ put: fc.constant('group'), name: names, members: fc.array(names, { maxLength: 3 }) }),
      fc.record({ put: fc.constant('nothing'), name: names, members: fc.constant([]) }),
    );
    fc.assert(
      fc.property(fc.array(fc.record({ step, fails: fc.boolean() }), { maxLength: 25 }), (steps) => {
        const store = createObjectStore(catalogue);
        for (const { step: entry, fails } of steps) {
          try {
            store.transaction(() => {
              if (entry.put === 'pool') store.put(pool(entry.name));
              else if (entry.put === 'group') store.put(group(entry.name, entry.members));
              else store.remove(`poolgroup-${entry.name}`);
              if (fails) throw new Error('undo');
            });
          } catch {
            continue;
          }
        }
        for (const name of ['a', 'b', 'c']) {
          expect(
            store
              .referrers(`pool-${name}`)
              .map((object) => object.uuid)
              .sort(),
          ).toEqual(scan(store, `pool-${name}`));
          expect(store.named('pool', name)).toEqual(store.list('pool').filter((object) => object.name === name));
        }
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
