/** Reads what macro calls have created and their replies do not hold, many objects by one call. */
import { inventoryObject } from '../avi/inventory.ts';
import { isOurs } from '../plan/inventory/identity.ts';
import { objectId, type AviObject } from '../translate/desired.ts';
import { failure } from './failure.ts';
import { call, notOurs, written, type ApplyContext } from './operations.ts';
import type { ObjectOutcome } from './outcome.ts';

export interface BatchReader {
  /** A call has begun after which something may have to be read. */
  readonly begin: () => void;
  /** It has ended, and what it makes necessary to be read has been asked for. */
  readonly end: () => void;
  /** The object's outcome, when as many as fit into one call are asked for, or no call is under way any more. */
  readonly read: (object: AviObject) => Promise<ObjectOutcome>;
}

interface Waiting {
  readonly object: AviObject;
  readonly resolve: (end: ObjectOutcome) => void;
}

/** Names of a list call: the query stays well below 8 kB, where servers begin to refuse it. */
const mostNames = 40;

export function createBatchReader(context: ApplyContext): BatchReader {
  const waiting = new Map<string, Waiting[]>();
  let underWay = 0;
  const flush = (key: string): void => {
    const batch = waiting.get(key) ?? [];
    waiting.delete(key);
    void readBatch(batch, context);
  };
  return {
    begin: () => void (underWay += 1),
    end: () => {
      underWay -= 1;
      if (underWay === 0) for (const key of [...waiting.keys()]) flush(key);
    },
    read: (object) =>
      new Promise((resolve) => {
        const key = `${object.type} ${object.tenant}`;
        const batch = waiting.get(key) ?? [];
        batch.push({ object, resolve });
        waiting.set(key, batch);
        if (batch.length >= mostNames || underWay === 0) flush(key);
      }),
  };
}

async function readBatch(batch: readonly Waiting[], context: ApplyContext): Promise<void> {
  const [first] = batch;
  if (!first) return;
  const { type, tenant } = first.object;
  try {
    const bodies = await context.client.list(`/api/${type}/`, {
      tenant,
      // Before calls that begin other routes, so that routes become ready one after the other.
      priority: call({ type: 'virtualservice', tenant }, context).priority + 0.5,
      query: { include_name: 'true', page_size: '100', 'name.in': batch.map(({ object }) => object.name).join(',') },
    });
    const found = new Map(bodies.map((body) => [objectId(inventoryObject(type, body, tenant)), body]));
    for (const { object, resolve } of batch) resolve(endOf(object, found.get(objectId(object)), context));
  } catch (error) {
    for (const { resolve } of batch) resolve(failure(error));
  }
}

function endOf(
  object: AviObject,
  body: Readonly<Record<string, unknown>> | undefined,
  context: ApplyContext,
): ObjectOutcome {
  const { type, tenant, name } = object;
  if (!body) {
    const message = `${type} "${name}" in tenant "${tenant}" is not there after the macro call that creates it`;
    return { state: 'failed', message, retryable: true };
  }
  const isMade = isOurs(inventoryObject(type, body, tenant), context.identity);
  return isMade ? written(object, body, context) : notOurs(object);
}
