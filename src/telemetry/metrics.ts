/** What the operator counts, as prom-client metrics named `avi_gateway_*` (docs list them with their labels). */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** The registry and one entry a metric. */
export interface Metrics {
  readonly registry: Registry;
  /** A finished attempt of a call to the controller; `code` is the HTTP status or the error's kind. */
  apiCall(call: {
    readonly type: string;
    readonly method: string;
    readonly code: string;
    readonly durationMs: number;
    readonly attempt: number;
  }): void;
  /** Lanes that wait, and for how long the oldest has, in milliseconds. */
  queue(depth: number, oldestMs: number): void;
  reconciled(result: 'done' | 'unchanged' | 'failed', durationMs: number): void;
  /** Objects that we own on the controller, by type. */
  owned(byType: ReadonlyMap<string, number>): void;
  /** Of one Gateway; zero for both forgets it. */
  gateway(gateway: string, listeners: number, routes: number): void;
  watchRestarted(kind: string): void;
  /** A sync of everything that succeeded. `at` in milliseconds since the epoch. */
  synced(at: number): void;
  /** `notAfter` in milliseconds since the epoch; undefined forgets the certificate. */
  certificate(secret: string, notAfter: number | undefined): void;
  drift(count: number): void;
  heldDeletions(count: number): void;
  leader(isLeader: boolean): void;
  /** Called before each `text()`, for what is only worth measuring then. */
  beforeText(measure: () => void): void;
  /** The metrics in Prometheus' text format. */
  text(): Promise<string>;
}

const latencyBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** @param options.process adds Node's own metrics (memory, event loop). */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const measures: (() => void)[] = [];
  if (options.process) collectDefaultMetrics({ register: registry, prefix: 'avi_gateway_' });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `avi_gateway_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge({ name: `avi_gateway_${name}`, help, labelNames, registers });

  const calls = counter('api_requests_total', 'Calls to the Avi Controller.', ['type', 'method', 'code']);
  const latency = new Histogram({
    name: 'avi_gateway_api_request_duration_seconds',
    help: 'Time that a call to the Avi Controller took.',
    labelNames: ['type', 'method'],
    buckets: latencyBuckets,
    registers,
  });
  const retries = counter('api_retries_total', 'Calls to the Avi Controller that were made again.', ['type', 'method']);
  const depth = gauge('queue_depth', 'Gateways that wait to be reconciled.');
  const age = gauge('queue_oldest_seconds', 'How long the oldest of them has waited.');
  const reconciles = new Histogram({
    name: 'avi_gateway_reconcile_duration_seconds',
    help: 'Time that one reconcile of a Gateway took.',
    labelNames: ['result'],
    buckets: latencyBuckets,
    registers,
  });
  const owned = gauge('objects', 'Objects that this cluster owns on the Avi Controller.', ['type']);
  const listeners = gauge('listeners', 'Listeners that serve.', ['gateway']);
  const routes = gauge('routes', 'Routes that are attached.', ['gateway']);
  const watches = counter('watch_restarts_total', 'Watches that had to be started again.', ['kind']);
  const lastSync = gauge('last_sync_timestamp_seconds', 'When everything was last found or made equal.');
  const expiry = gauge('certificate_expiry_timestamp_seconds', 'When a certificate in use ends.', ['secret']);
  const drift = counter('drift_objects_total', 'Objects that somebody else changed on the Avi Controller.');
  const held = gauge('held_deletions', 'Deletions that wait for confirmation.');
  const leader = gauge('leader', 'Whether this replica is the leader.');

  return {
    registry,
    apiCall: ({ type, method, code, durationMs, attempt }) => {
      calls.inc({ type, method, code });
      latency.observe({ type, method }, durationMs / 1000);
      if (attempt > 1) retries.inc({ type, method });
    },
    queue: (waiting, oldestMs) => {
      depth.set(waiting);
      age.set(oldestMs / 1000);
    },
    reconciled: (result, durationMs) => reconciles.observe({ result }, durationMs / 1000),
    owned: (byType) => {
      owned.reset();
      for (const [type, count] of byType) owned.set({ type }, count);
    },
    gateway: (key, listenerCount, routeCount) => {
      const labels = { gateway: key };
      if (listenerCount === 0 && routeCount === 0) {
        listeners.remove(labels);
        routes.remove(labels);
        return;
      }
      listeners.set(labels, listenerCount);
      routes.set(labels, routeCount);
    },
    watchRestarted: (kind) => watches.inc({ kind }),
    synced: (at) => lastSync.set(at / 1000),
    certificate: (secret, notAfter) =>
      notAfter === undefined ? expiry.remove({ secret }) : expiry.set({ secret }, notAfter / 1000),
    drift: (count) => drift.inc(count),
    heldDeletions: (count) => held.set(count),
    leader: (isLeader) => leader.set(isLeader ? 1 : 0),
    beforeText: (measure) => void measures.push(measure),
    text: () => {
      for (const measure of measures) measure();
      return registry.metrics();
    },
  };
}
