import type { ObjectType } from '../store/catalogue.ts';
import { isObject, type Draft } from '../store/document.ts';
import { ApiError, refuse } from '../store/errors.ts';
import { normaliseReferences } from '../store/references.ts';
import type { StoredObject } from '../store/types.ts';
import type { Call, Controller, Handler, Reply } from './call.ts';
import { isListed, listObjects } from './list.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { render, type RenderOptions } from './render.ts';
import { poolRuntime, virtualServiceRuntime } from './runtime.ts';
import { checkFields } from './versions.ts';

const collectionAllow = { Allow: 'HEAD, POST, GET, OPTIONS' };
const itemAllow = { Allow: 'HEAD, GET, PUT, PATCH, OPTIONS, DELETE' };

/** Endpoints of all object types: `/api/<type>` and `/api/<type>/<uuid>`. */
export interface ObjectEndpoints {
  readonly list: Handler;
  readonly create: Handler;
  readonly read: Handler;
  readonly replace: Handler;
  readonly patch: Handler;
  readonly remove: Handler;
}

/** Creates the endpoints of a controller's objects. */
export function objectEndpoints(controller: Controller): ObjectEndpoints {
  const { store, writer } = controller;
  const written = (
    status: number,
    object: StoredObject,
    call: Call,
    headers: Readonly<Record<string, string>>,
  ): Reply => ({
    status,
    body: render(store, object, { ...renderOptions(call), names: true }),
    headers,
  });
  return {
    list: (call) => list(controller, call),
    create(call) {
      const type = typeNamed(controller, call.parameters['type']);
      const body = bodyOf(call);
      checkFields(body, call.version);
      const tenant = call.tenant === '*' ? 'admin' : call.tenant;
      const uuid = call.slug === undefined ? {} : { uuid: call.slug };
      const object = store.transaction(() => writer.create({ type, body, tenant, ...uuid }));
      return written(201, object, call, {
        ...collectionAllow,
        Location: `${call.origin}/api/${object.type}/${object.uuid}`,
      });
    },
    read(call) {
      const object = objectNamed(controller, call);
      const body = render(store, object, renderOptions(call));
      return { status: 200, body: { ...body, ...joined(controller, object, call) }, headers: itemAllow };
    },
    replace(call) {
      const object = ownObject(controller, call);
      const body = bodyOf(call);
      checkFields(body, call.version);
      return written(
        200,
        store.transaction(() => writer.replace(object, body, call.tenant)),
        call,
        itemAllow,
      );
    },
    patch(call) {
      const object = ownObject(controller, call);
      checkFields(call.body, call.version);
      const patch = parsePatch(call.body);
      const type = typeNamed(controller, call.parameters['type']);
      for (const part of [patch.add, patch.replace, patch.delete]) {
        if (part) normaliseReferences(part, type.shape, writer.resolver(call.tenant), writer.kindOf);
      }
      const body = applyPatch(structuredClone(object.body), patch);
      return written(
        200,
        store.transaction(() => writer.replace(object, body, call.tenant)),
        call,
        itemAllow,
      );
    },
    remove(call) {
      const object = ownObject(controller, call);
      store.transaction(() => writer.remove(object));
      return { status: 204, headers: itemAllow };
    },
  };
}

function list(controller: Controller, call: Call): Reply {
  const type = typeNamed(controller, call.parameters['type']);
  const page = listObjects(controller.store, type, call.tenant, call.query);
  const options = renderOptions(call);
  const results = page.objects.map((object) => ({
    ...render(controller.store, object, options),
    ...joined(controller, object, call),
  }));
  return {
    status: 200,
    body: {
      count: page.count,
      results,
      ...(page.next ? { next: `${call.origin}/api/${type.type}?${page.next.toString()}` } : {}),
    },
    headers: collectionAllow,
  };
}

/** `join_subresources=runtime`. */
function joined({ runtime, store }: Controller, object: StoredObject, call: Call): Record<string, unknown> {
  if (!(call.query.get('join_subresources') ?? '').split(',').includes('runtime')) return {};
  if (object.type === 'virtualservice') return { runtime: virtualServiceRuntime(store, runtime, object) };
  return object.type === 'pool' ? { runtime: poolRuntime(runtime, object) } : {};
}

/** What the query says about the form of the reply. `?include_name` without a value counts as true. */
export function renderOptions({ origin, query }: Call): RenderOptions {
  const fields = query.get('fields');
  const exclude = query.get('exclude');
  return {
    origin,
    names: isOn(query.get('include_name')),
    skipDefault: isOn(query.get('skip_default')),
    ...(fields === null ? {} : { fields: new Set(fields.split(',')) }),
    ...(exclude === null ? {} : { exclude: new Set(exclude.split(',')) }),
  };
}

function isOn(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false';
}

/** The type of a path; 404 for anything else. */
export function typeNamed({ catalogue }: Controller, name: string | undefined): ObjectType {
  const type = catalogue.types.get(name ?? '');
  if (!type) throw new ApiError(404, { detail: 'Not found.' });
  return type;
}

/** The object of a path, if the tenant may see it; 404 otherwise. */
export function objectNamed(controller: Controller, call: Call): StoredObject {
  const type = typeNamed(controller, call.parameters['type']);
  const object = controller.store.get(type.type, call.parameters['uuid'] ?? '');
  if (object && isListed(object, call.tenant)) return object;
  throw refuse(404, `${type.kind} object not found!`);
}

/** The object of a path for a change: what is merely visible belongs to the admin tenant. */
function ownObject(controller: Controller, call: Call): StoredObject {
  const object = objectNamed(controller, call);
  if (call.tenant === '*' || object.tenant === call.tenant) return object;
  throw refuse(403, `Tenant '${call.tenant}' has no write permission for ${object.name}`);
}

function bodyOf(call: Call): Draft {
  if (!isObject(call.body)) throw refuse(400, 'JSON parse error: the request body is not a JSON object.');
  return call.body;
}
