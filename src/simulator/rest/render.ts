import type { Shape } from '../store/catalogue.ts';
import { isObject, objects, withoutDefaults } from '../store/document.ts';
import { typeOf, type ObjectStore } from '../store/object-store.ts';
import { childrenOf } from '../store/rules/virtual-service.ts';
import type { StoredObject } from '../store/types.ts';

/** How objects are written into a reply. */
export interface RenderOptions {
  readonly origin: string;
  /** Append `#name` to references (`include_name`, and always on POST and PUT). */
  readonly names: boolean;
  /** Only these fields besides name, url and uuid. */
  readonly fields?: ReadonlySet<string>;
  readonly exclude?: ReadonlySet<string>;
  readonly skipDefault?: boolean;
}

/** An object as the API returns it: absolute references, no secrets, and what the controller knows about it. */
export function render(store: ObjectStore, object: StoredObject, options: RenderOptions): Record<string, unknown> {
  const { shape } = typeOf(store, object);
  const body = options.skipDefault ? withoutDefaults(object.body, shape) : object.body;
  const full: Record<string, unknown> = {
    ...rewrite(store, body, shape, options),
    ...extras(store, object, options),
    uuid: object.uuid,
    url: reference(store, `/api/${object.type}/${object.uuid}`, options),
    _last_modified: object.lastModified,
  };
  if (!options.fields && !options.exclude) return full;
  return project(full, options);
}

/** A stored reference as an absolute URL. */
export function reference(
  store: ObjectStore,
  stored: unknown,
  options: Pick<RenderOptions, 'origin' | 'names'>,
): string {
  const name = options.names ? store.resolve(stored)?.name : undefined;
  return `${options.origin}${String(stored)}${name === undefined ? '' : `#${name}`}`;
}

const secretName = /^(password|token|private_key|shared_key|.*passphrase|.*secret.*)$/;

/** The body without anything secret, for logs. References stay as they are. */
export function redact(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(redact);
  if (!isObject(body)) return body;
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) copy[name] = isSecret(name, value) ? '<redacted>' : redact(value);
  return copy;
}

/** `key` is also the name of markers and string group entries: only PEM text is a secret there. */
function isSecret(name: string, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return secretName.test(name) || (name === 'key' && value.includes('PRIVATE KEY'));
}

const alwaysKept = new Set(['name', 'url', 'uuid']);

function project(full: Record<string, unknown>, { fields, exclude }: RenderOptions): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(full)) {
    if (alwaysKept.has(name) || ((fields?.has(name) ?? true) && !exclude?.has(name))) kept[name] = value;
  }
  return kept;
}

function rewrite(
  store: ObjectStore,
  body: Readonly<Record<string, unknown>>,
  shape: Shape,
  options: RenderOptions,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const field = shape.fields.get(name);
    if (field?.secret) continue;
    if (field?.ref !== undefined) {
      result[name] = Array.isArray(value)
        ? value.map((entry) => reference(store, entry, options))
        : reference(store, value, options);
    } else if (field?.shape?.rewritten) {
      const child = field.shape;
      const one = (entry: unknown): unknown => (isObject(entry) ? rewrite(store, entry, child, options) : entry);
      result[name] = Array.isArray(value) ? value.map(one) : one(value);
    } else result[name] = value;
  }
  return result;
}

function extras(store: ObjectStore, object: StoredObject, options: RenderOptions): Record<string, unknown> {
  if (object.type === 'virtualservice') return virtualServiceExtras(store, object);
  if (object.type === 'vsvip') {
    const users = store.referrers(object.uuid).filter((referrer) => referrer.type === 'virtualservice');
    return { vs_refs: users.map((user) => reference(store, `/api/virtualservice/${user.uuid}`, options)) };
  }
  if (object.type === 'pool') return { server_count: objects(object.body['servers']).length };
  return {};
}

function virtualServiceExtras(store: ObjectStore, object: StoredObject): Record<string, unknown> {
  const vips = objects(store.resolve(object.body['vsvip_ref'])?.body['vip']);
  return {
    ...(object.body['type'] === 'VS_TYPE_VH_PARENT'
      ? { vh_child_vs_uuid: childrenOf(store, object).map((child) => child.uuid) }
      : {}),
    ...(vips.length > 0 ? { vip_runtime: vips.map((vip) => ({ vip_id: vip['vip_id'] })) } : {}),
  };
}
