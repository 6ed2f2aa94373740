import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultGuardLimits } from '../../src/plan/guard.ts';
import type { InventoryObject } from '../../src/plan/inventory.ts';
import type { Plan } from '../../src/plan/operation.ts';
import { planGateway, planObjects, planOrphans, type DeletionPolicy } from '../../src/plan/plan-gateway.ts';
import { objectId, type AviObject } from '../../src/translate/desired.ts';
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

  it('tells the parent of a new host before a child claims it, and lets it forget after the child has gone', () => {
    const policy = (size: number): AviObject =>
      object('httppolicyset', 'gw', { http_request_policy: { rules: [{ name: 'r', index: size }] } });
    const [one, two] = [child('c', '/a'), child('d', '/a')];
    const grown = plan([policy(2), parent, group, pool, one], [policy(1), parent, group, pool].map(returned));
    const creation = grown.operations.find(({ id }) => id === objectId(one));
    expect(creation?.afterEffectOf).toEqual([objectId(policy(1))]);

    const shrunk = plan([policy(1), parent, group, pool], [policy(2), parent, group, pool, two].map(returned));
    const forgetting = shrunk.operations.find(({ id }) => id === objectId(policy(1)));
    expect(forgetting?.afterEffectOf).toEqual([objectId(two)]);
  });

  it('survives two children that swap their paths', () => {
    const [a, b] = [child('a', '/a'), child('b', '/b')];
    const result = plan(
      [parent, group, pool, child('a', '/b'), child('b', '/a')],
      [parent, group, pool, a, b].map(returned),
    );
    expect(order(result).toSorted()).toEqual(['update virtualservice a', 'update virtualservice b']);
    expect(result.operations.flatMap((operation) => operation.dependsOn)).toHaveLength(1);
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
