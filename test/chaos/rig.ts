/** A real API server, the embedded controller and replicas of the operator as processes, for tests that break them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { startSimulator, type Simulator, type WriteRecord } from '../../src/simulator/simulator.ts';
import { application, namespaces } from '../cluster/apiserver/application.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import { startOperatorProcess, untilReady, type OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { installOperator, settles as settlesWith } from '../cluster/apiserver/replicas.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';

const types = ['sslkeyandcertificate', 'pool', 'poolgroup', 'httppolicyset', 'vsvip', 'virtualservice'];

/** Short, so that a take-over takes seconds: lease 6 s, retry 1 s. */
export const election = { leaseSeconds: 6, renewSeconds: 4, retrySeconds: 1 };
/** Lease + 1.2 × retry. */
export const takeOverMs = (election.leaseSeconds + 1.2 * election.retrySeconds) * 1000;

export interface Rig {
  readonly cluster: ControlPlane;
  readonly simulator: Simulator;
  /** Of the operator's service account. */
  readonly kubeconfig: string;
  readonly operators: readonly OperatorProcess[];
  /** The kubeconfig of the service account with the API server at another port of this machine. */
  readonly kubeconfigThrough: (port: number) => string;
  /** Starts a replica without waiting for it. */
  readonly launch: (name: string, timings?: typeof election, kubeconfig?: string) => Promise<OperatorProcess>;
  /** Starts a replica and waits until it is ready. */
  readonly start: (name: string, timings?: typeof election, kubeconfig?: string) => Promise<OperatorProcess>;
  readonly apply: (...items: readonly Manifest[]) => Promise<string>;
  readonly deploy: (...applications: readonly string[]) => Promise<void>;
  /** `type name` of what the operator has made on the controller. */
  readonly ours: () => readonly string[];
  /** Writes of the operator since `forgetWrites`. */
  readonly writes: () => readonly WriteRecord[];
  readonly forgetWrites: () => void;
  /** Servers of all pools. */
  readonly members: () => string;
  /** Waits, and says at the end what the replicas said. */
  readonly settles: (check: () => Promise<void> | void, limitMs?: number) => Promise<void>;
  /** Waits until a replica leads, and says how many milliseconds it took. */
  readonly untilLeads: (operator: OperatorProcess) => Promise<number>;
  readonly close: () => Promise<void>;
}

export const leads = async (operator: OperatorProcess): Promise<boolean> =>
  /^avi_gateway_leader 1$/m.test(await operator.metrics().catch(() => ''));

/** @param flags of the API server. */
export async function startRig(flags: readonly string[] = []): Promise<Rig> {
  const cluster = await startControlPlane(flags);
  const simulator = await startSimulator({ dataPlane: false });
  const kubeconfig = await installOperator(cluster);
  const operators: OperatorProcess[] = [];

  const launch: Rig['launch'] = async (name, timings = election, config = kubeconfig) => {
    const operator = await startOperatorProcess(cluster, config, simulator, name, timings);
    operators.push(operator);
    return operator;
  };
  const apply: Rig['apply'] = (...items) =>
    cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const settles: Rig['settles'] = (check, limitMs = 30_000) => settlesWith(operators, check, limitMs, 100);

  return {
    cluster,
    simulator,
    kubeconfig,
    operators,
    kubeconfigThrough: (port) => {
      const path = join(cluster.folder, `through-${port}.kubeconfig`);
      const text = readFileSync(kubeconfig, 'utf8').replaceAll(cluster.server, `https://127.0.0.1:${port}`);
      writeFileSync(path, text, { mode: 0o600 });
      return path;
    },
    launch,
    start: async (...args) => {
      const operator = await launch(...args);
      await untilReady(operator);
      return operator;
    },
    apply,
    deploy: async (...names) => {
      await apply(...names.flatMap(namespaces));
      for (const name of names) await apply(...(await application(name)));
    },
    ours: () =>
      types
        .flatMap((type) => simulator.store.list(type))
        .filter(({ body }) => JSON.stringify(body).includes('"clustername"'))
        .map(({ type, name }) => `${type} ${name}`)
        .sort(),
    writes: () => simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/')),
    forgetWrites: () => simulator.stats.reset(),
    members: () => JSON.stringify(simulator.store.list('pool').map(({ body }) => body.servers)),
    settles,
    untilLeads: async (operator) => {
      const since = performance.now();
      await settles(async () => expect(await leads(operator)).toBe(true));
      return performance.now() - since;
    },
    close: async () => {
      await Promise.all(operators.map((operator) => operator.kill()));
      await simulator.close();
      await cluster.stop();
    },
  };
}
