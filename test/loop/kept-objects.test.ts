import { describe, expect, it } from '@jest/globals';
import { keepUnchanged, replaceObjects } from '../../src/loop/kept-objects.ts';
import type { AviObject, DesiredState } from '../../src/translate/desired.ts';

function object(name: string, checksum: string | undefined, route = 'default/a', type: AviObject['type'] = 'pool') {
  const body = { name, ...(checksum !== undefined && { cloud_config_cksum: checksum }) };
  return { type, tenant: 'admin', name, body, origin: { gateway: 'default/gw', route } } satisfies AviObject;
}

function state(...objects: readonly AviObject[]): DesiredState {
  return { gateway: 'default/gw', tenant: 'admin', objects };
}

describe('a new translation', () => {
  it('keeps the values of objects that are as they were, among others that come and go', () => {
    const before = state(object('a', '1'), object('b', '2'), object('c', '3'), object('e', '5'));
    const next = state(object('b', '2'), object('c', 'other'), object('d', '4'), object('e', '5'));
    const kept = keepUnchanged(next, before);
    expect(kept).toEqual(next);
    expect(kept.objects.map((one) => before.objects.includes(one))).toEqual([true, false, false, true]);
  });

  it('takes objects that exist for another route, are of another tenant or have no checksum as new', () => {
    const before = state(object('a', '1'), object('b', undefined));
    const next = state(object('a', '1', 'default/b'), object('b', undefined));
    expect(keepUnchanged(next, before).objects.map((one) => before.objects.includes(one))).toEqual([false, false]);
    expect(keepUnchanged({ ...before, tenant: 'blue' }, before).tenant).toBe('blue');
    expect(keepUnchanged(next, undefined)).toBe(next);
  });
});

describe('replaced objects', () => {
  it('stand where those of the same type and name stood; others are left out', () => {
    const before = state(object('a', '1'), object('b', '2'), object('a', '3', 'default/a', 'poolgroup'));
    const pool = object('b', 'new');
    const replaced = replaceObjects(before, [pool, object('unknown', '9')]);
    expect(replaced.objects).toEqual([before.objects[0], pool, before.objects[2]]);
    expect(before.objects[1]).not.toBe(pool);
  });
});
