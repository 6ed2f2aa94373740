/**
 * A status that is computed from one version of an object, put onto another: what others wrote there is kept.
 */
import { gatewayConditionTypes } from './compute-gateway.ts';
import type { StatusUpdate } from './update.ts';

type Fields = Readonly<Record<string, unknown>>;

interface TypedCondition {
  readonly type: string;
}

interface EntryOfController {
  readonly controllerName: string;
  readonly parentRef?: object;
  readonly ancestorRef?: object;
}

/** Types of the conditions that only the one controller of an object writes. */
const ownConditions: Readonly<Record<string, ReadonlySet<string>>> = {
  GatewayClass: new Set(['Accepted', 'SupportedVersion']),
  // With those of older versions, which are to go.
  Gateway: new Set([...gatewayConditionTypes, 'Ready', 'Scheduled']),
  ListenerSet: new Set(['Accepted', 'Programmed']),
  ApplicationProfile: new Set(['Programmed']),
  AviInfraSetting: new Set(['Accepted']),
  HealthMonitor: new Set(['Programmed']),
  HTTPRule: new Set(['Accepted']),
  HostRule: new Set(['Accepted']),
  L4Rule: new Set(['Accepted']),
  L7Rule: new Set(['Accepted']),
  PKIProfile: new Set(['Programmed']),
  RouteBackendExtension: new Set(['Accepted']),
  SSORule: new Set(['Accepted']),
};

/**
 * @param update the whole status as it was computed; foreign entries in it may be out of date.
 * @param current the object's status now, undefined when it has none.
 * @param controllerName whose entries in `parents` and `ancestors` are ours.
 * @returns the status to write.
 */
export function keepForeign(update: StatusUpdate, current: unknown, controllerName: string): Fields {
  const now = isFields(current) ? current : {};
  const own = ownConditions[update.kind];
  if (!own) {
    const field = update.kind === 'BackendTLSPolicy' ? 'ancestors' : 'parents';
    const isOurs = (entry: EntryOfController) => entry.controllerName === controllerName;
    // The API server returns fields in another order.
    const idOf = ({ parentRef, ancestorRef }: EntryOfController) =>
      JSON.stringify(Object.entries(parentRef ?? ancestorRef ?? {}).sort());
    const ours = list<EntryOfController>(update.status[field]).filter(isOurs);
    return { ...update.status, [field]: inPlace(list<EntryOfController>(now[field]), ours, isOurs, idOf) };
  }
  const isOurs = ({ type }: TypedCondition) => own.has(type);
  const ours = list<TypedCondition>(update.status.conditions).filter(isOurs);
  const conditions = inPlace(list<TypedCondition>(now.conditions), ours, isOurs, ({ type }) => type);
  return { ...update.status, conditions };
}

/**
 * The list with our items as they are to be, each where it was: another writer may have another order, and two that both
 * restore their own would write for ever. What is new comes last.
 */
function inPlace<T>(
  now: readonly T[],
  ours: readonly T[],
  isOurs: (item: T) => boolean,
  idOf: (item: T) => string,
): readonly T[] {
  const left = new Map(Map.groupBy(ours, idOf));
  const kept = now.flatMap((item): readonly T[] => {
    if (!isOurs(item)) return [item];
    const wanted = left.get(idOf(item)) ?? [];
    left.delete(idOf(item));
    return wanted;
  });
  return [...kept, ...[...left.values()].flat()];
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
