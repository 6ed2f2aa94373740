/** The inventory and lists that change while they are read, page by page. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createAviClient, type AviClient } from '../../src/avi/client.ts';
import { createInventory, type InventoryStore } from '../../src/avi/inventory.ts';
import { ownIdentity } from '../../src/plan/inventory/identity.ts';
import { startSimulator, type Simulator } from '../../src/simulator/simulator.ts';

const pageSize = 100;

let simulator: Simulator;
let client: AviClient;
let inventory: InventoryStore;
beforeEach(async () => {
  simulator = await startSimulator({ dataPlane: false });
  const { url, ca, username, password } = simulator;
  client = createAviClient({ addresses: [url], tls: { ca }, credentials: () => ({ username, password }) });
  inventory = createInventory({ client, identity: ownIdentity('c1'), tenants: ['*'], defaultTenant: 'admin' });
});
afterEach(async () => {
  await client.close();
  await simulator.close();
});

async function makePools(count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `ako-gw-c1--${String(index).padStart(4, '0')}`);
  const markers = [
    { key: 'clustername', values: ['c1'] },
    { key: 'managed-by', values: ['avi-gateway-operator'] },
  ];
  for (const name of names)
    await client.request('POST', '/api/pool/', { body: { name, created_by: 'avi-gateway-c1', markers } });
}

const known = (): number => [...inventory.current().objects.values()].filter(({ type }) => type === 'pool').length;

/** Deletes the first object of the list between its pages. */
async function deleteBetweenPages(
  run: () => Promise<unknown>,
  byUs: boolean,
  then: () => unknown = () => undefined,
): Promise<unknown> {
  const [first] = simulator.store.list('pool');
  simulator.faults.add({ method: 'GET', type: 'pool', nth: 2, effect: { kind: 'delay', ms: 300 } });
  const running = run();
  while ((simulator.faults.list()[0]?.matched ?? 0) < 1) await sleep(1);
  await sleep(50);
  await client.request('DELETE', `/api/pool/${first?.uuid}`);
  if (byUs) inventory.remove(`pool admin/${first?.name}`);
  then();
  return running;
}

it('forgets no object that moves to a page which has been read already', async () => {
  await makePools(pageSize + 20);
  await inventory.load();
  expect(known()).toBe(pageSize + 20);
  expect(await deleteBetweenPages(() => inventory.sweep(), true)).toEqual([]);
  expect(known()).toBe(pageSize + 19);
  expect(await inventory.sweep()).toEqual([]);
});

it('ends where a list has become a page shorter meanwhile', async () => {
  await makePools(pageSize + 1);
  await deleteBetweenPages(() => inventory.load(), false);
  await inventory.sweep();
  expect(known()).toBe(pageSize);
});

it('remembers what was written during a sweep also when another begins', async () => {
  await makePools(pageSize + 20);
  await inventory.load();
  let second: Promise<readonly string[]> | undefined;
  const first = deleteBetweenPages(
    () => inventory.sweep(),
    true,
    () => (second = inventory.sweep()),
  );
  expect(await first).toEqual([]);
  expect(await second).toEqual([]);
  expect(known()).toBe(pageSize + 19);
});

it('tells what somebody else deleted', async () => {
  await makePools(3);
  await inventory.load();
  const [first] = simulator.store.list('pool');
  await client.request('DELETE', `/api/pool/${first?.uuid}`);
  expect(await inventory.sweep()).toEqual([`pool admin/${first?.name}`]);
  expect(known()).toBe(2);
});
