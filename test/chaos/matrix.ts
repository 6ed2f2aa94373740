/**
 * Runs the scenario with one fault at one call, or with the operator killed there, and says what is wrong afterwards.
 * Somebody asks all the time for what has been served for long and, from its first answer on, for what stays while the rest changes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Simulator } from '../../src/simulator/simulator.ts';
import type { VipNetwork } from '../../src/translate/settings.ts';
import { createHarness, type Harness } from '../loop/harness.ts';
import { clientClock, fastClock } from './clock.ts';
import { differences, plain, readObjects } from './content.ts';
import { createFeed, type Feed } from './feed.ts';
import type { Scenario } from './scenario.ts';
import { untrueStatuses } from './truth.ts';
import { addressOf, startWitness, type Target } from './witness.ts';

/** What the kth call meets: a fault, or the end of the operator as soon as the call has an answer. */
export type Blow = { readonly effect: Fault['effect'] } | 'kill';

export interface Cell {
  readonly blow?: Blow;
  /** From 1; the login is a call too. */
  readonly call?: number;
}

export interface Result {
  readonly calls: number;
  /** Whether a call was the kth. */
  readonly struck: boolean;
  /** Sent through the data plane while all this went on. */
  readonly requests: number;
  /** Of the operator's clock, from the last change until all was as it has to be. */
  readonly seconds: number;
  readonly content: Content;
  /** Empty when all is as it has to be. */
  readonly wrong: readonly string[];
}

/** Everything on the controller and in the statuses, without what differs from run to run. */
export interface Content {
  readonly objects: Readonly<Record<string, unknown>>;
  readonly statuses: Readonly<Record<string, unknown>>;
  /** What lost its last member while it was in use. */
  readonly emptied: readonly string[];
}

const factor = 100;
/** Writes reach the data plane at any time up to this one, each virtual service at another. */
export const programDelayMs = 10;
/** As the operator sees it, who waits that long before the old is taken away. */
const graceMs = 2 * programDelayMs * factor;
/** What the clients wait for an answer; a silence lasts as long. */
const answerMs = 150;
/** Five seconds of the operator's clock, in which it may not ask for anything any more. */
const quietMs = 50;
/** No cell may take longer to put things right: ten minutes of the operator's clock, whose longest backoff is two. */
const patienceMs = 6_000;

/** Where the data plane is on this machine. */
export interface Place {
  readonly cidr: string;
  readonly ports: { readonly 80: number; readonly 443: number; readonly 8080: number };
}

const foreign = [
  ['pool', { name: 'ako-gw-c1--of-somebody-else' }],
  ['pool', { name: 'ako-gw-c1--of-another-cluster', created_by: 'avi-gateway-c2' }],
  ['httppolicyset', { name: 'by-hand' }],
] as const;

/**
 * @param expected what a run without a fault came to; without it, that is found out.
 */
export async function runCell(
  simulator: Simulator,
  scenario: Scenario,
  cell: Cell,
  place: Place,
  expected?: Content,
): Promise<Result> {
  simulator.reset();
  const before = await prepare(simulator, scenario, place);
  const run = createRun(simulator, cell, place);
  const witness = startWitness(targets(simulator, place));
  if (cell.blow !== undefined && cell.blow !== 'kill')
    simulator.faults.add({ nth: cell.call ?? 1, effect: cell.blow.effect });
  try {
    scenario.before(run.feed());
    scenario.start(run.feed());
    await run.begin();
    for (const step of scenario.steps) {
      await run.rest();
      step(run.feed());
    }
    const changed = performance.now();
    const content = await run.settle(expected);
    const seconds = ((performance.now() - changed) / 1000) * factor;
    await simulator.settled();
    const { requests, failures } = await witness.stop();
    const wrong = [
      ...failures,
      ...run.untrue(),
      ...(expected ? content.emptied.filter((name) => !expected.emptied.includes(name)) : []),
      ...(expected ? differences(expected.objects, content.objects) : []),
      ...(expected ? differences(expected.statuses, content.statuses) : []),
      ...touched(simulator, before),
      ...(await run.storms()),
    ];
    return { calls: run.calls(), struck: run.struck(), requests, seconds, content, wrong };
  } finally {
    await witness.stop();
    await run.end();
  }
}

interface Run {
  feed(): Feed;
  begin(): Promise<void>;
  rest(): Promise<void>;
  settle(expected: Content | undefined): Promise<Content>;
  untrue(): readonly string[];
  storms(): Promise<readonly string[]>;
  struck(): boolean;
  calls(): number;
  end(): Promise<void>;
}

function createRun(simulator: Simulator, { blow, call = 1 }: Cell, place: Place): Run {
  let feed = createFeed();
  let harness: Harness | undefined;
  let killing: Promise<void> | undefined;
  let answered = 0;
  /** The logout at the end is a call too. */
  let ended = false;
  const dead: Promise<void>[] = [];
  const calls = (): number => simulator.stats.read().calls;

  const startOperator = async (): Promise<void> => {
    const clock = fastClock(factor);
    let alive = true;
    const own = await createHarness({
      simulator,
      state: feed.state,
      vipNetworks: networks(place),
      deps: { ...clock, graceMs, isLeader: () => alive, drift: drift(blow) },
      client: {
        ...clientClock(clock),
        requestTimeoutMs: answerMs,
        onCall: () => {
          answered += 1;
          if (blow !== 'kill' || answered !== call || ended) return;
          alive = false;
          dead.push(own.engine.stop(), own.client.close());
          killing = restart();
        },
      },
    });
    harness = own;
    feed.connect(own.engine);
    own.engine.start();
  };
  const restart = async (): Promise<void> => {
    feed = feed.restart();
    await startOperator();
  };
  /** Backoffs excepted. */
  const rest = async (): Promise<void> => {
    for (let known: unknown = null; known !== harness;) {
      await killing;
      known = harness;
      await harness?.engine.idle();
      await killing;
    }
  };

  return {
    feed: () => feed,
    begin: startOperator,
    rest,
    async settle(expected) {
      await rest();
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const content = readContent(simulator, feed);
        const settled =
          expected === undefined ||
          differences(expected.objects, content.objects).length +
            differences(expected.statuses, content.statuses).length +
            untrueStatuses(simulator, feed).length ===
            0;
        if (settled || Date.now() > deadline) return content;
        await sleep(5);
      }
    },
    untrue: () => untrueStatuses(simulator, feed),
    async storms() {
      await rest();
      const until = calls();
      await sleep(quietMs);
      const looking = drift(blow).mode === 'repair' ? 40 : 0;
      return calls() > until + looking ? [`${calls() - until} calls after all was done`] : [];
    },
    struck: () => (blow === 'kill' ? killing !== undefined : simulator.faults.list().some((fault) => fault.hit > 0)),
    calls,
    async end() {
      ended = true;
      await killing;
      await harness?.close();
      await Promise.all(dead);
      while (simulator.stats.read().inFlight > 0) await sleep(5);
    },
  };
}

/** A write that is done after its caller gave up may undo a later one; that is what looking for drift is for. */
function drift(blow: Blow | undefined): { readonly mode: 'repair' | 'off'; readonly intervalMs: number } {
  const late = blow !== undefined && blow !== 'kill' && 'when' in blow.effect && blow.effect.when === 'late';
  return { mode: late ? 'repair' : 'off', intervalMs: 30_000 };
}

/** What others have on the controller, and what an operator has made there before. @returns the former. */
async function prepare(simulator: Simulator, scenario: Scenario, place: Place): Promise<readonly string[]> {
  const feed = createFeed();
  const harness = await createHarness({ simulator, state: feed.state, vipNetworks: networks(place) });
  for (const [type, body] of foreign) await harness.client.request('POST', `/api/${type}/`, { body });
  scenario.before(feed);
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
  await harness.close();
  await simulator.settled();
  simulator.stats.reset();
  return foreignText(simulator);
}

const networks = ({ cidr }: Place): readonly VipNetwork[] => [{ networkName: 'net-vip', cidr }];

function targets(simulator: Simulator, { ports }: Place): readonly Target[] {
  const of = (gateway: string) => () => addressOf(simulator.store, `c1--default-${gateway}`);
  const moving = { address: of('a'), host: 'a.example.test', path: '/b', comes: true };
  return [
    { address: of('steady'), host: 'steady.test', path: '/steady', port: ports[80] },
    { ...moving, port: ports[80] },
    { ...moving, port: ports[443], tls: true },
  ];
}

function foreignText(simulator: Simulator): readonly string[] {
  return foreign.map(([type, { name }]) =>
    JSON.stringify(simulator.store.list(type).find((object) => object.name === name) ?? name),
  );
}

function touched(simulator: Simulator, before: readonly string[]): readonly string[] {
  const now = foreignText(simulator);
  return before.filter((text, index) => text !== now[index]).map((text) => `foreign object changed: ${text}`);
}

function readContent(simulator: Simulator, feed: Feed): Content {
  const statuses = (['GatewayClass', 'Gateway', 'HTTPRoute'] as const).flatMap((kind) =>
    [...feed.state.list(kind)].map(
      ({ metadata, status }) => [`${kind} ${metadata.name ?? ''}`, plain(status ?? null)] as const,
    ),
  );
  const objects = readObjects(simulator, new Set(foreign.map(([, { name }]) => name)));
  const emptied = simulator.stats.read().emptied.map(({ type, name }) => `emptied in use: ${type} ${name}`);
  return { objects, statuses: Object.fromEntries(statuses), emptied };
}
