/** Make before break: the writes between what is and what is desired, and the order of all that move traffic. */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import { claimMap, type ClaimingChild } from './claim-map.ts';
import { claimPrecedences, type Precedence } from './claim-order.ts';
import { ownTypes, plannedChild, type PlannedChild } from './claiming-children.ts';
import { claimsOf, type Claim } from './claims.ts';
import { gonePorts } from './gone-ports.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { policyHandOver } from './parent-hand-over.ts';
import {
  isShared,
  parentName,
  servicesOf,
  type HandOver,
  type Parent,
  type WidePolicies,
  type World,
  worldOf,
} from './plan-world.ts';
import { changedGroupsByChild, idleGroups, poolGroupPrecedences } from './pool-group-order.ts';
import type { Step } from '../step.ts';

/** @param split whether writes that both add and remove claims are made two. */
export function handOver(steps: readonly Step[], inventory: Inventory, split: boolean, wide: WidePolicies): HandOver {
  const world = worldOf(steps, inventory, wide);
  const families = parentsOf(steps, world).map((parent) => familyHandOver(parent, world, split));
  const between = families.flatMap((family) => family.steps);
  return {
    steps: [...steps, ...between],
    sequences: families.flatMap((family) => family.sequences),
    precedences: [...families.flatMap((family) => family.precedences), ...poolGroupPrecedences(world, between)],
    writtenBefore: new Map(families.flatMap((family) => [...family.writtenBefore])),
  };
}

/** Parents of which a child, or a policy set or script of the parent or a child, is written. */
function parentsOf(steps: readonly Step[], world: World): readonly Parent[] {
  const { inventory } = world;
  const parents = new Map<string, Parent>();
  const add = (tenant: string, name: string | undefined): void => {
    if (name !== undefined) parents.set(`${tenant}/${name}`, { tenant, name });
  };
  for (const step of steps) {
    const { tenant, name } = step;
    if (isShared(step, inventory)) {
      for (const user of servicesOf(step.id, world)) add(tenant, parentName(user.body));
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

function familyHandOver(parent: Parent, world: World, split: boolean): HandOver {
  const groups = changedGroupsByChild(world);
  const { changing, staying } = childrenOf(parent, world, groups);
  const own = objectId({ ...parent, type: 'virtualservice' });
  const gone = gonePorts(world.inventory.objects.get(own)?.body, world.bodyOf(own));
  const idle = idleGroups(world);
  const planned = changing
    .map((id) => plannedChild(id, world.inventory.objects.get(id), world.byId, split, idle, gone))
    .map((one) => ({ ...one, child: refreshedBy(one.child, groups.get(one.child.id) ?? []) }));
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
      ...sharedPrecedences(parent, planned, staying, world),
      ...policy.precedences,
    ],
    writtenBefore: new Map(planned.map(({ child, writtenBefore }) => [child.id, writtenBefore])),
  };
}

function withoutStage(id: string): string {
  return id.slice(0, id.lastIndexOf('#'));
}

/**
 * A policy set that children share knows of a host on a port for as long as a child claims it: a child of which no rule
 * matches has no answer.
 */
function sharedPrecedences(
  parent: Parent,
  planned: readonly PlannedChild[],
  staying: readonly ClaimingChild[],
  world: World,
): readonly Precedence[] {
  const { byId, inventory } = world;
  const sets = [...byId.values()].filter((step) => step.type === 'httppolicyset' && isShared(step, inventory));
  if (sets.length === 0) return [];
  const place = ({ host, port }: Claim): string => `${port} ${host}`;
  const children = [...planned.map(({ child }) => child), ...staying];
  const kept = new Set(children.flatMap(({ after }) => [...after.values()].map(place)));
  const leaving = new Map(
    planned.flatMap(({ child }) =>
      child.drops !== undefined && [...child.before.values()].some((claim) => !kept.has(place(claim)))
        ? [[child.id, child.drops] as const]
        : [],
    ),
  );
  return sets.flatMap((set) =>
    servicesOf(set.id, world)
      .filter(({ body }) => parentName(body) === parent.name)
      .flatMap((user): readonly Precedence[] => {
        const first = leaving.get(objectId(user));
        return first === undefined ? [] : [{ first, then: set.id, weight: 1 }];
      }),
  );
}

function refreshedBy(child: ClaimingChild, groups: readonly string[]): ClaimingChild {
  return groups.length === 0 ? child : { ...child, refreshes: [...new Set([...child.refreshes, ...groups])] };
}

/** Ids of the children that a plan changes, and the others as they are. */
function childrenOf(
  { tenant, name }: Parent,
  world: World,
  groups: ReadonlyMap<string, readonly string[]>,
): { readonly changing: readonly string[]; readonly staying: readonly ClaimingChild[] } {
  const { byId, inventory } = world;
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
  const parent = objectId({ type: 'virtualservice', tenant, name });
  const staying = (changing.size > 0 ? servicesOf(parent, world) : []).flatMap((object): readonly ClaimingChild[] => {
    const id = objectId(object);
    if (changing.has(id) || !isChild(object, object.body)) return [];
    const claims = claimsOf(object.body);
    return [{ id, before: claims, after: claims, refreshes: groups.get(id) ?? [] }];
  });
  return { changing: [...changing].sort(), staying };
}
