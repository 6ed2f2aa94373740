/** Pool groups that have to be brought into use before they take requests over. */
import { objectId, type JsonObject } from '../../translate/desired.ts';
import { strictlyCovers } from '../../translate/policies/rule-match.ts';
import type { ClaimEntry, ClaimMap, ClaimingChild } from './claim-map.ts';
import type { PlannedChild } from './claiming-children.ts';
import { isIndexed, type Claim } from './claims.ts';
import type { InventoryObject } from '../inventory/inventory.ts';
import { servesRequests } from './parent-policy.ts';
import { isShared, parentName, servicesOf, type BodyOf, type Parent, type World } from './plan-world.ts';
import { refsIn } from '../refs.ts';

/** A write that needs pool groups in use. */
export interface ColdUse {
  /** Absent: the parent's own policy set. */
  readonly write?: string;
  /** Ids of pool groups. */
  readonly groups: readonly string[];
}

/**
 * Pool groups that nothing uses yet and that take over requests which are served now. Avi checks the health of pools in
 * use only, and a pool whose servers have not been checked serves nothing.
 *
 * @param policy the parent's policy set.
 * @param ownAfter its body when it has learnt of the plan, if it changes.
 */
export function coldGroups(
  parent: Parent,
  planned: readonly PlannedChild[],
  map: ClaimMap,
  policy: InventoryObject,
  ownAfter: JsonObject | undefined,
  world: World,
): readonly ColdUse[] {
  const served = servesRequests(policy.body);
  const cold = (body: JsonObject | undefined): readonly string[] => {
    const groups = reachableGroups(parent.tenant, body, world);
    return groups.filter((id) => !world.isUsed(id) && poolsOf([id], world.bodyOf).length > 0);
  };
  const uses = planned.flatMap(({ child, body, stage }): readonly ColdUse[] => {
    const isTaking = child.takes !== undefined && (served || takesOver(child, map));
    const writes = [...(isTaking && child.takes !== undefined ? [child.takes] : []), ...child.refreshes];
    const groups = writes.length > 0 ? cold(body) : [];
    const inBetween = stage ? cold(stage.body) : [];
    return [
      ...(groups.length > 0 ? [...new Set(writes)].map((write) => ({ write, groups })) : []),
      ...(stage && inBetween.length > 0 ? [{ write: stage.id, groups: inBetween }] : []),
    ];
  });
  const shared = [...world.byId.values()]
    .filter((step) => isShared(step, world.inventory))
    .filter((step) => servicesOf(step.id, world).some(({ body }) => parentName(body) === parent.name))
    .map(({ id }): ColdUse => ({ write: id, groups: cold(world.bodyOf(id)) }))
    .filter(({ groups }) => groups.length > 0);
  const own = served ? cold(ownAfter) : [];
  return [...uses, ...shared, ...(own.length > 0 ? [{ groups: own }] : [])];
}

/** Whether some child answers requests of a new claim now. */
function takesOver(child: ClaimingChild, map: ClaimMap): boolean {
  return [...child.after].some(
    ([id, claim]) =>
      !child.before.has(id) &&
      (sharing(claim, map).some(({ before }) => before.length > 0) ||
        map.wider(claim).some((table) => [...table.values()].some(({ before }) => before.length > 0)) ||
        hasInside(claim.host, map)),
  );
}

/** Whether hosts inside a wildcard have children, whose requests one of the wildcard may get (`trustChildOrder: false`). */
function hasInside(wildcard: string, { entries, stayingHosts }: ClaimMap): boolean {
  if (!wildcard.startsWith('*.')) return false;
  const serves = (host: string): boolean => strictlyCovers(wildcard, host);
  return [...stayingHosts].some(serves) || entries.some(({ claim, before }) => before.length > 0 && serves(claim.host));
}

/** What may take the claim's requests on its host. */
function sharing(claim: Claim, map: ClaimMap): readonly ClaimEntry[] {
  const all = [...map.host(claim).values()];
  return isIndexed(claim) ? [...map.chain(claim), ...all.filter((other) => !isIndexed(other.claim))] : all;
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

/** A reference to a pool group, of which this is the id. */
export function groupRef(id: string): string {
  return `/api/poolgroup/?name=${encodeURIComponent(id.slice(id.indexOf('/') + 1))}`;
}
