/** When a write has reached the Service Engines, as far as the controller says. */
import type { AviClient } from '../avi/client.ts';
import type { InventoryStore } from '../avi/inventory.ts';
import type { Operation } from '../plan/operation.ts';
import type { ObjectOutcome } from './outcome.ts';

/** As in `ApplyContext`. */
export interface EffectContext {
  readonly client: AviClient;
  readonly inventory: InventoryStore;
  readonly mayWrite: () => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly graceMs?: number;
  readonly healthMs?: number;
  readonly priority?: number;
}

export const defaultGraceMs = 1_000;
export const defaultHealthMs = 15_000;

/** From one question to the next. */
const pollMs = 250;
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

/** Asks for the states of objects until all are up or the time has passed. */
async function untilUp(
  paths: readonly string[],
  longestMs: number,
  tenant: string,
  context: EffectContext,
): Promise<void> {
  let waiting = paths;
  for (let waited = 0; ; waited += pollMs) {
    const states = await Promise.all(waiting.map((path) => isUp(path, tenant, context)));
    waiting = waiting.filter((_, index) => !states[index]);
    if (waiting.length === 0 || waited >= longestMs || !context.mayWrite()) return;
    await context.sleep(Math.min(pollMs, longestMs - waited));
  }
}

/** What cannot be asked for counts as not up. */
async function isUp(path: string, tenant: string, { client, priority }: EffectContext): Promise<boolean> {
  try {
    const { body } = await client.request('GET', path, { tenant, priority: priority ?? 0 });
    const status = (body as { readonly oper_status?: { readonly state?: string } } | undefined)?.oper_status;
    return status?.state === 'OPER_UP';
  } catch {
    return false;
  }
}
