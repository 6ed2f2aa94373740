/**
 * A real API server, the embedded controller with its data plane, which serves a route all the time, and replicas of the
 * operator as processes, for tests that break them.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { startSimulator, type Simulator, type WriteRecord } from '../../src/simulator/simulator.ts';
import { application, namespaces } from '../cluster/apiserver/application.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import { startOperatorProcess, untilReady, type OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { installOperator, settles as settlesWith } from '../cluster/apiserver/replicas.ts';
import { paths, servedRoute, startPod } from './served.ts';
import { addressOf, startWitness, type Witness } from './witness.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';

const portMap = { 80: 27_080, 443: 27_443 };
const vipPool = `127.${140 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/28`;

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
  /** The first of them gets the route that is served all the time. */
  readonly deploy: (...applications: readonly string[]) => Promise<void>;
  /** That route, with what it needs. */
  readonly servedRoute: (application: string) => readonly Manifest[];
  /** Asks for that route until `noneFailed`; what comes before its first answer does not count. */
  readonly ask: (application: string) => void;
  /** Ends the requests: there were many, and none failed. */
  readonly noneFailed: () => Promise<void>;
  /** Versions of all Gateways and routes: another one when a status was written. */
  readonly versions: () => Promise<string>;
  /** `type name` of what the operator has made on the controller. */
  readonly ours: () => readonly string[];
  /** Writes of the operator since `forgetWrites`. */
  readonly writes: () => readonly WriteRecord[];
  readonly forgetWrites: () => void;
  /** Sessions that have ever written, in their order; one comes twice when another wrote in between. */
  readonly writers: () => readonly string[];
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
  const pod = await startPod();
  const serverNetworks = ['127.0.0.0/8', ...(pod ? [`${pod.address}/32`] : [])];
  const simulator = await startSimulator({ dataPlane: true, programDelayMs: 200, portMap, vipPool, serverNetworks });
  const kubeconfig = await installOperator(cluster);
  const operators: OperatorProcess[] = [];
  let witness: Witness | undefined;
  let since = 0;
  const all = (): readonly WriteRecord[] =>
    simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/'));

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
      await apply(...servedRoute(names[0] ?? '', pod));
    },
    servedRoute: (name) => servedRoute(name, pod),
    ask: (name) => {
      const address = (): string | undefined => addressOf(simulator.store, `cluster1--${name}-gw`);
      const common = { address, port: portMap[80], host: `${name}.example.test`, comes: true };
      const redirect = { ...common, path: paths.redirect, status: 302 };
      witness = startWitness([redirect, ...(pod ? [{ ...common, path: paths.pod }] : [])], 20);
    },
    noneFailed: async () => {
      const { requests = 0, failures = ['nobody asked'] } = (await witness?.stop()) ?? {};
      witness = undefined;
      console.log(`${requests} requests, ${failures.length} failed`);
      expect(failures).toEqual([]);
      expect(requests).toBeGreaterThan(100);
    },
    versions: () =>
      cluster.kubectl(['get', 'gateways,httproutes', '-A', '-o', 'jsonpath={.items[*].metadata.resourceVersion}']),
    ours: () =>
      types
        .flatMap((type) => simulator.store.list(type))
        .filter(({ body }) => JSON.stringify(body).includes('"clustername"'))
        .map(({ type, name }) => `${type} ${name}`)
        .sort(),
    writes: () => all().filter(({ sequence }) => sequence > since),
    forgetWrites: () => void (since = all().at(-1)?.sequence ?? 0),
    writers: () =>
      all()
        .map(({ session = '' }) => session)
        .filter((session, index, sessions) => session !== sessions[index - 1]),
    members: () => JSON.stringify(simulator.store.list('pool').map(({ body }) => body.servers)),
    settles,
    untilLeads: async (operator) => {
      const since = performance.now();
      await settles(async () => expect(await leads(operator)).toBe(true));
      return performance.now() - since;
    },
    close: async () => {
      await witness?.stop();
      pod?.close();
      await Promise.all(operators.map((operator) => operator.kill()));
      await simulator.close();
      await cluster.stop();
    },
  };
}
