/** When a write has reached the Service Engines, as far as the controller says. */
import type { AviClient } from '../avi/client.ts';
import type { InventoryStore } from '../avi/inventory.ts';
import type { InventoryObject } from '../plan/inventory/inventory.ts';
import type { Operation } from '../plan/operation.ts';
import { refsIn } from '../plan/refs.ts';
import { objectId, type JsonObject } from '../translate/desired.ts';
import type { ObjectOutcome } from './outcome.ts';

/** As in `ApplyContext`. */
export interface EffectContext {
  readonly client: AviClient;
  readonly inventory: InventoryStore;
  readonly mayWrite: () => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly graceMs?: number;
  readonly healthMs?: number;
}

export const defaultGraceMs = 1_000;
export const defaultHealthMs = 15_000;

/** From one question to the next: in the first second, and at most. */
const pollMs = 250;
const longestPollMs = 1_000;
/** As of writes that complete something (`call` in `operations.ts`): much may wait for the answer. */
const askPriority = 2;
/** When more virtual services than this are new, their states are not asked for one by one. */
const mostAsked = 20;

/**
 * Ends when traffic may rely on the write. A new virtual service is asked for until it is up, for the grace at most; the
 * controller does not say when Service Engines have a change of one that exists, so the grace passes. Pools that come
 * into use are then asked for until they are up, for the health time at most: their servers may be down for good.
 *
 * @param created how many virtual services the plan creates.
 */
export async function effectOf(
  operation: Operation,
  end: ObjectOutcome,
  created: number,
  context: EffectContext,
): Promise<void> {
  if (end.state !== 'done') return;
  const { graceMs = defaultGraceMs, healthMs = defaultHealthMs } = context;
  const isNew = operation.verb === 'create' && operation.type === 'virtualservice' && created <= mostAsked;
  const uuid = isNew ? end.object?.uuid : undefined;
  if (uuid === undefined) await context.sleep(graceMs);
  else await untilUp([`/api/virtualservice/${uuid}/runtime/`], graceMs, operation.tenant, context);
  const { objects } = context.inventory.current();
  const pools = (operation.warms ?? []).flatMap((id) => objects.get(id)?.uuid ?? []);
  const paths = pools.map((pool) => `/api/pool/${pool}/runtime/`);
  if (paths.length > 0) await untilUp(paths, healthMs, operation.tenant, context);
}

/** States of what serves from an object, at one moment. */
interface Serving {
  /** Whether some of what it will serve from is up. */
  readonly next: boolean;
  /** Whether some of what it served from is up. */
  readonly former: boolean;
}

/**
 * Ends when what replaces all servers of a pool, or all members of a pool group, may serve alone: after the grace, when
 * some of it is up, when nothing of the former is, when the controller cannot say, or when the health time has passed.
 *
 * @param desired the body to come; servers and members are told apart by it.
 */
export async function untilReplaced(
  { type, tenant, uuid }: Pick<InventoryObject, 'type' | 'tenant' | 'uuid'>,
  desired: JsonObject,
  bridged: JsonObject,
  context: EffectContext,
): Promise<void> {
  const { graceMs = defaultGraceMs, healthMs = defaultHealthMs } = context;
  await context.sleep(graceMs);
  const ask = (path: string): Promise<unknown> =>
    context.client.request('GET', path, { tenant, priority: askPriority }).then(({ body }) => body);
  for (let waited = 0, rest = pollMs; waited < healthMs && context.mayWrite(); rest = pauseAfter(waited, rest)) {
    const serving = await (
      type === 'pool' ? serversOf(uuid, desired, ask) : membersOf(tenant, desired, bridged, context, ask)
    ).catch(() => undefined);
    if (!serving || serving.next || !serving.former) return;
    const pause = Math.min(rest, healthMs - waited);
    await context.sleep(pause);
    waited += pause;
  }
}

function pauseAfter(waitedMs: number, restMs: number): number {
  return waitedMs < 1_000 ? pollMs : Math.min(2 * restMs, longestPollMs);
}

type Ask = (path: string) => Promise<unknown>;

async function serversOf(uuid: string, desired: JsonObject, ask: Ask): Promise<Serving> {
  const reply = await ask(`/api/pool/${uuid}/runtime/server/`);
  const wanted = new Set(objects(desired.servers).map((server) => `${addressOf(server.ip)} ${String(server.port)}`));
  const up = objects(reply).filter(isStateUp);
  const isWanted = (server: JsonObject): boolean => wanted.has(`${addressOf(server.ip_addr)} ${String(server.port)}`);
  return { next: up.some(isWanted), former: up.some((server) => !isWanted(server)) };
}

async function membersOf(
  tenant: string,
  desired: JsonObject,
  bridged: JsonObject,
  { inventory }: EffectContext,
  ask: Ask,
): Promise<Serving> {
  const pools = (group: JsonObject): readonly string[] =>
    refsIn(group).flatMap(({ type, name }) => (type === 'pool' && name !== undefined ? [name] : []));
  const isPoolUp = async (name: string): Promise<boolean> => {
    const uuid = inventory.current().objects.get(objectId({ type: 'pool', tenant, name }))?.uuid;
    return uuid !== undefined && isStateUp(await ask(`/api/pool/${uuid}/runtime/`));
  };
  const next = pools(desired);
  const former = pools(bridged).filter((name) => !next.includes(name));
  const [nextUp, formerUp] = await Promise.all([next, former].map((names) => Promise.all(names.map(isPoolUp))));
  return { next: nextUp?.includes(true) ?? false, former: formerUp?.includes(true) ?? false };
}

function isStateUp(reply: unknown): boolean {
  return (
    (reply as { readonly oper_status?: { readonly state?: string } } | undefined)?.oper_status?.state === 'OPER_UP'
  );
}

function addressOf(ip: unknown): string {
  return String((ip as { readonly addr?: string } | undefined)?.addr);
}

function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

/** Asks for the states of objects until all are up or the time has passed. */
async function untilUp(
  paths: readonly string[],
  longestMs: number,
  tenant: string,
  context: EffectContext,
): Promise<void> {
  let waiting = paths;
  for (let waited = 0, rest = pollMs; ; rest = pauseAfter(waited, rest)) {
    const states = await Promise.all(waiting.map((path) => isUp(path, tenant, context)));
    waiting = waiting.filter((_, index) => !states[index]);
    if (waiting.length === 0 || waited >= longestMs || !context.mayWrite()) return;
    const pause = Math.min(rest, longestMs - waited);
    await context.sleep(pause);
    waited += pause;
  }
}

/** What cannot be asked for counts as not up. */
async function isUp(path: string, tenant: string, { client }: EffectContext): Promise<boolean> {
  try {
    const { body } = await client.request('GET', path, { tenant, priority: askPriority });
    return isStateUp(body);
  } catch {
    return false;
  }
}
