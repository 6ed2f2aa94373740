import type { ObjectType } from '../store/catalogue.ts';
import { isObject, text, type Draft } from '../store/document.ts';
import { refuse } from '../store/errors.ts';
import { referencedUuids, referenceTo } from '../store/references.ts';
import { typeOf } from '../store/object-store.ts';
import type { StoredObject } from '../store/types.ts';
import type { Call, Controller, Handler } from './call.ts';
import { isListed } from './list.ts';
import { renderOptions } from './objects.ts';
import { render } from './render.ts';
import { checkFields } from './versions.ts';

/** `/api/macro`: a graph of objects in one transaction (avi-model.md 4.9). */
export function macroEndpoints(controller: Controller): { readonly create: Handler; readonly remove: Handler } {
  const { store } = controller;
  return {
    create(call) {
      const { type, data } = modelOf(controller, call);
      checkFields(data, call.version);
      const tenant = call.tenant === '*' ? 'admin' : call.tenant;
      const object = store.transaction(() => createGraph(controller, type, structuredClone(data), tenant));
      return { status: 201, body: render(store, object, { ...renderOptions(call), names: true }) };
    },
    remove(call) {
      const { type, data } = modelOf(controller, call);
      const object = store.get(type.type, text(data['uuid']) ?? '');
      if (!object || !isListed(object, call.tenant)) throw refuse(404, `${type.kind} object not found!`);
      store.transaction(() => removeGraph(controller, object));
      return { status: 204 };
    },
  };
}

function modelOf({ catalogue }: Controller, { body }: Call): { readonly type: ObjectType; readonly data: Draft } {
  if (!isObject(body) || !isObject(body['data'])) throw refuse(400, 'macro needs model_name and data.');
  const unknown = Object.keys(body).find((key) => key !== 'model_name' && key !== 'data');
  if (unknown !== undefined) throw refuse(400, `macro knows no ${unknown}.`);
  const type = catalogue.types.get((text(body['model_name']) ?? '').toLowerCase());
  if (!type) throw refuse(400, `Unknown model_name '${String(body['model_name'])}'.`);
  return { type, data: body['data'] };
}

function createGraph(controller: Controller, type: ObjectType, data: Draft, tenant: string): StoredObject {
  createEmbedded(controller, data, type.shape, tenant);
  return controller.writer.create({ type, body: data, tenant });
}

/** Creates what stands in `<field>_data` and puts the reference into `<field>`, depth first. */
function createEmbedded(controller: Controller, data: Draft, shape: ObjectType['shape'], tenant: string): void {
  for (const name of Object.keys(data)) {
    const value = data[name];
    const field = shape.fields.get(name.replace(/_data$/, ''));
    if (name.endsWith('_data') && field?.ref !== undefined) {
      const target = controller.catalogue.types.get(field.ref);
      if (!target) throw refuse(400, `${name}: objects of type ${field.ref} cannot be created.`);
      const created = (Array.isArray(value) ? value : [value])
        .filter(isObject)
        .map((entry) => referenceTo(createGraph(controller, target, entry, tenant)));
      data[field.name] = field.list
        ? [...(Array.isArray(data[field.name]) ? (data[field.name] as unknown[]) : []), ...created]
        : created[0];
      delete data[name];
    } else if (field?.shape) {
      const childShape = field.shape;
      for (const child of (Array.isArray(value) ? value : [value]).filter(isObject))
        createEmbedded(controller, child, childShape, tenant);
    }
  }
}

/** Deletes an object and what only it used. */
function removeGraph({ store, writer }: Controller, object: StoredObject): void {
  const targets = [...referencedUuids(object.body, typeOf(store, object).shape)];
  writer.remove(object);
  for (const uuid of targets) {
    const target = store.byUuid(uuid);
    if (
      target &&
      !target.system &&
      target.type !== 'tenant' &&
      target.type !== 'cloud' &&
      store.referrers(uuid).length === 0
    ) {
      removeGraph({ store, writer } as Controller, target);
    }
  }
}
