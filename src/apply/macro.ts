/**
 * Creates a child virtual service with its pool group and pools by one call (`apply.macro`). Documented as one transaction
 * (avi-model.md 4.9); unverified on a real controller.
 */
import { AviError } from '../avi/errors.ts';
import { inventoryObject } from '../avi/inventory.ts';
import { isOurs } from '../plan/identity.ts';
import type { Operation } from '../plan/operation.ts';
import { objectId, type AviObject, type AviType } from '../translate/desired.ts';
import { failure } from './failure.ts';
import { macroBody, macroGraphs, type MacroGraph } from './macro-graph.ts';
import { call, createObject, notLeader, notOurs, written, type ApplyContext } from './operations.ts';
import { isDone, type ObjectOutcome } from './outcome.ts';

/** Reads what a macro call's reply does not hold, many objects at a time. */
type BatchReader = (object: AviObject) => Promise<ObjectOutcome>;

/** Runs the operations of a plan that one call makes together. */
export interface GraphRunner {
  /** All operations, those of a graph where its last one was: only then is there all that they wait for. */
  readonly operations: readonly Operation[];
  readonly of: (id: string) => MacroGraph | undefined;
  /** Starts the graph once, whoever of its operations comes first. */
  readonly run: (graph: MacroGraph, id: string) => Promise<ObjectOutcome>;
}

/** @param wanted desired objects by id. */
export function graphRunner(
  operations: readonly Operation[],
  wanted: ReadonlyMap<string, AviObject>,
  context: ApplyContext,
): GraphRunner {
  const graphs = context.macro ? macroGraphs(operations, wanted) : new Map<string, MacroGraph>();
  const read = createBatchReader(new Set(graphs.values()).size, context);
  const started = new Map<MacroGraph, Promise<ReadonlyMap<string, ObjectOutcome>>>();
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  return {
    operations: operations.flatMap((operation) => {
      const ids = graphs.get(operation.id)?.ids;
      if (!ids) return operation;
      return operation.id === ids.at(-1) ? ids.flatMap((id) => byId.get(id) ?? []) : [];
    }),
    of: (id) => graphs.get(id),
    run: async (graph, id) => {
      if (!started.has(graph) && !context.mayWrite()) return { state: 'failed', message: notLeader, retryable: true };
      const ends = started.get(graph) ?? createGraph(graph, read, context);
      started.set(graph, ends);
      return (await ends).get(id) ?? failure(new Error(`the macro call says nothing of ${id}`));
    },
  };
}

/** Answers after which the objects are looked at one by one: nothing was created, or a first call whose reply was lost did it. */
const answered: readonly AviError['kind'][] = ['conflict', 'notFound', 'validation', 'forbidden', 'inUse', 'stale'];

/** Ends with an outcome for each object of the graph. */
async function createGraph(
  graph: MacroGraph,
  read: BatchReader,
  context: ApplyContext,
): Promise<ReadonlyMap<string, ObjectOutcome>> {
  const service = graph.objects.at(-1);
  if (!service) return new Map();
  try {
    const { body } = await context.client.request('POST', '/api/macro', {
      ...call(service, context),
      body: macroBody(graph),
    });
    const replies = repliesIn(body);
    const ends = graph.objects.map(async (object) => {
      const reply = replies.find((one) => isReplyOf(object, one));
      return [objectId(object), reply ? written(object, reply, context) : await read(object)] as const;
    });
    return new Map(await Promise.all(ends));
  } catch (error) {
    if (error instanceof AviError && answered.includes(error.kind)) return oneByOne(graph, context);
    return new Map(graph.objects.map((object) => [objectId(object), failure(error)]));
  }
}

/** What exists already is adopted, and what is refused says why. */
async function oneByOne({ objects }: MacroGraph, context: ApplyContext): Promise<ReadonlyMap<string, ObjectOutcome>> {
  const ends = new Map<string, ObjectOutcome>();
  for (const object of objects) {
    const stopped = [...ends].find(([, end]) => !isDone(end));
    ends.set(
      objectId(object),
      stopped
        ? { state: 'blocked', by: stopped[0] }
        : await createObject(object, context).catch((error: unknown) => failure(error)),
    );
  }
  return ends;
}

type Reply = Readonly<Record<string, unknown>>;

/** The object that the call names, or all: no source quotes a reply, and Avi's own PowerShell example looks for a name in it. */
function repliesIn(body: unknown): readonly Reply[] {
  const list: readonly unknown[] = Array.isArray(body) ? body : [body];
  return list.filter((one): one is Reply => typeof one === 'object' && one !== null);
}

function isReplyOf({ type, name }: AviObject, reply: Reply): boolean {
  return reply.name === name && typeof reply.uuid === 'string' && reply.uuid.startsWith(`${type}-`);
}

interface Waiting {
  readonly object: AviObject;
  readonly resolve: (end: ObjectOutcome) => void;
}

/** Names of a list call: the query stays well below 8 kB, where servers begin to refuse it. */
const mostNames = 40;

/**
 * @param graphs how many there will be: of one only, nothing is waited for.
 */
function createBatchReader(graphs: number, context: ApplyContext): BatchReader {
  const waiting = new Map<string, Waiting[]>();
  const flush = (key: string): void => {
    const batch = waiting.get(key) ?? [];
    waiting.delete(key);
    if (batch.length > 0) void readBatch(batch, context);
  };
  return (object) =>
    new Promise((resolve) => {
      const key = `${object.type} ${object.tenant}`;
      const batch = waiting.get(key) ?? [];
      batch.push({ object, resolve });
      waiting.set(key, batch);
      if (batch.length >= mostNames) flush(key);
      else if (batch.length === 1)
        void context.sleep(graphs > 1 ? gatherMs : 0).then(() => waiting.get(key) === batch && flush(key));
    });
}

/** How long names are gathered. */
const gatherMs = 200;

async function readBatch(batch: readonly Waiting[], context: ApplyContext): Promise<void> {
  const [first] = batch;
  if (!first) return;
  const { type, tenant } = first.object;
  try {
    const names = batch.map(({ object }) => object.name).join(',');
    const bodies = await context.client.list(`/api/${type}/`, {
      ...call(first.object, context),
      query: { include_name: 'true', page_size: '100', 'name.in': names },
    });
    for (const { object, resolve } of batch) resolve(readEnd(object, bodies, type, tenant, context));
  } catch (error) {
    for (const { resolve } of batch) resolve(failure(error));
  }
}

function readEnd(
  object: AviObject,
  bodies: readonly Reply[],
  type: AviType,
  tenant: string,
  context: ApplyContext,
): ObjectOutcome {
  const found = bodies.find((body) => {
    const one = inventoryObject(type, body, tenant);
    return one.name === object.name && one.tenant === tenant;
  });
  if (!found) {
    const message = `${type} "${object.name}" in tenant "${tenant}" is not there after the macro call that creates it`;
    return { state: 'failed', message, retryable: true };
  }
  return isOurs(inventoryObject(type, found, tenant), context.identity)
    ? written(object, found, context)
    : notOurs(object);
}
