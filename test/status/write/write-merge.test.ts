import { describe, expect, it } from '@jest/globals';
import { keepForeign, mergePatch } from '../../../src/status/write-merge.ts';
import type { StatusUpdate } from '../../../src/status/update.ts';

const ours = 'ako.vmware.com/avi-lb';
const update = (kind: StatusUpdate['kind'], status: Readonly<Record<string, unknown>>): StatusUpdate => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind,
  metadata: { namespace: 'a', name: 'n' },
  status,
});

describe('a status put onto a newer object', () => {
  it('leaves entries and conditions where they are, so that two writers never fight over their order', () => {
    const entry = (controllerName: string, name: string, status = 'True') => ({
      controllerName,
      parentRef: { name, kind: 'Gateway' },
      conditions: [{ type: 'Accepted', status }],
    });
    const stored = (name: string) => ({ ...entry(ours, name, 'False'), parentRef: { kind: 'Gateway', name } });
    const current = { parents: [stored('a'), entry('example.com/other', 'x'), stored('gone')] };
    const computed = update('HTTPRoute', { parents: [entry(ours, 'b'), entry(ours, 'a')] });
    expect(keepForeign(computed, current, ours)).toEqual({
      parents: [entry(ours, 'a'), entry('example.com/other', 'x'), entry(ours, 'b')],
    });
    const conditions = [{ type: 'Theirs' }, { type: 'Accepted', status: 'False' }, { type: 'AlsoTheirs' }];
    const accepted = { type: 'Accepted', status: 'True' };
    expect(keepForeign(update('HostRule', { conditions: [accepted] }), { conditions }, ours)).toEqual({
      conditions: [{ type: 'Theirs' }, accepted, { type: 'AlsoTheirs' }],
    });
  });

  it('keeps the parents of other controllers as they are now, and ours as computed', () => {
    const computed = update('HTTPRoute', {
      parents: [
        { controllerName: 'other', parentRef: { name: 'old' } },
        { controllerName: ours, parentRef: { name: 'gw' }, conditions: [] },
      ],
    });
    const current = {
      parents: [
        { controllerName: 'other', parentRef: { name: 'new' } },
        { controllerName: ours, parentRef: { name: 'left' } },
      ],
    };
    expect(keepForeign(computed, current, ours)).toEqual({
      parents: [
        { controllerName: 'other', parentRef: { name: 'new' } },
        { controllerName: ours, parentRef: { name: 'gw' }, conditions: [] },
      ],
    });
  });

  it('keeps conditions of types that are not ours', () => {
    const computed = update('Gateway', {
      conditions: [
        { type: 'Accepted', status: 'True' },
        { type: 'x/Y', status: 'old' },
      ],
    });
    const current = {
      conditions: [
        { type: 'Accepted', status: 'Unknown' },
        { type: 'x/Y', status: 'new' },
      ],
    };
    expect(keepForeign(computed, current, ours)).toEqual({
      conditions: [
        { type: 'Accepted', status: 'True' },
        { type: 'x/Y', status: 'new' },
      ],
    });
  });

  it('works on an object without a status', () => {
    expect(keepForeign(update('HTTPRoute', { parents: [] }), undefined, ours)).toEqual({ parents: [] });
    expect(mergePatch(undefined, { a: 1 })).toEqual({ a: 1 });
  });

  it('takes away what is gone, by null, as a merge patch does', () => {
    expect(mergePatch({ addresses: [], conditions: [] }, { conditions: [1] })).toEqual({
      addresses: null,
      conditions: [1],
    });
  });
});
