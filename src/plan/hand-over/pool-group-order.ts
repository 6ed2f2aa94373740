/**
 * A rule that moves may take its name, and so its pool group, along: the pool group is changed only when nothing serves
 * the rule's former requests from it any more, and its new requests begin after that.
 */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import type { Precedence } from './claim-order.ts';
import type { Inventory, InventoryObject } from '../inventory/inventory.ts';
import type { World } from './plan-world.ts';
import { parseRef, referredIds, refsIn } from '../refs.ts';
import { ruleText } from './rule-text.ts';
import type { Step } from '../step.ts';

/** As for a child's own objects: a wrong rule for a moment. */
const weight = 3;
/** Less than that, since it is of fewer requests, and more than the parent's policy set, which answers few. */
const newUseWeight = 4;
/**
 * A child of another rule, whose list led to this one: what it lets go of comes to the rule's own child for the most part,
 * and so to the same pool group.
 */
const otherUseWeight = 4;

/**
 * Writes that stop using a pool group go before its change.
 *
 * @param between writes of the same plan that are not an object's last.
 */
export function poolGroupPrecedences(
  { byId, inventory, usersOf }: World,
  between: readonly Step[],
): readonly Precedence[] {
  const changed = [...byId.values()].filter((step) => hasOtherPools(step, inventory));
  if (changed.length === 0) return [];
  const changedIds = new Set(changed.map(({ id }) => id));
  const policies = between.filter(({ type, stage }) => type === 'httppolicyset' && stage === 'keep');
  const taken = [...byId.values(), ...policies].flatMap((step) => newUses(step, changedIds, inventory));
  const dropped = changed.flatMap(({ id: then }) =>
    usersOf(then)
      .filter((user) => !isKept(user, then, between) && !isTakenOver(user, then, byId))
      .flatMap((user) =>
        droppersOf(user, then, byId, usersOf).map((first): Precedence => ({
          first,
          then,
          weight: user.name === nameOf(then) ? weight : otherUseWeight,
        })),
      ),
  );
  const crossing = changed.flatMap((step) => usersOf(step.id).flatMap((user) => sharedUses(user, step.id, byId)));
  return [...dropped, ...taken, ...crossing];
}

/** Whether the user uses the pool group in between as it will be used after the plan. */
function isKept(user: InventoryObject, group: string, between: readonly Step[]): boolean {
  const id = objectId(user);
  return between.some(
    (step) =>
      step.stage === 'keep' &&
      step.verb === 'update' &&
      objectId(step) === id &&
      referredIds(step.tenant, step.body).includes(group),
  );
}

/** Whether a policy set leaves to its virtual service what it sent to the pool group, which that has for all its requests then. */
function isTakenOver({ type, tenant, name }: InventoryObject, group: string, byId: ReadonlyMap<string, Step>): boolean {
  const service = byId.get(objectId({ type: 'virtualservice', tenant, name }));
  if (type !== 'httppolicyset' || service?.verb !== 'update') return false;
  const ref = service.body.pool_group_ref;
  return typeof ref === 'string' && objectId({ type: 'poolgroup', tenant, name: parseRef(ref)?.name ?? '' }) === group;
}

/** `objectId` taken apart. */
function nameOf(id: string): string {
  return id.slice(id.indexOf('/') + 1);
}

/**
 * A policy set that uses a pool group before and after: requests that it sends there no more leave before the change,
 * those that are new come after it. Where there are both, one of the two is left out.
 */
function sharedUses(user: InventoryObject, group: string, byId: ReadonlyMap<string, Step>): readonly Precedence[] {
  const step = byId.get(objectId(user));
  if (user.type !== 'httppolicyset' || step?.verb !== 'update') return [];
  if (isTakenOver(user, group, byId)) return [{ first: group, then: step.id, weight: newUseWeight }];
  if (!referredIds(step.tenant, step.body).includes(group)) return [];
  const [before, after] = [user.body, step.body].map((body) => rulesByUse(body, group, step.tenant));
  if (!before || !after) return [];
  const added = { here: hasOthers(after.here, before.here), elsewhere: hasOthers(after.elsewhere, before.elsewhere) };
  const gone = { here: hasOthers(before.here, after.here), elsewhere: hasOthers(before.elsewhere, after.elsewhere) };
  const isReordered = before.all.length === after.all.length && before.all.join() !== after.all.join();
  const loses = gone.here || added.elsewhere || isReordered;
  const gains = added.here || gone.elsewhere || isReordered;
  return [
    ...(loses ? [{ first: step.id, then: group, weight }] : []),
    ...(gains ? [{ first: group, then: step.id, weight: newUseWeight }] : []),
  ];
}

interface RulesByUse {
  readonly all: readonly string[];
  readonly here: readonly string[];
  readonly elsewhere: readonly string[];
}

/** The request rules of a policy set as texts: those that lead to the pool group, and the others. */
function rulesByUse(body: JsonObject, group: string, tenant: string): RulesByUse {
  const rules = (body.http_request_policy as JsonObject | undefined)?.rules;
  const texts = (Array.isArray(rules) ? (rules as readonly JsonObject[]) : []).map((rule) => ({
    isHere: referredIds(tenant, rule).includes(group),
    text: ruleText(rule),
  }));
  return {
    all: texts.map(({ text }) => text),
    here: texts.flatMap(({ isHere, text }) => (isHere ? [text] : [])),
    elsewhere: texts.flatMap(({ isHere, text }) => (isHere ? [] : [text])),
  };
}

function hasOthers(texts: readonly string[], than: readonly string[]): boolean {
  const known = new Set(than);
  return texts.some((text) => !known.has(text));
}

/** Who begins to use a pool group does so with its new members, where that is possible. */
function newUses(step: Step, changed: ReadonlySet<string>, { objects }: Inventory): readonly Precedence[] {
  if (step.verb === 'delete' || step.type === 'poolgroup') return [];
  const before = objects.get(objectId(step))?.body;
  const known = new Set(before ? referredIds(step.tenant, before) : []);
  return referredIds(step.tenant, step.body)
    .filter((id) => changed.has(id) && !known.has(id))
    .map((first) => ({ first, then: step.id, weight: newUseWeight, of: 'write' }));
}

/** Whether the step gives a pool group other members. */
export function hasOtherPools(step: Step, { objects }: Inventory): boolean {
  if (step.type !== 'poolgroup' || step.verb !== 'update') return false;
  const names = (body: JsonObject | undefined): string =>
    refsIn(body ?? {})
      .flatMap(({ type, name }) => (type === 'pool' ? [name] : []))
      .sort()
      .join();
  return names(step.body) !== names(objects.get(step.id)?.body);
}

/** Writes by which users on the controller let go of any of the pool groups. */
export function lastUses(groups: readonly string[], { byId, usersOf }: World): readonly string[] {
  const writes = groups.flatMap((group) => usersOf(group).flatMap((user) => droppersOf(user, group, byId, usersOf)));
  return [...new Set(writes)];
}

/**
 * Ids of pool groups that get other members, by the child that answers with them before and after: they change how the
 * child answers, also where they are of other rules.
 */
export function changedGroupsByChild({ byId, inventory, usersOf }: World): ReadonlyMap<string, readonly string[]> {
  const changed = [...byId.values()].filter((step) => hasOtherPools(step, inventory));
  const found = new Map<string, readonly string[]>();
  if (changed.length === 0) return found;
  for (const { id } of changed) {
    for (const user of usersOf(id)) {
      if (droppersOf(user, id, byId, usersOf).length > 0) continue;
      const child = objectId({ ...user, type: 'virtualservice' });
      found.set(child, [...new Set([...(found.get(child) ?? []), id])]);
    }
  }
  return found;
}

/** Ids of pool groups that get other members while nothing uses them. */
export function idleGroups({ byId, inventory, usersOf }: World): ReadonlySet<string> {
  const changed = [...byId.values()].filter((step) => hasOtherPools(step, inventory)).map(({ id }) => id);
  return new Set(changed.filter((id) => usersOf(id).length === 0));
}

/** Writes by which a user lets go: its own, or, of a policy set that goes, those of the virtual services that had it. */
function droppersOf(
  user: InventoryObject,
  target: string,
  byId: ReadonlyMap<string, Step>,
  usersOf: World['usersOf'],
): readonly string[] {
  const id = objectId(user);
  const step = byId.get(id);
  if (!step) return [];
  if (step.verb !== 'delete') return referredIds(step.tenant, step.body).includes(target) ? [] : [id];
  if (user.type === 'virtualservice') return [id];
  return usersOf(id).flatMap((service) => droppersOf(service, id, byId, usersOf));
}
