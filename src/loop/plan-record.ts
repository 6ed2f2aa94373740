/** What the last plan of a Gateway was, for `/debug/`: names and paths only, no values, so that no secret can be in it. */
import type { Outcome } from '../apply/outcome.ts';
import type { Operation, Plan, Refusal } from '../plan/operation.ts';

/** A plan without the bodies. */
export interface PlanRecord {
  /** RFC 3339; when it was carried out. */
  readonly at: string;
  readonly created: readonly string[];
  readonly updated: readonly { readonly id: string; readonly fields: readonly string[] }[];
  readonly deleted: readonly string[];
  readonly refused: readonly Pick<Refusal, 'id' | 'reason' | 'message'>[];
  /** How many operations are left out above. */
  readonly more: number;
}

/** A Gateway with a thousand routes has a plan that nobody reads to its end. */
const mostOperations = 100;
const mostFields = 20;

/** Records a plan; undefined for one that had nothing to do. */
export function recordPlan({ operations, refusals }: Plan, at: string): PlanRecord | undefined {
  if (operations.length === 0 && refusals.length === 0) return undefined;
  // A write in between says nothing that the object's last one does not.
  const last = operations.filter(({ stage }) => stage === undefined);
  const shown = last.slice(0, mostOperations);
  return {
    at,
    created: idsOf(shown, 'create'),
    updated: shown.flatMap((operation) =>
      operation.verb === 'update' ? [{ id: operation.id, fields: fieldsOf(operation) }] : [],
    ),
    deleted: idsOf(shown, 'delete'),
    refused: refusals.slice(0, mostOperations).map(({ id, reason, message }) => ({ id, reason, message })),
    more: last.length - shown.length,
  };
}

/** How many objects are in which state. */
export function countStates(outcome: Outcome | undefined): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { state } of outcome?.values() ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function idsOf(operations: readonly Operation[], verb: Operation['verb']): readonly string[] {
  return operations.filter((operation) => operation.verb === verb).map(({ id }) => id);
}

function fieldsOf({ changes }: Extract<Operation, { verb: 'update' }>): readonly string[] {
  return changes.slice(0, mostFields).map(({ path }) => path);
}
