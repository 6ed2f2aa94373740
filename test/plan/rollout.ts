/** Runs a plan step by step, with every delay that its edges allow, and answers requests in between. */
import { compileVirtualService } from '../../src/simulator/dataplane/program/compile.ts';
import { evaluate } from '../../src/simulator/dataplane/decide/decide.ts';
import type { VirtualServiceProgram } from '../../src/simulator/dataplane/program/program.ts';
import {
  linkProgram,
  possibleVirtualServices,
  type Program,
} from '../../src/simulator/dataplane/decide/virtual-host.ts';
import type { StoredObject, StoreReader } from '../../src/simulator/store/types.ts';
import type { Operation } from '../../src/plan/operation.ts';
import { isRefField, parseRef, refsIn } from '../../src/plan/refs.ts';
import { objectId, type AviObject, type Json, type JsonObject } from '../../src/translate/desired.ts';
import type { ModelRequest } from '../translate/support/model.ts';
import { clientRequest } from '../translate/support/simulated.ts';

export interface Rollout {
  /** Does one thing that may happen next; false when all has happened. */
  readonly step: () => boolean;
  /** Every answer that the request may get now: a Service with the path sent, a status, or a redirect's Location. */
  readonly answers: (request: ModelRequest) => ReadonlySet<string>;
  /** What has happened, for messages. */
  readonly log: readonly string[];
}

/**
 * @param choose a number from 0 up to, not including, its argument.
 * @param evhOrder as the simulator's.
 */
export function startRollout(
  before: readonly AviObject[],
  operations: readonly Operation[],
  choose: (limit: number) => number,
  evhOrder: Program['evhOrder'],
): Rollout {
  const store = createStore(before);
  const programs = new Map<string, VirtualServiceProgram>();
  const uses = new Map<string, ReadonlySet<string>>();
  const stale = new Set<string>();
  const written = new Set<string>();
  /** Virtual services that have not learnt of a write yet. */
  const spreading = new Map<string, Set<string>>();
  const warm = new Set<string>();
  /** Pools of groups that changed: old and new ones overlap until these have been checked (`bridge.ts`). */
  const bridged = new Set<string>();
  const log: string[] = [];

  const program = (name: string): void => {
    const stored = store.reader.get('virtualservice', name);
    stale.delete(name);
    for (const waiting of spreading.values()) waiting.delete(name);
    if (!stored) {
      programs.delete(name);
      uses.delete(name);
    } else {
      programs.set(name, compileVirtualService(stored, store.reader, { healthIntervalMs: 1000 }).program);
      uses.set(name, store.reachable(stored));
    }
    const used = new Set([...uses.values()].flatMap((names) => [...names]));
    for (const pool of warm) if (!used.has(pool) && !bridged.has(pool)) warm.delete(pool);
  };
  const unchecked = (): readonly string[] =>
    [...new Set([...uses.values()].flatMap((ids) => [...ids]))].filter((id) => id.startsWith('pool ') && !warm.has(id));

  for (const { name } of store.reader.list('virtualservice')) program(name);
  for (const pool of unchecked()) warm.add(pool);

  const isEffective = (operation: Operation): boolean =>
    written.has(operation.id) &&
    spreading.get(operation.id)?.size === 0 &&
    (operation.warms ?? []).every((pool) => warm.has(pool));
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const mayRun = (operation: Operation): boolean =>
    !written.has(operation.id) &&
    operation.dependsOn.every((id) => written.has(id)) &&
    operation.afterEffectOf.every((id) => isEffective(byId.get(id)!));

  const write = (operation: Operation): void => {
    const id = objectId(operation);
    const users = [...uses].filter(([, ids]) => ids.has(id)).map(([name]) => name);
    const touched = new Set(operation.type === 'virtualservice' ? [operation.name, ...users] : users);
    if (operation.verb === 'delete') store.remove(id);
    else store.put({ ...operation, body: operation.body });
    // New members of what nobody uses are not checked.
    if (operation.type === 'poolgroup' && operation.verb === 'update' && users.length > 0) {
      for (const pool of store.poolsOf(operation.name)) {
        warm.add(pool);
        bridged.add(pool);
      }
    }
    for (const name of touched) stale.add(name);
    spreading.set(operation.id, new Set(touched));
    written.add(operation.id);
    log.push(`${operation.verb} ${operation.id}`);
  };

  return {
    log,
    step() {
      const runnable = operations.filter(mayRun);
      const cold = unchecked();
      const choices = [...runnable, ...[...stale].sort(), ...cold];
      if (choices.length === 0) {
        if (written.size < operations.length) throw new Error(`stuck after ${log.join('\n')}`);
        return false;
      }
      const choice = choices[choose(choices.length)]!;
      if (typeof choice !== 'string') write(choice);
      else if (stale.has(choice)) {
        program(choice);
        log.push(`programmed ${choice}`);
      } else {
        warm.add(choice);
        log.push(`checked ${choice}`);
      }
      return true;
    },
    answers(asked) {
      const parent = [...programs.values()].find(({ kind }) => kind === 'parent');
      if (!parent) return new Set(['no parent']);
      const sent = clientRequest(asked);
      const children = [...programs.values()].filter(({ kind }) => kind === 'child');
      const possible = possibleVirtualServices(linkProgram(parent, children, evhOrder), sent);
      return new Set(
        [...possible].map((service) => {
          const { action, rewrite } = evaluate(service, sent);
          if (action.kind === 'redirect') return `redirect ${action.redirect.location}`;
          if (action.kind === 'local') return String(action.response.status);
          if (action.kind !== 'forward') return action.kind;
          const pools = store.poolsOf(action.target.name);
          return pools.some((pool) => warm.has(pool))
            ? `${store.serviceOf(action.target.name)} ${rewrite.path ?? asked.path}`
            : '503';
        }),
      );
    },
  };
}

/** A store of objects by name; names are their uuids. */
function createStore(initial: readonly AviObject[]) {
  const stored = new Map<string, StoredObject>();
  /** Also those that are gone, for virtual services that still serve from them. */
  const services = new Map<string, string>();
  const members = new Map<string, readonly string[]>();
  const put = ({ type, tenant, name, body }: Pick<AviObject, 'type' | 'tenant' | 'name' | 'body'>): void => {
    const clean = byName(body) as JsonObject;
    stored.set(objectId({ type, tenant, name }), { type, tenant, name, uuid: name, lastModified: '0', body: clean });
    if (type === 'poolgroup') members.set(name, poolIds(clean));
  };
  const poolIds = (group: JsonObject): readonly string[] =>
    refsIn(group).flatMap((ref) =>
      ref.type === 'pool' ? [objectId({ type: 'pool', tenant: 'admin', name: ref.name! })] : [],
    );
  const serviceOf = (group: string): string => {
    const pool = stored.get(members.get(group)?.[0] ?? '');
    const markers = (pool?.body.markers ?? []) as { key: string; values: string[] }[];
    const found = markers.find(({ key }) => key === 'BackendName')?.values[0];
    if (found !== undefined) services.set(group, found);
    return services.get(group) ?? '?';
  };
  const resolve = (ref: unknown): StoredObject | undefined => {
    const parsed = parseRef(String(ref));
    return (
      parsed && stored.get(objectId({ type: parsed.type, tenant: 'admin', name: parsed.name ?? parsed.uuid ?? '' }))
    );
  };
  const reachable = (start: StoredObject): ReadonlySet<string> => {
    const seen = new Set<string>();
    const visit = (object: StoredObject): void => {
      if (seen.has(objectId(object))) return;
      seen.add(objectId(object));
      for (const { type, name } of refsIn(object.body as JsonObject)) {
        if (type === 'virtualservice') continue;
        const next = stored.get(objectId({ type, tenant: object.tenant, name: name ?? '' }));
        if (next) visit(next);
      }
    };
    visit(start);
    return seen;
  };
  const reader: StoreReader = {
    get: (type, uuid) => stored.get(objectId({ type, tenant: 'admin', name: uuid })),
    list: (type) => [...stored.values()].filter((object) => object.type === type),
    resolve,
    subscribe: () => () => undefined,
  };
  for (const object of initial) put(object);
  for (const { type, name } of stored.values()) if (type === 'poolgroup') serviceOf(name);
  return {
    reader,
    put: (object: Pick<AviObject, 'type' | 'tenant' | 'name' | 'body'>): void => {
      put(object);
      if (object.type === 'poolgroup') serviceOf(object.name);
    },
    remove: (id: string): void => void stored.delete(id),
    reachable,
    serviceOf,
    poolsOf: (group: string): readonly string[] => members.get(group) ?? [],
  };
}

/** All references by name. */
function byName(value: Json, field = ''): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => byName(item, field));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, byName(item, name)]));
  }
  const ref = isRefField(field) && typeof value === 'string' ? parseRef(value) : undefined;
  return ref?.name === undefined ? value : `/api/${ref.type}/?name=${encodeURIComponent(ref.name)}`;
}
