/** Taking over what the real AKO left behind, with traffic running. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { planHandBack, runHandBack } from '../../src/cli/adopt/hand-back.ts';
import { planMove, runMove } from '../../src/cli/adopt/take-over.ts';
import { inventoryOf } from '../../src/main/controller.ts';
import { composeStandalone } from '../../src/main/standalone.ts';
import { caseNames, installAko, startServers, type Installation, type Servers } from './support/installation.ts';
import { ask, probesOf, startTraffic } from './support/traffic.ts';

let servers: Servers;
let installation: Installation | undefined;
beforeAll(async () => {
  servers = await startServers();
});
afterEach(() => installation?.close());
afterAll(() => servers.close());

/** VIPs, parents and certificates: what may never get another uuid. */
function promised(uuids: ReadonlyMap<string, string>): readonly string[] {
  return [...uuids.keys()].filter((id) => /^(vsvip|sslkeyandcertificate) |^virtualservice .*-EVH$/.test(id));
}

/**
 * What AKO serves against the specification and we do not: rules with regular expressions for headers as if they were
 * exact, methods and queries that it ignores, a backend in another namespace without a ReferenceGrant, and a port that the
 * Service does not have.
 */
const defects = new Set([
  '05-match-headers',
  '06-match-method-query',
  '21-cross-namespace-backend-no-grant',
  '23-backend-wrong-port-and-no-endpoints',
]);

/**
 * AKO serves nothing: routes that it does not attach or refuses, no certificate, no backends. Its redirects have min_pools_up
 * and no pools: the simulator never takes such a child for up.
 */
const unserved = new Set([
  '10-redirects',
  '12-rewrite-prefix-rejected',
  '19-cross-namespace-not-allowed',
  '20-allowedroutes-selector',
  '24-tls-secret-late',
  '32-no-backendrefs',
]);

describe.each(caseNames.filter((name) => name !== '36-dedicated-gateway'))('what AKO left after %s', (name) => {
  it('is taken over without a failed request, and with the uuids that the plan promises', async () => {
    const at = (installation = await installAko(name, servers));
    const before = at.uuids();
    const probes = probesOf(at);
    const served = new Map(await Promise.all(probes.map(async (probe) => [probe, await ask(at, probe)] as const)));
    const plan = await planMove(await at.move());
    expect(at.simulator.stats.read().writes).toEqual([]);
    expect(plan.foreign).toEqual([]);
    expect(plan.kept.length + plan.removed.length).toBe(before.size);

    const traffic = startTraffic(at, probes);
    expect(await runMove(await at.move(), () => undefined)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const answers = await traffic.stop();
    const after = at.uuids();
    for (const { id, uuid } of plan.kept) expect([id, after.get(id.replace(' admin/', ' '))]).toEqual([id, uuid]);
    for (const id of promised(before)) expect([id, after.get(id)]).toEqual([id, before.get(id)]);
    expect([...after.keys()].filter((id) => !before.has(id))).toHaveLength(plan.created.length);

    const stable = [...answers].filter(([probe]) => served.get(probe) === '200');
    const answersChanged = stable.filter(([, all]) => all.at(-1) !== '200');
    expect(answersChanged.length > 0).toBe(defects.has(name));
    const failed = stable
      .filter((entry) => !answersChanged.includes(entry))
      .flatMap(([probe, all]) => all.filter((answer) => answer !== '200').map((answer) => ({ probe, answer })));
    expect(failed).toEqual([]);
    expect(stable.length > 0).toBe(!unserved.has(name));

    at.simulator.stats.reset();
    const config = { ...at.config, takeover: 'none' as const };
    const standalone = await composeStandalone({ config, paths: [at.manifests], onProblems: () => undefined });
    await standalone.idle();
    await standalone.stop();
    expect(at.simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/'))).toEqual([]);
  }, 60_000);
});

describe('a Gateway in dedicated mode', () => {
  it('keeps the operator from starting under takeover: ako, since its address would change', async () => {
    const at = (installation = await installAko('36-dedicated-gateway', servers));
    const starting = composeStandalone({ config: at.config, paths: [at.manifests], onProblems: () => undefined });
    await expect(starting).rejects.toThrow(/dedicated mode.*ako-gw-cluster1--default-gw1-L7-dedicated-EVH/);
    expect(at.simulator.stats.read().writes.filter(({ path }) => path.startsWith('/api/'))).toEqual([]);
  }, 30_000);

  it('is listed, made anew beside the old one, which is removed after it', async () => {
    const at = (installation = await installAko('36-dedicated-gateway', servers));
    const before = at.uuids();
    const plan = await planMove(await at.move());
    expect(plan.dedicated).toEqual(['default/gw1']);
    expect(plan.removed.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'virtualservice admin/ako-gw-cluster1--default-gw1-L7-dedicated-EVH',
        'vsvip admin/ako-gw-cluster1--default-gw1-L7-dedicated-EVH',
      ]),
    );
    expect(await runMove(await at.move(), () => undefined)).toEqual([]);
    const after = [...at.uuids().keys()];
    expect(after.filter((id) => id.includes('dedicated'))).toEqual([]);
    expect(after).toContain('virtualservice ako-gw-cluster1--default-gw1-EVH');
    // The same certificate serves both.
    for (const [id, uuid] of before) if (id.startsWith('ssl')) expect(at.uuids().get(id)).toBe(uuid);
  }, 30_000);
});

describe('handing back', () => {
  it('gives AKO its marks again with traffic running, and the next take-over keeps everything', async () => {
    const at = (installation = await installAko('11-rewrite-full-and-host', servers));
    const probes = probesOf(at);
    expect(await runMove(await at.move(), () => undefined)).toEqual([]);
    const before = at.uuids();

    const traffic = startTraffic(at, probes);
    const inventory = inventoryOf({ ...at.config, takeover: 'none' }, at.client);
    await inventory.load();
    const plan = planHandBack(at.config, inventory);
    expect(plan.kept).toEqual([]);
    expect(plan.returned).toHaveLength(before.size);
    expect(await runHandBack(plan, at.client)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const answers = [...(await traffic.stop()).values()].flat();
    expect(new Set(answers)).toEqual(new Set(['200']));
    expect(at.uuids()).toEqual(before);
    const pools = at.simulator.store.list('pool');
    expect(new Set(pools.map(({ body }) => body.created_by))).toEqual(new Set(['ako-gw-cluster1-avi-system']));
    expect(JSON.stringify(pools)).not.toContain('managed-by');

    const again = await planMove(await at.move());
    expect(again).toMatchObject({ created: [], removed: [], own: [] });
    expect(again.kept.flatMap(({ changes }) => changes)).toEqual([]);
    expect(again.kept).toHaveLength(before.size);
  }, 30_000);
});
