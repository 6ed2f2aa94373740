/** An installation in two parts: each has its GatewayClass and cluster name, on one cluster and one controller. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createClusterState, type ClusterState } from '../../src/cluster/state.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';

const other = 'example.com/other';
let simulator: Simulator;
let state: ClusterState;
let parts: Harness[];

async function start(): Promise<readonly [Harness, Harness]> {
  const one = await createHarness({ simulator, state });
  const two = await createHarness({ simulator, state, clusterName: 'c2', controllerName: other });
  parts.push(one, two);
  for (const { engine } of [one, two]) {
    engine.start();
    await engine.synced;
    await engine.idle();
  }
  return [one, two];
}

beforeEach(async () => {
  simulator = await startSimulator({ dataPlane: false });
  state = createClusterState([]);
  parts = [];
  state.put('GatewayClass', gatewayClass());
  state.put('GatewayClass', gatewayClass('second', other));
  state.put('Gateway', gateway('a', 'a.example.com'));
  state.put('Gateway', gateway('b', 'b.example.com', { className: 'second' }));
  state.put('HTTPRoute', httpRoute('of-a', ['a'], { '/': 'app' }));
  state.put('HTTPRoute', httpRoute('of-b', ['b'], { '/': 'app' }));
});

afterEach(async () => {
  for (const part of parts) await part.close();
  await simulator.close();
});

it('programs each Gateway by its own part, under names and marks of its own', async () => {
  const [one, two] = await start();
  one.service('app', ['10.1.0.1']);
  for (const { engine } of [one, two]) engine.mark(['default/a', 'default/b'], 'all', true);
  await Promise.all([one.engine.idle(), two.engine.idle()]);
  const children = (part: Harness) => part.names().filter((name) => name.startsWith('virtualservice'));
  expect(children(one)).toHaveLength(2);
  expect(children(two)).toHaveLength(2);
  expect(new Set([...one.names(), ...two.names()]).size).toBe(one.names().length + two.names().length);
  expect(one.submitted.some(({ metadata }) => metadata.name === 'b')).toBe(false);
  expect(two.submitted.some(({ metadata }) => metadata.name === 'a')).toBe(false);
});

it("leaves what is the other part's, also when its own Gateway goes and when it starts again", async () => {
  const [one, two] = await start();
  const before = two.names();
  state.remove('Gateway', 'default/a');
  one.engine.mark(['default/a'], 'all', true);
  await one.engine.idle();
  expect(one.names()).toEqual([]);
  expect(two.names()).toEqual(before);
  one.writes();
  await start();
  expect(one.writes()).toEqual([]);
  expect(two.names()).toEqual(before);
});
