import type { ObjectStore } from '../store/object-store.ts';
import { referencedUuids } from '../store/references.ts';
import { typeOf } from '../store/object-store.ts';
import { refuse } from '../store/errors.ts';
import type { StoredObject } from '../store/types.ts';
import type { Call, Controller, Handler, Reply } from './call.ts';
import { isListed, listObjects, paged } from './list.ts';
import { objectNamed, renderOptions, typeNamed } from './objects.ts';
import { reference, render } from './render.ts';
import { poolGroupRuntime, poolRuntime, serverRuntimes, virtualServiceRuntime } from './runtime.ts';

/** Inventory and runtime endpoints (avi-model.md 4.9). */
export interface InventoryEndpoints {
  readonly list: Handler;
  readonly read: Handler;
  readonly serviceEngines: Handler;
  /** `/api/<type>/<uuid>/runtime[/summary|/detail|/server|/server/detail]` */
  readonly runtime: Handler;
}

/** Types that have an inventory. */
export const inventoryTypes = ['virtualservice', 'pool', 'poolgroup', 'vsvip'] as const;

/** Creates the inventory and runtime endpoints. */
export function inventoryEndpoints(controller: Controller): InventoryEndpoints {
  return {
    list(call) {
      const type = typeNamed(controller, call.parameters['type']);
      const page = listObjects(controller.store, type, call.tenant, call.query);
      const results = page.objects.map((object) => inventory(controller, object, call));
      const next = page.next ? { next: `${call.origin}/api/${type.type}-inventory?${page.next.toString()}` } : {};
      return { status: 200, body: { count: page.count, results, ...next } };
    },
    read: (call) => ({ status: 200, body: inventory(controller, objectNamed(controller, call), call) }),
    serviceEngines: (call) => ({ status: 200, body: { count: 0, results: paged([], call.query).objects } }),
    runtime: (call) => runtime(controller, objectNamed(controller, call), call.parameters['*'] ?? ''),
  };
}

function inventory(controller: Controller, object: StoredObject, call: Call): Record<string, unknown> {
  const { store } = controller;
  const options = renderOptions(call);
  return {
    uuid: object.uuid,
    url: reference(store, `/api/${object.type}/${object.uuid}`, options),
    config: render(store, object, options),
    ...runtimeOf(controller, object),
    ...relations(store, object, call),
    alert: { low: 0, medium: 0, high: 0 },
    _last_modified: object.lastModified,
  };
}

function runtimeOf({ store, runtime: reader }: Controller, object: StoredObject): Record<string, unknown> {
  switch (object.type) {
    case 'virtualservice': {
      const state = virtualServiceRuntime(store, reader, object);
      return { runtime: state, health_score: { health_score: state['percent_ses_up'] }, metrics: {} };
    }
    case 'pool': {
      const state = poolRuntime(reader, object);
      return { runtime: state, health_score: { health_score: state['percent_servers_up_enabled'] }, metrics: {} };
    }
    case 'poolgroup':
      return { runtime: poolGroupRuntime(reader, object) };
    default:
      return {};
  }
}

function relations(store: ObjectStore, object: StoredObject, call: Call): Record<string, unknown> {
  const refsOf = (type: string, found: readonly StoredObject[]): readonly Record<string, string>[] =>
    found
      .filter((entry) => entry.type === type && isListed(entry, call.tenant))
      .map((entry) => ({ ref: reference(store, `/api/${entry.type}/${entry.uuid}`, renderOptions(call)) }));
  if (object.type === 'virtualservice') {
    const used = [...referencedUuids(object.body, typeOf(store, object).shape)].flatMap(
      (uuid) => store.byUuid(uuid) ?? [],
    );
    return { pools: refsOf('pool', used), poolgroups: refsOf('poolgroup', used) };
  }
  return object.type === 'pool' ? { virtualservices: refsOf('virtualservice', store.referrers(object.uuid)) } : {};
}

function runtime({ store, runtime: reader }: Controller, object: StoredObject, part: string): Reply {
  const detail = part.endsWith('detail');
  const answer = (body: unknown): Reply => ({ status: 200, body: detail ? [body] : body });
  if (object.type === 'virtualservice') return answer(virtualServiceRuntime(store, reader, object));
  if (object.type === 'poolgroup') return answer(poolGroupRuntime(reader, object));
  if (object.type !== 'pool') throw refuse(404, `${object.type} has no runtime`);
  if (part.startsWith('server')) return { status: 200, body: serverRuntimes(reader, object) };
  return answer(poolRuntime(reader, object));
}
