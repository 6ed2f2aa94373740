import { randomUUID } from 'node:crypto';
import type { ObjectType } from './catalogue.ts';
import { fillDefaults, pruneReadOnly, pruneUnknown, text, type Draft } from './document.ts';
import { refuse, refuseField } from './errors.ts';
import { typeOf, type ObjectStore } from './object-store.ts';
import { normaliseReferences, referenceTo, type Resolver } from './references.ts';
import { rules } from './rules/index.ts';
import { systemReference } from './rules/rule.ts';
import { fillVipIds } from './rules/vs-vip.ts';
import type { StoredObject } from './types.ts';
import { createValidator } from './validator.ts';

/** How strictly bodies are checked: `compat` drops unknown fields in silence, as real controllers do. */
export type ValidationMode = 'strict' | 'compat';

export interface WriterOptions {
  readonly mode: ValidationMode;
  /** How long the name of a deleted object stays taken, ms. */
  readonly nameReservationMs?: number;
}

export interface CreateRequest {
  readonly type: ObjectType;
  /** Parsed request body. It becomes the stored object: callers must not use it afterwards. */
  readonly body: Draft;
  /** Tenant of the request, by name. */
  readonly tenant: string;
  /** Wanted uuid (header Slug). */
  readonly uuid?: string;
  /** A seeded object: trusted, so not validated, which would compile schemas at every start. */
  readonly system?: boolean;
}

/** The controller's checked writes. All throw ApiError and then have changed nothing. */
export interface Writer {
  create(request: CreateRequest): StoredObject;
  /** Full replace (PUT). `tenant` is the request's, for looking references up. */
  replace(object: StoredObject, body: Draft, tenant: string): StoredObject;
  remove(object: StoredObject): void;
  /** Finds what a reference means for a tenant. */
  readonly resolver: (tenant: string) => Resolver;
  /** Name of a type in error texts. */
  readonly kindOf: (type: string) => string;
}

/** Keys of replies that no schema has; clients send them back (avi-model.md 1.3). */
const replyOnly = [
  'vh_child_vs_uuid',
  'vs_refs',
  'vip_runtime',
  'server_count',
  'runtime',
  'marked_for_delete',
  'redis_db',
  'redis_port',
  'self_se_election',
  'tls_ticket_key',
  'version',
  'shared_vs_refs',
  'ipam_dns_records',
  'gslb_dns_update',
] as const;

const identity = ['url', 'uuid', '_last_modified'] as const;

const allTenants = '*';

/** Creates the writer of a store. */
export function createWriter(
  store: ObjectStore,
  { mode, nameReservationMs = 0 }: WriterOptions,
  now: () => Date = () => new Date(),
): Writer {
  const reservations = createReservations(nameReservationMs, () => now().getTime());
  const validate = createValidator(store.catalogue);
  const kindOf = (type: string): string => store.catalogue.types.get(type)?.kind ?? type;

  const resolver =
    (tenant: string): Resolver =>
    (type, reference) => {
      if (reference.uuid !== undefined) {
        const object = store.get(type, reference.uuid);
        return object && visibleTo(object, tenant) ? object : undefined;
      }
      if (reference.name === undefined) return undefined;
      const named = store.named(type, reference.name).filter((object) => inCloud(store, object, reference.cloud));
      const own = reference.tenant ?? tenant;
      return (
        named.find((object) => own === allTenants || object.tenant === own) ??
        named.find((object) => object.tenant === 'admin')
      );
    };

  function prepare(type: ObjectType, draft: Draft, trusted: boolean): void {
    for (const key of identity) delete draft[key];
    for (const key of replyOnly) if (!type.shape.fields.has(key)) delete draft[key];
    pruneReadOnly(draft, type.shape);
    if (mode === 'compat') pruneUnknown(draft, type.shape);
    if (type.type === 'vsvip') fillVipIds(draft);
    if (!trusted) validate(type, draft);
    if (type.shape.fields.has('name')) checkName(draft);
  }

  function complete(
    type: ObjectType,
    draft: Draft,
    tenant: string,
    uuid: string,
    previous: StoredObject | undefined,
  ): string {
    normaliseReferences(draft, type.shape, resolver(tenant), kindOf);
    const owner = tenantOf(store, draft, tenant, previous);
    if (type.shape.fields.has('tenant_ref')) draft['tenant_ref'] = tenantReference(store, owner);
    if (type.cloudScoped && draft['cloud_ref'] === undefined) {
      const cloud = previous?.body['cloud_ref'] ?? systemReference(store, 'cloud', 'Default-Cloud');
      if (cloud !== undefined) draft['cloud_ref'] = cloud;
    }
    fillDefaults(draft, type.shape);
    const name = text(draft['name']) ?? '';
    checkUnique(store, type, name, owner, draft['cloud_ref'], uuid);
    if (name !== previous?.name && reservations.has(uniqueKey(type, name, owner, draft['cloud_ref']))) {
      throw refuse(409, `${type.kind} with name ${name} already exists`);
    }
    rules[type.type]?.({
      store,
      draft,
      uuid,
      name,
      tenant: owner,
      strict: mode === 'strict',
      now: now(),
      ...(previous ? { previous } : {}),
    });
    return owner;
  }

  function save(
    type: ObjectType,
    draft: Draft,
    tenant: string,
    uuid: string,
    system: boolean | undefined,
  ): StoredObject {
    const object: StoredObject = {
      type: type.type,
      uuid,
      tenant,
      name: text(draft['name']) ?? type.type,
      lastModified: store.nextTimestamp(),
      body: draft,
      ...(system ? { system } : {}),
    };
    store.put(object);
    return object;
  }

  return {
    resolver,
    kindOf,
    create({ type, body, tenant, uuid: wanted, system }) {
      const uuid = wanted ?? `${type.type}-${randomUUID()}`;
      if (store.byUuid(uuid)) throw refuse(409, `${type.kind} with uuid ${uuid} already exists`);
      prepare(type, body, system === true);
      const owner = complete(type, body, tenant, uuid, undefined);
      return save(type, body, owner, uuid, system);
    },
    replace(object, body, tenant) {
      const type = typeOf(store, object);
      checkFresh(object, body, type.kind);
      prepare(type, body, false);
      const owner = complete(type, body, tenant === allTenants ? object.tenant : tenant, object.uuid, object);
      return save(type, body, owner, object.uuid, object.system);
    },
    remove(object) {
      const type = typeOf(store, object);
      if (object.system) throw refuse(403, `Cannot delete system default ${type.kind} ${object.name}`);
      const referrers = store.referrers(object.uuid);
      if (referrers.length > 0) {
        const names = referrers.map((referrer) => `'${kindOf(referrer.type)} ${referrer.name}'`).join(', ');
        throw refuse(403, `Cannot delete, object is referred by: [${names}]`);
      }
      store.remove(object.uuid);
      reservations.reserve(uniqueKey(type, object.name, object.tenant, object.body['cloud_ref']));
    },
  };
}

/** Objects of the tenant itself, and of the admin tenant for references. */
function visibleTo(object: StoredObject, tenant: string): boolean {
  return tenant === allTenants || object.tenant === tenant || object.tenant === 'admin';
}

function inCloud(store: ObjectStore, object: StoredObject, cloud: string | undefined): boolean {
  if (cloud === undefined) return true;
  const found = store.resolve(object.body['cloud_ref']);
  return found === undefined || found.name === cloud || found.uuid === cloud;
}

function checkName(draft: Draft): void {
  const name = text(draft['name']) ?? '';
  if (name.length === 0) throw refuseField('name', 'name: This field is required.');
  if (name.length > 255) throw refuseField('name', 'name: Field check failed: longer than 255 characters.');
}

function checkFresh(object: StoredObject, body: Draft, kind: string): void {
  const seen = body['_last_modified'];
  if (seen !== undefined && seen !== object.lastModified) throw refuse(412, `Need to reload object data ${kind}`);
}

function tenantOf(store: ObjectStore, draft: Draft, tenant: string, previous: StoredObject | undefined): string {
  const given = store.resolve(draft['tenant_ref'])?.name;
  if (previous) {
    if (given !== undefined && given !== previous.tenant)
      throw refuseField('tenant_ref', 'tenant_ref: cannot be changed.');
    return previous.tenant;
  }
  return given ?? (tenant === allTenants ? 'admin' : tenant);
}

function tenantReference(store: ObjectStore, name: string): string {
  const tenant = store.named('tenant', name)[0];
  return tenant ? referenceTo(tenant) : `/api/tenant/${name}`;
}

function checkUnique(
  store: ObjectStore,
  type: ObjectType,
  name: string,
  tenant: string,
  cloud: unknown,
  uuid: string,
): void {
  const clash = store
    .named(type.type, name)
    .some(
      (other) =>
        other.uuid !== uuid && other.tenant === tenant && (!type.cloudScoped || other.body['cloud_ref'] === cloud),
    );
  if (clash) throw refuse(409, `${type.kind} with name ${name} already exists`);
}

function uniqueKey(type: ObjectType, name: string, tenant: string, cloud: unknown): string {
  return JSON.stringify([type.type, tenant, type.cloudScoped ? cloud : '', name]);
}

interface Reservations {
  reserve(key: string): void;
  has(key: string): boolean;
}

/** Names that stay taken for a while after their object is gone. */
function createReservations(durationMs: number, now: () => number): Reservations {
  const until = new Map<string, number>();
  return {
    reserve(key) {
      if (durationMs > 0) until.set(key, now() + durationMs);
    },
    has(key) {
      const end = until.get(key);
      if (end !== undefined && end <= now()) until.delete(key);
      return end !== undefined && end > now();
    },
  };
}
