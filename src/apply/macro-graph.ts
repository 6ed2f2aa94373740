/** Which creations of a plan one macro call can make together: a child virtual service, its pool group and its pools. */
import type { Operation } from '../plan/operation.ts';
import { parseRef, refsIn } from '../plan/refs.ts';
import { objectId, type AviObject, type Json, type JsonObject } from '../translate/desired.ts';

/** Objects that are created together. */
export interface MacroGraph {
  /** Ids of the operations; that of the virtual service is the last. */
  readonly ids: readonly string[];
  /** Pools, the pool group, the virtual service. */
  readonly objects: readonly AviObject[];
  /** The last of them. */
  readonly service: AviObject;
  /** What the operations wait for besides one another. */
  readonly dependsOn: readonly string[];
  readonly afterEffectOf: readonly string[];
}

/**
 * The graphs of a plan by the ids of their operations. An object belongs to one only when nothing outside waits for it, so
 * that no order is lost.
 *
 * @param wanted desired objects by id.
 */
export function macroGraphs(
  operations: readonly Operation[],
  wanted: ReadonlyMap<string, AviObject>,
): ReadonlyMap<string, MacroGraph> {
  const creations = new Map(operations.filter(isCreation).map((operation) => [operation.id, operation]));
  const waiting = waitingFor(operations);
  const graphs = new Map<string, MacroGraph>();
  for (const { id } of creations.values()) {
    const service = wanted.get(id);
    if (service?.body.type !== 'VS_TYPE_VH_CHILD') continue;
    const members = membersOf(service, creations, wanted);
    if (!members) continue;
    const ids = new Set(members);
    const isApart = members.slice(0, -1).every((member) => waiting.get(member)?.every((other) => ids.has(other)));
    if (!isApart) continue;
    const graph = graphOf(service, members, creations, wanted);
    for (const member of members) graphs.set(member, graph);
  }
  return graphs;
}

function isCreation({ verb, stage }: Operation): boolean {
  return verb === 'create' && stage === undefined;
}

function waitingFor(operations: readonly Operation[]): ReadonlyMap<string, readonly string[]> {
  const waiting = new Map<string, string[]>();
  for (const { id, dependsOn } of operations) {
    for (const other of dependsOn) {
      const known = waiting.get(other);
      if (known) known.push(id);
      else waiting.set(other, [id]);
    }
  }
  return waiting;
}

/** Pools, the pool group, the child; undefined when the pool group is not created, or referred to in more than one place. */
function membersOf(
  service: AviObject,
  creations: ReadonlyMap<string, Operation>,
  wanted: ReadonlyMap<string, AviObject>,
): readonly string[] | undefined {
  const [id, ...further] = created('poolgroup', service, creations);
  const group = id === undefined ? undefined : wanted.get(id);
  if (!group || further.length > 0 || service.body.pool_group_ref === undefined) return undefined;
  const pools = created('pool', group, creations);
  if (new Set(pools).size < pools.length) return undefined;
  return [...pools, objectId(group), objectId(service)];
}

/** Ids of the objects of a type that are created and that a body refers to, once for each reference. */
function created(
  type: string,
  { tenant, body }: AviObject,
  creations: ReadonlyMap<string, Operation>,
): readonly string[] {
  return refsIn(body).flatMap((ref) => {
    if (ref.type !== type || ref.name === undefined) return [];
    const id = objectId({ type, tenant, name: ref.name });
    return creations.has(id) ? [id] : [];
  });
}

function graphOf(
  service: AviObject,
  members: readonly string[],
  creations: ReadonlyMap<string, Operation>,
  wanted: ReadonlyMap<string, AviObject>,
): MacroGraph {
  const operations = members.flatMap((id) => creations.get(id) ?? []);
  const outside = (ids: readonly string[]) => [...new Set(ids)].filter((id) => !members.includes(id));
  return {
    ids: members,
    objects: members.flatMap((id) => wanted.get(id) ?? []),
    service,
    dependsOn: outside(operations.flatMap(({ dependsOn }) => dependsOn)),
    afterEffectOf: outside(operations.flatMap(({ afterEffectOf }) => afterEffectOf)),
  };
}

/**
 * The body of `POST /api/macro`: each reference to an object of the graph as `<field>_data`, with that object's body
 * (avi-model.md 4.9).
 */
export function macroBody({ objects, service }: MacroGraph): JsonObject {
  const nested = new Map(objects.map((object) => [objectId(object), object]));
  return { model_name: 'VirtualService', data: embedded(service.body, service, nested) };
}

function embedded(body: JsonObject, owner: AviObject, nested: ReadonlyMap<string, AviObject>): JsonObject {
  const made: Record<string, Json> = {};
  for (const [field, value] of Object.entries(body)) {
    const target = field.endsWith('_ref') && typeof value === 'string' ? targetOf(value, owner, nested) : undefined;
    if (target) made[`${field}_data`] = embedded(target.body, target, nested);
    else made[field] = embeddedIn(value, owner, nested);
  }
  return made;
}

function embeddedIn(value: Json, owner: AviObject, nested: ReadonlyMap<string, AviObject>): Json {
  if (isList(value)) return value.map((item) => embeddedIn(item, owner, nested));
  return typeof value === 'object' && value !== null ? embedded(value, owner, nested) : value;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function targetOf(text: string, { tenant }: AviObject, nested: ReadonlyMap<string, AviObject>): AviObject | undefined {
  const ref = parseRef(text);
  if (!ref || ref.name === undefined) return undefined;
  return nested.get(objectId({ type: ref.type, tenant, name: ref.name }));
}
