/** Objects that AKO's CRD operator made are taken over with the Gateways that use them, and those that none uses stay. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from '@jest/globals';
import { createAviClient, type AviClient } from '../../src/avi/client.ts';
import { planMove, runMove, type Move } from '../../src/cli/adopt/take-over.ts';
import { inventoryOf } from '../../src/main/controller.ts';
import { evaluateManifests } from '../../src/cli/offline.ts';
import { loadConfig } from '../../src/config.ts';
import { OFFLINE_SITE } from '../../src/main/settings.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { akoObjects } from './support/ako-objects.ts';

const manifests = fileURLToPath(new URL('../golden/p01-health-monitors/in.yaml', import.meta.url));

let simulator: Simulator | undefined;
let client: AviClient | undefined;
afterEach(async () => {
  await client?.close();
  await simulator?.close();
});

it('keeps the uuid of a health monitor, and removes none that no Gateway uses', async () => {
  simulator = await startSimulator({ dataPlane: false });
  const { url, ca, username, password, store } = simulator;
  const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-extensions-'));
  for (const [name, text] of Object.entries({ username, password, certificateAuthorityData: ca })) {
    writeFileSync(join(directory, name), text);
  }
  const flags = {
    clusterName: 'cluster1',
    takeover: 'ako',
    'controller.addresses': [url],
    'controller.credentialsDir': directory,
  };
  const config = loadConfig({ flags });
  const avi = (client = createAviClient({
    addresses: [url],
    tls: { ca },
    credentials: () => ({ username, password }),
  }));
  const { desired } = await evaluateManifests([manifests], config, OFFLINE_SITE);
  const objects = akoObjects(desired, 'cluster1');
  const monitors = objects.filter(({ type }) => type === 'healthmonitor');
  expect(monitors.length).toBeGreaterThan(0);
  for (const { type, body } of objects) await avi.request('POST', `/api/${type}/`, { body });
  const unused = { ...monitors[0]!.body, name: 'ako-crd-operator-cluster1--unused' };
  await avi.request('POST', '/api/healthmonitor/', { body: unused });
  const uuids = () => store.list('healthmonitor').map(({ name, uuid }) => `${name} ${uuid}`);
  const before = uuids();

  const move = async (): Promise<Move> => {
    const inventory = inventoryOf(config, avi);
    await inventory.load();
    return { config, client: avi, inventory, desired, graceMs: 0 };
  };
  const plan = await planMove(await move());
  expect(plan).toMatchObject({ foreign: [], removed: [], created: [] });
  expect(plan.kept.filter(({ type }) => type === 'healthmonitor')).toHaveLength(monitors.length);
  expect(await runMove(await move(), () => undefined)).toEqual([]);
  expect(uuids()).toEqual(before);
}, 30_000);
