/** The operator as users run it: the bundle, a process of its own, under its service account. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../crds/generate/upstream.ts';
import { operatorNamespace } from '../cluster/apiserver/operator-process.ts';
import { freePorts } from '../cluster/tools/process.ts';
import type { ControllerAddress } from './controller.ts';

/** What differs from one start to another. */
export interface OperatorSettings {
  /** From one drift sweep to the next; absent: the default. */
  readonly sweepSeconds?: number;
}

export interface OperatorOptions extends OperatorSettings {
  readonly name: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly controller: ControllerAddress;
  readonly concurrency: number;
  /** `apply.macro`. */
  readonly macro: boolean;
  /** Folder for a CPU profile; absent: none is taken. */
  readonly profile?: string;
}

export interface BenchOperator {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds from the start of the process until `/readyz` said yes. */
  untilReady(): Promise<number>;
  /** Sum of a metric over its labels. */
  metric(name: string): Promise<number>;
  log(): string;
  /** Resolves when it has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const readyLimitMs = 180_000;
/** What Node has in a pod of `kustomize/base`, with a limit of 512Mi; a machine's own memory would give more. */
const heap = ['--max-old-space-size=256', '--max-semi-space-size=2'];

export async function startOperator(options: OperatorOptions): Promise<BenchOperator> {
  const { name, kubeconfig, profile } = options;
  const folder = join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const config = writeConfig(folder, port, options);
  const logFile = join(folder, 'operator.log');
  const output = openSync(logFile, 'a');
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const node = [...heap, '--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', ...profiling];
  const started = performance.now();
  const child = spawn(process.execPath, [...node, join(root, 'dist/avi-gateway.mjs'), 'run', '--config', config], {
    env: { PATH: process.env.PATH, KUBECONFIG: kubeconfig, POD_NAME: name, POD_NAMESPACE: operatorNamespace },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const exited = once(child, 'exit');
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const alive = () => child.exitCode === null && child.signalCode === null;
  const log = () => readFileSync(logFile, 'utf8');
  const read = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) });
  return {
    name,
    pid: child.pid ?? 0,
    log,
    untilReady: async () => {
      for (;;) {
        const ready = await read('/readyz').catch(() => undefined);
        const elapsed = performance.now() - started;
        if (ready?.ok) return elapsed;
        if (!alive() || elapsed > readyLimitMs) throw new Error(`${name} is not ready:\n${log().slice(-3000)}`);
        await sleep(20);
      }
    },
    metric: async (metric) => {
      const text = await (await read('/metrics')).text();
      return sumOfMetric(text, metric);
    },
    end: async (signal) => {
      process.off('exit', kill);
      if (!alive()) return;
      child.kill(signal);
      await exited;
    },
  };
}

/** Sum over the labels of a metric in Prometheus' text format; `matching` texts must all stand in its line. */
export function sumOfMetric(text: string, metric: string, ...matching: readonly string[]): number {
  return text
    .split('\n')
    .filter((line) => line.startsWith(metric) && [' ', '{'].includes(line[metric.length] ?? ''))
    .filter((line) => matching.every((part) => line.includes(part)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function writeConfig(folder: string, port: number, options: OperatorOptions): string {
  const { controller, concurrency, macro, sweepSeconds } = options;
  const file = (path: string, text: string) => {
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  file('username', controller.username);
  file('password', controller.password);
  const tls = { caFile: file('ca.crt', controller.ca) };
  return file(
    'config.yaml',
    JSON.stringify({
      clusterName: 'bench',
      concurrency,
      ...(macro && { apply: { macro } }),
      ...(sweepSeconds !== undefined && { drift: { intervalSeconds: sweepSeconds } }),
      controller: { addresses: [controller.url], tls, credentialsDir: folder },
      server: { listen: `127.0.0.1:${port}`, debug: true },
    }),
  );
}
