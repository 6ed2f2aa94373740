/** One object: create, update or delete, with what the controller's answer calls for (design section 4, "Apply"). */
import type { AviClient } from '../avi/client.ts';
import { AviError } from '../avi/errors.ts';
import type { InventoryStore } from '../avi/inventory.ts';
import { bridgeBody } from '../plan/bridge.ts';
import { diffObject } from '../plan/content/diff.ts';
import { isOurs, type Identity } from '../plan/inventory/identity.ts';
import type { InventoryObject } from '../plan/inventory/inventory.ts';
import type { Operation } from '../plan/operation.ts';
import { isKnownEqual, noteEqual, settledKey, updateStep } from '../plan/content/compare.ts';
import { refsIn } from '../plan/refs.ts';
import { sharedBody } from '../plan/content/shared-body.ts';
import type { AviSchema } from '../plan/content/schema.ts';
import { objectId, type AviObject, type AviType } from '../translate/desired.ts';
import { untilReplaced } from './effect.ts';
import type { ObjectOutcome } from './outcome.ts';

export interface ApplyContext {
  readonly client: AviClient;
  readonly inventory: InventoryStore;
  readonly identity: Identity;
  readonly schema: AviSchema;
  /** Asked before each write: false once the leadership is lost. */
  readonly mayWrite: () => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Whether somebody has come to want an object since its deletion was planned; it is then left. */
  readonly isWanted?: (id: string) => boolean;
  /** An object was deleted. */
  readonly onDeleted?: (id: string) => void;
  /** How long a write may take to reach all Service Engines, in milliseconds; default 1000. */
  readonly graceMs?: number;
  /** How long pools that come into use may take until their first health check is over, in milliseconds; default 15000. */
  readonly healthMs?: number;
  /** Calls of higher priority go first; default 0. */
  readonly priority?: number;
  /** Whether a child, its pool group and its pools are created by one macro call; default false. */
  readonly macro?: boolean;
}

export const notLeader = 'this replica is not the leader any more';

/** How often one object is looked at again before it is left to the next reconcile. */
const rounds = 4;
/** A deleted name stays reserved for a moment, and a reference is counted a moment longer than it exists. */
const pauseMs = 250;

const isKind = (error: unknown, ...kinds: readonly AviError['kind'][]): error is AviError =>
  error instanceof AviError && kinds.includes(error.kind);

/** POST. 409: what stands under the name is adopted when it is ours. 404: a reference is gone, so look again at all of them. */
export async function createObject(object: AviObject, context: ApplyContext, round = 1): Promise<ObjectOutcome> {
  const { type } = object;
  try {
    const reply = await context.client.request('POST', `/api/${type}/`, {
      ...call(object, context),
      body: object.body,
    });
    return written(object, reply.body, context);
  } catch (error) {
    if (isKind(error, 'conflict')) return adopt(object, error, context, round);
    if (isKind(error, 'notFound', 'validation')) await forgetMissingReferences(object, context);
    throw error;
  }
}

async function adopt(
  object: AviObject,
  conflict: AviError,
  context: ApplyContext,
  round: number,
): Promise<ObjectOutcome> {
  const found = await context.inventory.reread(object);
  if (found) return makeEqual(object, found, context, round);
  if (round >= rounds) throw conflict;
  await context.sleep(pauseMs * round);
  return createObject(object, context, round + 1);
}

/** PUT of what the plan computed; where that would leave nothing that serves for a moment, in two steps. */
export async function updateObject(
  object: AviObject,
  operation: Pick<Extract<Operation, { verb: 'update' }>, 'uuid' | 'body'>,
  context: ApplyContext,
  round = 1,
): Promise<ObjectOutcome> {
  const { type } = object;
  const current = context.inventory.current().objects.get(objectId(object));
  const bridge = current && bridgeBody(type, operation.body, current.body);
  try {
    const reply = await context.client.request('PUT', `/api/${type}/${operation.uuid}`, {
      ...call(object, context),
      body: bridge ?? operation.body,
    });
    return bridge ? await afterBridge(object, reply.body, context, round) : written(object, reply.body, context);
  } catch (error) {
    if (round >= rounds || !isKind(error, 'notFound', 'stale', 'conflict')) throw error;
    if (error.kind === 'notFound') await forgetMissingReferences(object, context);
    const found = await context.inventory.reread(object);
    if (!found) return createObject(object, context, round + 1);
    if (found.uuid === operation.uuid && error.kind === 'notFound') throw error; // it is a reference that is missing
    return makeEqual(object, found, context, round);
  }
}

/** Both old and new serve; the old go when the new do. */
async function afterBridge(
  object: AviObject,
  body: unknown,
  context: ApplyContext,
  round: number,
): Promise<ObjectOutcome> {
  const { type, tenant, name } = object;
  const bridged = { ...context.inventory.read(type, body, tenant), tenant, name };
  context.inventory.put(bridged);
  await untilReplaced(bridged, object.body, bridged.body, context);
  if (!context.mayWrite()) return { state: 'failed', message: notLeader, retryable: true };
  return makeEqual(object, bridged, context, round);
}

/** Plans one object again against what the controller has now. */
async function makeEqual(
  object: AviObject,
  found: InventoryObject,
  context: ApplyContext,
  round: number,
): Promise<ObjectOutcome> {
  if (!isOurs(found, context.identity)) return notOurs(object);
  const step = updateStep(object, found, context);
  return step ? updateObject(object, step, context, round + 1) : { state: 'unchanged', object: found };
}

/** The outcome where something of somebody else stands under the name. */
export function notOurs({ type, tenant, name }: AviObject): ObjectOutcome {
  return {
    state: 'refused',
    message: `${type} "${name}" in tenant "${tenant}" exists and is not ours; it is left as it is`,
  };
}

/** DELETE. What is found missing counts as deleted; what is in use is tried again once the plan's writes are through. */
export async function deleteObject(
  operation: Extract<Operation, { verb: 'delete' }>,
  context: ApplyContext,
  writesSettled: () => Promise<unknown>,
  round = 1,
): Promise<ObjectOutcome> {
  const { type, uuid, id } = operation;
  if (context.isWanted?.(id)) return { state: 'done' };
  try {
    await context.client.request('DELETE', `/api/${type}/${uuid}`, call(operation, context));
  } catch (error) {
    if (isKind(error, 'inUse', 'stale') && round < rounds) {
      await writesSettled();
      await context.sleep(pauseMs * round);
      return deleteObject(operation, context, writesSettled, round + 1);
    }
    // An inventory that does not know the object any more would never have it deleted, so make sure that it is gone.
    if (!isKind(error, 'notFound') || (await context.inventory.reread(operation))?.uuid === uuid) throw error;
  }
  context.inventory.remove(id);
  context.onDeleted?.(id);
  return { state: 'done' };
}

/** What completes a route goes before what begins another, so that routes become ready one after the other. */
const rank: Partial<Record<AviType, number>> = {
  poolgroup: 1,
  httppolicyset: 1,
  vsdatascriptset: 1,
  virtualservice: 2,
};
const ranks = 3;

/** Tenant and priority of a call. */
export function call(
  { type, tenant }: { readonly type: AviType; readonly tenant: string },
  context: ApplyContext,
): { readonly tenant: string; readonly priority: number } {
  return { tenant, priority: (context.priority ?? 0) * ranks + (rank[type] ?? 0) };
}

/** Puts the reply into the inventory, with the differences that the controller insists on. */
export function written(object: AviObject, body: unknown, context: ApplyContext): ObjectOutcome {
  const { type, tenant, name } = object;
  const reply = context.inventory.read(type, body, tenant);
  const stored = { ...reply, body: sharedBody(reply.body, object.body), tenant, name };
  const changes = diffObject(type, object.body, stored.body, context.schema);
  const settled = new Set(changes.map(settledKey));
  const kept: InventoryObject = settled.size > 0 ? { ...stored, settled } : stored;
  context.inventory.put(kept);
  noteEqual(object, kept);
  return { state: 'done', object: kept };
}

const looked = new WeakSet<InventoryObject>();

/** What was read from the controller and found as desired is kept together with that, once; what was put off is left. */
export function shareContent(
  object: AviObject,
  current: InventoryObject,
  { inventory }: ApplyContext,
): InventoryObject {
  if (current.body.markers === object.body.markers || looked.has(current)) return current;
  if (!isKnownEqual(object, current)) return current;
  const kept = { ...current, body: sharedBody(current.body, object.body) };
  looked.add(kept);
  inventory.put(kept);
  noteEqual(object, kept);
  return kept;
}

/** Looks again at what a body refers to, so that the next plan creates what somebody else has deleted. */
async function forgetMissingReferences(object: AviObject, context: ApplyContext): Promise<void> {
  const { objects } = context.inventory.current();
  const known = refsIn(object.body).flatMap(({ type, name }) =>
    name === undefined ? [] : (objects.get(objectId({ type, tenant: object.tenant, name })) ?? []),
  );
  await Promise.all([...new Set(known)].map((target) => context.inventory.reread(target)));
}
