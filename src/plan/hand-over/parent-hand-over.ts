/** The states that the policy set of a parent goes through while claims move between its children. */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import type { ClaimMap } from './claim-map.ts';
import { leastWeight, type ParentPolicy, type Precedence } from './claim-order.ts';
import type { PlannedChild } from './claiming-children.ts';
import { coldGroups, groupRef, poolsOf } from './cold-groups.ts';
import { changedHosts, hasMoreAround, withoutUnreachable, withUnreachable, withWildcardsOf } from './parent-policy.ts';
import type { HandOver, Parent, World } from './plan-world.ts';
import { hasOtherPools, lastUses } from './pool-group-order.ts';
import { referredIds } from '../refs.ts';
import type { Step, UpdateStep } from '../step.ts';

export interface PolicyHandOver extends Omit<HandOver, 'writtenBefore'> {
  readonly refresh?: ParentPolicy;
}

const nothing: PolicyHandOver = { steps: [], sequences: [], precedences: [] };

/**
 * The parent's policy set goes through up to four states: as it was, with the pool groups that must be in use before they
 * take requests over; as it was, with all wildcards, before a host inside one is claimed for the first time; as desired,
 * with all wildcards, until hosts inside them are not claimed any more; as desired. In the third one it answers as after
 * the plan.
 */
export function policyHandOver(
  parent: Parent,
  planned: readonly PlannedChild[],
  map: ClaimMap,
  world: World,
): PolicyHandOver {
  const id = objectId({ ...parent, type: 'httppolicyset' });
  const found = world.inventory.objects.get(id);
  const after = world.bodyOf(id);
  if (!found || !after) return nothing;
  const before = { ...found, body: withoutUnreachable(found.body) };
  const changes = world.byId.has(id);
  const gains = movedHosts(planned, map, 'after', 'before');
  const losses = movedHosts(planned, map, 'before', 'after');
  const wide = widePolicies(parent, before.body, after, world);
  const known = isNeeded(wide.before, before.body, gains) ? wide.before : before.body;
  const kept = isNeeded(wide.after, after, losses) ? wide.after : after;
  const cold = coldGroups(parent, planned, map, before, changes || kept !== after ? kept : undefined, world);
  const groups = [...new Set(cold.flatMap((use) => use.groups))].sort();
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
  const pools = poolsOf(groups, world.bodyOf);
  const isPrepared = known !== before.body;
  // What is known to answer as before the plan may come with what is not in use yet.
  const isOneWrite = isPrepared && world.wide.isBeforeKnown;
  const warm = groups.length > 0 && !isOneWrite ? write('warm', withUnreachable(before.body, refs), pools) : undefined;
  const prepare = isPrepared
    ? write('prepare', withUnreachable(known, refs), isOneWrite ? pools : undefined)
    : undefined;
  const keep = kept === after ? undefined : write('keep', kept);
  const restore = !changes && (warm ?? prepare ?? keep) ? write('restore', after) : undefined;
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
  const using = cold.map((use) => use.write ?? next ?? '');
  waits(warm, [...using, ...(prepare ? [prepare.id] : [])]);
  waits(prepare, [...gains.map((gain) => gain.write), ...(isOneWrite ? using : [])]);
  if (prepare && next !== undefined) precedences.push(...lettingGo(prepare, next, after, world));
  if (keep && last !== undefined)
    precedences.push(...losses.map((loss): Precedence => ({ first: loss.write, then: last, weight: 1 })));
  const own = objectId({ ...parent, type: 'virtualservice' });
  const [firstWrite] = order;
  if (firstWrite !== undefined && world.byId.has(own))
    precedences.push({ first: firstWrite, then: own, weight: leastWeight, of: 'write' });
  return {
    steps,
    sequences: order.slice(1).map((then, place) => [order[place] ?? then, then] as const),
    precedences,
    ...((changes || prepare || keep) &&
      next !== undefined && { refresh: { write: next, changesFor: changedHosts(known, kept) } }),
  };
}

/** The policy set with all wildcards, as before the plan and as after it. */
function widePolicies(
  { name }: Parent,
  before: JsonObject,
  after: JsonObject,
  { wide }: World,
): { readonly before: JsonObject; readonly after: JsonObject } {
  const wideAfter = wide.after?.name === name ? wide.after : after;
  if (wide.isBeforeKnown) return { before: wide.before?.name === name ? wide.before : before, after: wideAfter };
  // After a start: the wildcards as they will be are the best that there is.
  return { before: withWildcardsOf(before, wideAfter), after: wideAfter };
}

function isNeeded(wide: JsonObject, policy: JsonObject, moved: readonly MovedHosts[]): boolean {
  return (
    wide !== policy &&
    hasMoreAround(
      wide,
      policy,
      moved.flatMap(({ hosts }) => hosts),
    )
  );
}

/**
 * What the policy set uses in between stays in use, so that its pools stay up, and is deleted, or changed if it is not
 * used after the plan, when that is over.
 */
function lettingGo(
  { id, body, tenant }: UpdateStep,
  next: string,
  after: JsonObject,
  world: World,
): readonly Precedence[] {
  const { byId, inventory } = world;
  const used = new Set(referredIds(tenant, after));
  const passing = referredIds(tenant, body).filter((one) => !used.has(one));
  const kept = lastUses(passing, world);
  const freed = passing.flatMap((then): readonly Precedence[] => {
    const step = byId.get(then);
    if (step?.verb === 'delete') return [{ first: next, then, weight: 0 }];
    return step && hasOtherPools(step, inventory) ? [{ first: next, then, weight: 3 }] : [];
  });
  return [...kept.map((then): Precedence => ({ first: id, then, weight: 1 })), ...freed];
}

/** Without what makes the controller refuse a body that it has changed since. */
function withPolicyOf({ _last_modified: _, ...body }: JsonObject, policy: JsonObject): JsonObject {
  const { http_request_policy: rules } = policy;
  return rules === undefined ? body : { ...body, http_request_policy: rules };
}

/** A write with the hosts that become claimed by it, or are not any more. */
interface MovedHosts {
  readonly write: string;
  readonly hosts: readonly string[];
}

/** Writes that make hosts claimed which no child claims on the other side of the plan. */
function movedHosts(
  planned: readonly PlannedChild[],
  { stayingHosts }: ClaimMap,
  side: 'before' | 'after',
  other: 'before' | 'after',
): readonly MovedHosts[] {
  const known = new Set(stayingHosts);
  for (const { child } of planned) for (const { host } of child[other].values()) known.add(host);
  return planned.flatMap(({ child }) => {
    const write = side === 'after' ? child.takes : child.drops;
    if (write === undefined) return [];
    const hosts = [...child[side].values()].map(({ host }) => host).filter((host) => !known.has(host));
    return hosts.length > 0 ? [{ write, hosts }] : [];
  });
}
