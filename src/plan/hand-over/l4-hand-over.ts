/**
 * Make before break below HTTP: pool groups that take over connections are in use, and their servers checked, before any
 * connection goes to them. Their policy set or script is written twice, first with both.
 */
import { objectId, type Json, type JsonObject } from '../../translate/desired.ts';
import type { Precedence } from './claim-order.ts';
import { poolsOf } from './cold-groups.ts';
import { bodiesAfter, type BodyOf } from './plan-world.ts';
import type { Inventory, InventoryIndex, InventoryObject } from '../inventory/inventory.ts';
import { indexOf } from '../inventory/inventory-index.ts';
import { parseRef, refsIn } from '../refs.ts';
import type { Step, UpdateStep } from '../step.ts';

export interface L4HandOver {
  readonly steps: readonly UpdateStep[];
  readonly sequences: readonly (readonly [first: string, then: string])[];
  readonly precedences: readonly Precedence[];
}

export function l4HandOver(steps: readonly Step[], inventory: Inventory): L4HandOver {
  const bodyOf = bodiesAfter(new Map(steps.map((step) => [step.id, step])), inventory);
  const index = indexOf(inventory);
  const warm = steps.flatMap((step) => warmStep(step, inventory, index, bodyOf) ?? []);
  const pairs = warm.map(({ id }) => [id, id.slice(0, id.lastIndexOf('#'))] as const);
  return {
    steps: warm,
    sequences: pairs,
    precedences: pairs.map(([first, then]) => ({ first, then, weight: 1 })),
  };
}

function warmStep(step: Step, inventory: Inventory, index: InventoryIndex, bodyOf: BodyOf): UpdateStep | undefined {
  if (step.verb !== 'update' || step.stage !== undefined) return undefined;
  const current = inventory.objects.get(step.id);
  if (!current || groupsIn(current, current.body).length === 0) return undefined;
  const wanted = takingGroups(step, current.body);
  const cold = wanted.filter((id) => index.usersOf(id).length === 0 && poolsOf([id], bodyOf).length > 0);
  const body = cold.length > 0 ? warmBody(step, current.body, cold) : undefined;
  if (!body) return undefined;
  const { type, tenant, name, uuid, id } = step;
  const warms = poolsOf(cold, bodyOf);
  return { verb: 'update', id: `${id}#warm`, type, tenant, name, uuid, stage: 'warm', body, changes: [], warms };
}

/** Ids of the pool groups of an L4 policy set or of a script that chooses connections; none of other objects. */
function groupsIn({ type, tenant }: Pick<InventoryObject, 'type' | 'tenant'>, body: JsonObject): readonly string[] {
  if (type !== 'l4policyset' && !(type === 'vsdatascriptset' && isL4Script(body))) return [];
  return refsIn(body).flatMap((ref) =>
    ref.type === 'poolgroup' && ref.name !== undefined ? [objectId({ type: ref.type, tenant, name: ref.name })] : [],
  );
}

/** Groups of the desired body that may get connections which are served now. */
function takingGroups(step: UpdateStep, current: JsonObject): readonly string[] {
  if (step.type !== 'l4policyset') return groupsIn(step, step.body);
  const served = new Set(rulesOf(current).map(portOf));
  return rulesOf(step.body).flatMap((rule) => (served.has(portOf(rule)) ? groupsIn(step, rule) : []));
}

/** What a rule matches: port and protocol, as the translation writes them. */
function portOf({ match }: JsonObject): string {
  const { port, protocol } = isObject(match) ? match : {};
  const ports = isObject(port) ? list(port.ports) : [];
  return JSON.stringify([ports, isObject(protocol) ? protocol.protocol : undefined]);
}

function isL4Script({ datascript }: JsonObject): boolean {
  return objects(datascript).some(({ evt }) => evt === 'VS_DATASCRIPT_EVT_L4_REQUEST');
}

/** As it is now, and with the cold groups where nothing chooses them yet. */
function warmBody(step: UpdateStep, current: JsonObject, cold: readonly string[]): JsonObject | undefined {
  const { _last_modified: _, ...desired } = step.body;
  if (step.type === 'vsdatascriptset') {
    const known = list(current.pool_group_refs);
    const names = new Set(known.map(nameOf));
    const added = list(desired.pool_group_refs).filter((ref) => !names.has(nameOf(ref)));
    return { ...desired, datascript: current.datascript ?? [], pool_group_refs: [...known, ...added] };
  }
  const rules = rulesOf(current);
  const last = Math.max(0, ...rules.map(({ index }) => Number(index ?? 0)));
  const isCold = (rule: JsonObject): boolean => groupsIn(step, rule).some((id) => cold.includes(id));
  // The first rule that matches decides, so that these are not reached.
  const added = rulesOf(desired).filter(isCold);
  const after = added.map((rule, place) => ({ ...rule, name: `warm-up-${place}`, index: last + 1 + place }));
  return { ...desired, l4_connection_policy: { ...policyOf(desired), rules: [...rules, ...after] } };
}

function rulesOf(body: JsonObject): readonly JsonObject[] {
  return objects(policyOf(body).rules);
}

function policyOf({ l4_connection_policy: policy }: JsonObject): JsonObject {
  return isObject(policy) ? policy : {};
}

function nameOf(ref: Json): string | undefined {
  return typeof ref === 'string' ? parseRef(ref)?.name : undefined;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return list(value).filter(isObject);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
