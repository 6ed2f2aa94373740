/** Objects as AKO leaves them (its created_by, no marker managed-by) are foreign, until `takeover: ako` says otherwise. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { createAviClient } from '../../src/avi/client.ts';
import { evaluateManifests } from '../../src/cli/offline.ts';
import { loadConfig, type Config } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';
import { composeStandalone } from '../../src/main/standalone.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { writeRoutes } from '../bench/routes.ts';
import { akoObjects } from '../takeover/support/ako-objects.ts';

const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-takeover-'));
const manifests = join(directory, 'manifests');
const types = ['httppolicyset', 'pool', 'poolgroup', 'vsvip', 'virtualservice'];

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

function configFor({ url, ca, username, password }: Simulator, takeover: Config['takeover']): Config {
  const files = { username, password, certificateAuthorityData: ca };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const flags = { clusterName: 'c1', takeover, 'controller.addresses': [url], 'controller.credentialsDir': directory };
  return loadConfig({ flags });
}

async function installAko(at: Simulator): Promise<void> {
  const { url, ca, username, password } = at;
  const client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
  const { desired } = await evaluateManifests([manifests], configFor(at, 'none'), OFFLINE_SITE);
  const objects = akoObjects(desired, 'c1');
  for (const { type, body } of objects) await client.request('POST', `/api/${type}/`, { body });
  await client.close();
  at.stats.reset();
}

async function sync(config: Config): Promise<void> {
  const standalone = await composeStandalone({ config, paths: [manifests], onProblems: () => undefined });
  await standalone.idle();
  await standalone.stop();
}

it('leaves them alone by default, and updates them in place under takeover: ako, with the VIP as it is', async () => {
  simulator = await startSimulator({ dataPlane: false, vipPool: '10.50.0.0/16' });
  const { store, stats } = simulator;
  await writeRoutes(manifests, 2);
  await installAko(simulator);
  const uuids = () => types.flatMap((type) => store.list(type)).map(({ uuid }) => uuid);
  const owners = () => new Set(store.list('virtualservice').map(({ body }) => body.created_by));
  const [before, vip] = [uuids(), store.list('vsvip')[0]?.body.vip];

  await sync(configFor(simulator, 'none'));
  expect(stats.read().writes.filter(({ status }) => status < 400)).toEqual([]);
  expect(owners()).toEqual(new Set(['ako-gw-c1-avi-system']));

  stats.reset();
  await sync(configFor(simulator, 'ako'));
  expect(new Set(stats.read().writes.map(({ method, status }) => `${method} ${status}`))).toEqual(new Set(['PUT 200']));
  expect(owners()).toEqual(new Set(['avi-gateway-c1']));
  expect(uuids()).toEqual(before);
  expect(store.list('vsvip')[0]?.body.vip).toEqual(vip);
});
