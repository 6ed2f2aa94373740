import { ApiError } from '../../../src/simulator/store/errors.ts';
import { createCatalogue, schemaDocument } from '../../../src/simulator/store/catalogue.ts';
import type { Draft } from '../../../src/simulator/store/document.ts';
import { createObjectStore, type ObjectStore } from '../../../src/simulator/store/object-store.ts';
import { seed } from '../../../src/simulator/store/seed.ts';
import type { StoredObject } from '../../../src/simulator/store/types.ts';
import { createWriter, type ValidationMode, type Writer } from '../../../src/simulator/store/writer.ts';

/** A seeded store without a server in front of it. */
export interface Fixture {
  readonly store: ObjectStore;
  readonly writer: Writer;
  make(type: string, body: Draft, tenant?: string): StoredObject;
  /** Replaces the object of that type and name. */
  replace(type: string, name: string, body: Draft): StoredObject;
  remove(type: string, name: string): void;
  /** Lets the writer's clock go on. */
  pass(ms: number): void;
}

const catalogue = createCatalogue(schemaDocument);

export function createFixture(
  mode: ValidationMode = 'strict',
  vipPools: readonly string[] = ['10.9.0.0/29'],
  reservationMs = 0,
): Fixture {
  const clock = { now: new Date('2026-01-15T00:00:00Z') };
  const store = createObjectStore(catalogue);
  const writer = createWriter(store, { mode, nameReservationMs: reservationMs }, () => clock.now);
  seed(store, writer, { vipPools, dnsDomains: ['example.com'] });
  const named = (type: string, name: string): StoredObject => {
    const object = store.named(type, name)[0];
    if (!object) throw new Error(`no ${type} ${name}`);
    return object;
  };
  return {
    store,
    writer,
    make(type, body, tenant = 'admin') {
      const objectType = catalogue.types.get(type);
      if (!objectType) throw new Error(`no type ${type}`);
      return writer.create({ type: objectType, body: structuredClone(body), tenant });
    },
    replace: (type, name, body) => writer.replace(named(type, name), structuredClone(body), 'admin'),
    remove: (type, name) => writer.remove(named(type, name)),
    pass(ms) {
      clock.now = new Date(clock.now.getTime() + ms);
    },
  };
}

/** The refusal that an action ends in: status and body as one text. */
export function refusalOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${JSON.stringify(error.body)}`;
    throw error;
  }
  return 'accepted';
}

/** A child's match of every path of a host. */
export function everyPath(host: string): Draft {
  return { host, rules: [{ name: 'all', matches: { path: { match_criteria: 'BEGINS_WITH', match_str: ['/'] } } }] };
}
