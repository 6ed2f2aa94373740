/**
 * References between Avi objects, in every spelling that a controller accepts or returns (avi-model.md section 4.3):
 * full URL with or without `#name`, `/api/pool/<uuid>`, `/api/pool/?name=foo`, and a bare `pool-<uuid>`.
 */
import { objectId, type JsonObject } from '../translate/desired.ts';

/** What a reference says; `type` is the REST path name. */
export interface Ref {
  readonly type: string;
  readonly uuid?: string;
  readonly name?: string;
}

const bareUuid = /^([a-z][a-z0-9]*)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a reference; undefined when the text is none. */
export function parseRef(text: string): Ref | undefined {
  const [address = '', ...suffix] = text.split('#');
  const label = suffix.length > 0 && suffix.join('#') !== '' ? { name: suffix.join('#') } : {};
  const bare = bareUuid.exec(address);
  if (bare?.[1]) return { type: bare[1], uuid: address, ...label };

  const api = address.indexOf('/api/');
  if (api < 0) return undefined;
  const [path = '', query = ''] = address.slice(api + '/api/'.length).split('?');
  const [type, uuid] = path.split('/').filter(Boolean);
  if (!type) return undefined;
  const queried = new URLSearchParams(query).get('name');
  return { type, ...(uuid && { uuid }), ...(queried && { name: queried }), ...label };
}

/** Finds the name of an object of ours by its uuid, for references without `#name`. */
export type NameOfUuid = (uuid: string) => string | undefined;

/** Whether two reference texts mean the same object. Texts that are no references are compared as they are. */
export function sameRef(a: string, b: string, nameOf: NameOfUuid = () => undefined): boolean {
  if (a === b) return true;
  const [left, right] = [parseRef(a), parseRef(b)];
  if (!left || !right || left.type !== right.type) return false;
  if (left.uuid && right.uuid) return left.uuid === right.uuid;
  const [leftName, rightName] = [nameIn(left, nameOf), nameIn(right, nameOf)];
  return leftName !== undefined && leftName === rightName;
}

function nameIn(ref: Ref, nameOf: NameOfUuid): string | undefined {
  return ref.name ?? (ref.uuid ? nameOf(ref.uuid) : undefined);
}

/** Whether a field holds one reference or a list of them. */
export function isRefField(field: string): boolean {
  return field.endsWith('_ref') || field.endsWith('_refs');
}

/** What says nothing about order: the tenant, and references that the controller adds to point back at who refers. */
const unordered: ReadonlySet<string> = new Set(['tenant_ref', 'vs_refs']);

const collected = new WeakMap<JsonObject, readonly Ref[]>();

/** Every reference in a body that another object must exist for. The answer is remembered, as bodies never change. */
export function refsIn(body: JsonObject): readonly Ref[] {
  const known = collected.get(body);
  if (known) return known;
  const refs: Ref[] = [];
  collect(body, undefined, refs);
  collected.set(body, refs);
  return refs;
}

/** Ids of the objects that a body refers to by name, in the same tenant. */
export function referredIds(tenant: string, body: JsonObject): readonly string[] {
  return refsIn(body).flatMap(({ type, name }) => (name === undefined ? [] : [objectId({ type, tenant, name })]));
}

function collect(value: unknown, field: string | undefined, refs: Ref[]): void {
  if (typeof value === 'string') {
    const ref = field && isRefField(field) && !unordered.has(field) ? parseRef(value) : undefined;
    if (ref) refs.push(ref);
  } else if (Array.isArray(value)) {
    for (const item of value) collect(item, field, refs);
  } else if (value !== null && typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) collect(item, name, refs);
  }
}
