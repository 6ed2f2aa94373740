import type { Shape } from './catalogue.ts';
import { isObject, type Draft } from './document.ts';
import { refuse, refuseField } from './errors.ts';
import type { StoredObject } from './types.ts';

/** What a reference says, in any accepted spelling (avi-model.md 4.3). */
export interface Reference {
  readonly type?: string;
  readonly uuid?: string;
  readonly name?: string;
  readonly tenant?: string;
  readonly cloud?: string;
}

/** Finds the object a reference means for a type, or undefined. */
export type Resolver = (type: string, reference: Reference) => StoredObject | undefined;

/**
 * Reads a reference: an absolute or relative URL with or without `#name`, by uuid or by `?name=`, or a bare uuid.
 */
export function parseReference(value: string): Reference {
  const api = value.indexOf('/api/');
  if (api < 0) return value.includes('/') ? {} : { uuid: withoutName(value) };
  const rest = value.slice(api + 5);
  const question = rest.indexOf('?');
  if (question >= 0) return { type: rest.slice(0, question).replace(/\/+$/, ''), ...queryOf(rest.slice(question + 1)) };
  const [type = '', uuid = ''] = withoutName(rest).split('/');
  return uuid ? { type, uuid } : { type };
}

/** The stored spelling, `/api/<type>/<uuid>`. */
export function referenceTo(object: Pick<StoredObject, 'type' | 'uuid'>): string {
  return `/api/${object.type}/${object.uuid}`;
}

/** The uuid of a stored reference. */
export function uuidOf(reference: unknown): string | undefined {
  return typeof reference === 'string' ? reference.slice(reference.lastIndexOf('/') + 1) : undefined;
}

/**
 * Replaces every reference in a draft by its stored spelling. An empty text means no reference.
 * @throws ApiError 404 "Pool object not found!" or 400 where the real controller says so.
 */
export function normaliseReferences(
  draft: Draft,
  shape: Shape,
  resolve: Resolver,
  kindOf: (type: string) => string,
): void {
  for (const name of Object.keys(draft)) {
    const field = shape.fields.get(name);
    if (!field) continue;
    const value = draft[name];
    if (field.ref !== undefined) replaceReference(draft, name, field.ref, resolve, kindOf);
    else if (!field.shape?.rewritten) continue;
    else if (Array.isArray(value)) {
      for (const element of value) if (isObject(element)) normaliseReferences(element, field.shape, resolve, kindOf);
    } else if (isObject(value)) normaliseReferences(value, field.shape, resolve, kindOf);
  }
}

/** The uuids of everything that a stored body refers to. */
export function referencedUuids(
  body: Readonly<Record<string, unknown>>,
  shape: Shape,
  found: Set<string> = new Set(),
): Set<string> {
  for (const [name, value] of Object.entries(body)) {
    const field = shape.fields.get(name);
    if (field?.ref !== undefined) {
      for (const reference of Array.isArray(value) ? value : [value]) {
        const uuid = uuidOf(reference);
        if (uuid) found.add(uuid);
      }
    } else if (field?.shape?.rewritten) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (isObject(child)) referencedUuids(child, field.shape, found);
      }
    }
  }
  return found;
}

function replaceReference(
  draft: Draft,
  name: string,
  type: string,
  resolve: Resolver,
  kindOf: (type: string) => string,
): void {
  const value = draft[name];
  if (Array.isArray(value)) {
    draft[name] = value.filter((entry) => entry !== '').map((entry) => resolved(name, type, entry, resolve, kindOf));
    return;
  }
  if (value === '') delete draft[name];
  else draft[name] = resolved(name, type, value, resolve, kindOf);
}

const notFoundIs400 = new Set(['vrfcontext', 'network']);

function resolved(
  field: string,
  type: string,
  value: unknown,
  resolve: Resolver,
  kindOf: (type: string) => string,
): string {
  if (typeof value !== 'string') throw refuseField(field, `${field}: Field check failed: must be string.`);
  const reference = parseReference(value);
  if (reference.type !== undefined && reference.type !== type) {
    throw refuseField(field, `${field}: '${value}' is not a reference to ${kindOf(type)}.`);
  }
  const object = resolve(type, reference);
  if (object) return referenceTo(object);
  // A type that is not modelled, as a WAF profile: what is named by uuid is taken to be there.
  if (kindOf(type) === type && reference.uuid !== undefined) return `/api/${type}/${reference.uuid}`;
  if (notFoundIs400.has(type)) throw refuse(400, `${kindOf(type)} object not found`);
  throw refuse(404, `${kindOf(type)} object not found!`);
}

function withoutName(value: string): string {
  const hash = value.indexOf('#');
  return hash < 0 ? value : value.slice(0, hash);
}

function queryOf(query: string): Reference {
  const found: Record<string, string> = {};
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    if (equals > 0) found[part.slice(0, equals)] = decode(part.slice(equals + 1));
  }
  return {
    ...(found['name'] === undefined ? {} : { name: found['name'] }),
    ...(found['tenant'] === undefined ? {} : { tenant: found['tenant'] }),
    ...(found['cloud'] === undefined ? {} : { cloud: found['cloud'] }),
  };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
