/** The operator against an API server. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AviClient } from '../avi/client.ts';
import type { SiteFacts } from '../avi/preflight.ts';
import { connect } from './controller.ts';
import { briefError } from '../cluster/brief-error.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../cluster/kube-config.ts';
import { kindsFor, watchedKinds } from '../cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../cluster/state.ts';
import type { Config } from '../config.ts';
import type { Marks } from '../handlers/marks.ts';
import { createEngine, type Engine } from '../loop/engine.ts';
import { confirmAnnotation, heldEvent } from '../loop/held-event.ts';
import { startLeaderElection, type LeaderElection } from '../loop/leader.ts';
import { GatewayOperator } from '../operator.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { StatusWriter } from '../status/writer.ts';
import { createStatusWriter } from '../status/write.ts';
import { createEvents } from '../telemetry/events.ts';
import { createLogger, silentLogger, type Logger } from '../telemetry/log.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { startTelemetryServer, type TelemetryServer } from '../telemetry/server.ts';
import { engineBasis, readSite, refuseDedicated, SiteRefusal } from './site.ts';

/** Which cluster; without a kubeconfig the service account's, else the default kubeconfig. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where the operator says what it does; the standard output without it. */
  readonly logger?: Logger;
}

const noMarks: Marks = { mark: () => undefined, markClass: () => undefined };

/** How long a cluster may take to be read once. */
const readLimitMs = 30_000;

/**
 * Reads the cluster that the kubeconfig names, once.
 *
 * @throws Error with what failed last when it could not be read in time.
 */
export async function readCluster(
  config: Config,
  choice: ClusterChoice = {},
  limitMs = readLimitMs,
): Promise<Snapshot> {
  const kubeConfig = loadKubeConfig(choice.kubeconfig, choice.context);
  const state = createClusterState(kindsFor(config));
  const { promise: started, resolve } = Promise.withResolvers<'started'>();
  let lastWarning = 'no answer';
  const operator = new GatewayOperator({
    kubeConfig,
    logger: { ...silentLogger(), warn: (message) => (lastWarning = message) },
    state,
    marks: noMarks,
    settings: config,
    isOwnStatus: () => false,
    onStarted: () => resolve('started'),
  });
  const limit = new AbortController();
  try {
    const reading = operator.start().then(() => started);
    const end = await Promise.race([reading, sleep(limitMs, 'late' as const, { signal: limit.signal })]);
    if (end === 'started') return state.snapshot();
    throw new Error(`the cluster could not be read within ${limitMs / 1000} s: ${lastWarning}`);
  } finally {
    limit.abort();
    operator.stop();
    await kubeConfig.close();
  }
}

/** A running operator. */
export interface Running {
  /** Resolves with the reason when the operator cannot go on by itself: the leadership is lost. */
  readonly ended: Promise<string>;
  readonly logger: Logger;
  /** Lets the deletions through that the guard holds. */
  confirmDeletions(): void;
  /** Ends in order: nothing new is begun, what runs is finished, the Lease is given back. */
  stop(): Promise<void>;
}

/** How long pending statuses may take at the end. */
const stopPatienceMs = 5_000;
const siteRetryMs = 5_000;

/** What of a starting operator is asked for from outside; filled in as the parts come up. */
interface Probes {
  engine?: Engine;
  leader?: LeaderElection;
}

/**
 * Starts the operator. Health is answered from the beginning, readiness after the first complete sync.
 *
 * @param signal ends the wait for a controller that does not answer.
 * @returns undefined when the signal came before the controller answered.
 * @throws Error when the configuration does not fit the controller or no API server is configured.
 */
export async function composeRun(
  config: Config,
  signal: AbortSignal,
  choice: ClusterChoice = {},
): Promise<Running | undefined> {
  const kubeConfig = loadKubeConfig(choice.kubeconfig, choice.context);
  const logger = choice.logger ?? createLogger(config.logLevel);
  const metrics = createMetrics({ process: true });
  const probes: Probes = {};
  const client = connect(config, 1, {
    onCall: (call) => metrics.apiCall(call),
    mayWrite: () => mayWrite(config, probes),
  });
  const server = await serveTelemetry(config, probes, metrics, logger);
  const end = async () => {
    await client.close();
    await server.close();
  };
  try {
    const site = await waitForSite(config, client, logger, signal);
    if (!site) {
      await end();
      return undefined;
    }
    return startOperator({ config, site, kubeConfig, client, metrics, logger, probes, end });
  } catch (error) {
    await end();
    throw error;
  }
}

function mayWrite({ leaderElection }: Config, { leader }: Probes): boolean {
  return !leaderElection.enabled || (leader?.isLeader() ?? false);
}

function serveTelemetry(config: Config, probes: Probes, metrics: Metrics, logger: Logger): Promise<TelemetryServer> {
  const { listen, debug } = config.server;
  const colon = listen.lastIndexOf(':');
  return startTelemetryServer({
    host: listen.slice(0, colon).replace(/^\[|\]$/g, '') || '0.0.0.0',
    port: Number(listen.slice(colon + 1)),
    ...(config.metrics.enabled && { metrics: () => metrics.text() }),
    healthy: () => true,
    ready: () => probes.engine?.isSynced() ?? false,
    logger,
    ...(debug && {
      debug: {
        engine: () => probes.engine?.describe(),
        leader: () => ({ holder: probes.leader?.holder(), isLeader: probes.leader?.isLeader() }),
        config: () => config,
      },
    }),
  });
}

/** A controller that does not answer is waited for; one that lacks something is a clear end. */
async function waitForSite(
  config: Config,
  client: AviClient,
  logger: Logger,
  signal: AbortSignal,
): Promise<SiteFacts | undefined> {
  while (!signal.aborted) {
    try {
      const site = await readSite(config, client, logger);
      await refuseDedicated(config, client);
      logger.info('the controller has what the configuration names', { ...site });
      return site;
    } catch (error) {
      if (error instanceof SiteRefusal) throw error;
      logger.warn('the controller cannot be asked, trying again', { error });
      await sleep(siteRetryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

interface Parts {
  readonly config: Config;
  readonly site: SiteFacts;
  readonly kubeConfig: PooledKubeConfig;
  readonly client: AviClient;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly probes: Probes;
  /** Ends what was there before the operator. */
  readonly end: () => Promise<void>;
}

async function startOperator(parts: Parts): Promise<Running> {
  const { config, site, kubeConfig, client, metrics, logger, probes, end } = parts;
  const identity = process.env.POD_NAME ?? `${hostname()}-${process.pid}`;
  const isLeader = () => mayWrite(config, probes);
  const state = createClusterState(kindsFor(config));
  const statuses = createStatusWriter({
    kubeConfig,
    state,
    controllerName: config.controllerName,
    mayWrite: isLeader,
    onFailure: (resource, error) => logger.warn('a status cannot be written', { resource, error }),
  });
  let bundleVersion: string | undefined;
  const events = createEvents({
    kubeConfig,
    controllerName: config.controllerName,
    instance: identity,
    uidOf: (regarding) => uidOf(state, regarding),
    mayWrite: isLeader,
    onFailure: (error) => tellOfEvents(logger, briefError(error)),
  });
  const engine = createEngine({
    ...engineBasis(config, site, client),
    state,
    statuses,
    events,
    logger,
    metrics,
    isLeader,
    bundleVersion: () => bundleVersion,
    onHeld: (held) => events.emit([heldEvent(held, leaseOf(config))], true),
  });
  probes.engine = engine;
  const operator = new GatewayOperator({
    kubeConfig,
    logger,
    state,
    marks: engine,
    settings: config,
    isOwnStatus: (kind, key, status) => statuses.isOwn(kind, key, status),
    onWatchFailure: (plural) => metrics.watchRestarted(plural),
    onStarted: () => engine.start(),
    onDiscovery: (discovery) => {
      bundleVersion = discovery.bundleVersion;
      for (const name of state.snapshot().gatewayClasses.keys()) engine.markClass(name);
    },
  });
  const { promise: ended, resolve: lose } = Promise.withResolvers<string>();
  if (config.leaderElection.enabled) probes.leader = elect(parts, identity, engine, lose);
  else metrics.leader(true);
  await operator.start();
  return {
    ended,
    logger,
    confirmDeletions: () => engine.confirmDeletions(),
    stop: async () => {
      operator.stop();
      await engine.stop();
      await finishStatuses(statuses);
      await probes.leader?.stop();
      await kubeConfig.close();
      await end();
    },
  };
}

function elect(
  { config, kubeConfig, metrics, logger }: Parts,
  identity: string,
  engine: Engine,
  lose: (reason: string) => void,
): LeaderElection {
  const { leaseSeconds, renewSeconds, retrySeconds } = config.leaderElection;
  return startLeaderElection({
    kubeConfig,
    ...leaseOf(config),
    identity,
    message: { annotation: confirmAnnotation, onRead: (hash) => engine.confirmDeletions(hash) },
    timings: { leaseMs: leaseSeconds * 1000, renewDeadlineMs: renewSeconds * 1000, retryMs: retrySeconds * 1000 },
    onStarted: () => {
      logger.info('this replica leads', { identity });
      metrics.leader(true);
      engine.lead();
    },
    onLost: () => {
      metrics.leader(false);
      lose('the leadership is lost');
    },
    onFailure: (error) => logger.warn('the Lease cannot be read or written', { error }),
  });
}

function leaseOf({ leaderElection }: Config): { readonly namespace: string; readonly name: string } {
  const { leaseName, leaseNamespace } = leaderElection;
  return { namespace: leaseNamespace ?? process.env.POD_NAMESPACE ?? 'default', name: leaseName };
}

/** A permission that is missing stays missing; anything else is not worth more than a word. */
function tellOfEvents(logger: Logger, error: ReturnType<typeof briefError>): void {
  logger[error.code === 403 ? 'warn' : 'debug']('an Event cannot be written', { error });
}

async function finishStatuses(statuses: StatusWriter): Promise<void> {
  await Promise.race([statuses.idle(), sleep(stopPatienceMs, undefined, { ref: false })]);
  statuses.stop();
}

type Regarding = Parameters<Parameters<typeof createEvents>[0]['uidOf']>[0];

function uidOf(state: ClusterState, { kind, namespace, name }: Regarding): string | undefined {
  const watched = watchedKinds.find((known) => known === kind);
  if (!watched) return undefined;
  return state.get(watched, namespace ? `${namespace}/${name}` : name)?.metadata?.uid;
}
