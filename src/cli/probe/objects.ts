/** Throw-away objects on a controller: made under a prefix of their own, and all removed again. */
import type { AviClient } from '../../avi/client.ts';
import { AviError } from '../../avi/errors.ts';
import type { JsonObject } from '../../translate/desired.ts';

/** Begins the name of everything that a probe makes. */
export const PROBE_PREFIX = 'avi-gateway-probe-';

/** `created_by` of what a probe makes. */
export const PROBE_USER = 'avi-gateway-probe';

/** An object that exists. */
export interface Made {
  readonly type: string;
  readonly name: string;
  readonly uuid: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Makes objects and knows what it made. */
export interface Workshop {
  /** POST. @param name the prefix is put before it. @throws AviError */
  make(type: string, name: string, body: JsonObject): Promise<Made>;
  /** Looks for an object by its short name, and takes note of one that something else than `make` made. */
  find(type: string, name: string): Promise<Made | undefined>;
  /** The full name of an object. */
  nameOf(name: string): string;
  /** A reference to an object of the probe by its short name. */
  ref(type: string, name: string): string;
  remove(object: Made): Promise<void>;
  /** Deletes all that was made, what refers first. @returns a line for each object that could not be. */
  removeAll(): Promise<readonly string[]>;
}

/** Types without `created_by`. */
const unmarked = new Set(['vsvip', 'stringgroup', 'healthmonitor']);
const attempts = 6;
const pauseMs = 500;

/** `run`: tells the objects of one run from those of others. */
export function createWorkshop(client: AviClient, tenant: string, run: string): Workshop {
  const made: Made[] = [];
  const nameOf = (name: string) => `${PROBE_PREFIX}${run}-${name}`;
  const remove = async (object: Made) => {
    await deleteObject(client, tenant, object);
    made.splice(made.indexOf(object), 1);
  };
  return {
    nameOf,
    ref: (type, name) => `/api/${type}/?name=${encodeURIComponent(nameOf(name))}`,
    remove,
    async make(type, name, fields) {
      const body = {
        name: nameOf(name),
        tenant_ref: `/api/tenant/?name=${encodeURIComponent(tenant)}`,
        ...(!unmarked.has(type) && { created_by: PROBE_USER }),
        ...fields,
      };
      const reply = await client.request('POST', `/api/${type}/`, { tenant, body });
      const object = objectOf(type, reply.body);
      made.push(object);
      return object;
    },
    async find(type, name) {
      const bodies = await client.list(`/api/${type}/`, { tenant, query: { name: nameOf(name) } });
      const found = bodies.map((body) => objectOf(type, body)).find((object) => object.name === nameOf(name));
      if (found && !made.some(({ uuid }) => uuid === found.uuid)) made.push(found);
      return found;
    },
    async removeAll() {
      const left: string[] = [];
      for (const object of made.toReversed()) {
        await remove(object).catch((error: unknown) => left.push(`${object.type} ${object.name}: ${String(error)}`));
      }
      return left;
    },
  };
}

/** What earlier probes left, what refers first. */
export async function findLeftovers(client: AviClient, tenant: string): Promise<readonly Made[]> {
  const lists = await Promise.all(
    probeTypes.map(async (type) => {
      const query = { 'name.contains': PROBE_PREFIX, page_size: '100' };
      const bodies = await client.list(`/api/${type}/`, { tenant, query });
      return bodies.map((body) => objectOf(type, body)).filter(({ name }) => name.startsWith(PROBE_PREFIX));
    }),
  );
  return lists.flat().sort((a, b) => Number(isChild(b)) - Number(isChild(a)));
}

/** DELETE; what is gone already is fine, and what is referred to is tried again: references go with a delay. */
export async function deleteObject(client: AviClient, tenant: string, { type, uuid }: Made): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.request('DELETE', `/api/${type}/${uuid}`, { tenant });
      return;
    } catch (error) {
      if (error instanceof AviError && error.kind === 'notFound') return;
      if (!(error instanceof AviError) || error.kind !== 'inUse' || attempt >= attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs * attempt));
    }
  }
}

/** In the order of deletion. */
const probeTypes = [
  'virtualservice',
  'vsvip',
  'httppolicyset',
  'vsdatascriptset',
  'l4policyset',
  'poolgroup',
  'pool',
  'sslkeyandcertificate',
  'stringgroup',
];

function objectOf(type: string, body: unknown): Made {
  const { name, uuid } = body as { readonly name: string; readonly uuid: string };
  return { type, name, uuid, body: body as Made['body'] };
}

function isChild({ body }: Made): boolean {
  return body.type === 'VS_TYPE_VH_CHILD';
}
