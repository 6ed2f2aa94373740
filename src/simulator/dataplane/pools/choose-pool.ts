import type { FailAction, PoolGroupProgram, PoolProgram, VirtualServiceProgram } from '../program/program.ts';
import type { Target } from '../decide/target.ts';
import { pickWeighted, type Random } from '../../random.ts';

/** A pool that can serve, or what to answer instead. */
export type PoolChoice =
  { readonly kind: 'pool'; readonly pool: PoolProgram } | { readonly kind: 'fail'; readonly action: FailAction };

const CLOSE: FailAction = { kind: 'close' };

/** A pool for a target: pool groups by priority and ratio (avi-model 2.6), then fail actions, with backup pools followed once. */
export function choosePool(
  virtualService: VirtualServiceProgram,
  target: Target,
  isUp: (pool: PoolProgram) => boolean,
  random: Random,
): PoolChoice {
  const choice =
    target.kind === 'pool'
      ? choiceOfPool(virtualService.pools.get(target.uuid), isUp)
      : choiceOfGroup(virtualService, virtualService.poolGroups.get(target.uuid), isUp, random);
  if (choice.kind !== 'fail' || choice.action.kind !== 'backup') return choice;
  const backup = virtualService.pools.get(choice.action.poolUuid);
  return backup && isUp(backup) ? { kind: 'pool', pool: backup } : { kind: 'fail', action: CLOSE };
}

function choiceOfPool(pool: PoolProgram | undefined, isUp: (pool: PoolProgram) => boolean): PoolChoice {
  if (!pool) return { kind: 'fail', action: CLOSE };
  return isUp(pool) ? { kind: 'pool', pool } : { kind: 'fail', action: pool.failAction };
}

function choiceOfGroup(
  virtualService: VirtualServiceProgram,
  group: PoolGroupProgram | undefined,
  isUp: (pool: PoolProgram) => boolean,
  random: Random,
): PoolChoice {
  const members = (group?.members ?? []).flatMap((member) => {
    const pool = virtualService.pools.get(member.poolUuid);
    return pool && member.ratio > 0 ? [{ ...member, pool }] : [];
  });
  const up = members.filter(({ pool }) => isUp(pool));
  const highest = Math.max(...up.map(({ priority }) => priority));
  const chosen = pickWeighted(
    up.filter(({ priority }) => priority === highest),
    ({ ratio }) => ratio,
    random,
  );
  if (chosen) return { kind: 'pool', pool: chosen.pool };
  return { kind: 'fail', action: group?.failAction ?? firstFailAction(members) };
}

/** A group without a fail action of its own: that of its first member in the highest priority. */
function firstFailAction(members: readonly { readonly pool: PoolProgram; readonly priority: number }[]): FailAction {
  const highest = Math.max(...members.map(({ priority }) => priority));
  return members.find(({ priority }) => priority === highest)?.pool.failAction ?? CLOSE;
}
