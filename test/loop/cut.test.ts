/** Calls that are cut, and operators that are killed, at every point of a change: in the end all is as desired. */
import { describe, expect, it } from '@jest/globals';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import type { Fault } from '../../src/simulator/simulator.ts';
import { controllerContent, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';
import { settle, sync, useRig } from './rig.ts';

const rig = useRig();

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
  const harness = await rig.create();
  before(harness);
  await sync(harness);
  harness.writes();
  after(harness);
  await settle(harness, ['default/gw']);
  const writes = harness.writes().length;
  const content = controllerContent(rig.simulator);
  await rig.reset();
  return { content, writes };
}

/** Waits for backoffs too. */
async function converge(harness: Harness, content: string, label: string): Promise<void> {
  for (let round = 0; round < 20 && controllerContent(rig.simulator) !== content; round += 1) {
    await settle(harness, ['default/gw']);
  }
  const objects = (text: string): unknown => JSON.parse(text);
  expect({ label, objects: objects(controllerContent(rig.simulator)) }).toEqual({ label, objects: objects(content) });
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
          await rig.reset();
          const harness = await rig.create({ deps: { macro } });
          before(harness);
          await sync(harness);
          after(harness);
          rig.simulator.faults.add({ method, nth, effect });
          await settle(harness, ['default/gw']);
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
      await rig.reset();
      const state: ClusterState = createClusterState([]);
      let questions = Number.POSITIVE_INFINITY;
      const first = await rig.create({ state, deps: { macro, isLeader: () => (questions -= 1) > 0 } });
      before(first);
      await sync(first);
      after(first);
      questions = asked;
      await settle(first, ['default/gw']);
      await first.engine.stop();
      const second = await rig.create({ state, deps: { macro } });
      await sync(second);
      await converge(second, content, `killed at ${asked}`);
    }
  }, 60_000);
});
