/** The real API server, the operator as a process, the embedded controller with its data plane, and a backend. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { StoredObject } from '../../src/simulator/store/types.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';
import { startOperatorProcess, untilReady, type OperatorProcess } from '../cluster/apiserver/operator-process.ts';
import { installOperator, settles } from '../cluster/apiserver/replicas.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';
import { addresses } from '../conformance/network.ts';
import type { Neighbours } from './programs.ts';

/** Port of the backend, on the node's address. */
export const backendPort = 8080;

/** Domains of the controller's DNS profile. */
export const domains = ['aclab.test', 'beta.test', 'gamma.test'] as const;

export interface Rig {
  readonly cluster: ControlPlane;
  readonly simulator: Simulator;
  readonly neighbours: Neighbours;
  /** Starts a replica of the operator; resolves when it has synced, or at once with `wait: false`. */
  startOperator(name: string, options?: { readonly wait: boolean }): Promise<OperatorProcess>;
  apply(...items: readonly Manifest[]): Promise<string>;
  remove(...items: readonly Manifest[]): Promise<string>;
  /** One object by kubectl's arguments. */
  read<T>(...args: readonly string[]): Promise<T>;
  /** Objects of these types that the operator made. */
  ours(...types: readonly string[]): readonly StoredObject[];
  /** Waits, and adds the operators' last words to what it says in the end. */
  settles<T>(check: () => T | Promise<T>, limitMs?: number): Promise<T>;
  /** Ends everything; what is registered here ends first. */
  close(): Promise<void>;
  atEnd(end: () => Promise<unknown>): void;
}

/** Paths of the programs that main.ts has built. */
function neighboursOfRun(): Neighbours {
  const { NEIGHBOURS } = process.env;
  if (NEIGHBOURS === undefined) throw new Error('these tests need namespaces and programs: run `make integration`');
  return JSON.parse(NEIGHBOURS) as Neighbours;
}

/** Starts all but the neighbours; takes about 20 seconds. */
export async function startRig(): Promise<Rig> {
  const neighbours = neighboursOfRun();
  const ends: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const cluster = await startControlPlane();
    ends.push(() => cluster.stop());
    const simulator = await startSimulator({
      vipPool: addresses.vips,
      serverNetworks: [addresses.pods],
      dnsDomains: domains,
      programDelayMs: 300,
    });
    ends.push(() => simulator.close());
    const backend = await startBackend();
    ends.push(async () => backend.close());
    const kubeconfig = await installOperator(cluster);
    return { cluster, simulator, neighbours, close, ...tools(cluster, simulator, kubeconfig, ends) };
  } catch (error) {
    await close();
    throw error;
  }
}

type Tools = Omit<Rig, 'cluster' | 'simulator' | 'neighbours' | 'close'>;

function tools(
  cluster: ControlPlane,
  simulator: Simulator,
  kubeconfig: string,
  ends: (() => Promise<unknown>)[],
): Tools {
  const operators: OperatorProcess[] = [];
  const list = (items: readonly Manifest[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return {
    atEnd: (end) => void ends.push(end),
    startOperator: async (name, { wait } = { wait: true }) => {
      const operator = await startOperatorProcess(cluster, kubeconfig, simulator, name);
      operators.push(operator);
      ends.push(() => operator.kill());
      if (wait) await untilReady(operator);
      return operator;
    },
    apply: (...items) => cluster.kubectl(['apply', '-f', '-'], list(items)),
    remove: (...items) => cluster.kubectl(['delete', '--wait=false', '--ignore-not-found', '-f', '-'], list(items)),
    read: async <T>(...args: readonly string[]) =>
      JSON.parse(await cluster.kubectl(['get', ...args, '-o', 'json'])) as T,
    ours: (...types) =>
      types
        .flatMap((type) => simulator.store.list(type))
        .filter(({ body }) => JSON.stringify(body).includes('"clustername"')),
    settles: (check, limitMs = 30_000) => settles(operators, check, limitMs),
  };
}

/** Answers with the host and the path that it was asked for. */
async function startBackend(): Promise<Server> {
  const server = createServer(({ headers, url }, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end(`backend ${headers.host ?? ''} ${url ?? ''}`);
  });
  server.listen(backendPort, addresses.node);
  await once(server, 'listening');
  return server;
}
