/** The operator as a process of its own, as in a pod: its service account's token, a configuration file, signals. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { root } from '../../../crds/generate/upstream.ts';
import type { Simulator } from '../../../src/simulator/simulator.ts';
import { eventually } from '../eventually.ts';
import type { ControlPlane } from '../tools/control-plane.ts';
import { freePorts } from '../tools/process.ts';

export const operatorNamespace = 'avi-gateway-system';
export const serviceAccount = 'avi-gateway-operator';

export interface OperatorProcess {
  readonly name: string;
  /** Whether `/readyz` says yes. */
  ready(): Promise<boolean>;
  /** `/metrics`, as text. */
  metrics(): Promise<string>;
  /** `/debug/<name>`, as text. */
  debug(name: string): Promise<string>;
  log(): string;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP, and what wakes it again. */
  freeze(): () => void;
  /** Whether the process has ended. */
  ended(): boolean;
}

// The pipe on descriptor 3 closes when the tests end, in whatever way: the operator does not outlive them.
const guard = `
exec 3<&0
"$@" </dev/null 3<&- & child=$!
echo $child >"$PID_FILE"
trap 'kill -TERM $child' TERM
{ cat >/dev/null; kill -KILL $child 2>/dev/null; } <&3 & watcher=$!
wait $child; status=$?
while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
kill $watcher 2>/dev/null
exit $status`;

/** Longer than the API server takes to start again: a leader that cannot renew for so long ends. */
const patientElection = { leaseSeconds: 20, renewSeconds: 18, retrySeconds: 1 };

/** Keys of the configuration that differ from those of the one part of most tests. */
export interface PartSettings {
  readonly clusterName?: string;
  readonly controllerName?: string;
  readonly leaderElection?: Readonly<Record<string, number | string>>;
}

/** Starts a replica; it is running, but not necessarily ready, when this resolves. */
export async function startOperatorProcess(
  cluster: ControlPlane,
  kubeconfig: string,
  simulator: Simulator,
  name: string,
  election: Readonly<Record<string, number>> = patientElection,
  part: PartSettings = {},
): Promise<OperatorProcess> {
  const folder = join(cluster.folder, name);
  mkdirSync(folder, { recursive: true });
  const [port = 0] = await freePorts(1);
  const file = (path: string, text: string) => {
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  file('username', simulator.username);
  file('password', simulator.password);
  const config = file(
    'config.yaml',
    JSON.stringify({
      clusterName: 'cluster1',
      ...part,
      controller: { addresses: [simulator.url], tls: { caFile: file('ca.crt', simulator.ca) }, credentialsDir: folder },
      server: { listen: `127.0.0.1:${port}`, debug: true },
      leaderElection: { ...election, ...part.leaderElection },
      logLevel: 'debug',
    }),
  );

  const logFile = join(folder, 'operator.log');
  const pidFile = join(folder, 'pid');
  const output = openSync(logFile, 'a');
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040'];
  const child = spawn(
    'bash',
    ['--norc', '-c', guard, name, ...node, 'src/cli/avi-gateway.ts', 'run', '--config', config],
    {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        KUBECONFIG: kubeconfig,
        POD_NAME: name,
        POD_NAMESPACE: operatorNamespace,
        PID_FILE: pidFile,
      },
      stdio: ['pipe', output, output],
    },
  );
  closeSync(output);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const log = () => readFileSync(logFile, 'utf8');
  const read = (path: string) => httpText(`http://127.0.0.1:${port}${path}`);
  const alive = () => child.exitCode === null && child.signalCode === null;
  return {
    name,
    ready: async () => {
      if (!alive()) throw new Error(`the operator ended with ${child.exitCode}:\n${log().slice(-2000)}`);
      return (await read('/readyz').catch(() => ({ status: 0 }))).status === 200;
    },
    metrics: async () => (await read('/metrics')).text,
    debug: async (name) => (await read(`/debug/${name}`)).text,
    log,
    stop: async () => {
      child.kill('SIGTERM');
      return (await exited)[0];
    },
    kill: async () => {
      child.stdin?.end();
      if (alive()) await exited;
    },
    freeze: () => {
      const pid = Number(readFileSync(pidFile, 'utf8'));
      process.kill(pid, 'SIGSTOP');
      return () => void process.kill(pid, 'SIGCONT');
    },
    ended: () => !alive(),
  };
}

/** Waits until a replica has synced. */
export async function untilReady(operator: OperatorProcess, limitMs = 60_000): Promise<void> {
  await eventually(
    async () => {
      if (!(await operator.ready())) throw new Error(`${operator.name} is not ready:\n${operator.log().slice(-2000)}`);
    },
    limitMs,
    200,
  );
}

function httpText(url: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
  });
}
