/**
 * Every call to the controller is cut, and the operator killed, at every point of a scenario. A sample unless
 * CHAOS_FULL=1; CHAOS_SEED chooses it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator, type Fault, type Simulator } from '../../src/simulator/simulator.ts';
import { startBackend, type Backend } from '../simulator/dataplane/tools/backends.ts';
import { programDelayMs, runCell, type Blow, type Place, type Result } from './matrix.ts';
import { createDice } from './random.ts';
import { createScenario, type Scenario } from './scenario.ts';

const full = process.env.CHAOS_FULL === '1';
const seed = Number(process.env.CHAOS_SEED ?? 8);
/** Points a fault is tried at in a sample. */
const sampled = Number(process.env.CHAOS_POINTS ?? 4);
/** Calls that one fault may cost beyond those of a run without: retries, a new login, a second inventory. */
const surplus = 80;

const status = (code: number, more: Partial<Extract<Fault['effect'], { kind: 'status' }>> = {}): Blow => ({
  effect: { kind: 'status', status: code, ...more },
});
const blows: readonly (readonly [string, Blow])[] = [
  ['is dropped before it arrives', { effect: { kind: 'drop', when: 'before' } }],
  ['is dropped after it was done', { effect: { kind: 'drop', when: 'after' } }],
  ['is answered 401', status(401)],
  ['is answered 409', status(409)],
  ['is answered 412', status(412, { body: { error: 'Need to reload object data' } })],
  ['is answered 429 with Retry-After', status(429, { retryAfterSeconds: 3 })],
  ['is answered 500', status(500)],
  ['is answered 500 after it was done', status(500, { when: 'after' })],
  ['is answered 502 in HTML', { effect: { kind: 'html' } }],
  ['is answered 200 in HTML', { effect: { kind: 'html', status: 200 } }],
  ['is answered 503', status(503)],
  ['is answered in part', { effect: { kind: 'truncate' } }],
  ['is not answered', { effect: { kind: 'silence' } }],
  ['is not answered after it was done', { effect: { kind: 'silence', when: 'after' } }],
  ['is not answered and done later', { effect: { kind: 'silence', when: 'late', ms: 20 } }],
  ['is the last of the operator, and another starts', 'kill'],
];

const place: Place = {
  cidr: `127.${150 + (process.pid % 10)}.${(process.pid >> 4) % 250}.0/28`,
  ports: { 80: 26_080, 443: 26_443, 8080: 26_880 },
};

let backend: Backend;
let simulator: Simulator;
let scenario: Scenario;
let reference: Result;
beforeAll(async () => {
  backend = await startBackend((_request, response) => void response.end('served'), undefined, 0, '0.0.0.0');
  simulator = await startSimulator({ dataPlane: true, programDelayMs, portMap: place.ports, vipPool: place.cidr });
  scenario = await createScenario(backend.port);
  reference = await runCell(simulator, scenario, {}, place);
}, 60_000);
afterAll(async () => {
  await simulator.close();
  await backend.close();
});

function points(name: string): readonly number[] {
  const all = Array.from({ length: reference.calls }, (_, index) => index + 1);
  if (full) return all;
  const dice = createDice(seed + blows.findIndex(([blow]) => blow === name));
  return Array.from({ length: sampled }, () => dice.pick(all)).sort((a, b) => a - b);
}

it('has a scenario with statuses that are true', () => {
  expect(reference.wrong).toEqual([]);
  expect(reference.calls).toBeGreaterThan(60);
  console.log(`${reference.calls} calls, ${reference.requests} requests`);
  // The Service whose endpoints are deleted.
  expect(reference.content.emptied).toHaveLength(1);
  const statuses = JSON.stringify(reference.content.statuses);
  expect(statuses.match(/"type":"(Accepted|Programmed|ResolvedRefs)","status":"False"/g)).toBeNull();
  expect(statuses.match(/"type":"Programmed","status":"True"/g)?.length).toBeGreaterThan(2);
  expect(Object.keys(reference.content.objects).length).toBeGreaterThan(12);
});

describe('the kth call', () => {
  it.each(blows)(
    '%s',
    async (name, blow) => {
      const wrong: Record<string, readonly string[]> = {};
      let [most, requests, missed, seconds] = [0, 0, 0, 0];
      const tried = points(name);
      for (const call of tried) {
        const result = await runCell(simulator, scenario, { blow, call }, place, reference.content);
        most = Math.max(most, result.calls);
        requests += result.requests;
        seconds = Math.max(seconds, result.seconds);
        missed += Number(!result.struck);
        if (result.wrong.length > 0) wrong[`call ${call}`] = result.wrong;
      }
      expect({ seed, name, wrong }).toEqual({ seed, name, wrong: {} });
      expect(most).toBeLessThanOrEqual(reference.calls + surplus);
      // A run may have a call less than the one that was counted.
      expect(missed).toBeLessThanOrEqual(Math.ceil(0.05 * tried.length));
      expect(requests).toBeGreaterThan(10 * tried.length);
      const figures = `at most ${most} calls instead of ${reference.calls}, ${requests} requests, none failed, ${seconds.toFixed()} s`;
      if (full) console.log(`${name}: ${tried.length - missed} points, ${figures}`);
    },
    full ? 1_200_000 : 100_000,
  );
});
