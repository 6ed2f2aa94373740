import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { startDataPlane, type DataPlane } from './dataplane/data-plane.ts';
import { createServerCertificate, type ServerCertificate } from './options/certificate.ts';
import { parseListen, resolveOptions, type ResolvedOptions, type SimulatorOptions } from './options/options.ts';
import { removeAll } from './rest/administration.ts';
import type { Controller } from './rest/call.ts';
import { deriveRuntime } from './rest/derived-runtime.ts';
import { recordEmptied } from './rest/emptied.ts';
import { createFaults, parseFault, type Faults } from './rest/faults.ts';
import { seededRandom } from './random.ts';
import type { Pipeline } from './rest/pipeline.ts';
import { createRestServer } from './rest/server.ts';
import { createSessions } from './rest/session.ts';
import { createStats, type Stats } from './rest/stats.ts';
import { createCatalogue, schemaDocument } from './store/catalogue.ts';
import { createObjectStore, type ObjectStore } from './store/object-store.ts';
import { seed } from './store/seed.ts';
import { keepState, loadState } from './store/state-file.ts';
import type { RuntimeReader, StoreReader } from './store/types.ts';
import { createWriter, type Writer } from './store/writer.ts';

export type { SimulatorOptions } from './options/options.ts';
export { parseFault, type Fault, type FaultEffect, type Faults } from './rest/faults.ts';
export type { EmptiedRecord, Stats, WriteRecord } from './rest/stats.ts';

/** A running simulated Avi Controller. */
export interface Simulator {
  /** Base URL, as `https://127.0.0.1:9443`, without a path. */
  readonly url: string;
  /** PEM of the CA that signed the server's certificate, made at start. */
  readonly ca: string;
  readonly username: string;
  readonly password: string;
  readonly store: StoreReader;
  readonly runtime: RuntimeReader;
  readonly faults: Faults;
  readonly stats: { read(): Stats; reset(): void };
  /** Ends all sessions: the next call of each client gets a 401. */
  expireSessions(): void;
  /** Has this release from now on, as `31.1.1`; objects stay, sessions end. */
  upgrade(version: string): void;
  /** Removes every object that did not come with the controller, all faults and counters. */
  reset(): void;
  /** Resolves when the data plane serves what is stored and has checked each server once. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a simulated Avi Controller.
 * @throws Error that names the option, the state file or the address which cannot be used.
 */
export async function startSimulator(given: SimulatorOptions = {}): Promise<Simulator> {
  const options = resolveOptions(given, () => randomBytes(12).toString('base64url'));
  const { host, port } = parseListen(options.listen);
  const faults = createFaults(seededRandom(options.seed));
  for (const fault of options.faults) faults.add(parseFault(fault));
  const certificate = await createServerCertificate([
    ...new Set(['localhost', '127.0.0.1', '::1', ...(isWildcard(host) ? [] : [host])]),
  ]);
  const store = createObjectStore(createCatalogue(schemaDocument));
  const writer = createWriter(store, { mode: options.validation, nameReservationMs: options.nameReservationMs });
  fill(store, writer, options, certificate);
  const state =
    options.stateFile === undefined
      ? undefined
      : keepState(store, options.stateFile, (error) => options.log(`State file: ${error.message}`));
  const dataPlane = options.dataPlane ? await startDataPlane(dataPlaneOptions(store, options)) : undefined;
  const runtime = dataPlane ?? deriveRuntime(store);
  const pipeline = createPipeline({ store, writer, runtime, options, faults });
  const app = createRestServer(pipeline, options.tls ? certificate : undefined);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await dataPlane?.close();
    throw error;
  }
  return {
    url: urlOf(app.server.address() as AddressInfo, host, options.tls),
    ca: certificate.ca,
    username: options.username,
    password: options.password,
    store,
    runtime,
    faults: pipeline.faults,
    stats: pipeline.stats,
    expireSessions: () => pipeline.sessions.expireAll(),
    upgrade(version) {
      pipeline.setVersion(version);
      pipeline.sessions.expireAll();
    },
    reset() {
      removeAll({ store });
      pipeline.faults.clear();
      pipeline.stats.reset();
    },
    settled: async () => dataPlane?.settled(),
    async close() {
      await app.close();
      await dataPlane?.close();
      await state?.close();
    },
  };
}

function fill(store: ObjectStore, writer: Writer, options: ResolvedOptions, certificate: ServerCertificate): void {
  if (options.stateFile !== undefined && loadState(store, options.stateFile)) return;
  seed(store, writer, {
    vipPools: options.vipPool6 === undefined ? [options.vipPool] : [options.vipPool, options.vipPool6],
    dnsDomains: options.dnsDomains,
    certificate,
  });
}

function dataPlaneOptions(store: StoreReader, options: ResolvedOptions): Parameters<typeof startDataPlane>[0] {
  const { programDelayMs, evhOrder, seed: random, log, serverNetworks, healthIntervalMs } = options;
  return {
    store,
    programDelayMs,
    evhOrder,
    seed: random,
    log,
    portMap: new Map(Object.entries(options.portMap).map(([from, to]) => [Number(from), to])),
    ...(serverNetworks === undefined ? {} : { serverNetworks }),
    ...(healthIntervalMs === undefined ? {} : { healthIntervalMs }),
  };
}

interface PipelineParts {
  readonly store: ObjectStore;
  readonly writer: Writer;
  readonly runtime: DataPlane | RuntimeReader;
  readonly options: ResolvedOptions;
  readonly faults: Faults;
}

function createPipeline({ store, writer, runtime, options, faults }: PipelineParts): Pipeline & {
  readonly setVersion: (version: string) => void;
} {
  const controller: Controller & { version: string } = {
    store,
    writer,
    runtime,
    catalogue: store.catalogue,
    version: options.apiVersionMax,
    startedAt: new Date(),
  };
  const stats = createStats(options.writeLogSize);
  recordEmptied(store, (record) => stats.emptied(record));
  return {
    controller,
    options,
    stats,
    sessions: createSessions(options, options.sessionIdleMs),
    faults,
    overLimit: rateLimiter(options.rateLimit),
    setVersion: (version) => void (controller.version = version),
  };
}

/** Counts calls in windows of one second. */
function rateLimiter(perSecond: number | undefined): () => boolean {
  let window = 0;
  let calls = 0;
  return () => {
    if (perSecond === undefined) return false;
    const now = Math.floor(Date.now() / 1000);
    if (now !== window) [window, calls] = [now, 0];
    calls += 1;
    return calls > perSecond;
  };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function urlOf(address: AddressInfo, host: string, tls: boolean): string {
  const name = isWildcard(host) ? '127.0.0.1' : host;
  return `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}
