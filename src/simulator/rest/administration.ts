import { isObject } from '../store/document.ts';
import { refuse } from '../store/errors.ts';
import type { Controller, Handler } from './call.ts';
import { parseFault, type Faults } from './faults.ts';
import type { Sessions } from './session.ts';
import type { StatsRecorder } from './stats.ts';

/** `/simulator/…`: what a test needs and Avi does not have. */
export interface AdministrationEndpoints {
  readonly listFaults: Handler;
  readonly addFault: Handler;
  readonly deleteFaults: Handler;
  readonly stats: Handler;
  readonly resetStats: Handler;
  readonly reset: Handler;
  readonly expireSessions: Handler;
}

/** Creates the administration endpoints. */
export function administrationEndpoints(
  controller: Controller,
  sessions: Sessions,
  faults: Faults,
  stats: StatsRecorder,
): AdministrationEndpoints {
  return {
    listFaults: () => ({ status: 200, body: { results: faults.list() } }),
    addFault: ({ body }) => ({ status: 201, body: { id: faults.add(parseFault(body)) } }),
    deleteFaults({ parameters }) {
      const { id } = parameters;
      if (id === undefined) faults.clear();
      else if (!faults.remove(Number(id))) throw refuse(404, `No fault ${id}`);
      return { status: 204 };
    },
    stats: ({ query }) => {
      const read = stats.read();
      return {
        status: 200,
        body: { ...read, sessions: sessions.count, ...(query.has('writes') ? {} : { writes: read.writes.length }) },
      };
    },
    resetStats() {
      stats.reset();
      return { status: 204 };
    },
    reset({ body }) {
      removeAll(controller);
      faults.clear();
      stats.reset();
      if (isObject(body) && body['sessions'] === true) sessions.expireAll();
      return { status: 204 };
    },
    expireSessions() {
      sessions.expireAll();
      return { status: 204 };
    },
  };
}

/** Removes every object that did not come with the controller. */
export function removeAll({ store }: Pick<Controller, 'store'>): void {
  store.transaction(() => {
    for (const object of [...store.all()]) if (!object.system) store.remove(object.uuid);
  });
}
