/**
 * Stand-ins for pool groups. A rule that moves and gets other backends in one plan keeps its pool group, whose members
 * may be changed only when nothing serves the rule's former requests from it any more, and before its new requests
 * begin. Where other rules move at the same time, these two can contradict what they need. Then a stand-in with the new
 * members is made, and all that will use the pool group uses that; the next plan gives the pool group, unused by then,
 * its members, and lets the stand-in go.
 */
import { objectId, type AviObject, type DesiredState, type Json, type JsonObject } from '../../translate/desired.ts';
import { objectsById } from '../../translate/desired-index.ts';
import { ref } from '../../translate/naming/refs.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { isRefField, parseRef, referredIds } from '../refs.ts';

const suffix = '-stand-in';

export interface WithStandIns {
  readonly desired: DesiredState;
  /** Objects other than the desired ones, that the next plan replaces by these. */
  readonly interim: readonly AviObject[];
  /** Ids of what must stay as it is. */
  readonly kept: ReadonlySet<string>;
}

/**
 * @param groups ids of desired pool groups whose members change.
 * @returns undefined when none of them can have a stand-in: it is there already, a script names the pool group, or the
 *   children of a host share their rules, which answer before a child's own pool group is asked for.
 */
export function withStandIns(
  desired: DesiredState,
  groups: readonly string[],
  { objects }: Inventory,
): WithStandIns | undefined {
  if (sharesPolicies(desired.objects)) return undefined;
  const inScripts = new Set([...namedInScripts(desired.objects), ...namedInScripts(objects.values())]);
  const replaced = new Map(
    desired.objects.flatMap((object) => {
      const id = objectId(object);
      const standIn = { ...object, name: `${object.name}${suffix}` };
      const isPossible = groups.includes(id) && !inScripts.has(id) && !objects.has(objectId(standIn));
      return isPossible ? [[id, { ...standIn, body: { ...object.body, name: standIn.name } }] as const] : [];
    }),
  );
  if (replaced.size === 0) return undefined;
  const changed = desired.objects.map((object) => replaced.get(objectId(object)) ?? refersToStandIns(object, replaced));
  const wide = desired.wideParentPolicy;
  return {
    desired: {
      ...desired,
      objects: changed,
      ...(wide && { wideParentPolicy: withRefs(wide, '', desired.tenant, replaced) as JsonObject }),
    },
    interim: changed.filter((object, place) => object !== desired.objects[place]),
    kept: reachable([...replaced.keys()], objects),
  };
}

/** Whether some virtual services have a policy set in common. */
function sharesPolicies(objects: readonly AviObject[]): boolean {
  const wanted = objectsById(objects);
  const seen = new Set<string>();
  for (const object of objects) {
    if (object.type !== 'virtualservice') continue;
    for (const id of new Set(referredIds(object.tenant, object.body))) {
      if (wanted.get(id)?.type !== 'httppolicyset') continue;
      if (seen.has(id)) return true;
      seen.add(id);
    }
  }
  return false;
}

/** Ids of pool groups that scripts name. */
function namedInScripts(objects: Iterable<Pick<AviObject, 'type' | 'tenant' | 'body'>>): readonly string[] {
  return [...objects].flatMap((object) =>
    object.type === 'vsdatascriptset' ? referredIds(object.tenant, object.body) : [],
  );
}

function refersToStandIns(object: AviObject, standIns: ReadonlyMap<string, AviObject>): AviObject {
  if (!referredIds(object.tenant, object.body).some((id) => standIns.has(id))) return object;
  return { ...object, body: withRefs(object.body, '', object.tenant, standIns) as JsonObject };
}

function withRefs(value: Json, field: string, tenant: string, standIns: ReadonlyMap<string, AviObject>): Json {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).map((item) => withRefs(item, field, tenant, standIns));
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, withRefs(item, name, tenant, standIns)]),
    );
  }
  if (typeof value !== 'string' || !isRefField(field)) return value;
  const { type, name } = parseRef(value) ?? {};
  const standIn = type === 'poolgroup' && name !== undefined && standIns.get(objectId({ type, tenant, name }));
  return standIn ? ref('poolgroup', standIn.name) : value;
}

/** Ids of objects, and of all that they need on the controller. */
function reachable(ids: readonly string[], objects: Inventory['objects']): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (id: string): void => {
    const object = objects.get(id);
    if (!object || seen.has(id)) return;
    seen.add(id);
    for (const other of referredIds(object.tenant, object.body)) visit(other);
  };
  for (const id of ids) visit(id);
  return seen;
}
