/** Calls that are cut, and operators that are killed, at every point of a change: in the end all is as desired. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import { startSimulator, type Fault, type Simulator } from '../../src/simulator/simulator.ts';
import {
  controllerContent,
  createHarness,
  gateway,
  gatewayClass,
  httpRoute,
  type Harness,
  type HarnessOptions,
} from './harness.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false });
});
afterAll(() => simulator.close());

const harnesses: Harness[] = [];
/** An engine that is left running would go on to repair what the next one finds. */
async function reset(): Promise<void> {
  for (const harness of harnesses.splice(0).toReversed()) await harness.close();
  simulator.reset();
}
afterEach(reset);

async function create(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await createHarness({ simulator, ...options });
  harnesses.push(harness);
  return harness;
}

async function sync(harness: Harness): Promise<void> {
  harness.engine.start();
  await harness.engine.synced;
  await harness.engine.idle();
}

function before(harness: Pick<Harness, 'put' | 'service'>): void {
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', gateway('gw', '*.example.test'));
  harness.put('HTTPRoute', httpRoute('r', ['gw'], { '/a': 'one', '/b': 'two' }, ['a.example.test']));
  harness.service('one', ['10.0.0.1']);
  harness.service('two', ['10.0.0.2']);
}

/** Creates, updates and deletes objects of every kind. */
function after(harness: Pick<Harness, 'put' | 'service'>): void {
  harness.put('HTTPRoute', httpRoute('r', ['gw'], { '/b': 'one', '/c': 'two' }, ['a.example.test', 'b.example.test']));
  harness.put('HTTPRoute', httpRoute('s', ['gw'], { '/d': 'two' }, ['c.example.test']));
  harness.service('two', ['10.0.0.2', '10.0.0.3']);
}

/** What the controller has when nothing goes wrong, and how many writes the change takes. */
async function reference(): Promise<{ readonly content: string; readonly writes: number }> {
  const harness = await create();
  before(harness);
  await sync(harness);
  harness.writes();
  after(harness);
  harness.engine.mark(['default/gw'], 'all', true);
  await harness.engine.idle();
  const writes = harness.writes().length;
  const content = controllerContent(simulator);
  await reset();
  return { content, writes };
}

/** Waits for backoffs too. */
async function converge(harness: Harness, content: string, label: string): Promise<void> {
  for (let round = 0; round < 20 && controllerContent(simulator) !== content; round += 1) {
    harness.engine.mark(['default/gw'], 'all', true);
    await harness.engine.idle();
  }
  const objects = (text: string): unknown => JSON.parse(text);
  expect({ label, objects: objects(controllerContent(simulator)) }).toEqual({ label, objects: objects(content) });
}

/** One by one, and a child with its pool group and pools by one macro call. */
const ways = [{ macro: false }, { macro: true }];

describe.each(ways)('a change (macro: $macro) with its nth write', ({ macro }) => {
  const effects: readonly (readonly [string, Fault['effect']])[] = [
    ['cut before it arrives', { kind: 'drop', when: 'before' }],
    ['cut after it took effect', { kind: 'drop', when: 'after' }],
    ['answered 500 after it took effect', { kind: 'status', status: 500, when: 'after' }],
    ['answered 412', { kind: 'status', status: 412, body: { error: 'Need to reload object data' } }],
    ['answered 404', { kind: 'status', status: 404, body: { error: 'object not found!' } }],
  ];

  it.each(effects)(
    '%s',
    async (_name, effect) => {
      const { content, writes } = await reference();
      expect(writes).toBeGreaterThan(10);
      for (const method of ['POST', 'PUT', 'DELETE']) {
        for (let nth = 1; nth <= 3; nth += 1) {
          await reset();
          const harness = await create({ deps: { macro } });
          before(harness);
          await sync(harness);
          after(harness);
          simulator.faults.add({ method, nth, effect });
          harness.engine.mark(['default/gw'], 'all', true);
          await harness.engine.idle();
          await converge(harness, content, `${method} ${nth}`);
        }
      }
    },
    60_000,
  );
});

describe.each(ways)('an operator (macro: $macro) that is killed in a change', ({ macro }) => {
  it('leaves nothing that its successor does not put right', async () => {
    const { content } = await reference();
    for (let asked = 1; asked <= 24; asked += 2) {
      await reset();
      const state: ClusterState = createClusterState([]);
      let questions = Number.POSITIVE_INFINITY;
      const first = await create({ state, deps: { macro, isLeader: () => (questions -= 1) > 0 } });
      before(first);
      await sync(first);
      after(first);
      questions = asked;
      first.engine.mark(['default/gw'], 'all', true);
      await first.engine.idle();
      await first.engine.stop();
      const second = await create({ state, deps: { macro } });
      await sync(second);
      await converge(second, content, `killed at ${asked}`);
    }
  }, 60_000);
});
