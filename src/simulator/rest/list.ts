import type { ObjectType } from '../store/catalogue.ts';
import { objects, text } from '../store/document.ts';
import { ApiError } from '../store/errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { referencedUuids, uuidOf } from '../store/references.ts';
import { typeOf } from '../store/object-store.ts';
import type { StoredObject } from '../store/types.ts';

/** One page of a list. */
export interface Page {
  readonly count: number;
  readonly objects: readonly StoredObject[];
  /** Query of the next page, when there is one. */
  readonly next?: URLSearchParams;
}

/** Page size without `page_size`; unverified on a real controller (avi-model.md 7). */
const defaultPageSize = 25;

/** What avisdk allows at most. */
const largestPageSize = 200;

type Predicate = (object: StoredObject) => boolean;

/**
 * Lists the objects of a type that a tenant sees, filtered, sorted and paged as the query says (avi-model.md 4.5).
 * Parameters that are no field of the type are ignored.
 */
export function listObjects(store: ObjectStore, type: ObjectType, tenant: string, query: URLSearchParams): Page {
  const predicates = predicatesOf(store, type, query);
  const found = candidates(store, type, query).filter(
    (object) => isListed(object, tenant) && predicates.every((predicate) => predicate(object)),
  );
  return paged(sorted(found, query.get('sort')), query);
}

/** Infrastructure of the admin tenant is shared by all. */
const sharedTypes = new Set([
  'tenant',
  'cloud',
  'network',
  'vrfcontext',
  'serviceenginegroup',
  'ipamdnsproviderprofile',
]);

/** A tenant sees its own objects, the system's, and the infrastructure. */
export function isListed(object: StoredObject, tenant: string): boolean {
  return tenant === '*' || object.tenant === tenant || object.system === true || sharedTypes.has(object.type);
}

/** The page of a list that the query asks for. */
export function paged<T>(
  found: readonly T[],
  query: URLSearchParams,
): { readonly count: number; readonly objects: readonly T[]; readonly next?: URLSearchParams } {
  const size = Math.min(largestPageSize, positive(query.get('page_size'), defaultPageSize));
  const page = positive(query.get('page'), 1);
  const start = (page - 1) * size;
  if (page > 1 && start >= found.length) throw new ApiError(404, { detail: 'Invalid page.' });
  const shown = found.slice(start, start + size);
  if (start + size >= found.length) return { count: found.length, objects: shown };
  const next = new URLSearchParams(query);
  next.set('page', String(page + 1));
  return { count: found.length, objects: shown, next };
}

function positive(value: string | null, fallback: number): number {
  const number = Number(value ?? '');
  return Number.isInteger(number) && number > 0 ? number : fallback;
}

/** The smallest set that an index gives. */
function candidates(store: ObjectStore, type: ObjectType, query: URLSearchParams): readonly StoredObject[] {
  const name = query.get('name');
  if (name !== null) return store.named(type.type, name);
  const names = query.get('name.in');
  if (names !== null) return [...new Set(names.split(','))].flatMap((entry) => store.named(type.type, entry));
  const uuids = query.get('uuid.in') ?? query.get('uuid');
  if (uuids !== null) return [...new Set(uuids.split(','))].flatMap((uuid) => store.get(type.type, uuid) ?? []);
  const target = query.get('refers_to');
  if (target !== null) return store.referrers(afterColon(target)).filter((object) => object.type === type.type);
  const source = query.get('referred_by');
  if (source !== null) return referredBy(store, type, afterColon(source));
  return store.list(type.type);
}

function referredBy(store: ObjectStore, type: ObjectType, uuid: string): readonly StoredObject[] {
  const object = store.byUuid(uuid);
  if (!object) return [];
  return [...referencedUuids(object.body, typeOf(store, object).shape)].flatMap(
    (target) => store.get(type.type, target) ?? [],
  );
}

function afterColon(value: string): string {
  return value.slice(value.indexOf(':') + 1);
}

const notFilters = new Set([
  'name',
  'name.in',
  'uuid',
  'uuid.in',
  'refers_to',
  'referred_by',
  'fields',
  'exclude',
  'sort',
  'page',
  'page_size',
  'include_name',
  'skip_default',
  'join_subresources',
  'label_key',
  'label_value',
]);

function predicatesOf(store: ObjectStore, type: ObjectType, query: URLSearchParams): readonly Predicate[] {
  const predicates: Predicate[] = [];
  for (const [parameter, value] of query) {
    const predicate = notFilters.has(parameter) ? undefined : predicateOf(store, type, parameter, value);
    if (predicate) predicates.push(predicate);
  }
  const label = query.get('label_key');
  if (label !== null) predicates.push(hasLabel(label, query.get('label_value')));
  return predicates;
}

function predicateOf(store: ObjectStore, type: ObjectType, parameter: string, value: string): Predicate | undefined {
  const lower = value.toLowerCase();
  switch (parameter) {
    case 'name.contains':
      return (object) => object.name.includes(value);
    case 'name.icontains':
      return (object) => object.name.toLowerCase().includes(lower);
    case 'search':
      return (object) => matchesSearch(object, value, (entry) => entry);
    case 'isearch':
      return (object) => matchesSearch(object, lower, (entry) => entry.toLowerCase());
    case 'cloud_uuid':
      return (object) => uuidOf(object.body['cloud_ref']) === value;
    default:
      return fieldPredicate(store, type, parameter, value);
  }
}

function fieldPredicate(store: ObjectStore, type: ObjectType, parameter: string, value: string): Predicate | undefined {
  const [name = '', part] = parameter.split('.');
  const field = type.shape.fields.get(name);
  if (!field || field.secret) return undefined;
  if (field.ref === undefined) return part === undefined ? (object) => String(object.body[name]) === value : undefined;
  return (object) => valuesOf(object.body[name]).some((entry) => matchesReference(store, entry, part, value));
}

function matchesReference(store: ObjectStore, stored: unknown, part: string | undefined, value: string): boolean {
  if (part === 'name') return store.resolve(stored)?.name === value;
  return uuidOf(stored) === (part === 'uuid' ? value : uuidOf(value.split('#')[0]));
}

function valuesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** `search=(name,foo)` and `search=foo` look into the name. */
function matchesSearch(object: StoredObject, value: string, fold: (entry: string) => string): boolean {
  const pair = /^\(([\w.]+),(.*)\)$/.exec(value);
  const inside = pair?.[1] !== undefined && pair[1] !== 'name' ? (text(object.body[pair[1]]) ?? '') : object.name;
  return fold(inside).includes(pair?.[2] ?? value);
}

function hasLabel(key: string, value: string | null): Predicate {
  return (object) =>
    objects(object.body['markers']).some(
      (marker) =>
        marker['key'] === key &&
        (value === null || (Array.isArray(marker['values']) && marker['values'].includes(value))),
    );
}

function sorted(found: readonly StoredObject[], sort: string | null): readonly StoredObject[] {
  if (sort === null || sort === '') return found;
  const descending = sort.startsWith('-');
  const field = descending ? sort.slice(1) : sort;
  const key = (object: StoredObject): string =>
    field === '_last_modified' ? object.lastModified : (text(object.body[field]) ?? JSON.stringify(object.body[field]));
  const ordered = [...found].sort((left, right) => (key(left) < key(right) ? -1 : key(left) > key(right) ? 1 : 0));
  return descending ? ordered.reverse() : ordered;
}
