/**
 * The order of a plan, as edges between its operations: what an object refers to comes first, deletes go the other way
 * and wait for the updates that drop a reference, and traffic moves without a gap (`hand-over.ts`).
 */
import { objectId, type JsonObject } from '../translate/desired.ts';
import { leastWeight, type Precedence } from './hand-over/claim-order.ts';
import { handOver } from './hand-over/hand-over.ts';
import { l4HandOver } from './hand-over/l4-hand-over.ts';
import type { Inventory, InventoryObject } from './inventory/inventory.ts';
import type { Operation } from './operation.ts';
import { unknownPolicies, type HandOver, type WidePolicies } from './hand-over/plan-world.ts';
import { referredIds } from './refs.ts';
import type { Step } from './step.ts';

export interface Ordered {
  readonly operations: readonly Operation[];
  /** Requirements of the hand-over that were left out, since they contradict others. */
  readonly compromises: readonly Precedence[];
}

/** By operation: what it waits for, and whether that must have reached the Service Engines. */
type Edges = ReadonlyMap<string, Map<string, 'write' | 'effect'>>;

/**
 * @param steps at most one an object.
 * @param refused ids of desired objects that will not be written: what refers to them waits for ever.
 * @param wide of the Gateway's parent.
 * @returns the operations with their edges, which never form a cycle, in an order that respects them. Objects that
 * traffic moves over are written more than once (`stage`).
 */
export function orderSteps(
  steps: readonly Step[],
  inventory: Inventory,
  refused: ReadonlySet<string>,
  wide: WidePolicies = unknownPolicies,
): Ordered {
  const whole = ordered(traffic(steps, inventory, false, wide), inventory, refused);
  if (whole.compromises.length === 0) return whole;
  const split = ordered(traffic(steps, inventory, true, wide), inventory, refused);
  return split.compromises.length < whole.compromises.length ? split : whole;
}

/** What moves traffic, over HTTP and below. */
function traffic(steps: readonly Step[], inventory: Inventory, split: boolean, wide: WidePolicies): HandOver {
  const http = handOver(steps, inventory, split, wide);
  const l4 = l4HandOver(steps, inventory);
  return {
    steps: [...http.steps, ...l4.steps],
    sequences: [...http.sequences, ...l4.sequences],
    precedences: [...http.precedences, ...l4.precedences],
    writtenBefore: http.writtenBefore,
  };
}

function ordered(plan: HandOver, inventory: Inventory, refused: ReadonlySet<string>): Ordered {
  const byId = new Map(plan.steps.map((step) => [step.id, step]));
  const edges: Edges = new Map(plan.steps.map((step) => [step.id, new Map()]));
  for (const [first, then] of plan.sequences) edges.get(then)?.set(first, 'write');
  for (const step of plan.steps) {
    if (step.verb !== 'delete') addReferenceEdges(step, byId, edges, refused, plan);
    if (step.stage === undefined) addDropEdges(step, byId, edges, inventory.objects.get(step.id));
  }
  const compromises = addPrecedences(plan, byId, edges);
  return { operations: sortByEdges(byId, edges), compromises };
}

function addReferenceEdges(
  step: Extract<Step, { body: JsonObject }>,
  byId: ReadonlyMap<string, Step>,
  edges: Edges,
  refused: ReadonlySet<string>,
  { writtenBefore }: HandOver,
): void {
  for (const id of referredIds(step.tenant, step.body)) {
    const target = byId.get(id);
    if (target && isOrderedByHandOver(step, target) && !writtenBefore.get(step.id)?.includes(id)) continue;
    if (id === objectId(step)) continue;
    if ((target && target.verb !== 'delete') || refused.has(id)) edges.get(step.id)?.set(id, 'write');
  }
}

/**
 * Whether an object exists already, so that the hand-over says what goes first: a pool group, or a policy set or script
 * that belongs to the virtual service.
 */
function isOrderedByHandOver(step: Step, target: Step): boolean {
  if (target.verb !== 'update') return false;
  if (target.type === 'poolgroup') return true;
  if (step.type !== 'virtualservice' || step.verb !== 'update' || target.name !== step.name) return false;
  return target.type === 'httppolicyset' || target.type === 'vsdatascriptset';
}

/** What the object referred to until now is deleted only after it has let go. */
function addDropEdges(
  step: Step,
  byId: ReadonlyMap<string, Step>,
  edges: Edges,
  current: InventoryObject | undefined,
): void {
  if (!current) return;
  for (const id of referredIds(step.tenant, current.body)) {
    if (byId.get(id)?.verb === 'delete' && id !== step.id)
      edges.get(id)?.set(step.id, deletionWait(step, byId.get(id)));
  }
}

/** What a virtual service serves from, or an update drops, is needed until Service Engines know better. */
function deletionWait(step: Step, target: Step | undefined): 'write' | 'effect' {
  if (step.verb !== 'delete') return 'effect';
  return step.type === 'virtualservice' && target?.type !== 'virtualservice' ? 'effect' : 'write';
}

/** @returns the precedences that were left out, as they contradict what counts more. */
function addPrecedences(
  { precedences }: HandOver,
  byId: ReadonlyMap<string, Step>,
  edges: Edges,
): readonly Precedence[] {
  const compromises: Precedence[] = [];
  const sorted = precedences.toSorted(
    (a, b) => a.weight - b.weight || compare(a.first, b.first) || compare(a.then, b.then),
  );
  for (const precedence of sorted) {
    const { first, then, weight, of = 'effect' } = precedence;
    if (!byId.has(first) || !byId.has(then)) continue;
    const known = edges.get(then);
    if (known?.has(first) || !reaches(edges, first, then))
      known?.set(first, known.get(first) === 'effect' ? 'effect' : of);
    else if (weight < leastWeight) compromises.push(precedence);
  }
  return compromises;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Whether `from` already waits for `to`, directly or not. */
function reaches(edges: Edges, from: string, to: string): boolean {
  const seen = new Set<string>();
  const pending = [from];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    pending.push(...(edges.get(id)?.keys() ?? []));
  }
  return false;
}

function sortByEdges(byId: ReadonlyMap<string, Step>, edges: Edges): readonly Operation[] {
  const sorted = new Map<string, Operation>();
  const visiting = new Set<string>();
  const visit = (id: string): void => {
    const step = byId.get(id);
    if (!step || sorted.has(id) || visiting.has(id)) return;
    visiting.add(id);
    // An edge back to an object that is being visited is a cycle of references: it cannot be honoured, so it goes.
    const dependsOn = [...(edges.get(id)?.keys() ?? [])].sort().filter((dependency) => !visiting.has(dependency));
    for (const dependency of dependsOn) visit(dependency);
    visiting.delete(id);
    const afterEffectOf = dependsOn.filter((other) => byId.has(other) && edges.get(id)?.get(other) === 'effect');
    sorted.set(id, { ...step, dependsOn, afterEffectOf });
  };
  for (const id of [...byId.keys()].sort()) visit(id);
  return [...sorted.values()];
}
