/** The operator over a watched directory, with an embedded controller where none is configured. */
import { createAviClient, type AviClient } from '../avi/client.ts';
import { connect } from './controller.ts';
import { CLASS_NAME, installedClass } from './installed-class.ts';
import { createFileProvider } from '../sources/file-provider.ts';
import { watchedKinds, type WatchedKind, type WatchedObjects } from '../cluster/kinds.ts';
import { createReferences } from '../cluster/references.ts';
import { createClusterState } from '../cluster/state.ts';
import type { Config } from '../config.ts';
import type { ResourceChange } from '../handlers/context.ts';
import { allObjects } from '../cluster/followed-sources.ts';
import { createHandlers, dispatch, type Handlers } from '../handlers/handlers.ts';
import { createEngine, type Engine } from '../loop/engine.ts';
import { supportedBundles } from '../routing/listeners/classes.ts';
import type { Problem, RoutingEvent } from '../routing/result/findings.ts';
import { keyOf } from '../routing/snapshot.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../simulator/simulator.ts';
import { createStatusFiles, type StatusFiles } from '../status/write-files.ts';
import { silentLogger, type Logger } from '../telemetry/log.ts';
import { engineBasis, readSite, refuseDedicated } from './site.ts';

export interface StandaloneOptions {
  readonly config: Config;
  /** Files and directories of manifests, watched. */
  readonly paths: readonly string[];
  /** Where statuses are written; absent: kept in memory only. */
  readonly statusDir?: string;
  /** Starts an embedded controller in place of the configured one. */
  readonly simulator?: SimulatorOptions;
  readonly logger?: Logger;
  /** Everything that was refused or ignored in the manifests, after each reading. */
  readonly onProblems: (problems: readonly Problem[]) => void;
}

/** The operator over a directory. */
export interface Standalone {
  readonly client: AviClient;
  readonly controllerUrl: string;
  /** The embedded controller, where there is one. */
  readonly simulator?: Simulator;
  /** Ends when every Gateway has been reconciled and nothing waits. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the operator over a directory of manifests; it works until `stop`. */
export async function composeStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { config } = options;
  const logger = options.logger ?? silentLogger();
  const simulator = options.simulator && (await startSimulator(options.simulator));
  const client = simulator ? embeddedClient(simulator, config) : connect(config, 1);
  const end = async () => {
    await client.close();
    await simulator?.close();
  };
  try {
    const engine = await startOverDirectory(options, client, logger);
    return {
      client,
      controllerUrl: simulator?.url ?? config.controller.addresses.join(', '),
      ...(simulator && { simulator }),
      idle: () => engine.idle(),
      stop: async () => {
        await engine.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function embeddedClient({ url, ca, username, password }: Simulator, config: Config): AviClient {
  return createAviClient({
    addresses: [url],
    credentials: () => ({ username, password }),
    tls: { ca },
    concurrency: config.concurrency,
  });
}

async function startOverDirectory(
  { config, paths, statusDir, onProblems }: StandaloneOptions,
  client: AviClient,
  logger: Logger,
): Promise<Pick<Engine, 'idle' | 'stop'>> {
  const site = await readSite(config, client, logger);
  await refuseDedicated(config, client);
  const state = createClusterState();
  state.put('GatewayClass', installedClass(config.controllerName));
  const statuses = createStatusFiles({
    ...(statusDir !== undefined && { directory: statusDir }),
    setStatus: (update) => provider.setStatus(update),
    onFailure: (resource, error) => logger.warn('a status cannot be written', { resource, error }),
  });
  const engine = createEngine({
    ...engineBasis(config, site, client),
    state,
    statuses,
    events: { emit: (events) => events.forEach((event) => logEvent(logger, event)) },
    logger,
    isLeader: () => true,
    bundleVersion: () => supportedBundles.pinned,
  });
  const handlers = createHandlers({
    state,
    references: createReferences(),
    marks: engine,
    followed: allObjects,
    settings: config,
    isOwnStatus: (kind, key, status) => statuses.isOwn(kind, key, status),
  });
  const provider = createFileProvider({
    paths,
    state,
    handlers: forgetting(handlers, statuses),
    now: () => new Date().toISOString(),
    onProblems,
  });
  await provider.start();
  engine.markClass(CLASS_NAME);
  engine.start();
  return {
    idle: async () => {
      await engine.idle();
      await statuses.idle();
    },
    stop: async () => {
      provider.stop();
      await engine.stop();
      await statuses.idle();
      statuses.stop();
    },
  };
}

function logEvent(logger: Logger, { type, message, ...event }: RoutingEvent): void {
  if (type === 'Warning') logger.warn(message, event);
  else logger.info(message, event);
}

/** The handlers, and the status of a deleted object goes with it. */
function forgetting(handlers: Handlers, statuses: StatusFiles): Handlers {
  const wrap = <K extends WatchedKind>(kind: K): Handlers[K] =>
    ((change: ResourceChange<WatchedObjects[K]>) => {
      dispatch(handlers, kind, change);
      if (change.type === 'DELETED') statuses.forget(kind, keyOf(change.object.metadata ?? {}));
    }) as Handlers[K];
  return Object.fromEntries(watchedKinds.map((kind) => [kind, wrap(kind)])) as unknown as Handlers;
}
