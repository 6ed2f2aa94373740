/** Small Avi objects for tests of plans. */
import document from '../../generated/avi.schema.json' with { type: 'json' };
import type { Identity } from '../../src/plan/inventory/identity.ts';
import type { Inventory, InventoryObject } from '../../src/plan/inventory/inventory.ts';
import type { FieldChange, Operation } from '../../src/plan/operation.ts';
import { aviSchema } from '../../src/plan/content/schema.ts';
import { isRefField } from '../../src/plan/refs.ts';
import {
  objectId,
  type AviObject,
  type AviType,
  type DesiredState,
  type Json,
  type JsonObject,
} from '../../src/translate/desired.ts';

export const schema = aviSchema(document);
export const identity: Identity = {
  clusterName: 'c1',
  createdBy: ['avi-gateway-c1'],
  managedBy: ['avi-gateway-operator'],
};

const markers = (gateway: string | undefined): Json => [
  { key: 'clustername', values: ['c1'] },
  { key: 'managed-by', values: ['avi-gateway-operator'] },
  ...(gateway === undefined
    ? []
    : [
        { key: 'GatewayName', values: [gateway.split('/')[1] ?? ''] },
        { key: 'GatewayNamespace', values: [gateway.split('/')[0] ?? ''] },
      ]),
];

export const ref = (type: AviType, name: string): string => `/api/${type}/?name=${encodeURIComponent(name)}`;

/** @param marked whether the object's markers name the Gateway. */
export function object(
  type: AviType,
  name: string,
  fields: JsonObject = {},
  gateway = 'ns/gw',
  marked = true,
): AviObject {
  const withUser = !['vsvip', 'healthmonitor', 'stringgroup', 'applicationpersistenceprofile', 'sslprofile'].includes(
    type,
  );
  const body = {
    name,
    tenant_ref: '/api/tenant/?name=admin',
    markers: markers(marked ? gateway : undefined),
    ...(withUser && { created_by: 'avi-gateway-c1' }),
    ...fields,
  };
  return { type, tenant: 'admin', name, body, origin: { gateway } };
}

export function desired(objects: readonly AviObject[], gateway = 'ns/gw'): DesiredState {
  return { gateway, tenant: 'admin', objects };
}

/** As a controller returns it: refs with uuid and name, no key, some defaults and extras filled in. */
export function returned(wanted: AviObject): InventoryObject {
  const { key: _key, ...body } = named(wanted.body) as JsonObject;
  const uuid = uuidOf(wanted.type, wanted.name);
  const filled = {
    ...body,
    uuid,
    url: `https://avi.test/api/${wanted.type}/${uuid}#${wanted.name}`,
    _last_modified: '1',
  };
  return { type: wanted.type, tenant: wanted.tenant, name: wanted.name, uuid, body: filled };
}

export function uuidOf(type: string, name: string): string {
  const hex = Buffer.from(name).toString('hex').padEnd(32, '0').slice(-32);
  return `${type}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function named(value: Json, field = ''): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => named(item, field));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, named(item, name)]));
  }
  // What was read from the controller is written as it was read.
  if (!isRefField(field) || typeof value !== 'string' || value.startsWith('https:')) return value;
  const [, type = '', name = ''] = /^\/api\/([a-z]+)\/?\?name=(.*)$/.exec(value) ?? [];
  return `https://avi.test/api/${type}/${uuidOf(type, decodeURIComponent(name))}#${decodeURIComponent(name)}`;
}

export function inventory(objects: readonly InventoryObject[], complete = true): Inventory {
  return { complete, objects: new Map(objects.map((item) => [objectId(item), item])) };
}

/** What a controller has after a plan went through. */
export function applied(before: Inventory, operations: readonly Operation[], wanted: readonly AviObject[]): Inventory {
  const objects = new Map(before.objects);
  for (const operation of operations) {
    const source = wanted.find((item) => objectId(item) === operation.id);
    if (operation.verb === 'delete') objects.delete(operation.id);
    else if (source) objects.set(operation.id, returned(source));
  }
  return { objects, complete: before.complete };
}

export const paths = (changes: readonly FieldChange[]): readonly string[] => changes.map((change) => change.path);
