/** The probe against the simulator in its moods: it finds out what each is made to do, and leaves nothing. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAviClient, type AviClient } from '../../../src/avi/client.ts';
import { choosePort } from '../../../src/cli/demo/ports.ts';
import { createBench } from '../../../src/cli/probe/bench.ts';
import { connectionChecks } from '../../../src/cli/probe/checks/connections.ts';
import { overloadChecks } from '../../../src/cli/probe/checks/overload.ts';
import { createWorkshop, findLeftovers, PROBE_PREFIX } from '../../../src/cli/probe/objects.ts';
import { adviceOf, describeReport, withoutSite, type Finding } from '../../../src/cli/probe/report.ts';
import { checks, runProbe } from '../../../src/cli/probe/run-probe.ts';
import { loadConfig } from '../../../src/config.ts';
import { readSite } from '../../../src/main/site.ts';
import { startSimulator, type Simulator, type SimulatorOptions } from '../../../src/simulator/simulator.ts';

const vip = '127.10.0.77';

interface Rig {
  readonly simulator: Simulator;
  readonly client: AviClient;
  readonly options: Parameters<typeof runProbe>[0];
}

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.client.close();
  await rig?.simulator.close();
  rig = undefined;
});

async function start(mood: SimulatorOptions, more: Partial<Rig['options']> = {}): Promise<Rig> {
  const simulator = await startSimulator({ healthIntervalMs: 200, ...mood });
  const { url, ca, username, password } = simulator;
  const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-probe-'));
  for (const [file, text] of Object.entries({ username, password, certificateAuthorityData: ca })) {
    writeFileSync(join(directory, file), text);
  }
  const config = loadConfig({
    flags: {
      clusterName: 'c1',
      vipNetworks: [{ networkName: 'net-vip', cidr: '127.10.0.0/24' }],
      'controller.addresses': [url],
      'controller.credentialsDir': directory,
    },
  });
  const client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
  const wanted = 20_000 + (process.pid % 1000) * 10;
  const options = {
    client,
    config,
    site: await readSite(config, client),
    workshop: createWorkshop(client, 'admin', 'test'),
    ports: {
      http: await choosePort(wanted, vip),
      https: await choosePort(wanted + 1, vip),
      http2: await choosePort(wanted + 2, vip),
      tls: await choosePort(wanted + 3, vip),
      l4: await choosePort(wanted + 4, vip),
    },
    address: vip,
    server: { address: '127.0.0.1', port: 0 },
    patienceMs: 10_000,
    flood: { calls: 60, connect: (concurrency: number) => connectTo(simulator, concurrency) },
    signal: new AbortController().signal,
    ...more,
  };
  rig = { simulator, client, options };
  return rig;
}

/** None of its calls is made again. */
function connectTo({ url, ca, username, password }: Simulator, concurrency: number): AviClient {
  const retry = { attempts: 1, baseMs: 0, capMs: 0, longestRetryAfterMs: 0 };
  return createAviClient({
    addresses: [url],
    tls: { ca },
    credentials: () => ({ username, password }),
    concurrency,
    retry,
  });
}

function left({ simulator }: Rig): readonly string[] {
  return [
    'virtualservice',
    'vsvip',
    'httppolicyset',
    'pool',
    'poolgroup',
    'vsdatascriptset',
    'l4policyset',
    'stringgroup',
  ]
    .flatMap((type) => simulator.store.list(type))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(PROBE_PREFIX));
}

const results = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ id, result, observed }) => [id, `${result}: ${observed}`]));

describe('probe', () => {
  it('sees that every assumption holds in the mood that the simulator starts in, and removes everything', async () => {
    const at = await start({ programDelayMs: 50 });
    const { findings, left: notRemoved } = await runProbe(at.options, () => undefined);
    expect(findings.filter(({ result }) => !['holds', 'seen'].includes(result))).toEqual([]);
    expect(findings.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
    expect(results(findings)).toMatchObject({
      'page-size': 'holds: 27 of 27 with it, 25 without',
      'macro-creates': 'holds: the reply is one object',
      'macro-taken-name': expect.stringMatching(/^holds: 409/),
      'wildcard-labels': 'holds: one label taken, two labels taken, no label not taken',
      'host-condition-and-port': 'seen: the port is compared',
      'regex-look-ahead': 'seen: accepted, does not work',
      'script-random': 'seen: answered with 500',
      'server-timeout': 'holds: answered with 504',
      'tcp-and-udp-on-one-port': 'holds: TCP served, UDP served',
      'udp-flows': 'holds: each client its own answers, one port for a client, each its own',
      'tls-passthrough': 'holds: its name reached, in pieces reached, another name closed, what is not TLS closed',
    });
    expect(adviceOf(findings)).toEqual([
      { setting: 'translation.trustChildOrder: true', reason: 'every order that it relies on was seen' },
    ]);
    expect([notRemoved, left(at)]).toEqual([[], []]);
  }, 120_000);

  it('sees that the order of children cannot be trusted, and says which setting to choose', async () => {
    const at = await start({ evhOrder: 'random' });
    const { findings } = await runProbe(at.options, () => undefined);
    const failed = findings.filter(({ result }) => result === 'does not hold').map(({ id }) => id);
    expect(failed).toEqual([
      'exact-host-before-wildcard',
      'longest-wildcard-first',
      'equals-before-prefix',
      'longest-prefix-first',
    ]);
    expect(adviceOf(findings)).toEqual([
      { setting: 'translation.trustChildOrder: false', reason: `not so: ${failed.join(', ')}` },
    ]);
  }, 120_000);

  it('checks what it can where there is no traffic, and without a server', async () => {
    const at = await start({ dataPlane: false, nameReservationMs: 3_000 }, { patienceMs: 300 });
    const { findings } = await runProbe(at.options, () => undefined);
    const seen = results(findings);
    expect(seen['stale-put']).toMatch(/^holds: 412/);
    expect(seen['name-after-delete']).toMatch(/^seen: 409/);
    expect(seen['longest-prefix-first']).toMatch(/^not checked: no traffic: waited 0.3 s/);
    expect(adviceOf(findings)).toEqual([]);
    expect(left(at)).toEqual([]);
  }, 60_000);

  it('sees that nothing below HTTP is served where Service Engines do not reach the servers', async () => {
    const at = await start({}, { server: { address: '203.0.113.1', port: 0 }, patienceMs: 300 });
    const bench = await createBench(at.options);
    const seen: unknown[] = [];
    // One after the other: they have a port in common.
    for (const check of connectionChecks) if (check.needs === 'server') seen.push(await check.run(bench));
    expect(seen).toEqual([
      { holds: false, observed: 'TCP closed, UDP no answer' },
      { holds: false, observed: 'no answer' },
      { holds: false, observed: 'its name closed, in pieces closed, another name closed, what is not TLS closed' },
    ]);
    expect(await at.options.workshop.removeAll()).toEqual([]);
    expect(left(at)).toEqual([]);
  }, 60_000);

  it('removes everything when it is interrupted', async () => {
    const interrupt = new AbortController();
    const at = await start({}, { signal: interrupt.signal });
    const { findings } = await runProbe(at.options, ({ id }) => {
      if (id === 'exact-host-before-wildcard') interrupt.abort();
    });
    expect(findings.find(({ id }) => id === 'longest-wildcard-first')).toMatchObject({ observed: 'interrupted' });
    expect(left(at)).toEqual([]);
  }, 60_000);

  it('finds what an earlier probe left, children first', async () => {
    const at = await start({ dataPlane: false });
    const { workshop } = at.options;
    await workshop.make('vsvip', 'vip', { vip: [{ vip_id: '0', auto_allocate_ip: true }] });
    const virtualService = { vh_type: 'VS_TYPE_VH_ENHANCED', services: [{ port: 80 }] };
    await workshop.make('virtualservice', 'parent', {
      ...virtualService,
      type: 'VS_TYPE_VH_PARENT',
      vsvip_ref: workshop.ref('vsvip', 'vip'),
    });
    const found = await findLeftovers(at.client, 'admin');
    expect(found.map(({ type }) => type)).toEqual(['virtualservice', 'vsvip']);
    expect(await workshop.removeAll()).toEqual([]);
    expect(await findLeftovers(at.client, 'admin')).toEqual([]);
  }, 30_000);
});

describe('too many calls', () => {
  const [check] = overloadChecks;
  const run = async (mood: SimulatorOptions, calls = 300) => {
    const at = await start({ dataPlane: false, ...mood });
    if (check?.needs !== 'rest') throw new Error('needs no traffic');
    const flood = { calls, connect: (concurrency: number) => connectTo(at.simulator, concurrency) };
    return check.run({ ...at.options, flood });
  };

  it('are seen to be refused with 429 and Retry-After', async () => {
    const seen = await run({ rateLimit: 20 });
    expect(seen).toMatchObject({ holds: true });
    expect(seen.observed).toMatch(/^after about \d+ reads 429, Retry-After 1 s: \S/);
  }, 30_000);

  it('are seen to be refused in another way', async () => {
    const effect = { kind: 'status', status: 503, body: { error: 'busy' } } as const;
    const seen = await run({ faults: [{ type: 'stringgroup', nth: 50, times: 0, effect }] });
    expect(seen).toMatchObject({ holds: false });
    expect(seen.observed).toMatch(/503, without Retry-After: busy$/);
  }, 30_000);

  it('may not be refused at all, and are not tried unless somebody says so', async () => {
    expect(await run({}, 40)).toEqual({ observed: '40 reads as fast as they went, none refused' });
    const { flood: _flood, ...without } = (rig as Rig).options;
    if (check?.needs === 'rest') await expect(check.run(without)).rejects.toThrow('no --flood');
  }, 30_000);
});

describe('the report', () => {
  const finding: Finding = {
    id: 'cleartext-http2',
    assumed: 'x',
    result: 'does not hold',
    observed: 'connect ECONNREFUSED 10.0.0.5:8080',
  };

  it('says what follows', () => {
    const report = { version: '1', controllerVersion: '30.2.1', findings: [finding], advice: adviceOf([finding]) };
    expect(describeReport(report)).toMatch(/^! +cleartext-http2 +does not hold[^]*GRPCRoute on listeners without TLS/);
  });

  it.each([
    'connect ECONNREFUSED 10.0.0.5:8080',
    'connect ECONNREFUSED fd00::5:8080',
    'connect ECONNREFUSED ::1:443',
    'getaddrinfo ENOTFOUND avi.corp.test',
    'POST https://avi.corp.test:8443/api/vsvip: 400 no Network corp-dmz in cloud corp-dmz-nsx of tenant billing',
    'Tier1 /infra/tier-1s/corp-t1 not found',
  ])('leaves what tells the site out of the file: %s', (observed) => {
    const config = loadConfig({
      flags: {
        clusterName: 'c1-corp',
        cloud: 'corp-dmz-nsx',
        tenant: 'billing',
        nsxtT1LR: '/infra/tier-1s/corp-t1',
        vipNetworks: [{ networkName: 'corp-dmz', cidr: '127.10.0.0/24' }],
        'controller.addresses': ['https://avi.corp.test:8443'],
      },
    });
    const findings = [{ ...finding, observed }];
    const report = { version: '1', controllerVersion: '30.2.1', findings, advice: adviceOf(findings) };
    const text = JSON.stringify(withoutSite(report, config));
    expect(text).not.toMatch(/corp|billing|10\.0\.0\.5|fd00|::1/);
    expect(text).toMatch(/ECONNREFUSED <address>|ENOTFOUND <name>|400 no Network|Tier1 <name>/);
  });

  it.each(checks.filter(({ assumed }) => !assumed.startsWith('nothing')).map(({ id }) => id))(
    'says what to do where %s does not hold',
    (id) => {
      expect(adviceOf([{ ...finding, id }])).toEqual([
        { setting: expect.stringMatching(/\w/), reason: expect.stringContaining(id) },
      ]);
    },
  );

  it('chooses nothing about the order of children when not all of it was seen', () => {
    expect(adviceOf([{ ...finding, id: 'longest-prefix-first', result: 'holds' }])).toEqual([]);
  });
});
