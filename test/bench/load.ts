/**
 * Programs many routes through a controller with latency and checks the time that it takes, then restarts the operator
 * and checks that it writes nothing: `node test/bench/load.ts [routes] [latency in ms]`. Exits 1 when a limit is passed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, type Config } from '../../src/config.ts';
import { composeStandalone } from '../../src/main.ts';
import type { ControllerAddress, ControllerCounts } from './controller.ts';
import { writeRoutes } from './routes.ts';

const routes = Number(process.argv[2] ?? 200);
const latencyMs = Number(process.argv[3] ?? 30);
/** How far above the limit the time may be; the rest is for what the limit leaves out, such as starting. */
const allowance = 3;
/** A busy machine gets more than one chance. */
const attempts = 3;
const inFlight = 8;

interface Round {
  readonly elapsedMs: number;
  readonly cpuMs: number;
  readonly counts: ControllerCounts;
}

async function ask<T>(child: ChildProcess, message?: string): Promise<T> {
  if (message) child.send(message);
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}

function configFor(directory: string, { url, ca, username, password }: ControllerAddress): Config {
  const files = { username, password, certificateAuthorityData: ca };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return loadConfig({
    flags: {
      clusterName: 'load',
      concurrency: inFlight,
      'controller.addresses': [url],
      'controller.credentialsDir': directory,
    },
  });
}

/** From nothing in memory to everything programmed. */
async function sync(config: Config, manifests: string, controller: ChildProcess): Promise<Round> {
  await ask(controller, 'counts');
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const standalone = await composeStandalone({
    config,
    paths: [manifests],
    onProblems: (problems) => problems.forEach((problem) => console.log(problem)),
  });
  await standalone.idle();
  const elapsedMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const counts = await ask<ControllerCounts>(controller, 'counts');
  await standalone.stop();
  return { elapsedMs, cpuMs: (user + system) / 1000, counts };
}

/** The time that cannot be undercut: the calls' latency with so many in flight, or the work of the processors. */
function limitOf({ counts, cpuMs }: Round): number {
  return Math.max((counts.calls * latencyMs) / inFlight, cpuMs / availableParallelism());
}

/** From an empty controller; again, while the machine may have been busy with others. */
async function bestOf(times: number, config: Config, manifests: string): Promise<Round> {
  let best: Round | undefined;
  for (let attempt = 0; attempt < times; attempt += 1) {
    await ask(controller, 'reset');
    const round = await sync(config, manifests, controller);
    const factor = round.elapsedMs / limitOf(round);
    report(`${routes} routes, ${latencyMs} ms latency`, round);
    console.log(`limit ${limitOf(round).toFixed(0)} ms; the time is ${factor.toFixed(2)} times that`);
    if (!best || round.elapsedMs < best.elapsedMs) best = round;
    if (factor <= allowance) break;
  }
  if (!best) throw new Error('no attempt was made');
  return best;
}

function report(title: string, { elapsedMs, cpuMs, counts }: Round): void {
  const { calls, writes, inFlightMax } = counts;
  console.log(
    `${title}: ${elapsedMs.toFixed(0)} ms, CPU ${cpuMs.toFixed(0)} ms, ${calls} calls, ${writes} writes, at most ${inFlightMax} in flight`,
  );
}

const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-load-'));
const controller = fork(fileURLToPath(new URL('./controller.ts', import.meta.url)), [String(latencyMs)]);
try {
  const config = configFor(directory, await ask<ControllerAddress>(controller));
  const manifests = join(directory, 'manifests');
  await writeRoutes(manifests, routes);

  const first = await bestOf(attempts, config, manifests);
  const second = await sync(config, manifests, controller);
  report('restart', second);
  const { virtualServices } = first.counts;
  const faults = [
    virtualServices === routes + 1 ? '' : `${virtualServices} virtual services of ${routes + 1}`,
    first.elapsedMs <= allowance * limitOf(first) ? '' : `slower than ${allowance} times the limit`,
    second.counts.writes === 0 ? '' : `the restart wrote ${second.counts.writes} times`,
  ].filter(Boolean);
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  controller.send('close');
  rmSync(directory, { recursive: true, force: true });
}
