/**
 * The operator as a process of its own, killed (SIGKILL) at its kth call, before or after the controller has done it, and
 * started again. A sample unless CHAOS_FULL=1; CHAOS_SEED chooses it.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator.ts';
import { startBackend, type Backend } from '../../simulator/dataplane/tools/backends.ts';
import { differences, readObjects } from '../content.ts';
import { createDice } from '../random.ts';
import { addressOf, startWitness } from '../witness.ts';
import { manifests } from './manifests.ts';

const full = process.env.CHAOS_FULL === '1';
const seed = Number(process.env.CHAOS_SEED ?? 8);
const sampled = 4;
const patienceMs = 60_000;
const entry = fileURLToPath(new URL('../../../src/cli/avi-gateway.ts', import.meta.url));
const portMap = { 80: 25_080 };
const cidr = `127.${170 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/28`;
/** Nobody saw the operator's last deletions, so they are held where they are many; here they may not be. */
const guard = { percent: 100, minimum: 100 };

type Content = Readonly<Record<string, unknown>>;

let backend: Backend;
let simulator: Simulator;
let directory: string;
let texts: { readonly before: string; readonly after: string };
let child: ChildProcess | undefined;
let errors = '';

beforeAll(async () => {
  backend = await startBackend((_request, response) => void response.end('served'));
  texts = manifests(backend.port);
  simulator = await startSimulator({ dataPlane: true, portMap, vipPool: cidr, programDelayMs: 100 });
  directory = mkdtempSync(join(tmpdir(), 'avi-gateway-killed-'));
  mkdirSync(join(directory, 'manifests'));
  writeFileSync(join(directory, 'ca.pem'), simulator.ca);
  const config = { clusterName: 'c1', vipNetworks: [{ networkName: 'net-vip', cidr }], deletionGuard: guard };
  writeFileSync(join(directory, 'config.yaml'), JSON.stringify(config));
});
afterEach(() => kill());
afterAll(async () => {
  await backend.close();
  await simulator.close();
});

function start(): void {
  const site = [
    '--controller',
    simulator.url,
    '--ca-file',
    join(directory, 'ca.pem'),
    '--config',
    join(directory, 'config.yaml'),
  ];
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0040', entry, 'standalone'];
  errors = '';
  child = spawn(process.execPath, [...flags, '-f', join(directory, 'manifests'), ...site], {
    env: { PATH: process.env.PATH, AVI_USERNAME: simulator.username, AVI_PASSWORD: simulator.password },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (data: Buffer) => (errors = (errors + data.toString()).slice(-2_000)));
}

async function kill(): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Also for a reader at that moment either all or nothing. */
function write(text: string): void {
  writeFileSync(join(directory, 'next'), text);
  renameSync(join(directory, 'next'), join(directory, 'manifests', 'all.yaml'));
}

/** Nothing has been asked for some time, as a run without faults is judged by. */
async function quiet(): Promise<void> {
  let known = -1;
  for (let since = Date.now(); Date.now() - since < 1_500; await sleep(20)) {
    const { calls, inFlight } = simulator.stats.read();
    if (calls === known && calls > 10 && inFlight === 0) continue;
    known = calls;
    since = Date.now();
  }
}

/** @returns differences that do not go away. */
async function until(wanted: Content): Promise<readonly string[]> {
  for (const end = Date.now() + patienceMs; ; await sleep(20)) {
    const wrong = differences(wanted, readObjects(simulator));
    if (wrong.length === 0) return [];
    if (Date.now() > end) return [...wrong, errors];
  }
}

/** Ends the operator at the kth call from now, and starts another. */
function arm(k: number, when: 'before' | 'after'): { readonly done: () => Promise<boolean> } {
  const id = simulator.faults.add({ nth: k, effect: { kind: 'silence', when } });
  let armed = true;
  const watching = (async () => {
    while (armed) {
      if (simulator.faults.list().some((fault) => fault.id === id && fault.hit > 0)) {
        simulator.faults.remove(id);
        await kill();
        start();
        return true;
      }
      await sleep(1);
    }
    return false;
  })();
  return {
    done: () => {
      armed = false;
      return watching;
    },
  };
}

interface Reference {
  readonly before: Content;
  readonly after: Content;
  /** Calls from the start until all was made, and from the change until all was changed. */
  readonly calls: readonly [number, number];
}
let reference: Reference;

beforeAll(async () => {
  write(texts.before);
  start();
  await quiet();
  const before = readObjects(simulator);
  const first = simulator.stats.read().calls;
  write(texts.after);
  await sleep(1_000);
  await quiet();
  reference = { before, after: readObjects(simulator), calls: [first, simulator.stats.read().calls - first] };
  await kill();
}, 60_000);

interface Point {
  readonly phase: 0 | 1;
  readonly k: number;
  readonly when: 'before' | 'after';
}

interface Result {
  readonly wrong: readonly string[];
  /** False where this run had fewer calls than the one that was counted. */
  readonly killed: boolean;
  readonly sent: number;
}

/** What is wrong after the operator was killed once. */
async function run({ phase, k, when }: Point): Promise<Result> {
  simulator.reset();
  write(texts.before);
  const creating = phase === 0 ? arm(k, when) : undefined;
  start();
  const wrong = [...(await until(reference.before))];
  const killed = [await creating?.done()];
  await simulator.settled();
  const address = (): string | undefined => addressOf(simulator.store, 'c1--default-gw');
  const witness = startWitness([{ address, port: portMap[80], host: 'served.example.test', path: '/' }]);
  const changing = phase === 1 ? arm(k, when) : undefined;
  write(texts.after);
  wrong.push(...(await until(reference.after)));
  killed.push(await changing?.done());
  await simulator.settled();
  const { requests, failures } = await witness.stop();
  await kill();
  return { wrong: [...wrong, ...failures], killed: killed.includes(true), sent: requests };
}

/** In a sample, half of the points while all is made and half while it is changed. */
function points(): readonly Point[] {
  const all = ([0, 1] as const).flatMap((phase) =>
    Array.from({ length: reference.calls[phase] }, (_, index): Point => ({
      phase,
      k: index + 1,
      when: index % 2 === 0 ? 'after' : 'before',
    })),
  );
  if (full) return all;
  const dice = createDice(seed);
  return Array.from({ length: sampled }, (_, index) => dice.pick(all.filter(({ phase }) => phase === index % 2)));
}

describe('the operator, killed at a call and started again', () => {
  it(
    'leaves everything as it has to be, and no request without its answer',
    async () => {
      expect(reference.calls[0]).toBeGreaterThan(20);
      expect(reference.calls[1]).toBeGreaterThan(8);
      const tried = points();
      const wrong: Record<string, readonly string[]> = {};
      let [requests, kills] = [0, 0];
      for (const point of tried) {
        const result = await run(point);
        requests += result.sent;
        kills += Number(result.killed);
        if (result.wrong.length > 0) wrong[JSON.stringify(point)] = result.wrong;
      }
      console.log(`killed at ${kills} points of ${reference.calls.join(' + ')} calls, ${requests} requests`);
      expect({ seed, wrong }).toEqual({ seed, wrong: {} });
      expect(kills).toBeGreaterThan(0.7 * tried.length);
      expect(requests).toBeGreaterThan(10 * tried.length);
    },
    full ? 1_200_000 : 300_000,
  );
});
