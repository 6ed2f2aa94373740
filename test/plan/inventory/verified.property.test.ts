/** A plan that looks at what has changed only is the plan that looks at everything. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createOutcome, isClean, isComplete, isDone, setOutcome, type Outcome } from '../../../src/apply/outcome.ts';
import { createChangeLog } from '../../../src/avi/change-log.ts';
import { keepUnchanged, replaceObjects } from '../../../src/loop/kept-objects.ts';
import type { InventoryObject } from '../../../src/plan/inventory/inventory.ts';
import type { Plan } from '../../../src/plan/operation.ts';
import { planGateway } from '../../../src/plan/plan-gateway.ts';
import { differenceSince, type Verified } from '../../../src/plan/inventory/verified.ts';
import { objectId, type AviObject, type DesiredState } from '../../../src/translate/desired.ts';
import { idsOfRoute, objectsById } from '../../../src/translate/desired-index.ts';
import { desired, identity, object, returned, schema } from '../fixtures.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const deletions = { explained: () => true, limits: { percent: 100, minimum: 0 }, confirmed: true };

/** A pool with a number that its content follows from; `c` names no Gateway. */
function pool(name: string, version: number): AviObject {
  const made = object(
    'pool',
    name,
    { cloud_config_cksum: String(version), description: String(version) },
    'ns/gw',
    name !== 'c',
  );
  return { ...made, origin: { gateway: 'ns/gw', route: `ns/${name < 'd' ? 'one' : 'two'}` } };
}

type Change =
  /** The desired state becomes this; the number is the version of each object. */
  | { readonly kind: 'want'; readonly versions: Readonly<Record<string, number>> }
  /** As a change of endpoints does it. */
  | { readonly kind: 'replace'; readonly name: string; readonly version: number }
  /** Somebody else does it on the controller. */
  | { readonly kind: 'tamper'; readonly name: string; readonly version: number }
  | { readonly kind: 'destroy'; readonly name: string };

const name = fc.constantFrom(...names);
const version = fc.nat(2);
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('want' as const), versions: fc.dictionary(name, version) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replace' as const), name, version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tamper' as const), name, version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), name }) },
);

/** The Gateway's lane, as far as it concerns plans. */
function createLane() {
  const objects = new Map<string, InventoryObject>();
  const changes = createChangeLog(40);
  const inventory = { objects, complete: true, changes };
  const context = { inventory, identity, schema };
  let state: DesiredState = desired([]);
  let outcome: Outcome | undefined;
  let verified: Verified | undefined;
  const set = (id: string, found: InventoryObject | undefined): void => {
    changes.note(id);
    if (found) objects.set(id, found);
    else objects.delete(id);
  };
  const carryOut = (plan: Plan, wanted: DesiredState, before: Outcome | undefined): Outcome => {
    const next = createOutcome(plan, wanted.objects, before);
    for (const id of plan.unchanged) {
      const found = objects.get(id);
      if (found) setOutcome(next, id, { state: 'unchanged', object: found });
    }
    for (const operation of plan.operations) {
      const written = wanted.objects.find((one) => objectId(one) === operation.id);
      set(operation.id, operation.verb === 'delete' || !written ? undefined : returned(written));
      setOutcome(next, operation.id, { state: 'done' });
    }
    return next;
  };
  return {
    objects,
    look() {
      const claimed = new Set<string>();
      const whole = planGateway(state, claimed, deletions, context);
      const difference = isClean(outcome) ? differenceSince(verified, state.objects, inventory) : undefined;
      const plan = planGateway(state, claimed, deletions, context, difference);
      const at = changes.now();
      outcome = carryOut(plan, state, difference ? outcome : undefined);
      verified = { objects: state.objects, at };
      return { whole, plan, isPartial: difference !== undefined };
    },
    want: (versions: Readonly<Record<string, number>>) => {
      const made = names.flatMap((one) => (versions[one] === undefined ? [] : [pool(one, versions[one])]));
      state = keepUnchanged(desired(made), state);
    },
    replace: (one: string, to: number) => {
      const next = replaceObjects(state, [pool(one, to)]);
      if (verified?.objects === state.objects) verified = { ...verified, objects: next.objects };
      // Its own plan writes it, which the next one looks at for its being noted.
      for (const made of next.objects) if (made.name === one) set(objectId(made), returned(made));
      state = next;
    },
    set,
    known: () => ({ state, outcome: outcome ?? new Map<string, never>() }),
  };
}

it('does the same, and knows the same of every object', () => {
  let partial = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(change, fc.boolean()), { minLength: 1, maxLength: 30 }), (all) => {
      const lane = createLane();
      for (const [one, isLookedAt] of all) {
        if (one.kind === 'want') lane.want(one.versions);
        else if (one.kind === 'replace') lane.replace(one.name, one.version);
        else
          lane.set(`pool admin/${one.name}`, one.kind === 'tamper' ? returned(pool(one.name, one.version)) : undefined);
        // What is marked before the lane begins is taken together.
        if (!isLookedAt && one.kind !== 'want') continue;
        const { whole, plan, isPartial } = lane.look();
        partial += Number(isPartial);
        expect(plan.operations).toEqual(whole.operations);
        expect(plan.refusals).toEqual(whole.refusals);
        const { state, outcome } = lane.known();
        expect([...objectsById(state.objects)].sort()).toEqual(
          state.objects.map((made) => [objectId(made), made]).sort(),
        );
        for (const route of ['ns/one', 'ns/two']) {
          const ids = state.objects.filter(({ origin }) => origin.route === route).map(objectId);
          expect(idsOfRoute(state.objects, 'HTTPRoute', route).toSorted()).toEqual(ids.toSorted());
        }
        expect(isComplete(outcome, state.objects)).toBe(
          state.objects.every((made) => isDone(outcome.get(objectId(made)))),
        );
        const deleted = plan.operations.filter(({ verb }) => verb === 'delete').map(({ id }) => id);
        expect([...outcome.keys()].filter((id) => !deleted.includes(id)).sort()).toEqual(
          state.objects.map(objectId).sort(),
        );
      }
    }),
    { seed: 6, numRuns: 300 },
  );
  expect(partial).toBeGreaterThan(300);
});

it('says when something failed, and when something is still missing', () => {
  const wanted = [pool('a', 1), pool('b', 1)];
  const plan: Plan = {
    operations: wanted.map((one) => ({
      verb: 'create',
      id: objectId(one),
      type: one.type,
      tenant: one.tenant,
      name: one.name,
      body: one.body,
      dependsOn: [],
      afterEffectOf: [],
    })),
    refusals: [],
    unchanged: [],
  };
  const outcome = createOutcome(plan, wanted);
  expect([isClean(outcome), isComplete(outcome, wanted)]).toEqual([true, false]);
  setOutcome(outcome, 'pool admin/a', { state: 'failed', message: 'no', retryable: true });
  setOutcome(outcome, 'pool admin/b', { state: 'done' });
  expect([isClean(outcome), isComplete(outcome, wanted)]).toEqual([false, false]);
  setOutcome(outcome, 'pool admin/a', { state: 'done' });
  expect([isClean(outcome), isComplete(outcome, wanted), isComplete(outcome, [pool('z', 1)])]).toEqual([
    true,
    true,
    false,
  ]);
});

it('forgets deletions and writes in between when the next plan begins', () => {
  const wanted = [pool('a', 1)];
  const id = 'pool admin/a';
  const base = { type: 'pool', tenant: 'admin', name: 'a', uuid: 'pool-1', dependsOn: [], afterEffectOf: [] } as const;
  const update = { ...base, verb: 'update', body: {}, changes: [] } as const;
  const plan: Plan = {
    operations: [
      { ...update, id: `${id}#claim`, stage: 'claim' },
      { ...update, id },
      { ...base, verb: 'delete', id: 'pool admin/z' },
    ],
    refusals: [],
    unchanged: [],
  };
  const outcome = createOutcome(plan, wanted);
  for (const operation of plan.operations) setOutcome(outcome, operation.id, { state: 'done' });
  const next = createOutcome({ operations: [], refusals: [], unchanged: [] }, wanted, outcome);
  expect([...next.keys()]).toEqual([id]);
  expect(isComplete(next, wanted)).toBe(true);
});
