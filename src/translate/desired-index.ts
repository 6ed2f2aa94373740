/**
 * Desired objects by id and by route. Thousands of objects are looked up in turn, and most lists differ from the one
 * before them in a few: then the index moves on to the new list and only the difference is worked on.
 */
import type { RouteKind } from '../routing/result/routed-route.ts';
import { objectId, type AviObject } from './desired.ts';

/** What a list of desired objects has that the one before it had not, and the other way round; compared by identity. */
export interface Succession {
  readonly before: readonly AviObject[];
  readonly gone: readonly AviObject[];
  readonly come: readonly AviObject[];
}

interface DesiredIndex {
  readonly byId: Map<string, AviObject>;
  readonly byRoute: Map<RouteKind, Map<string, readonly string[]>>;
}

const indexes = new WeakMap<readonly AviObject[], DesiredIndex>();
const successions = new WeakMap<readonly AviObject[], Succession>();

/** By `objectId`, in no particular order. Lists of objects never change; that of a list which has been succeeded does. */
export function objectsById(objects: readonly AviObject[]): ReadonlyMap<string, AviObject> {
  return indexOf(objects).byId;
}

/** Ids of the objects that exist for one route (`namespace/name`). */
export function idsOfRoute(objects: readonly AviObject[], kind: RouteKind, routeKey: string): readonly string[] {
  return indexOf(objects).byRoute.get(kind)?.get(routeKey) ?? [];
}

/** How a list differs from the last one before it; undefined where that is not known. */
export function successionOf(objects: readonly AviObject[]): Succession | undefined {
  return successions.get(objects);
}

/** Takes note that a list takes the place of another, of which nobody asks for the index any more. */
export function noteSuccession(objects: readonly AviObject[], succession: Succession): void {
  const { before, gone, come } = succession;
  if (objects === before) return;
  const index = indexes.get(before);
  // A list holds the one before it only, not all that ever were.
  successions.delete(before);
  successions.set(objects, succession);
  if (!index || gone.length + come.length > objects.length / 2) return;
  indexes.delete(before);
  for (const object of gone) remove(index, object);
  for (const object of come) add(index, object);
  indexes.set(objects, index);
}

function indexOf(objects: readonly AviObject[]): DesiredIndex {
  const known = indexes.get(objects);
  if (known) return known;
  const index: DesiredIndex = { byId: new Map(), byRoute: new Map() };
  for (const object of objects) add(index, object);
  indexes.set(objects, index);
  return index;
}

function add({ byId, byRoute }: DesiredIndex, object: AviObject): void {
  const id = objectId(object);
  byId.set(id, object);
  const { route, routeKind = 'HTTPRoute' } = object.origin;
  if (route === undefined) return;
  const ofKind = byRoute.get(routeKind) ?? new Map<string, readonly string[]>();
  byRoute.set(routeKind, ofKind);
  ofKind.set(route, [...(ofKind.get(route) ?? []), id]);
}

function remove({ byId, byRoute }: DesiredIndex, object: AviObject): void {
  const id = objectId(object);
  byId.delete(id);
  const { route, routeKind = 'HTTPRoute' } = object.origin;
  const ofKind = route === undefined ? undefined : byRoute.get(routeKind);
  if (route === undefined || !ofKind) return;
  const left = (ofKind.get(route) ?? []).filter((other) => other !== id);
  if (left.length > 0) ofKind.set(route, left);
  else ofKind.delete(route);
}
