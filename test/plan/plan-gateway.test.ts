import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultGuardLimits } from '../../src/plan/guard.ts';
import type { InventoryObject } from '../../src/plan/inventory/inventory.ts';
import type { Plan } from '../../src/plan/operation.ts';
import { planGateway, planObjects, planOrphans, type DeletionPolicy } from '../../src/plan/plan-gateway.ts';
import { claimsOf } from '../../src/plan/hand-over/claims.ts';
import { objectId, type AviObject, type JsonObject } from '../../src/translate/desired.ts';
import { applied, desired, identity, inventory, object, ref, returned, schema, uuidOf } from './fixtures.ts';

const explained: DeletionPolicy = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
const unexplained: DeletionPolicy = { ...explained, explained: () => false };
const nobody = new Set<string>();

const vsvip = object('vsvip', 'gw', { vip: [{ vip_id: '0', auto_allocate_ip: true }] }, 'ns/gw', false);
const cert = object(
  'sslkeyandcertificate',
  'cert',
  { certificate: { certificate: 'PEM' }, key: 'KEY' },
  'ns/gw',
  false,
);
const parent = object('virtualservice', 'gw', {
  type: 'VS_TYPE_VH_PARENT',
  vsvip_ref: ref('vsvip', 'gw'),
  ssl_key_and_certificate_refs: [ref('sslkeyandcertificate', 'cert')],
});
const pool = object('pool', 'p', { servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 }] });
const group = object('poolgroup', 'p', { members: [{ pool_ref: ref('pool', 'p'), ratio: 1 }] });
const child = (name: string, path: string): AviObject =>
  object('virtualservice', name, {
    type: 'VS_TYPE_VH_CHILD',
    vh_parent_vs_ref: ref('virtualservice', 'gw'),
    pool_group_ref: ref('poolgroup', 'p'),
    vh_matches: [
      { host: 'a.test', rules: [{ name: 'r', matches: { path: { match_criteria: 'EQUALS', match_str: [path] } } }] },
    ],
  });
const whole = [vsvip, cert, parent, pool, group, child('c', '/a')];

const plan = (
  objects: readonly AviObject[],
  existing: readonly InventoryObject[],
  policy = explained,
  complete = true,
): Plan =>
  planGateway(desired(objects), nobody, policy, { inventory: inventory(existing, complete), identity, schema });

const order = (result: Plan): readonly string[] =>
  result.operations.map((operation) => `${operation.verb} ${operation.type} ${operation.name}`);
const waitsFor = (result: Plan, id: string): readonly string[] =>
  result.operations.find((operation) => operation.id === id)?.dependsOn ?? [];

describe('planGateway', () => {
  it('creates everything after what it refers to', () => {
    const result = plan(whole, []);
    expect(waitsFor(result, objectId(parent))).toEqual([objectId(cert), objectId(vsvip)].sort());
    expect(waitsFor(result, objectId(group))).toEqual([objectId(pool)]);
    expect(waitsFor(result, objectId(child('c', '/a')))).toEqual([objectId(group), objectId(parent)].sort());
  });

  it('does nothing when nothing changed', () => {
    const result = plan(whole, whole.map(returned));
    expect(result.operations).toEqual([]);
    expect(result.unchanged).toHaveLength(whole.length);
  });

  it('deletes in reverse, also what names no Gateway in its markers', () => {
    const result = plan([], whole.map(returned));
    expect(order(result)).toHaveLength(whole.length);
    const at = (text: string): number => order(result).indexOf(text);
    expect(at('delete virtualservice c')).toBeLessThan(at('delete virtualservice gw'));
    expect(at('delete virtualservice gw')).toBeLessThan(at('delete vsvip gw'));
    expect(at('delete virtualservice gw')).toBeLessThan(at('delete sslkeyandcertificate cert'));
    expect(at('delete poolgroup p')).toBeLessThan(at('delete pool p'));
    const graces = result.operations.filter(({ afterEffectOf }) => afterEffectOf.length > 0).map(({ id }) => id);
    expect(graces.toSorted()).toEqual([objectId(group), objectId(cert), objectId(vsvip)].toSorted());
  });

  it('deletes what an update drops only after that update', () => {
    const other = object('sslkeyandcertificate', 'new', { certificate: { certificate: 'PEM2' } }, 'ns/gw', false);
    const repointed = object('virtualservice', 'gw', {
      ...parent.body,
      ssl_key_and_certificate_refs: [ref('sslkeyandcertificate', 'new')],
    });
    const result = plan([vsvip, other, repointed, pool, group, child('c', '/a')], whole.map(returned));
    expect(order(result)).toEqual([
      'create sslkeyandcertificate new',
      'update virtualservice gw',
      'delete sslkeyandcertificate cert',
    ]);
    expect(waitsFor(result, objectId(cert))).toEqual([objectId(parent)]);
  });

  it('moves a path to its new child before the old one lets go', () => {
    const [before, after] = [child('old', '/a'), child('new', '/a')];
    const existing = [vsvip, cert, parent, pool, group, before].map(returned);
    const moved = plan([vsvip, cert, parent, pool, group, after], existing);
    expect(order(moved)).toEqual(['create virtualservice new', 'delete virtualservice old']);
    expect(waitsFor(moved, objectId(before))).toEqual([objectId(after)]);
    expect(moved.operations.map(({ afterEffectOf }) => afterEffectOf)).toEqual([[], [objectId(after)]]);
    const swapped = plan([vsvip, cert, parent, pool, group, child('old', '/b'), after], existing);
    expect(waitsFor(swapped, objectId(before))).toEqual([objectId(after)]);
  });

  it('tells the parent of a narrower host before a child claims it, and lets it forget after the child has gone', () => {
    const wildcard = { match: { host_hdr: { match_criteria: 'HDR_ENDS_WITH', value: ['.test'] } } };
    const policy = (...rules: readonly JsonObject[]): AviObject =>
      object('httppolicyset', 'gw', { http_request_policy: { rules } });
    const [plain, full] = [policy({ name: 'last' }), policy({ name: 'wild', ...wildcard }, { name: 'last' })];
    const one = child('c', '/a');
    const id = objectId(plain);
    const grown = plan([full, parent, group, pool, one], [plain, parent, group, pool].map(returned));
    expect(grown.operations.find((operation) => operation.id === objectId(one))?.afterEffectOf).toEqual([
      `${id}#prepare`,
    ]);

    const shrunk = planGateway(
      { ...desired([plain, parent, group, pool]), wideParentPolicy: full.body },
      nobody,
      explained,
      { inventory: inventory([full, parent, group, pool, one].map(returned)), identity, schema },
    );
    expect(order(shrunk)).toEqual(['update httppolicyset gw', 'delete virtualservice c', 'update httppolicyset gw']);
    const [keeping, , forgetting] = shrunk.operations;
    expect(keeping).toMatchObject({ id: `${id}#keep`, body: { http_request_policy: { rules: [wildcard, {}] } } });
    expect(forgetting).toMatchObject({ id, afterEffectOf: [objectId(one)] });
  });

  it('answers for a wildcard as before while hosts begin to have rules, and as after while hosts end to have them', () => {
    const wildcard = (pools: string): JsonObject => ({
      match: { host_hdr: { match_criteria: 'HDR_ENDS_WITH', value: ['.test'] } },
      switching_action: { action: 'HTTP_SWITCHING_SELECT_POOLGROUP', pool_group_ref: ref('poolgroup', pools) },
    });
    const policy = (...rules: readonly JsonObject[]): AviObject =>
      object('httppolicyset', 'gw', { http_request_policy: { rules: [...rules, { name: 'last' }] } });
    const own = (name: string): AviObject =>
      object('poolgroup', name, { members: [{ pool_ref: ref('pool', 'p'), ratio: 1 }] });
    const [old, next] = [own('old'), own('new')];
    const wild = (name: string): AviObject => {
      const { body } = child('wild', '/');
      return object('virtualservice', 'wild', {
        ...(JSON.parse(JSON.stringify(body).replace('a.test', '*.test')) as JsonObject),
        pool_group_ref: ref('poolgroup', name),
      });
    };
    const one = child('c', '/a');
    const stages = (before: readonly AviObject[], after: readonly AviObject[]): unknown =>
      planGateway({ ...desired(after), wideParentPolicy: policy(wildcard('new')).body }, nobody, explained, {
        inventory: inventory(before.map(returned)),
        identity,
        schema,
        previous: { wideParentPolicy: policy(wildcard('old')).body },
      }).operations.flatMap((operation) =>
        operation.type === 'httppolicyset' && operation.verb === 'update'
          ? [[operation.stage, JSON.stringify(operation.body.http_request_policy).match(/name=(old|new)/)?.[1]]]
          : [],
      );
    const without = [policy(), parent, pool];
    expect(stages([...without, old, wild('old')], [...without, next, wild('new'), one, group])).toEqual([
      ['prepare', 'old'],
      ['restore', undefined],
    ]);
    expect(stages([...without, old, wild('old'), one, group], [...without, next, wild('new')])).toEqual([
      ['keep', 'new'],
      ['restore', undefined],
    ]);
  });

  describe('a child that takes requests over', () => {
    const policy = object('httppolicyset', 'gw', { http_request_policy: { rules: [{ name: 'last' }] } });
    const monitored = (name: string): AviObject =>
      object('pool', name, { ...pool.body, name, health_monitor_refs: [ref('healthmonitor', 'System-TCP')] });
    const own = object('poolgroup', 'new', { members: [{ pool_ref: ref('pool', 'new'), ratio: 1 }] });
    const deep = child('deep', '/a/b');
    const taker = { ...deep, body: { ...deep.body, pool_group_ref: ref('poolgroup', 'new') } };
    const wide = object('virtualservice', 'wide', { ...child('wide', '/').body, name: 'wide' });
    const begins = JSON.parse(JSON.stringify(wide).replace('EQUALS', 'BEGINS_WITH')) as AviObject;
    const kept = [policy, parent, group, monitored('p'), begins];
    const desired = [...kept, monitored('new'), own, taker];

    it('has its pools in use before', () => {
      const result = plan(desired, kept.map(returned));
      expect(result.operations.map(({ id, afterEffectOf }) => [id, afterEffectOf])).toEqual([
        [objectId(monitored('new')), []],
        [objectId(own), []],
        [`${objectId(policy)}#warm`, []],
        [objectId(taker), [`${objectId(policy)}#warm`]],
        [`${objectId(policy)}#restore`, [objectId(taker)]],
      ]);
      expect(result.operations[2]).toMatchObject({
        warms: [objectId(monitored('new'))],
        body: {
          http_request_policy: {
            rules: [
              { name: 'rule-1' },
              {
                match: { host_hdr: { value: ['warm-up.invalid'] } },
                switching_action: { pool_group_ref: ref('poolgroup', 'new') },
              },
            ],
          },
        },
      });
    });

    it('has them checked again where a plan ended before that was waited for', () => {
      const warm = plan(desired, kept.map(returned)).operations.find(({ stage }) => stage === 'warm');
      const { body } = warm as { readonly body: JsonObject };
      const left = [{ ...policy, body }, ...kept.slice(1), monitored('new'), own].map(returned);
      const { operations } = plan(desired, left);
      expect(operations.map(({ id, afterEffectOf }) => [id, afterEffectOf])).toEqual([
        [`${objectId(policy)}#warm`, []],
        [objectId(taker), [`${objectId(policy)}#warm`]],
        [objectId(policy), [objectId(taker)]],
      ]);
      expect(operations[0]).toMatchObject({
        warms: [objectId(monitored('new'))],
        body: { http_request_policy: body.http_request_policy },
      });
    });
  });

  it('changes a pool group only when what served from it for other requests does so no more', () => {
    const next = object('pool', 'q', pool.body);
    const swapped = object('poolgroup', 'p', { members: [{ pool_ref: ref('pool', 'q'), ratio: 1 }] });
    const [gone, stays] = [child('gone', '/a'), child('stays', '/b')];
    const existing = [parent, pool, group, gone, stays].map(returned);
    const result = plan([parent, pool, next, swapped, stays], existing);
    const update = result.operations.find(({ id }) => id === objectId(group));
    expect(update?.afterEffectOf).toEqual([objectId(gone)]);
  });

  it('lets two children that swap their paths have both for a while', () => {
    const [a, b] = [child('a', '/a'), child('b', '/b')];
    const result = plan(
      [parent, group, pool, child('a', '/b'), child('b', '/a')],
      [parent, group, pool, a, b].map(returned),
    );
    const [first, second] = [`${objectId(a)}#claim`, `${objectId(b)}#claim`];
    expect(result.operations.map(({ id, afterEffectOf }) => [id, afterEffectOf])).toEqual([
      [first, []],
      [second, []],
      [objectId(a), [first, second]],
      [objectId(b), [first, second]],
    ]);
    expect(
      result.operations
        .slice(0, 2)
        .map(
          (operation) =>
            operation.verb === 'update' && [...claimsOf(operation.body).values()].map(({ value }) => value),
        ),
    ).toEqual([
      ['/b', '/a'],
      ['/a', '/b'],
    ]);
  });

  it('refuses to touch a foreign object under a wanted name, and lets what needs it wait', () => {
    const foreign = returned(object('pool', 'p', { created_by: 'somebody' }));
    const result = plan(whole, [foreign]);
    expect(result.refusals).toMatchObject([{ id: objectId(pool), reason: 'Foreign' }]);
    expect(result.operations.some((operation) => operation.id === objectId(pool))).toBe(false);
    expect(waitsFor(result, objectId(group))).toEqual([objectId(pool)]);
  });

  it('deletes nothing while the inventory is incomplete', () => {
    const result = plan([], whole.map(returned), explained, false);
    expect(result.operations).toEqual([]);
    expect(result.refusals.every((refusal) => refusal.reason === 'IncompleteInventory')).toBe(true);
  });

  it('leaves what another Gateway has or wants', () => {
    const theirs = object('pool', 'theirs', {}, 'other/gw');
    const shared = object('pool', 'shared');
    const context = { inventory: inventory([theirs, shared].map(returned)), identity, schema };
    const result = planGateway(desired([]), new Set([objectId(shared)]), explained, context);
    expect(result.operations).toEqual([]);
  });

  it('writes only what changed when it compares some objects', () => {
    const grown = object('pool', 'p', { servers: [{ ip: { addr: '10.0.0.2', type: 'V4' }, port: 80 }] });
    const result = planObjects([grown], { inventory: inventory(whole.map(returned)), identity, schema });
    expect(result.operations).toMatchObject([
      { verb: 'update', uuid: uuidOf('pool', 'p'), changes: [{ path: 'servers[0]' }, { path: 'servers[-]' }] },
    ]);
  });
});

describe('the guard against mass deletion', () => {
  const many = Array.from({ length: 40 }, (_, index) => object('pool', `p${index}`, {}, `ns/g${index}`));
  const orphans = (count: number, policy: DeletionPolicy) =>
    planOrphans(new Set(many.slice(count).map(objectId)), policy, {
      inventory: inventory(many.map(returned)),
      identity,
      schema,
    });

  it('holds unexplained deletions above the share and the minimum', () => {
    expect(orphans(12, unexplained).operations).toHaveLength(12); // 30 % of 40
    const held = orphans(13, unexplained);
    expect(held.operations).toEqual([]);
    expect(held.refusals).toHaveLength(13);
    expect(held.refusals[0]).toMatchObject({ reason: 'HeldDeletion' });
  });

  it('lets explained and confirmed ones through', () => {
    expect(orphans(40, explained).operations).toHaveLength(40);
    expect(orphans(40, { ...unexplained, confirmed: true }).operations).toHaveLength(40);
  });

  it('does not hold a handful', () => {
    const few = many.slice(0, 10);
    const context = { inventory: inventory(few.map(returned)), identity, schema };
    expect(planOrphans(nobody, unexplained, context).operations).toHaveLength(10);
  });
});

/** Arbitrary small worlds: pools, groups over them and children over the groups, some of them there already. */
const worlds = fc
  .record({
    pools: fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }),
    groups: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
      maxLength: 5,
      selector: ([name]) => name,
    }),
    children: fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('/a', '/b', '/c')), {
      maxLength: 4,
      selector: ([name]) => name,
    }),
  })
  .map(({ pools, groups, children }) => [
    object('virtualservice', 'gw', { type: 'VS_TYPE_VH_PARENT' }),
    ...pools.map((n) => object('pool', `p${n}`)),
    ...groups.map(([n, target]) =>
      object('poolgroup', `g${n}`, { members: [{ pool_ref: ref('pool', `p${target}`) }] }),
    ),
    ...children.map(([n, path]) => child(`c${n}`, path)),
  ]);

describe('properties', () => {
  it('a plan, once applied, leaves nothing to do', () => {
    fc.assert(
      fc.property(worlds, worlds, (before, after) => {
        const existing = inventory(before.map(returned));
        const context = { inventory: existing, identity, schema };
        const first = planGateway(desired(after), nobody, explained, context);
        const second = planGateway(desired(after), nobody, explained, {
          ...context,
          inventory: applied(existing, first.operations, after),
        });
        expect(second.operations).toEqual([]);
        expect(second.unchanged).toHaveLength(after.length);
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('every operation comes after those that it depends on, so there is no cycle', () => {
    fc.assert(
      fc.property(worlds, worlds, (before, after) => {
        const done = new Set<string>();
        for (const operation of plan(after, before.map(returned)).operations) {
          for (const id of operation.dependsOn) expect(done.has(id)).toBe(true);
          done.add(operation.id);
        }
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('does not depend on the order of the objects', () => {
    fc.assert(
      fc.property(worlds, worlds, (before, after) => {
        const forward = plan(after, before.map(returned));
        const backward = plan(after.toReversed(), before.toReversed().map(returned));
        expect(backward.operations).toEqual(forward.operations);
      }),
      { seed: 9, numRuns: 200 },
    );
  });

  it('never touches what is foreign', () => {
    const strip = (item: InventoryObject, how: number): InventoryObject => {
      const { created_by: user, markers, ...rest } = item.body;
      if (how === 0)
        return { ...item, body: { ...rest, ...(markers !== undefined && { markers }), created_by: 'somebody' } };
      return { ...item, body: { ...rest, ...(user !== undefined && { created_by: user }), markers: [] } };
    };
    fc.assert(
      fc.property(worlds, worlds, fc.constantFrom(0, 1), (before, after, how) => {
        const foreign = new Set(before.map(objectId));
        const result = plan(
          after,
          before.map((item) => strip(returned(item), how)),
        );
        expect(result.operations.filter((operation) => foreign.has(operation.id))).toEqual([]);
      }),
      { seed: 10, numRuns: 200 },
    );
  });
});
