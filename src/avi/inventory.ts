/**
 * What exists on the controller: read once at start by parallel paged lists, kept current by the replies of our own
 * writes, and swept for what others changed.
 */
import { hasCreatedBy, type Identity } from '../plan/inventory/identity.ts';
import type { Inventory, InventoryObject } from '../plan/inventory/inventory.ts';
import { createIndex } from '../plan/inventory/inventory-index.ts';
import { parseRef } from '../plan/refs.ts';
import { aviTypes } from '../plan/content/schema.ts';
import { objectId, type AviType, type Json, type JsonObject } from '../translate/desired.ts';
import { extensionPrefix, namePrefix } from '../translate/naming/names.ts';
import { sharedStrings } from '../values/shared-strings.ts';
import { createChangeLog } from './change-log.ts';
import type { AviClient } from './client.ts';
import { AviError } from './errors.ts';

/** The inventory as the engine keeps it. */
export interface InventoryStore {
  /** The inventory as it is; the same value changes with later writes and sweeps. */
  current(): Inventory;
  /** Lists every type. @throws AviError when a list fails; the inventory then stays incomplete. */
  load(): Promise<void>;
  /** An object as the controller returned it, to be kept: its body changes. @param tenant used where the body does not name its tenant. */
  read(type: AviType, body: unknown, tenant: string): InventoryObject;
  /** Takes over what a write or read returned. */
  put(object: InventoryObject): void;
  remove(id: string): void;
  /** Reads one object again by its name, also a foreign one; undefined when there is none. */
  reread(object: {
    readonly type: AviType;
    readonly tenant: string;
    readonly name: string;
  }): Promise<InventoryObject | undefined>;
  /** Looks for what others changed and reads it again. @returns ids that changed, appeared or vanished. */
  sweep(): Promise<readonly string[]>;
}

export interface InventoryOptions {
  readonly client: AviClient;
  readonly identity: Identity;
  /** Tenants to list, or `*` for all at once; where `*` is not permitted, the default tenant is listed. */
  readonly tenants: readonly string[];
  readonly defaultTenant: string;
}

/** Where the inventory is read, and how what comes is kept. */
type InventorySource = InventoryOptions & Pick<InventoryStore, 'read'>;

export function createInventory(options: InventoryOptions): InventoryStore {
  const shareStrings = sharedStrings();
  const read: InventoryStore['read'] = (type, body, tenant) => inventoryObject(type, shareStrings(body), tenant);
  const source: InventorySource = { ...options, read };
  const objects = new Map<string, InventoryObject>();
  let complete = false;
  /** For each sweep that runs, ids written since it began: what it listed of them is older. */
  const sweeps = new Set<Set<string>>();
  const changes = createChangeLog();
  const index = createIndex(objects);
  const set = (id: string, object: InventoryObject): void => {
    changes.note(id);
    index.note(id, object);
    objects.set(id, object);
  };
  const unset = (id: string): void => {
    changes.note(id);
    index.note(id, undefined);
    objects.delete(id);
  };

  const put = (object: InventoryObject): void => {
    const id = objectId(object);
    for (const touched of sweeps) touched.add(id);
    set(id, object);
  };
  const remove = (id: string): void => {
    for (const touched of sweeps) touched.add(id);
    unset(id);
  };

  /** @param touched grows while this runs. */
  const sweep = async (touched: ReadonlySet<string>): Promise<readonly string[]> => {
    const listed = await listAll(source, { fields: 'name,uuid,_last_modified,tenant_ref' });
    const stale = changedObjects(objects, listed).filter((object) => !touched.has(objectId(object)));
    // A list that is read page by page while objects are deleted leaves some out that are there.
    const missed = vanishedObjects(objects, listed, options.identity).filter(
      (object) => !touched.has(objectId(object)),
    );
    const changed: string[] = [];
    const look = async (object: InventoryObject): Promise<void> => {
      const id = objectId(object);
      const found = await readByName(source, object);
      const before = objects.get(id);
      if (touched.has(id) || (found && before?.uuid === found.uuid && lastModified(before) === lastModified(found)))
        return;
      changed.push(id);
      if (found) set(id, keepSettled(found, before));
      else unset(id);
    };
    await Promise.all([...stale, ...missed].map(look));
    return changed;
  };

  return {
    read,
    current: () => ({ objects, complete, changes, index }),
    put,
    remove,
    async load() {
      const lists = await listAll(source, {});
      objects.clear();
      changes.reset();
      index.reset();
      for (const object of lists) objects.set(objectId(object), object);
      complete = true;
    },
    async reread(wanted) {
      const found = await readByName(source, wanted);
      if (found) put(found);
      else remove(objectId(wanted));
      return found;
    },
    async sweep() {
      const touched = new Set<string>();
      sweeps.add(touched);
      return sweep(touched).finally(() => sweeps.delete(touched));
    },
  };
}

const lastModified = ({ body }: InventoryObject): Json | undefined => body._last_modified;

/** What was settled stays so as long as the differences are the same; they are part of the text. */
function keepSettled(found: InventoryObject, before: InventoryObject | undefined): InventoryObject {
  return before?.settled ? { ...found, settled: before.settled } : found;
}

function changedObjects(
  known: ReadonlyMap<string, InventoryObject>,
  listed: readonly InventoryObject[],
): readonly InventoryObject[] {
  return listed.filter((object) => {
    const before = known.get(objectId(object));
    return before?.uuid !== object.uuid || lastModified(before) !== lastModified(object);
  });
}

function vanishedObjects(
  known: ReadonlyMap<string, InventoryObject>,
  listed: readonly InventoryObject[],
  identity: Identity,
): readonly InventoryObject[] {
  const present = new Set(listed.map(objectId));
  return [...known].flatMap(([id, object]) => (!present.has(id) && isListed(object, identity) ? [object] : []));
}

/** Whether the filter of the lists finds an object; a foreign one with our `created_by` missing is known by rereads only. */
function isListed(object: InventoryObject, identity: Identity): boolean {
  if (!hasCreatedBy(object.type)) {
    return namePrefixes(object.type, identity).some((prefix) => object.name.includes(prefix));
  }
  return identity.createdBy.some((user) => user === object.body.created_by);
}

async function listAll(
  source: InventorySource,
  query: Readonly<Record<string, string>>,
): Promise<readonly InventoryObject[]> {
  const lists = aviTypes.flatMap((type) =>
    filters(type, source.identity).flatMap((filter) =>
      source.tenants.map((tenant) => listType(source, type, tenant, { ...query, ...filter })),
    ),
  );
  return (await Promise.all(lists)).flat();
}

function namePrefixes(type: AviType, { clusterName }: Identity): readonly string[] {
  return type === 'healthmonitor' ? [extensionPrefix(clusterName)] : [namePrefix(clusterName)];
}

function filters(type: AviType, identity: Identity): readonly Readonly<Record<string, string>>[] {
  if (!hasCreatedBy(type)) return namePrefixes(type, identity).map((prefix) => ({ 'name.contains': prefix }));
  return identity.createdBy.map((user) => ({ created_by: user }));
}

async function listType(
  source: InventorySource,
  type: AviType,
  tenant: string,
  filter: Readonly<Record<string, string>>,
): Promise<readonly InventoryObject[]> {
  const query = { include_name: 'true', page_size: '100', ...filter };
  const list = (as: string) => source.client.list(`/api/${type}/`, { tenant: as, query });
  const bodies = await list(tenant).catch((error: unknown) => {
    const mayNotListAll = tenant === '*' && error instanceof AviError && error.kind === 'forbidden';
    if (!mayNotListAll) throw error;
    return list(source.defaultTenant);
  });
  return bodies.map((body) => source.read(type, body, tenant === '*' ? source.defaultTenant : tenant));
}

/**
 * An object as the controller returned it.
 *
 * @param tenant used where the body does not name its tenant.
 */
export function inventoryObject(type: AviType, body: unknown, tenant: string): InventoryObject {
  const { key: _key, url: _url, ...rest } = body as JsonObject;
  const ref = typeof rest.tenant_ref === 'string' ? parseRef(rest.tenant_ref) : undefined;
  const named = ref?.name ?? (ref?.uuid === 'admin' ? 'admin' : undefined);
  return { type, tenant: named ?? tenant, name: text(rest.name), uuid: text(rest.uuid), body: rest };
}

async function readByName(
  { client, read }: InventorySource,
  wanted: { readonly type: AviType; readonly tenant: string; readonly name: string },
): Promise<InventoryObject | undefined> {
  const { type, tenant, name } = wanted;
  const bodies = await client.list(`/api/${type}/`, { tenant, query: { include_name: 'true', name } });
  // System objects of the tenant admin are visible everywhere, so look at the tenant too.
  const found = bodies.map((body) => read(type, body, tenant));
  return found.find((object) => object.name === name && object.tenant === tenant);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
