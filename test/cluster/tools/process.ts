import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that runs beside the tests. */
export interface Daemon {
  readonly name: string;
  readonly alive: () => boolean;
  /** Last lines of its output. */
  readonly log: (lines?: number) => string;
  /** Kills it and waits until it is gone. */
  readonly kill: () => Promise<void>;
}

// The pipe on descriptor 3 closes when the tests end, in whatever way: nothing that they started outlives them.
const guard = `
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{ cat >/dev/null; kill -KILL $child 2>/dev/null; } <&3 & watcher=$!
wait $child; status=$?
kill $watcher 2>/dev/null
exit $status`;

/** Starts a program whose output goes to `logFile`; it is killed with the process that started it. */
export function startDaemon(name: string, command: readonly string[], logFile: string): Daemon {
  const output = openSync(logFile, 'a');
  const child: ChildProcess = spawn('bash', ['-c', guard, name, ...command], { stdio: ['pipe', output, output] });
  closeSync(output);
  const exited = once(child, 'exit');
  const alive = () => child.exitCode === null && child.signalCode === null;
  return {
    name,
    alive,
    log: (lines = 20) => readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n'),
    kill: async () => {
      child.stdin?.end();
      if (alive()) await exited;
    },
  };
}

/** Waits until `ready` answers true; throws with the daemon's last output when it dies or `timeout` (ms) has passed. */
export async function waitUntilReady(daemon: Daemon, ready: () => Promise<boolean>, timeout = 90_000): Promise<void> {
  const deadline = Date.now() + timeout;
  while (!(await ready().catch(() => false))) {
    if (!daemon.alive()) throw new Error(`${daemon.name} ended early:\n${daemon.log()}`);
    if (Date.now() > deadline) throw new Error(`${daemon.name} was not ready in ${timeout} ms:\n${daemon.log()}`);
    await sleep(100);
  }
}

/** Ports of 127.0.0.1 that are free at the moment. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
