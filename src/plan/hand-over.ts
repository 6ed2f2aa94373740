/** Make before break: the writes between what is and what is desired, and the order of all that move traffic. */
import type { JsonObject } from '../translate/desired.ts';
import { objectId } from '../translate/desired.ts';
import { claimMap, type ClaimMap, type ClaimingChild } from './claim-map.ts';
import { claimPrecedences, leastWeight, type Precedence } from './claim-order.ts';
import { ownTypes, plannedChild, type PlannedChild } from './claiming-children.ts';
import { claimsOf } from './claims.ts';
import { gonePorts } from './gone-ports.ts';
import type { Inventory, InventoryObject } from './inventory.ts';
import { servesRequests, withUnreachable, withWildcardsOf } from './parent-policy.ts';
import { poolGroupPrecedences } from './pool-group-order.ts';
import { parseRef, refsIn } from './refs.ts';
import type { Step, UpdateStep } from './step.ts';

export interface HandOver {
  /** All steps, those in between included. */
  readonly steps: readonly Step[];
  /** Pairs that hold whatever else is wanted: the writes of one object. */
  readonly sequences: readonly (readonly [first: string, then: string])[];
  readonly precedences: readonly Precedence[];
  /** Objects of its own name that a virtual service is written after, without waiting for an effect. */
  readonly writtenBefore: ReadonlyMap<string, readonly string[]>;
}

/** The body of an object after the plan, by id. */
export type BodyOf = (id: string) => JsonObject | undefined;

/** What is known of the plan. */
interface World {
  readonly byId: ReadonlyMap<string, Step>;
  readonly inventory: Inventory;
  readonly bodyOf: BodyOf;
}

/** @param split whether writes that both add and remove claims are made two. */
export function handOver(steps: readonly Step[], inventory: Inventory, split: boolean): HandOver {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const world = { byId, inventory, bodyOf: bodiesAfter(byId, inventory) };
  const families = parentsOf(steps, inventory).map((parent) => familyHandOver(parent, world, split));
  return {
    steps: [...steps, ...families.flatMap((family) => family.steps)],
    sequences: families.flatMap((family) => family.sequences),
    precedences: [...families.flatMap((family) => family.precedences), ...poolGroupPrecedences(byId, inventory)],
    writtenBefore: new Map(families.flatMap((family) => [...family.writtenBefore])),
  };
}

/** @param byId the steps of a plan. */
export function bodiesAfter(byId: ReadonlyMap<string, Step>, inventory: Inventory): BodyOf {
  return (id) => {
    const step = byId.get(id);
    if (step?.verb === 'delete') return undefined;
    return step ? step.body : inventory.objects.get(id)?.body;
  };
}

interface Parent {
  readonly tenant: string;
  readonly name: string;
}

/** Parents of which a child, or a policy set or script of the parent or a child, is written. */
function parentsOf(steps: readonly Step[], inventory: Inventory): readonly Parent[] {
  const parents = new Map<string, Parent>();
  const add = (tenant: string, name: string | undefined): void => {
    if (name !== undefined) parents.set(`${tenant}/${name}`, { tenant, name });
  };
  for (const step of steps) {
    const { tenant, name } = step;
    if (isShared(step, inventory)) {
      for (const user of usersOf(step, inventory)) add(tenant, parentName(user.body));
    } else if (step.type === 'httppolicyset' || step.type === 'vsdatascriptset') {
      const body = inventory.objects.get(objectId({ type: 'virtualservice', tenant, name }))?.body;
      if (body?.type === 'VS_TYPE_VH_PARENT') add(tenant, name);
      else add(tenant, parentName(body));
    } else if (step.type === 'virtualservice') {
      add(tenant, parentName(inventory.objects.get(step.id)?.body));
      if (step.verb !== 'delete') add(tenant, parentName(step.body));
    }
  }
  return [...parents.values()];
}

/** Whether an update is of a policy set or script that is not of one virtual service, as all children of a host may share one. */
function isShared({ verb, type, tenant, name }: Step, { objects }: Inventory): boolean {
  if (verb !== 'update' || (type !== 'httppolicyset' && type !== 'vsdatascriptset')) return false;
  return !objects.has(objectId({ type: 'virtualservice', tenant, name }));
}

/** Virtual services that refer to the object. */
function usersOf({ type, tenant, name }: Step, { objects }: Inventory): readonly InventoryObject[] {
  return [...objects.values()].filter(
    (object) =>
      object.type === 'virtualservice' &&
      object.tenant === tenant &&
      refsIn(object.body).some((ref) => ref.type === type && ref.name === name),
  );
}

const parentNames = new WeakMap<JsonObject, { readonly name: string | undefined }>();

function parentName(body: JsonObject | undefined): string | undefined {
  if (!body) return undefined;
  const known = parentNames.get(body);
  if (known) return known.name;
  const ref = body.vh_parent_vs_ref;
  const name = typeof ref === 'string' ? parseRef(ref)?.name : undefined;
  parentNames.set(body, { name });
  return name;
}

function familyHandOver(parent: Parent, world: World, split: boolean): HandOver {
  const { changing, staying } = childrenOf(parent, world);
  const own = objectId({ ...parent, type: 'virtualservice' });
  const gone = gonePorts(world.inventory.objects.get(own)?.body, world.bodyOf(own));
  const planned = changing.map((id) => plannedChild(id, world.inventory.objects.get(id), world.byId, split, gone));
  const map = claimMap(
    planned.map(({ child }) => child),
    staying,
  );
  const policy = policyHandOver(parent, planned, map, world);
  const stages = planned.flatMap(({ stage }) => stage ?? []);
  return {
    steps: [...stages, ...policy.steps],
    sequences: [...stages.map(({ id }) => [id, withoutStage(id)] as const), ...policy.sequences],
    precedences: [
      ...planned.flatMap(({ precedences }) => precedences),
      ...planned.flatMap(({ stage, child }) => (stage ? [{ first: stage.id, then: child.id, weight: 0 }] : [])),
      ...claimPrecedences(map, policy.refresh),
      ...policy.precedences,
    ],
    writtenBefore: new Map(planned.map(({ child, writtenBefore }) => [child.id, writtenBefore])),
  };
}

function withoutStage(id: string): string {
  return id.slice(0, id.lastIndexOf('#'));
}

/** Ids of the children that a plan changes, and the others as they are. */
function childrenOf(
  { tenant, name }: Parent,
  { byId, inventory }: World,
): { readonly changing: readonly string[]; readonly staying: readonly ClaimingChild[] } {
  const changing = new Set<string>();
  const isChild = (object: { readonly type: string; readonly tenant: string }, body: JsonObject | undefined): boolean =>
    object.type === 'virtualservice' && object.tenant === tenant && parentName(body) === name;
  for (const step of byId.values()) {
    const id = objectId({ ...step, type: 'virtualservice' });
    const isOwn = step.type !== 'virtualservice' && ownTypes.has(step.type) && step.verb === 'update';
    if (step.type !== 'virtualservice' && !isOwn) continue;
    const current = inventory.objects.get(id);
    if (current && isChild(current, current.body)) changing.add(id);
    if (step.verb !== 'delete' && isChild(step, step.body)) changing.add(id);
  }
  const staying: ClaimingChild[] = [];
  for (const [id, object] of changing.size > 0 ? inventory.objects : []) {
    if (changing.has(id) || !isChild(object, object.body)) continue;
    const claims = claimsOf(object.body);
    staying.push({ id, before: claims, after: claims, refreshes: [] });
  }
  return { changing: [...changing].sort(), staying };
}

interface PolicyHandOver extends Omit<HandOver, 'writtenBefore'> {
  /** The write after which the policy set answers as desired. */
  readonly refresh?: string;
}

const nothing: PolicyHandOver = { steps: [], sequences: [], precedences: [] };

/**
 * The parent's policy set goes through up to three states: as it was, with the wildcards of hosts that are claimed for
 * the first time and with the pool groups that must be in use before they take requests over; as desired, with the
 * wildcards that hosts still need; as desired.
 */
function policyHandOver(parent: Parent, planned: readonly PlannedChild[], map: ClaimMap, world: World): PolicyHandOver {
  const id = objectId({ ...parent, type: 'httppolicyset' });
  const before = world.inventory.objects.get(id);
  const after = world.bodyOf(id);
  if (!before || !after) return nothing;
  const changes = world.byId.has(id);
  const cold = coldGroups(parent, planned, map, before, world);
  const groups = [...new Set(cold.flatMap((use) => use.groups))].sort();
  const isNarrower = claimsHost(planned, map, 'after', 'before');
  const known = isNarrower.length > 0 ? withWildcardsOf(before.body, after) : before.body;
  const leaving = claimsHost(planned, map, 'before', 'after');
  const kept = leaving.length > 0 ? withWildcardsOf(after, before.body) : after;
  const write = (stage: NonNullable<Step['stage']>, policy: JsonObject, warms: readonly string[] = []): UpdateStep => ({
    verb: 'update',
    id: `${id}#${stage}`,
    type: before.type,
    tenant: before.tenant,
    name: before.name,
    uuid: before.uuid,
    stage,
    body: withPolicyOf(after, policy),
    changes: [],
    ...(warms.length > 0 && { warms }),
  });
  const refs = groups.map(groupRef);
  const warm =
    groups.length > 0 ? write('warm', withUnreachable(before.body, refs), poolsOf(groups, world.bodyOf)) : undefined;
  const prepare = known === before.body ? undefined : write('prepare', withUnreachable(known, refs));
  const keep = kept === after ? undefined : write('keep', kept);
  const restore = !changes && warm ? write('restore', after) : undefined;
  const last = restore?.id ?? (changes ? id : undefined);
  const steps = [warm, prepare, keep, restore].filter((step) => step !== undefined);
  const order = [...steps.map((step) => step.id), ...(restore || !changes ? [] : [id])];
  const next = keep?.id ?? last;
  const precedences: Precedence[] = [];
  const waits = (first: Step | undefined, writes: readonly string[]): void => {
    if (!first) return;
    for (const write of new Set(writes)) {
      precedences.push({ first: first.id, then: write, weight: 1 });
      if (next !== undefined && write !== next) precedences.push({ first: write, then: next, weight: 1 });
    }
  };
  waits(warm, [...cold.map((use) => use.write ?? next ?? ''), ...(prepare ? [prepare.id] : [])]);
  waits(prepare, isNarrower);
  if (keep && last !== undefined)
    for (const write of leaving) precedences.push({ first: write, then: last, weight: 1 });
  const own = objectId({ ...parent, type: 'virtualservice' });
  const [firstWrite] = order;
  if (firstWrite !== undefined && world.byId.has(own))
    precedences.push({ first: firstWrite, then: own, weight: leastWeight, of: 'write' });
  return {
    steps,
    sequences: order.slice(1).map((then, place) => [order[place] ?? then, then] as const),
    precedences,
    ...(changes && next !== undefined && { refresh: next }),
  };
}

/** Without what makes the controller refuse a body that it has changed since. */
function withPolicyOf({ _last_modified: _, ...body }: JsonObject, policy: JsonObject): JsonObject {
  const { http_request_policy: rules } = policy;
  return rules === undefined ? body : { ...body, http_request_policy: rules };
}

/** Writes that make a host claimed which no child claims on the other side of the plan. */
function claimsHost(
  planned: readonly PlannedChild[],
  { stayingHosts }: ClaimMap,
  side: 'before' | 'after',
  other: 'before' | 'after',
): readonly string[] {
  const known = new Set(stayingHosts);
  for (const { child } of planned) for (const { host } of child[other].values()) known.add(host);
  return planned.flatMap(({ child }) => {
    const write = side === 'after' ? child.takes : child.drops;
    return write !== undefined && [...child[side].values()].some(({ host }) => !known.has(host)) ? [write] : [];
  });
}

interface ColdUse {
  /** Absent: the parent's own policy set. */
  readonly write?: string;
  /** Ids of pool groups. */
  readonly groups: readonly string[];
}

/**
 * Pool groups that nothing uses yet and that take over requests which are served now. Avi checks the health of pools in
 * use only, and a pool whose servers have not been checked serves nothing.
 */
function coldGroups(
  parent: Parent,
  planned: readonly PlannedChild[],
  map: ClaimMap,
  policy: InventoryObject,
  world: World,
): readonly ColdUse[] {
  const served = servesRequests(policy.body);
  let used: ReadonlySet<string> | undefined;
  const cold = (body: JsonObject | undefined): readonly string[] => {
    const groups = reachableGroups(parent.tenant, body, world);
    if (groups.length === 0) return [];
    used ??= usedGroups(world.inventory);
    return groups.filter((id) => !used?.has(id) && poolsOf([id], world.bodyOf).length > 0);
  };
  const uses = planned.flatMap(({ child, body }): readonly ColdUse[] => {
    const isTaking = child.takes !== undefined && (served || takesOver(child, map));
    const writes = [...(isTaking && child.takes !== undefined ? [child.takes] : []), ...child.refreshes];
    const groups = writes.length > 0 ? cold(body) : [];
    return groups.length > 0 ? [...new Set(writes)].map((write) => ({ write, groups })) : [];
  });
  const shared = [...world.byId.values()]
    .filter((step) => isShared(step, world.inventory))
    .filter((step) => usersOf(step, world.inventory).some(({ body }) => parentName(body) === parent.name))
    .map(({ id }): ColdUse => ({ write: id, groups: cold(world.bodyOf(id)) }))
    .filter(({ groups }) => groups.length > 0);
  const own = served && world.byId.has(objectId(policy)) ? cold(world.bodyOf(objectId(policy))) : [];
  return [...uses, ...shared, ...(own.length > 0 ? [{ groups: own }] : [])];
}

/** Whether some child answers requests of a new claim now. */
function takesOver(child: ClaimingChild, map: ClaimMap): boolean {
  return [...child.after].some(
    ([id, claim]) =>
      !child.before.has(id) &&
      (map.chain(claim).some(({ before }) => before.length > 0) ||
        map.wider(claim).some((table) => [...table.values()].some(({ before }) => before.length > 0))),
  );
}

/** Pool groups that a virtual service or policy set refers to, itself or through its policy sets and scripts. */
function reachableGroups(tenant: string, body: JsonObject | undefined, world: World): readonly string[] {
  if (!body) return [];
  return refsIn(body).flatMap(({ type, name }) => {
    if (name === undefined) return [];
    const id = objectId({ type, tenant, name });
    if (type === 'poolgroup') return [id];
    return type === 'httppolicyset' || type === 'vsdatascriptset'
      ? reachableGroups(tenant, world.bodyOf(id), world)
      : [];
  });
}

const usingTypes: ReadonlySet<string> = new Set(['virtualservice', 'httppolicyset', 'l4policyset', 'vsdatascriptset']);

/** Pool groups that a virtual service uses on the controller. */
export function usedGroups(inventory: Inventory): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { type, tenant, body } of inventory.objects.values()) {
    if (!usingTypes.has(type)) continue;
    for (const ref of refsIn(body)) {
      if (ref.type === 'poolgroup' && ref.name !== undefined)
        used.add(objectId({ type: ref.type, tenant, name: ref.name }));
    }
  }
  return used;
}

/** Pools of the groups that come up when their servers have been checked. */
export function poolsOf(groups: readonly string[], bodyOf: BodyOf): readonly string[] {
  const pools = new Set<string>();
  for (const group of groups) {
    const tenant = tenantOf(group);
    for (const { type, name } of refsIn(bodyOf(group) ?? {})) {
      if (type !== 'pool' || name === undefined) continue;
      const id = objectId({ type, tenant, name });
      const body = bodyOf(id);
      if (hasItems(body?.servers) && hasItems(body?.health_monitor_refs)) pools.add(id);
    }
  }
  return [...pools].sort();
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** `objectId` taken apart. */
function tenantOf(id: string): string {
  return id.slice(id.indexOf(' ') + 1, id.indexOf('/'));
}

function groupRef(id: string): string {
  return `/api/poolgroup/?name=${encodeURIComponent(id.slice(id.indexOf('/') + 1))}`;
}
