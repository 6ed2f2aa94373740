/** What the apply says about a Gateway's or a route's objects, in the words of the Programmed condition. */
import { isDone, type ObjectOutcome, type Outcome } from '../apply/outcome.ts';
import { fails, fitMessage, holds, messages } from '../routing/conditions.ts';
import { record, text } from '../values/read.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import { objectId, type AviObject } from '../translate/desired.ts';

/** `done`, still `pending`, or `failed` with the controller's message and the object that it is about. */
export type Progress =
  | { readonly state: 'done' }
  | { readonly state: 'pending' }
  | { readonly state: 'failed'; readonly message: string; readonly id: string; readonly type: string };

/** How far one object is; a blocked one reports what blocks it. */
export function progressOf(object: AviObject, outcome: Outcome | undefined): Progress {
  return follow(objectId(object), outcome, new Set());
}

/** How far several objects, by `objectId`, are: a failure first, else what is still pending. */
export function progressOfAll(ids: readonly string[], outcome: Outcome | undefined): Progress {
  if (ids.every((id) => isDone(outcome?.get(id)))) return { state: 'done' };
  const all = ids.map((id) => follow(id, outcome, new Set()));
  return (
    all.find((progress) => progress.state === 'failed') ??
    all.find((progress) => progress.state === 'pending') ?? { state: 'done' }
  );
}

/** The condition Programmed for a progress. */
export function programmedCondition(progress: Progress): ConditionDraft {
  if (progress.state === 'done') return holds('Programmed', 'Programmed', messages.programmed);
  if (progress.state === 'failed') return fails('Programmed', 'Invalid', fitMessage(progress.message));
  return { type: 'Programmed', status: 'Unknown', reason: 'Pending', message: 'Waiting for the controller' };
}

/**
 * Addresses of a VsVip as the controller returned it: of each VIP the floating address, else the address, then the
 * IPv6 one.
 */
export function addressesOf(outcome: ObjectOutcome | undefined): readonly string[] {
  const body = outcome && 'object' in outcome ? outcome.object?.body : undefined;
  const vips: unknown = body?.['vip'];
  if (!Array.isArray(vips)) return [];
  const found = (vips as readonly unknown[]).flatMap((entry) => {
    const vip = record(entry);
    const address = (name: string) => text(record(vip[name])['addr']);
    return [address('floating_ip') ?? address('ip_address'), address('floating_ip6') ?? address('ip6_address')];
  });
  return [...new Set(found.filter((address) => address !== undefined && address !== ''))].filter(
    (a) => a !== undefined,
  );
}

function follow(id: string, outcome: Outcome | undefined, seen: Set<string>): Progress {
  const own = outcome?.get(id);
  if (!own) return { state: 'pending' };
  switch (own.state) {
    case 'done':
    case 'unchanged':
      return { state: 'done' };
    case 'failed':
    case 'refused':
      return { state: 'failed', message: `${id}: ${own.message}`, id, type: id.slice(0, id.indexOf(' ')) };
    case 'blocked': {
      seen.add(id);
      const cause: Progress = seen.has(own.by) ? { state: 'pending' } : follow(own.by, outcome, seen);
      return cause.state === 'failed' ? cause : { state: 'pending' };
    }
  }
}
