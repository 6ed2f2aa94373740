import { describe, expect, it } from '@jest/globals';
import { macroBody, macroGraphs } from '../../src/apply/macro-graph.ts';
import { defaultGuardLimits } from '../../src/plan/guard.ts';
import { planGateway } from '../../src/plan/plan-gateway.ts';
import { objectId, type AviObject } from '../../src/translate/desired.ts';
import { objectsById } from '../../src/translate/desired-index.ts';
import { desired, identity, object, ref, schema } from '../plan/fixtures.ts';

const pool = object('pool', 'p');
const shared = object('pool', 'shared');
const group = object('poolgroup', 'g', { members: [{ pool_ref: ref('pool', 'p'), ratio: 3 }] });
const parent = object('virtualservice', 'parent', { type: 'VS_TYPE_VH_PARENT' });
const child = object('virtualservice', 'c', {
  type: 'VS_TYPE_VH_CHILD',
  vh_parent_vs_ref: ref('virtualservice', 'parent'),
  pool_group_ref: ref('poolgroup', 'g'),
});
const policy = object('httppolicyset', 'c', {
  http_request_policy: { rules: [{ switching_action: { pool_group_ref: ref('poolgroup', 'g') } }] },
});

function graphs(objects: readonly AviObject[]) {
  const deletions = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
  const inventory = { objects: new Map(), complete: true };
  const plan = planGateway(desired(objects), new Set(), deletions, { inventory, identity, schema });
  return macroGraphs(plan.operations, objectsById(objects));
}

describe('the graphs of a plan', () => {
  it('are a child, its pool group and its pools, behind what they wait for', () => {
    const found = graphs([pool, group, parent, child]);
    expect([...found.keys()].sort()).toEqual([pool, group, child].map(objectId).sort());
    expect(new Set(found.values()).size).toBe(1);
    expect(found.get(objectId(pool))).toMatchObject({
      ids: [pool, group, child].map(objectId),
      dependsOn: [objectId(parent)],
    });
  });

  it('leave a pool group alone that something else waits for', () => {
    expect(graphs([pool, group, parent, child, policy]).size).toBe(0);
  });

  it('leave a pool alone that two pool groups have, or one has twice', () => {
    const more = object('poolgroup', 'more', { members: [{ pool_ref: ref('pool', 'shared') }] });
    const both = object('poolgroup', 'g', {
      members: [{ pool_ref: ref('pool', 'p') }, { pool_ref: ref('pool', 'shared') }],
    });
    expect(graphs([pool, shared, both, more, parent, child]).size).toBe(0);
    const twice = object('poolgroup', 'g', {
      members: [{ pool_ref: ref('pool', 'p') }, { pool_ref: ref('pool', 'p') }],
    });
    expect(graphs([pool, twice, parent, child]).size).toBe(0);
  });

  it('are none without a child', () => {
    const plain = { ...child, body: { ...child.body, type: 'VS_TYPE_NORMAL' } };
    expect(graphs([pool, group, parent, plain]).size).toBe(0);
  });

  it('nest bodies where the references to them were, and keep the others', () => {
    const graph = graphs([pool, group, parent, child]).get(objectId(child));
    expect(graph && macroBody(graph)).toEqual({
      model_name: 'VirtualService',
      data: {
        ...without(child, 'pool_group_ref'),
        pool_group_ref_data: { ...without(group, 'members'), members: [{ ratio: 3, pool_ref_data: pool.body }] },
      },
    });
  });
});

function without({ body }: AviObject, field: string) {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));
}
