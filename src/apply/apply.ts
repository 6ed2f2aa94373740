/** Runs a plan: operations start when what they depend on is done, and a failure stops only what depends on it. */
import type { InventoryObject } from '../plan/inventory/inventory.ts';
import type { Operation, Plan } from '../plan/operation.ts';
import { objectId, type AviObject } from '../translate/desired.ts';
import { objectsById } from '../translate/desired-index.ts';
import { effectOf } from './effect.ts';
import { failure } from './failure.ts';
import { graphRunner } from './macro.ts';
import { createObject, deleteObject, notLeader, shareContent, updateObject, type ApplyContext } from './operations.ts';
import { createOutcome, isDone, setOutcome, type ObjectOutcome, type Outcome } from './outcome.ts';

/**
 * Runs a plan and keeps the inventory current. Never throws: what failed is in the outcome. Concurrency is the
 * client's, so that all plans together keep within it.
 *
 * @param objects the desired objects, for what has to be planned again (409, 412).
 * @param onWritten called when what is desired has been written and only deletions are left.
 * @param onSettled called for each operation that has ended, with the outcome as far as it is known; the map grows.
 * @param before what is known of objects that the plan says nothing of.
 */
export async function applyPlan(
  plan: Plan,
  objects: readonly AviObject[],
  context: ApplyContext,
  onWritten: (outcome: Outcome) => void = () => undefined,
  onSettled: (id: string, outcome: Outcome) => void = () => undefined,
  before?: Outcome,
): Promise<Outcome> {
  const outcome = createOutcome(plan, objects, before);
  const wanted = withInterim(objectsById(objects), plan);
  for (const id of plan.unchanged) {
    const found = context.inventory.current().objects.get(id);
    const desired = wanted.get(id);
    const object = found && desired ? shareContent(desired, found, context) : found;
    if (object) setOutcome(outcome, id, { state: 'unchanged', object });
  }
  for (const { id, reason, message } of plan.refusals) {
    if (reason === 'Foreign') setOutcome(outcome, id, { state: 'refused', message });
  }

  const running = new Map<string, Promise<ObjectOutcome>>();
  const relied = new Set(plan.operations.flatMap(({ afterEffectOf }) => afterEffectOf));
  const created = plan.operations.filter(({ verb, type }) => verb === 'create' && type === 'virtualservice').length;
  const effects = new Map<string, Promise<void>>();
  const [writes, deletions] = partition(plan.operations);
  const writesSettled = (): Promise<unknown> => Promise.all(writes.flatMap(({ id }) => running.get(id) ?? []));
  const together = graphRunner(plan.operations, wanted, context);
  // Operations come in an order that respects their edges, so each finds what it waits for.
  for (const operation of together.operations) {
    const graph = together.of(operation.id);
    const { dependsOn, afterEffectOf } = graph ?? operation;
    const predecessors = dependsOn.map((id) => ({ id, end: running.get(id) ?? outcome.get(id) }));
    const takesEffect = afterEffectOf.flatMap((id) => effects.get(id) ?? []);
    const start = (): Promise<ObjectOutcome> =>
      graph ? together.run(graph, operation.id) : run(operation, wanted, context, writesSettled);
    const settle = (end: ObjectOutcome): ObjectOutcome => {
      setOutcome(outcome, operation.id, end);
      onSettled(operation.id, outcome);
      return end;
    };
    const ended = runAfter(predecessors, takesEffect, start).then(settle);
    running.set(operation.id, ended);
    if (relied.has(operation.id))
      effects.set(
        operation.id,
        ended.then((end) => effectOf(operation, end, created, context)),
      );
  }
  await writesSettled();
  if (deletions.length > 0) onWritten(new Map(outcome));
  await Promise.all(deletions.flatMap(({ id }) => running.get(id) ?? []));
  return outcome;
}

/** What the plan's writes make, by id. */
function withInterim(wanted: ReadonlyMap<string, AviObject>, { interim }: Plan): ReadonlyMap<string, AviObject> {
  return interim ? new Map([...wanted, ...interim.map((object) => [objectId(object), object] as const)]) : wanted;
}

function partition(operations: readonly Operation[]): readonly [readonly Operation[], readonly Operation[]] {
  return [operations.filter(({ verb }) => verb !== 'delete'), operations.filter(({ verb }) => verb === 'delete')];
}

interface Predecessor {
  readonly id: string;
  readonly end: Promise<ObjectOutcome> | ObjectOutcome | undefined;
}

async function runAfter(
  before: readonly Predecessor[],
  takesEffect: readonly Promise<void>[],
  start: () => Promise<ObjectOutcome>,
): Promise<ObjectOutcome> {
  for (const { id, end } of before) {
    const ended = await end;
    if (ended && !isDone(ended)) return { state: 'blocked', by: id };
  }
  // The controller answers before its Service Engines have what was written.
  await Promise.all(takesEffect);
  return start();
}

async function run(
  operation: Operation,
  wanted: ReadonlyMap<string, AviObject>,
  context: ApplyContext,
  writesSettled: () => Promise<unknown>,
): Promise<ObjectOutcome> {
  try {
    if (!context.mayWrite()) return { state: 'failed', message: notLeader, retryable: true };
    if (operation.verb === 'delete') return await deleteObject(operation, context, writesSettled);
    const object = operation.stage === undefined ? wanted.get(operation.id) : inBetween(operation);
    if (!object) throw new Error(`the plan has ${operation.id}, which is not desired`);
    const write =
      operation.verb === 'create' ? createObject(object, context) : updateObject(object, operation, context);
    return await write;
  } catch (error) {
    return failure(error);
  }
}

/** What a write in between makes of an object; for whom it exists is said by the last write. */
function inBetween({ type, tenant, name, body }: Exclude<Operation, { verb: 'delete' }>): AviObject {
  return { type, tenant, name, body, origin: { gateway: '' } };
}

/** Objects of an outcome that did not become as desired. */
export function failures(outcome: Outcome): readonly { readonly id: string; readonly outcome: ObjectOutcome }[] {
  return [...outcome]
    .filter(([, { state }]) => state === 'failed' || state === 'blocked' || state === 'refused')
    .map(([id, value]) => ({ id, outcome: value }));
}

export type { ApplyContext, InventoryObject };
