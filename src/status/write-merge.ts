/**
 * A status that is computed from one version of an object, put onto another: what others wrote there is kept.
 */
import type { StatusUpdate } from './update.ts';

type Fields = Readonly<Record<string, unknown>>;

interface TypedCondition {
  readonly type: string;
}

interface ParentStatus {
  readonly controllerName: string;
}

/** Types of the conditions on GatewayClasses and Gateways that only their controller writes. */
const ownConditions: Readonly<Record<string, ReadonlySet<string>>> = {
  GatewayClass: new Set(['Accepted', 'SupportedVersion']),
  Gateway: new Set(['Accepted', 'Programmed', 'ResolvedRefs', 'Ready', 'Scheduled']),
};

/**
 * @param update the whole status as it was computed; foreign entries in it may be out of date.
 * @param current the object's status now, undefined when it has none.
 * @param controllerName whose entries in `parents` are ours.
 * @returns the status to write.
 */
export function keepForeign(update: StatusUpdate, current: unknown, controllerName: string): Fields {
  const now = isFields(current) ? current : {};
  if (update.kind === 'HTTPRoute') {
    const isOurs = (parent: ParentStatus) => parent.controllerName === controllerName;
    const foreign = list<ParentStatus>(now.parents).filter((parent) => !isOurs(parent));
    return { ...update.status, parents: [...foreign, ...list<ParentStatus>(update.status.parents).filter(isOurs)] };
  }
  const own = ownConditions[update.kind] ?? new Set<string>();
  const foreign = list<TypedCondition>(now.conditions).filter(({ type }) => !own.has(type));
  const ours = list<TypedCondition>(update.status.conditions).filter(({ type }) => own.has(type));
  return { ...update.status, conditions: [...ours, ...foreign] };
}

/** A JSON merge patch that makes `after` of `before`, at the first level. */
export function mergePatch(before: unknown, after: Fields): Fields {
  const gone = Object.keys(isFields(before) ? before : {}).filter((name) => !Object.hasOwn(after, name));
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...after };
}

function list<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
