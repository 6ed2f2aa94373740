import { jest } from '@jest/globals';
import {
  startDataPlane,
  type DataPlane,
  type DataPlaneOptions,
} from '../../../../src/simulator/dataplane/data-plane.ts';
import { startBackend, type Backend } from './backends.ts';
import { send, type Reply, type Sent } from './client.ts';
import { createTestStore, type TestStore } from './store.ts';

// Real sockets and timers: a busy machine may take its time.
jest.setTimeout(30_000);

/** A loopback address that no other test process uses. */
export const address = (host: number): string => `127.${64 + (process.pid % 128)}.${(process.pid >> 7) % 256}.${host}`;

export const HTTP_PORT = 18080;
export const HTTPS_PORT = 18443;
export const PORT_MAP = new Map([
  [80, HTTP_PORT],
  [443, HTTPS_PORT],
]);

/** A data plane with its store, backends that close with it, and the lines that it logged. */
export interface Bench {
  readonly store: TestStore;
  readonly plane: DataPlane;
  readonly log: readonly string[];
  readonly backend: (...args: Parameters<typeof startBackend>) => Promise<Backend>;
  readonly get: (request: Omit<Sent, 'port'> & { readonly port?: number }) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

export async function startBench(options: Partial<DataPlaneOptions> = {}): Promise<Bench> {
  const store = createTestStore();
  const log: string[] = [];
  const backends: Backend[] = [];
  const plane = await startDataPlane({
    store,
    portMap: PORT_MAP,
    programDelayMs: 0,
    evhOrder: 'longest',
    seed: 1,
    log: (line) => void log.push(line),
    healthIntervalMs: 50,
    ...options,
  });
  return {
    store,
    plane,
    log,
    backend: async (...args) => {
      const backend = await startBackend(...args);
      backends.push(backend);
      return backend;
    },
    get: (request) => send({ port: request.ca === undefined ? HTTP_PORT : HTTPS_PORT, ...request }),
    close: async () => {
      await plane.close();
      await Promise.all(backends.map((backend) => backend.close()));
    },
  };
}

/** Asks until the condition holds; fails with what was last seen. */
export async function eventually<Value>(
  ask: () => Promise<Value> | Value,
  holds: (value: Value) => boolean,
): Promise<Value> {
  let last: Value = await ask();
  for (let turn = 0; turn < 800 && !holds(last); turn++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    last = await ask();
  }
  if (!holds(last)) throw new Error(`did not become true; last seen: ${JSON.stringify(last)}`);
  return last;
}
