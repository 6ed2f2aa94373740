/** Everything that runs: the control plane, a controller of its own process, and the operator's replicas. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { installOperator } from '../cluster/apiserver/replicas.ts';
import { startControlPlane, type ControlPlane } from '../cluster/tools/control-plane.ts';
import type { ControllerAddress, ControllerStats } from './controller.ts';
import { createKubeClient, type KubeClient } from './kube-client.ts';
import { startOperator, type BenchOperator, type OperatorSettings } from './operator.ts';
import type { BenchOptions } from './options.ts';
import { cpuTimes, type CpuTimes } from './processes.ts';
import { watchRoutes, type RouteWatch } from './route-watch.ts';

export interface BenchController {
  readonly address: ControllerAddress;
  readonly pid: number;
  stats(): Promise<ControllerStats>;
  /** Calls since the last `forget`. */
  calls(): Promise<number>;
  /** Sets the counters to zero. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

export interface Rig {
  readonly options: BenchOptions;
  readonly kube: KubeClient;
  readonly routes: RouteWatch;
  readonly cluster: ControlPlane;
  controller(): BenchController;
  /** The replica that was started last. */
  operator(): BenchOperator;
  /** Starts a replica and waits until it is ready; resolves with the milliseconds that it took. */
  start(name: string, settings?: OperatorSettings): Promise<number>;
  /** Starts a replica beside the leader, which waits; `operator` stays the leader. */
  startStandby(name: string): Promise<number>;
  /** Ends all replicas. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Replaces the controller by an empty one. The replicas must have ended. */
  replaceController(behaviour: ControllerBehaviour): Promise<void>;
  cpu(): CpuTimes;
  close(): Promise<void>;
}

export interface ControllerBehaviour {
  /** Calls a second above which it answers 429. */
  readonly rateLimit?: number;
  /** Share of calls that it answers with 503. */
  readonly errorShare?: number;
}

export async function startRig(options: BenchOptions): Promise<Rig> {
  const cluster = await startControlPlane();
  const kubeconfig = await installOperator(cluster);
  const kube = createKubeClient(cluster, options.loadParallel);
  const routes = watchRoutes(kube, (error) => {
    throw error;
  });
  const operators: BenchOperator[] = [];
  const standbys: BenchOperator[] = [];
  let controller = await startController(options.latencyMs, {});
  const last = () => {
    const operator = operators.at(-1);
    if (!operator) throw new Error('no replica runs');
    return operator;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    await Promise.all([...operators.splice(0), ...standbys.splice(0)].map((operator) => operator.end(signal)));
  };
  const startIn = async (replicas: BenchOperator[], name: string, settings: OperatorSettings) => {
    const { concurrency, macro, profile } = options;
    const operator = await startOperator({
      name,
      folder: cluster.folder,
      kubeconfig,
      controller: controller.address,
      concurrency,
      macro,
      ...settings,
      ...(profile && { profile }),
    });
    replicas.push(operator);
    return operator.untilReady();
  };
  return {
    options,
    kube,
    routes,
    cluster,
    controller: () => controller,
    operator: last,
    start: (name, settings = {}) => startIn(operators, name, settings),
    startStandby: (name) => startIn(standbys, name, {}),
    end,
    replaceController: async (behaviour) => {
      await controller.close();
      controller = await startController(options.latencyMs, behaviour);
    },
    cpu: () =>
      cpuTimes(
        new Map([
          [controller.pid, 'controller'],
          ...operators.map(({ pid }) => [pid, 'operator'] as [number, string]),
          ...standbys.map(({ pid }) => [pid, 'standby'] as [number, string]),
        ]),
      ),
    close: async () => {
      await end();
      routes.stop();
      await controller.close();
      await kube.close();
      await cluster.stop();
    },
  };
}

async function startController(latencyMs: number, behaviour: ControllerBehaviour): Promise<BenchController> {
  const { rateLimit = 0, errorShare = 0 } = behaviour;
  const script = fileURLToPath(new URL('./controller.ts', import.meta.url));
  const child = fork(script, [latencyMs, rateLimit, errorShare].map(String));
  const [address] = (await once(child, 'message')) as [ControllerAddress];
  return {
    address,
    pid: child.pid ?? 0,
    stats: () => ask<ControllerStats>(child, 'stats'),
    calls: () => ask<number>(child, 'calls'),
    forget: async () => void (await ask(child, 'forget')),
    close: async () => {
      const exited = once(child, 'exit');
      child.send('close');
      await exited;
    },
  };
}

async function ask<T>(child: ChildProcess, message: string): Promise<T> {
  child.send(message);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}
