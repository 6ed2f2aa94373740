/**
 * The order of a plan, as edges between its operations: what an object refers to comes first, deletes go the other way
 * and wait for the updates that drop a reference, and a path moves to its new child before the old one lets go.
 */
import { objectId, type JsonObject } from '../translate/desired.ts';
import type { Inventory, InventoryObject } from './inventory.ts';
import type { Operation } from './operation.ts';
import { claimedHosts, pathKeys } from './path-keys.ts';
import { parseRef, refsIn } from './refs.ts';

type Edges = 'dependsOn' | 'afterEffectOf';

/** An operation before its edges are known. */
export type Step =
  | Omit<Extract<Operation, { verb: 'create' }>, Edges>
  | Omit<Extract<Operation, { verb: 'update' }>, Edges>
  | Omit<Extract<Operation, { verb: 'delete' }>, Edges>;

/**
 * @param steps at most one an object.
 * @param refused ids of desired objects that will not be written: what refers to them waits for ever.
 * @returns the operations with their edges, which never form a cycle, in an order that respects them.
 */
export function orderSteps(
  steps: readonly Step[],
  inventory: Inventory,
  refused: ReadonlySet<string>,
): readonly Operation[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const edges = new Map<string, Set<string>>(steps.map((step) => [step.id, new Set()]));
  for (const step of steps) {
    if (step.verb === 'delete') addDeletionEdges(step, byId, edges, inventory);
    else addReferenceEdges(step, byId, edges, refused, inventory);
  }
  addHandOverEdges(steps, edges, inventory);
  addParentPolicyEdges(steps, byId, edges, inventory);
  return sortByEdges(byId, edges);
}

function referredIds(step: { readonly tenant: string }, body: JsonObject): readonly string[] {
  return refsIn(body).flatMap((ref) =>
    ref.name === undefined ? [] : [objectId({ type: ref.type, tenant: step.tenant, name: ref.name })],
  );
}

function addReferenceEdges(
  step: Extract<Step, { body: JsonObject }>,
  byId: ReadonlyMap<string, Step>,
  edges: ReadonlyMap<string, Set<string>>,
  refused: ReadonlySet<string>,
  inventory: Inventory,
): void {
  for (const id of referredIds(step, step.body)) {
    const target = byId.get(id);
    if (id === step.id) continue;
    if ((target && target.verb !== 'delete') || refused.has(id)) edges.get(step.id)?.add(id);
  }
  addDropEdges(step, byId, edges, inventory.objects.get(step.id));
}

/** What the object referred to until now is deleted only after it has let go. */
function addDropEdges(
  step: Step,
  byId: ReadonlyMap<string, Step>,
  edges: ReadonlyMap<string, Set<string>>,
  current: InventoryObject | undefined,
): void {
  if (!current) return;
  for (const id of referredIds(step, current.body)) {
    if (byId.get(id)?.verb === 'delete' && id !== step.id) edges.get(id)?.add(step.id);
  }
}

function addDeletionEdges(
  step: Step,
  byId: ReadonlyMap<string, Step>,
  edges: ReadonlyMap<string, Set<string>>,
  inventory: Inventory,
): void {
  addDropEdges(step, byId, edges, inventory.objects.get(step.id));
}

/** A virtual service that gives up a path waits for the one that takes it over, unless they swap. */
function addHandOverEdges(steps: readonly Step[], edges: ReadonlyMap<string, Set<string>>, inventory: Inventory): void {
  const services = steps.filter((step) => step.type === 'virtualservice').toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const takers = new Map<string, string>();
  const before = new Map(services.map((step) => [step.id, pathKeys(inventory.objects.get(step.id)?.body)]));
  const after = new Map(services.map((step) => [step.id, pathKeys(step.verb === 'delete' ? undefined : step.body)]));
  for (const [id, keys] of after) {
    for (const key of keys) if (!before.get(id)?.has(key) && !takers.has(key)) takers.set(key, id);
  }
  for (const [id, keys] of before) {
    for (const key of keys) {
      const taker = after.get(id)?.has(key) ? undefined : takers.get(key);
      if (taker !== undefined && taker !== id && !reaches(edges, taker, id)) edges.get(id)?.add(taker);
    }
  }
}

/**
 * A request whose host some child claims, but whose path none does, may go to the parent: its policy knows of a new
 * host before a child claims it, and forgets it after the child has let go.
 */
function addParentPolicyEdges(
  steps: readonly Step[],
  byId: ReadonlyMap<string, Step>,
  edges: ReadonlyMap<string, Set<string>>,
  inventory: Inventory,
): void {
  for (const step of steps) {
    if (step.type !== 'virtualservice') continue;
    const before = inventory.objects.get(step.id)?.body;
    const after = step.verb === 'delete' ? undefined : step.body;
    const policy = parentPolicy(step, after ?? before, byId);
    if (!policy) continue;
    const [hostsBefore, hostsAfter] = [claimedHosts(before), claimedHosts(after)];
    if (hasOthers(hostsAfter, hostsBefore)) edges.get(step.id)?.add(policy.id);
    else if (hasOthers(hostsBefore, hostsAfter) && !reaches(edges, step.id, policy.id)) {
      edges.get(policy.id)?.add(step.id);
    }
  }
}

function hasOthers(hosts: ReadonlySet<string>, than: ReadonlySet<string>): boolean {
  return [...hosts].some((host) => !than.has(host));
}

/** The update of the policy set that has the parent's name, where there is one. */
function parentPolicy(step: Step, body: JsonObject | undefined, byId: ReadonlyMap<string, Step>): Step | undefined {
  const ref = body?.vh_parent_vs_ref;
  const name = typeof ref === 'string' ? parseRef(ref)?.name : undefined;
  if (name === undefined) return undefined;
  const policy = byId.get(objectId({ type: 'httppolicyset', tenant: step.tenant, name }));
  return policy?.verb === 'update' ? policy : undefined;
}

/** Whether `from` already waits for `to`, directly or not. */
function reaches(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const pending = [from];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    pending.push(...(edges.get(id) ?? []));
  }
  return false;
}

function sortByEdges(
  byId: ReadonlyMap<string, Step>,
  edges: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Operation[] {
  const sorted = new Map<string, Operation>();
  const visiting = new Set<string>();
  const visit = (id: string): void => {
    const step = byId.get(id);
    if (!step || sorted.has(id) || visiting.has(id)) return;
    visiting.add(id);
    // An edge back to an object that is being visited is a cycle of references: it cannot be honoured, so it goes.
    const dependsOn = [...(edges.get(id) ?? [])].sort().filter((dependency) => !visiting.has(dependency));
    for (const dependency of dependsOn) visit(dependency);
    visiting.delete(id);
    const afterEffectOf = dependsOn.filter((other) => takesAway(step, byId.get(other)));
    sorted.set(id, { ...step, dependsOn, afterEffectOf });
  };
  for (const id of [...byId.keys()].sort()) visit(id);
  return [...sorted.values()];
}

/**
 * Whether a step takes away what traffic uses until the other one has an effect: letting go of a path, claiming a host
 * before the parent's policy knows of it, deleting what another object referred to, and deleting what a deleted
 * virtual service still serves from for a moment.
 */
function takesAway(step: Step, other: Step | undefined): boolean {
  if (other === undefined) return false;
  if (claimsAfter(step, other)) return true;
  if (step.verb === 'create') return false;
  if (other.verb === 'delete') return other.type === 'virtualservice' && step.type !== 'virtualservice';
  if (step.verb === 'delete') return true;
  return step.type === 'virtualservice' && other.type === 'virtualservice' && !refersTo(step, other);
}

/** Whether the step is a child's that waits for the policy of its parent, which it does not refer to. */
function claimsAfter(step: Step, other: Step): boolean {
  if (step.verb === 'delete' || step.type !== 'virtualservice') return false;
  return other.verb === 'update' && other.type === 'httppolicyset' && !refersTo(step, other);
}

function refersTo(step: Extract<Step, { body: JsonObject }>, other: Step): boolean {
  return referredIds(step, step.body).includes(other.id);
}
