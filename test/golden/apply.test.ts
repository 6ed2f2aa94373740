/** Every golden case is accepted by the simulated controller, is equal to it afterwards, and can be cleaned up. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { applyPlan } from '../../src/apply/apply.ts';
import { createAviClient, type AviClient } from '../../src/avi/client.ts';
import type { InventoryStore } from '../../src/avi/inventory.ts';
import { cleanUp } from '../../src/cli/cleanup.ts';
import { controllerSchema, identityOf, inventoryOf } from '../../src/main/controller.ts';
import { compareWithController, describeDifference } from '../../src/cli/diff.ts';
import { evaluateManifests, type Evaluation } from '../../src/cli/offline.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';
import { planObjects } from '../../src/plan/plan-gateway.ts';
import { previousVsVip } from '../../src/plan/inventory/previous-vsvip.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { selfSigned } from '../routing/pki.ts';
import { caseNames, goldenDirectory } from './harness.ts';

/** Cases without a usable object, and some that name what the simulator does not have: other types, a network by uuid. */
const unusable = [
  'm07-not-yaml',
  'm08-not-an-object',
  'm13-empty',
  'p05-icap-and-bots',
  'p06-infra-settings',
  'p11-sso-rules',
  'p13-host-rule-icap',
  'p14-l4-rule-beyond',
  'p22-frontend-icap-and-bots',
];

let simulator: Simulator;
let client: AviClient;
beforeAll(async () => {
  simulator = await startSimulator({ dataPlane: false, vipPool: '10.50.0.0/16' });
  const { url, ca, username, password } = simulator;
  client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
  await createSite();
}, 60_000);
afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** What the cases' configurations and annotations name. */
async function createSite(): Promise<void> {
  const subnet = (addr: string, type: string, mask: number) => ({ prefix: { ip_addr: { addr, type }, mask } });
  const subnets = [subnet('10.50.0.0', 'V4', 16), subnet('2001:db8::', 'V6', 64)];
  for (const name of ['vip-net', 'nodes']) {
    await client.request('POST', '/api/network/', { body: { name, configured_subnets: subnets } });
  }
  const waf = { mode: 'WAF_MODE_DETECTION_ONLY', waf_profile_ref: '/api/wafprofile/wafprofile-1' };
  const monitor = { type: 'HEALTH_MONITOR_TCP' };
  const address = { persistence_type: 'PERSISTENCE_TYPE_CLIENT_IP_ADDRESS' };
  const udp = { profile: { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: {} } };
  const { certificate, key } = await selfSigned(['one.example.com']);
  const named: readonly (readonly [type: string, names: readonly string[], body?: object])[] = [
    ['wafpolicy', ['Waf', 'Waf-Of-The-Rule'], waf],
    ['errorpageprofile', ['Pages', 'Shop-Pages']],
    ['trafficcloneprofile', ['Clones']],
    ['httppolicyset', ['Set-A', 'Set-B']],
    ['vsdatascriptset', ['First', 'Second']],
    ['analyticsprofile', ['Analytics']],
    ['applicationprofile', ['App-Profile'], { type: 'APPLICATION_PROFILE_TYPE_HTTP' }],
    ['applicationprofile', ['L4-Application'], { type: 'APPLICATION_PROFILE_TYPE_L4' }],
    ['healthmonitor', ['Custom-Monitor', 'HM-1', 'HM-2'], monitor],
    ['applicationpersistenceprofile', ['Persistence'], address],
    ['sslprofile', ['Ssl-Profile'], { accepted_versions: [{ type: 'SSL_VERSION_TLS1_2' }] }],
    ['sslkeyandcertificate', ['One-EC', 'One-RSA', 'Two'], { certificate: { certificate }, key }],
    ['pkiprofile', ['Authorities']],
    ['networkprofile', ['Network-Profile'], { profile: { type: 'PROTOCOL_TYPE_TCP_PROXY' } }],
    ['networkprofile', ['UDP-Profile'], udp],
    ['networksecuritypolicy', ['Network-Policy', 'Another-Policy', 'Shop-Network-Policy', 'Shared-Network-Policy']],
  ];
  for (const [type, names, body] of named) {
    for (const name of names) await client.request('POST', `/api/${type}/`, { body: { name, ...body } });
  }
  await client.request('POST', '/api/tenant/', { body: { name: 'team-tenant' } });
}

function configOf(name: string): Config {
  const file = join(goldenDirectory, name, 'config.yaml');
  return loadConfig({ defaults: { clusterName: 'cluster1' }, ...(existsSync(file) && { file }) });
}

/** Applies the case's objects; returns what failed. */
async function apply(config: Config, evaluation: Evaluation): Promise<readonly unknown[]> {
  const inventory = await loaded(config);
  const [identity, schema] = [identityOf(config), controllerSchema()];
  const objects = evaluation.desired.flatMap((state) => state.objects);
  const plan = planObjects(objects, { inventory: inventory.current(), identity, schema });
  const context = { client, inventory, identity, schema, mayWrite: () => true, sleep: () => Promise.resolve() };
  const outcome = await applyPlan(plan, objects, context);
  return [...outcome].filter(([, { state }]) => state !== 'done' && state !== 'unchanged');
}

/** The controller's objects of this cluster, as they are now. */
async function loaded(config: Config): Promise<InventoryStore> {
  const inventory = inventoryOf(config, client);
  await inventory.load();
  return inventory;
}

describe('a controller', () => {
  it.each(caseNames.filter((name) => !unusable.includes(name)))('takes %s, is equal to it, and is cleaned up', async (name) => {
    const config = configOf(name);
    const evaluation = await evaluateManifests([join(goldenDirectory, name, 'in.yaml')], config, OFFLINE_SITE);
    const before = simulator.store.list('virtualservice').length;

    expect(await apply(config, evaluation)).toEqual([]);
    expect(describeDifference(await compareWithController(config, await loaded(config), evaluation))).toBe('');

    const { plan, outcome } = await cleanUp(config, client, () => Promise.resolve(true));
    expect(plan.operations).toHaveLength(evaluation.desired.flatMap((state) => state.objects).length);
    expect([...outcome.values()].filter((result) => result.state !== 'done')).toEqual([]);
    expect(simulator.store.list('virtualservice')).toHaveLength(before);
  });

  it('has no difference after a static address has changed', async () => {
    const config = configOf('28-static-address');
    const manifest = await readFile(join(goldenDirectory, '28-static-address', 'in.yaml'), 'utf8');
    const directory = await mkdtemp(join(tmpdir(), 'static-address-'));
    const file = join(directory, 'in.yaml');
    const evaluate = async (address: string): Promise<Evaluation> => {
      await writeFile(file, manifest.replace('10.50.9.9', address));
      const inventory = await loaded(config);
      return evaluateManifests([file], config, OFFLINE_SITE, (...parent) => previousVsVip(inventory.current(), ...parent));
    };

    expect(await apply(config, await evaluate('10.50.9.9'))).toEqual([]);
    const changed = await evaluate('10.50.9.10');
    expect(await apply(config, changed)).toEqual([]);
    const again = await evaluate('10.50.9.10');
    expect(again.desired).toEqual(changed.desired);
    const { operations } = await compareWithController(config, await loaded(config), again);
    expect(operations.map(({ verb, type }) => `${verb} ${type}`)).toEqual(['delete vsvip']);

    await cleanUp(config, client, () => Promise.resolve(true));
    await rm(directory, { recursive: true });
  });
});
