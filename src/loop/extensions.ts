/** The lanes of extensions: their objects on the controller, used or not, and what their statuses say. */
import { applyPlan } from '../apply/apply.ts';
import type { ObjectOutcome } from '../apply/outcome.ts';
import { isOurs } from '../plan/inventory/identity.ts';
import { planOwn } from '../plan/plan-gateway.ts';
import { judgeSettings as judge } from '../routing/extensions/extension-settings.ts';
import { parseExtensionId } from '../routing/extensions/extension-kinds.ts';
import {
  extensionName,
  isObjectKind,
  judgeObject,
  type ExtensionProblem,
  type ObjectKind,
} from '../routing/extensions/extension-objects.ts';
import { isPolicyKind } from '../routing/policies/policy-index.ts';
import { tenantOf } from '../routing/routes/tenant.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import {
  computeAcceptance,
  computeObjectStatus,
  type ObjectState,
  type SettingsKind,
} from '../status/compute-extension.ts';
import { objectId, type AviObject } from '../translate/desired.ts';
import { extensionObject, nameOfExtension, typeOfKind } from '../translate/profiles/extension-object.ts';
import {
  applyContext,
  claimedByOthers,
  isoTime,
  planningInventory,
  type EngineContext,
  type GatewayMemory,
} from './engine-context.ts';
import type { RunResult } from './queue.ts';
import type { Statuses } from './statuses.ts';

/** Works on the extension that an id (`Kind/namespace/name`) means; it may be gone. */
export async function reconcileExtension(
  id: string,
  context: EngineContext,
  statuses: Pick<Statuses, 'policy'>,
): Promise<RunResult> {
  const parsed = parseExtensionId(id);
  if (!parsed) return 'done';
  const { kind, key } = parsed;
  // A policy has no object and no settings of its own: the Gateways that it concerns say what becomes of it.
  if (isPolicyKind(kind)) {
    statuses.policy(id);
    return 'done';
  }
  if (isObjectKind(kind)) return reconcileObject(id, kind, key, context);
  return judgeSettings(kind, key, context);
}

/** What a lane is after. */
interface Wanted {
  /** Absent where there is to be none, or where what it is made of is not known. */
  readonly object?: AviObject;
  readonly problem?: ExtensionProblem;
  readonly terminating: boolean;
}

async function reconcileObject(id: string, kind: ObjectKind, key: string, context: EngineContext): Promise<RunResult> {
  const { deps, memory } = context;
  const snapshot = deps.state.snapshot();
  const live = snapshot.extensions[kind].get(key);
  const tenant = tenantOf(snapshot, key, deps.settings.routing);
  const target = { type: typeOfKind[kind], tenant, name: targetName(kind, key, snapshot, context) };
  const wanted = live ? want(id, kind, key, tenant, snapshot, context) : { terminating: false };
  const before = memory.get(id);
  const objects = wanted.object ? [wanted.object] : [];
  // What cannot be judged now keeps its object: only its owner's end ends it.
  const kept = wanted.object || (wanted.problem && !wanted.terminating) ? [objectId(target)] : [];
  const surplus = [...new Set([...(before?.ids.keys() ?? []), ...(live ? [objectId(target)] : [])])].filter(
    (known) => !kept.includes(known) && !claimedByOthers(context, id).has(known),
  );
  remember(id, tenant, objects, kept, live !== undefined || surplus.length > 0, context);
  if (!deps.isLeader() || !context.inventoryReady()) return 'done';
  if (live && !wanted.terminating) deps.statuses.setFinalizer?.(kind, key, true);

  await lookAgainAtForeign(objects, context);
  const plan = planOwn(objects, surplus, {
    inventory: planningInventory(context),
    identity: deps.identity,
    schema: deps.schema,
  });
  const outcome = await applyPlan(plan, objects, applyContext(context));
  const ends = [...outcome.values()];
  const failed = ends.find(isFailed);
  if (!live) {
    if (!failed) memory.delete(id);
    return failed ? 'retry' : 'done';
  }
  const held = planIsHeld(plan.refusals.length, wanted, failed);
  if (wanted.terminating && !wanted.object && !held) {
    deps.statuses.setFinalizer?.(kind, key, false);
    return 'done';
  }
  say(kind, key, stateOf(target, wanted, ends, context), context);
  // Nothing tells when the last Gateway has let go.
  if (wanted.terminating) return 'retry';
  return failed && (failed.state === 'refused' || failed.retryable) ? 'retry' : 'done';
}

type Failed = Extract<ObjectOutcome, { state: 'failed' | 'refused' }>;

function isFailed(end: ObjectOutcome): end is Failed {
  return end.state === 'failed' || end.state === 'refused';
}

/** Whether the object of one that is being deleted could not be deleted yet. */
function planIsHeld(refusals: number, { terminating, object }: Wanted, failed: Failed | undefined): boolean {
  return terminating && !object && (failed?.state === 'failed' || (refusals > 0 && failed?.state !== 'refused'));
}

function targetName(kind: ObjectKind, key: string, { extensions }: Snapshot, { deps }: EngineContext): string {
  return nameOfExtension(deps.settings.translate.clusterName, extensionName(kind, key, extensions));
}

/** One that is being deleted stays as long as a Gateway uses it, so that no traffic suffers. */
function want(
  id: string,
  kind: ObjectKind,
  key: string,
  tenant: string,
  snapshot: Snapshot,
  context: EngineContext,
): Wanted {
  const judged = judgeObject(kind, key, snapshot);
  const terminating = snapshot.extensions[kind].get(key)?.metadata.deletionTimestamp != null;
  if ('problem' in judged) return { problem: judged.problem, terminating };
  const object = extensionObject(judged.object, context.deps.settings.translate.clusterName, tenant, id);
  return terminating && !claimedByOthers(context, id).has(objectId(object)) ? { terminating } : { object, terminating };
}

function remember(
  id: string,
  tenant: string,
  objects: readonly AviObject[],
  ids: readonly string[],
  exists: boolean,
  { memory }: EngineContext,
): void {
  if (!exists) return void memory.delete(id);
  // Nothing is unclean about a lane whose end is told in its own status.
  const known: GatewayMemory = { desired: { gateway: id, tenant, objects }, ids: new Set(ids), outcome: new Map() };
  memory.set(id, known);
}

function stateOf(
  target: { readonly type: AviObject['type']; readonly tenant: string; readonly name: string },
  { problem, terminating, object }: Wanted,
  ends: readonly ObjectOutcome[],
  { deps }: EngineContext,
): ObjectState {
  const { tenant, name } = target;
  const uuid = deps.inventory.current().objects.get(objectId(target))?.uuid ?? '';
  const base = { tenant, name, uuid };
  if (terminating) {
    const why = object ? 'it is used by Gateways' : 'the controller refuses to delete it';
    return { ...base, progress: { kind: 'deletionSkipped', message: `${name} is not deleted yet: ${why}` } };
  }
  if (problem) return { ...base, progress: { kind: 'problem', ...problem } };
  const failed = ends.find((end) => end.state === 'failed');
  if (failed) return { ...base, progress: { kind: 'failed', message: failed.message, code: failed.code } };
  const refused = ends.find((end) => end.state === 'refused');
  if (refused) return { ...base, progress: { kind: 'failed', message: refused.message, code: 409 } };
  return { ...base, progress: { kind: ends.some(({ state }) => state === 'done') ? 'written' : 'unchanged' } };
}

function say(kind: ObjectKind, key: string, state: ObjectState, { deps, now }: EngineContext): void {
  const live = deps.state.snapshot().extensions[kind].get(key);
  if (live) deps.statuses.submit([computeObjectStatus(kind, key, live, state, isoTime(now()))]);
}

/** What has no object on the controller: it is only said whether what it names is there. */
async function judgeSettings(kind: SettingsKind, key: string, context: EngineContext): Promise<RunResult> {
  const { deps } = context;
  const snapshot = deps.state.snapshot();
  const live = snapshot.extensions[kind].get(key);
  if (!live || !deps.isLeader() || !context.inventoryReady()) return 'done';
  const tenant = tenantOf(snapshot, key, deps.settings.routing);
  const missing = await context.named.missing(
    tenant,
    judge(kind, key, snapshot, new Set(), deps.settings.routing).named,
  );
  const { failures, ignored } = judge(kind, key, snapshot, missing, deps.settings.routing);
  const messages = failures.map(({ message }) => message);
  const reason = missing.size > 0 ? 'RefNotFound' : 'Rejected';
  const now = isoTime(context.now());
  deps.statuses.submit([computeAcceptance(kind, key, live, { reason, messages, ignored }, now)]);
  return missing.size > 0 ? 'retry' : 'done';
}

/** Somebody may have removed what stood under a wanted name. */
export async function lookAgainAtForeign(objects: readonly AviObject[], { deps }: EngineContext): Promise<void> {
  const { objects: existing } = deps.inventory.current();
  const foreign: AviObject[] = [];
  for (const object of objects) {
    const current = existing.get(objectId(object));
    if (current !== undefined && !isOurs(current, deps.identity)) foreign.push(object);
  }
  await Promise.all(foreign.map((object) => deps.inventory.reread(object)));
}
