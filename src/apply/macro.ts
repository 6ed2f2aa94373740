/**
 * Creates a child virtual service with its pool group and pools by one call (`apply.macro`). Documented as one transaction
 * (avi-model.md 4.9); unverified on a real controller.
 */
import { AviError } from '../avi/errors.ts';
import type { Operation } from '../plan/operation.ts';
import { objectId, type AviObject } from '../translate/desired.ts';
import { createBatchReader, type BatchReader } from './batch-reader.ts';
import { failure } from './failure.ts';
import { macroBody, macroGraphs, type MacroGraph } from './macro-graph.ts';
import { call, createObject, notLeader, written, type ApplyContext } from './operations.ts';
import { isDone, type ObjectOutcome } from './outcome.ts';

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
  const reader = createBatchReader(context);
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
      const ends = started.get(graph) ?? createGraph(graph, reader, context);
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
  reader: BatchReader,
  context: ApplyContext,
): Promise<ReadonlyMap<string, ObjectOutcome>> {
  try {
    return new Map(await Promise.all(await callMacro(graph, reader, context)));
  } catch (error) {
    if (error instanceof AviError && answered.includes(error.kind)) return oneByOne(graph, context);
    return new Map(graph.objects.map((object) => [objectId(object), failure(error)]));
  }
}

/** What the reply says of each object, or will be read. */
async function callMacro(
  graph: MacroGraph,
  reader: BatchReader,
  context: ApplyContext,
): Promise<readonly Promise<readonly [id: string, end: ObjectOutcome]>[]> {
  reader.begin();
  try {
    const reply = await context.client.request('POST', '/api/macro', {
      ...call(graph.service, context),
      body: macroBody(graph),
    });
    const replies = repliesIn(reply.body);
    return graph.objects.map(async (object) => {
      const own = replies.find((one) => isReplyOf(object, one));
      return [objectId(object), own ? written(object, own, context) : await reader.read(object)] as const;
    });
  } finally {
    reader.end();
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
