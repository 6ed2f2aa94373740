/** The children of a parent as a plan changes them, and the writes in between where one write would do too much. */
import { objectId, type AviType, type JsonObject } from '../../translate/desired.ts';
import { strictlyCovers } from '../../translate/policies/rule-match.ts';
import { changesClaims, type ClaimingChild } from './claim-map.ts';
import type { Precedence } from './claim-order.ts';
import {
  claimId,
  claimsOf,
  joinedMatches,
  restrictedMatches,
  takesInside,
  withoutPorts,
  type Claim,
  type Claims,
} from './claims.ts';
import type { InventoryObject } from '../inventory/inventory.ts';
import type { Step, UpdateStep } from '../step.ts';

/** A child with what it adds to a plan. */
export interface PlannedChild {
  readonly child: ClaimingChild;
  /** The body after the plan; undefined when it is deleted. */
  readonly body: JsonObject | undefined;
  /** The write before the plan's own one. */
  readonly stage?: UpdateStep;
  readonly precedences: readonly Precedence[];
  /** Objects of the child's name that are written before the child. */
  readonly writtenBefore: readonly string[];
}

/** Types of which an object with a child's name decides what the child answers. */
export const ownTypes: ReadonlySet<string> = new Set<AviType>(['httppolicyset', 'vsdatascriptset', 'poolgroup']);

/** Fields that decide what a child answers. */
const answers = ['http_policies', 'vs_datascripts', 'pool_group_ref'] as const;
/** As `widerChanged`: a wrong rule for a moment. */
const ownWeight = 3;

/**
 * @param before the child on the controller.
 * @param split whether a write that both adds and removes claims is made two.
 * @param idle ids of pool groups that nothing uses yet.
 * @param gonePorts whose claims are left out, as nobody takes them over.
 */
export function plannedChild(
  id: string,
  before: InventoryObject | undefined,
  byId: ReadonlyMap<string, Step>,
  split: boolean,
  idle: ReadonlySet<string> = new Set(),
  gonePorts: ReadonlySet<string> = new Set(),
): PlannedChild {
  const step = byId.get(id);
  const body = step ? (step.verb === 'delete' ? undefined : step.body) : before?.body;
  const claims = { before: withoutPorts(claimsOf(before?.body), gonePorts), after: claimsOf(body) };
  const { adds, removes } = changesClaims(claims);
  const named = before ?? step;
  const own = named ? ownUpdates(named, byId, ['httppolicyset', 'vsdatascriptset']) : [];
  const groups = named ? ownUpdates(named, byId, ['poolgroup']) : [];
  const all = [...own, ...groups.filter((group) => !idle.has(group))];
  const child = {
    id,
    ...claims,
    refreshes: before ? all : [],
    ...(adds && { takes: id }),
    ...(removes && { drops: id }),
  };
  if (step?.verb !== 'update' || !before) return { child, body, precedences: [], writtenBefore: all };
  const answersOtherwise = step.changes.some(({ path }) => answers.some((field) => path.startsWith(field)));
  const refreshes = answersOtherwise ? [...all, id] : all;
  const kept = cutAtElements(claims);
  const isMixed = answersOtherwise && own.length > 0;
  const [group] = all;
  if (adds && removes && group !== undefined && !answersOtherwise && own.length + kept.size === 0) {
    const moved = movedInside(claims);
    if (moved) return withGroupMoved(step, before, { child, body }, group, moved);
  }
  if (isMixed || (adds && losesMore(claims, kept) && (split || all.length > 0))) {
    const isOtherwise = answersOtherwise || all.length > 0;
    const stage = isOtherwise ? released(step, before, claims, kept, answersOtherwise) : widened(step, before, claims);
    const [takes, drops] = isOtherwise ? [id, stage.id] : [stage.id, id];
    const moves = { ...(adds && { takes }), ...(removes && { drops }) };
    const inOrder = all.flatMap((then): readonly Precedence[] => [
      { first: stage.id, then, weight: ownWeight },
      { first: then, then: id, weight: ownWeight, ...(!isMixed && { of: 'write' as const }) },
    ]);
    const moved = { id, ...claims, refreshes, ...moves };
    const begun = groups
      .filter((group) => idle.has(group))
      .map((first): Precedence => ({ first, then: stage.id, weight: ownWeight, of: 'write' }));
    return { child: moved, body, stage, precedences: [...inOrder, ...begun], writtenBefore: all };
  }
  if (!removes || adds) return { child: { ...child, refreshes }, body, precedences: [], writtenBefore: all };
  const precedences = all.map((then): Precedence => ({ first: id, then, weight: ownWeight }));
  return { child: { ...child, refreshes }, body, precedences, writtenBefore: [] };
}

/** Whether all new claims are inside those that the child had (`in`), or all former ones inside those that it will have (`out`). */
function movedInside({ before, after }: Pick<ClaimingChild, 'before' | 'after'>): 'in' | 'out' | undefined {
  const isInside = (inner: Claims, outer: Claims): boolean =>
    [...inner].every(([id, claim]) => outer.has(id) || [...outer.values()].some((other) => covers(other, claim)));
  if (isInside(after, before)) return 'in';
  return isInside(before, after) ? 'out' : undefined;
}

function covers(outer: Claim, { host, port, criteria, value }: Claim): boolean {
  if (outer.port !== port || !(outer.host === host || strictlyCovers(outer.host, host))) return false;
  return (outer.criteria === criteria && outer.value === value) || takesInside(outer, { host, port, criteria, value });
}

/**
 * The requests that stay may see the pool group with the former or the new members; those that leave never see the new
 * ones, those that come never the former ones.
 */
function withGroupMoved(
  step: UpdateStep,
  before: InventoryObject,
  { child, body }: Pick<PlannedChild, 'child' | 'body'>,
  group: string,
  moved: 'in' | 'out',
): PlannedChild {
  const stage = widened(step, before, child);
  const order = moved === 'in' ? { first: child.id, then: group } : { first: group, then: stage.id };
  return {
    child: { ...child, takes: stage.id, drops: child.id },
    body,
    stage,
    precedences: [{ ...order, weight: ownWeight }],
    writtenBefore: [],
  };
}

/** Updates of objects that have the child's name. */
function ownUpdates(
  { tenant, name }: Pick<InventoryObject, 'tenant' | 'name'>,
  byId: ReadonlyMap<string, Step>,
  types: readonly AviType[],
): readonly string[] {
  return types.map((type) => objectId({ type, tenant, name })).filter((id) => byId.get(id)?.verb === 'update');
}

/**
 * Claims that become narrower and stay with the child: AKO's BEGINS_WITH `/a` becomes EQUALS `/a` and BEGINS_WITH `/a/`.
 * Nobody else takes their requests, so giving them up in between would leave these without an answer. Ours end in a
 * slash and are never cut so.
 */
function cutAtElements({ before, after }: Pick<ClaimingChild, 'before' | 'after'>): ReadonlySet<string> {
  const cut = [...before].filter(
    ([id, claim]) =>
      !after.has(id) &&
      claim.criteria === 'BEGINS_WITH' &&
      !claim.value.endsWith('/') &&
      after.has(claimId({ ...claim, value: `${claim.value}/` })),
  );
  return new Set(cut.map(([id]) => id));
}

function losesMore({ before, after }: Pick<ClaimingChild, 'before' | 'after'>, kept: ReadonlySet<string>): boolean {
  return [...before.keys()].some((id) => !after.has(id) && !kept.has(id));
}

/** Answers as before, without the claims that it will lose, but for those that are `kept` to the end. */
function released(
  step: UpdateStep,
  before: InventoryObject,
  claims: Pick<ClaimingChild, 'before' | 'after'>,
  kept: ReadonlySet<string>,
  answersOtherwise: boolean,
): UpdateStep {
  const vhMatches =
    kept.size === 0
      ? restrictedMatches(step.body, claims.before)
      : joinedMatches(restrictedMatches(step.body, claims.before), restrictedMatches(before.body, kept));
  const body = answersOtherwise ? withAnswersOf(step.body, before.body) : step.body;
  return { ...step, id: `${step.id}#release`, stage: 'release', body: { ...body, vh_matches: vhMatches }, changes: [] };
}

/** Claims what it will have and what it had. */
function widened(
  step: UpdateStep,
  before: InventoryObject,
  claims: Pick<ClaimingChild, 'before' | 'after'>,
): UpdateStep {
  const lost = new Set([...claims.before.keys()].filter((id) => !claims.after.has(id)));
  const matches = joinedMatches(restrictedMatches(step.body, claims.after), restrictedMatches(before.body, lost));
  return { ...step, id: `${step.id}#claim`, stage: 'claim', body: { ...step.body, vh_matches: matches }, changes: [] };
}

/**
 * What both bodies need to answer. A policy set may count on the pool group and the script behind it, so the new ones
 * come before the policy set is changed, and the old ones stay until it is.
 */
function withAnswersOf(body: JsonObject, before: JsonObject): JsonObject {
  const others = Object.entries(body).filter(([field]) => !answers.some((answer) => answer === field));
  const kept = answers.flatMap((field) => {
    const value = field === 'http_policies' ? before[field] : (body[field] ?? before[field]);
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries([...others, ...kept]);
}
