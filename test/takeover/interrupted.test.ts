/** A take-over that fails on its way, or is killed, is finished by the next one; traffic does not notice. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { planMove, runMove } from '../../src/cli/adopt/take-over.ts';
import { installAko, startServers, type Installation, type Servers } from './support/installation.ts';
import { ask, probesOf, startTraffic } from './support/traffic.ts';

let servers: Servers;
let installation: Installation | undefined;
beforeAll(async () => {
  servers = await startServers();
});
afterEach(() => installation?.close());
afterAll(() => servers.close());

it.each([2, 4, 6])(
  'is finished after call %d was refused',
  async (nth) => {
    const at = (installation = await installAko('08-named-rules', servers));
    const before = at.uuids();
    const probes = probesOf(at);
    const served = new Map(await Promise.all(probes.map(async (probe) => [probe, await ask(at, probe)] as const)));
    const promised = await planMove(await at.move());
    const traffic = startTraffic(at, probes);

    const fault = at.simulator.faults.add({ method: 'PUT', nth, times: 1, effect: { kind: 'status', status: 400 } });
    expect(await runMove(await at.move(), () => undefined)).not.toEqual([]);
    at.simulator.faults.remove(fault);
    const rest = await planMove(await at.move());
    expect(rest.kept.length).toBeLessThan(promised.kept.length);
    expect(await runMove(await at.move(), () => undefined)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 400));

    const answers = await traffic.stop();
    const stable = [...answers].filter(([probe]) => served.get(probe) === '200');
    expect(stable.length).toBeGreaterThan(0);
    expect(stable.flatMap(([, all]) => all.filter((answer) => answer !== '200'))).toEqual([]);
    for (const { id, uuid } of promised.kept)
      expect([id, at.uuids().get(id.replace(' admin/', ' '))]).toEqual([id, uuid]);
    const end = await planMove(await at.move());
    expect(end).toMatchObject({ kept: [], created: [], removed: [], own: [] });
    expect(before.size).toBeGreaterThan(0);
  },
  60_000,
);
