import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { applyPlan, failures } from '../../src/apply/apply.ts';
import type { ApplyContext } from '../../src/apply/operations.ts';
import { createAviClient, type AviClient } from '../../src/avi/client.ts';
import { createInventory, type InventoryStore } from '../../src/avi/inventory.ts';
import { defaultGuardLimits } from '../../src/plan/guard.ts';
import { planGateway } from '../../src/plan/plan-gateway.ts';
import { objectId, type AviObject } from '../../src/translate/desired.ts';
import { startFakeController, type Call, type Fault, type FakeController } from '../avi/fake-controller.ts';
import { desired, identity, object, ref, schema } from '../plan/fixtures.ts';

let fake: FakeController;
let client: AviClient;
let inventory: InventoryStore;
let context: ApplyContext;

const rest = (): Promise<void> => Promise.resolve();

beforeEach(async () => {
  fake = await startFakeController();
  const credentials = () => ({ username: 'admin', password: 'right' });
  client = createAviClient({ addresses: [fake.url], credentials, sleep: rest });
  inventory = createInventory({ client, identity, tenants: ['*'], defaultTenant: 'admin' });
  await inventory.load();
  context = { client, inventory, identity, schema, mayWrite: () => true, sleep: rest };
});
afterEach(async () => {
  await client.close();
  await fake.close();
});

const pool = object('pool', 'ako-gw-c1--p', { servers: [{ ip: { addr: '10.0.0.1', type: 'V4' }, port: 80 }] });
const other = object('pool', 'ako-gw-c1--q');
const group = object('poolgroup', 'ako-gw-c1--p', { members: [{ pool_ref: ref('pool', 'ako-gw-c1--p'), ratio: 1 }] });
const vsvip = object('vsvip', 'ako-gw-c1--gw', { vip: [{ vip_id: '0', auto_allocate_ip: true }] });
const service = object('virtualservice', 'ako-gw-c1--c', {
  pool_group_ref: ref('poolgroup', 'ako-gw-c1--p'),
  vsvip_ref: ref('vsvip', 'ako-gw-c1--gw'),
});
const whole = [pool, group, vsvip, service];

function planned(objects: readonly AviObject[]) {
  const deletions = { explained: () => true, limits: defaultGuardLimits, confirmed: false };
  return planGateway(desired(objects), new Set(), deletions, { inventory: inventory.current(), identity, schema });
}
const apply = (objects: readonly AviObject[]) => applyPlan(planned(objects), objects, context);

/** A fault for the first `count` calls that match. */
function fail(method: string, path: string, fault: Fault, count = 1): void {
  let left = count;
  fake.fault = (call: Call) =>
    call.method === method && call.path.startsWith(path) && (left -= 1) >= 0 ? fault : undefined;
}
const names = (): readonly string[] => [...fake.objects.values()].map((item) => String(item.name)).sort();
const written = (): readonly string[] => fake.writes().map((call) => `${call.method} ${call.path.split('/')[2]}`);

describe('applyPlan', () => {
  it('creates a graph in order, after which nothing is left to do, also for one who starts afresh', async () => {
    const outcome = await apply(whole);
    expect([...outcome.values()].map((value) => value.state)).toEqual(['done', 'done', 'done', 'done']);
    const at = (text: string): number => written().indexOf(text);
    expect(at('POST pool')).toBeLessThan(at('POST poolgroup'));
    expect(at('POST poolgroup')).toBeLessThan(at('POST virtualservice'));
    expect(planned(whole).operations).toEqual([]);
    await inventory.load();
    expect(planned(whole).operations).toEqual([]);
  });

  it('deletes a graph in reverse', async () => {
    await apply(whole);
    expect(failures(await apply([]))).toEqual([]);
    expect(fake.objects.size).toBe(0);
  });

  it('keeps what serves until what replaces it has had time to come up', async () => {
    await apply([pool, other, group]);
    const servers = (address: string) => [{ ip: { addr: address, type: 'V4' }, port: 80 }];
    const moved = object('pool', pool.name, { servers: servers('10.0.0.2') });
    const swapped = object('poolgroup', group.name, { members: [{ pool_ref: ref('pool', other.name), ratio: 1 }] });
    const slept: number[] = [];
    const sleep = (milliseconds: number) => Promise.resolve(void slept.push(milliseconds));
    const before = fake.writes().length;
    const objects = [moved, other, swapped];
    const outcome = await applyPlan(planned(objects), objects, { ...context, sleep, graceMs: 7 });
    expect(failures(outcome)).toEqual([]);
    const bodies = fake
      .writes()
      .slice(before)
      .map(({ body }) => body as { readonly servers?: unknown; readonly members?: readonly unknown[] });
    expect(bodies.filter(({ servers: list }) => list).map(({ servers: list }) => list)).toEqual([
      [...servers('10.0.0.2'), expect.objectContaining(servers('10.0.0.1')[0] ?? {})],
      servers('10.0.0.2'),
    ]);
    expect(bodies.filter(({ members }) => members).map(({ members }) => members?.length)).toEqual([2, 1]);
    expect(slept).toEqual([7, 7]);
    expect(planned(objects).operations).toEqual([]);
  });

  it('stops only what depends on a failure', async () => {
    fail('POST', '/api/pool/', { reply: 400, body: { error: 'bad server' } }, 1);
    const outcome = await apply([pool, group, vsvip, service]);
    expect(outcome.get(objectId(pool))).toMatchObject({ state: 'failed', code: 400, retryable: false });
    expect(outcome.get(objectId(group))).toEqual({ state: 'blocked', by: objectId(pool) });
    expect(outcome.get(objectId(service))).toEqual({ state: 'blocked', by: objectId(group) });
    expect(outcome.get(objectId(vsvip))).toMatchObject({ state: 'done' });
  });

  it('adopts what a write whose reply was lost has created', async () => {
    fail('POST', '/api/pool/', { drop: 'after' });
    const outcome = await apply([pool]);
    expect(outcome.get(objectId(pool))).toMatchObject({ state: 'unchanged' });
    expect(names()).toEqual(['ako-gw-c1--p']);
  });

  it('refuses to adopt what stands under the name and is not ours', async () => {
    await client.request('POST', '/api/pool/', { body: { name: 'ako-gw-c1--p', created_by: 'somebody' } });
    const outcome = await apply([pool]);
    expect(outcome.get(objectId(pool))).toMatchObject({ state: 'refused' });
    expect(planned([pool]).refusals).toMatchObject([{ reason: 'Foreign' }]);
    expect(written()).toEqual(['POST pool', 'POST pool']);
  });

  it('makes an adopted object equal', async () => {
    await client.request('POST', '/api/pool/', { body: { ...pool.body, servers: [] } });
    await apply([pool]);
    expect(written()).toEqual(['POST pool', 'POST pool', 'PUT pool']);
    expect([...fake.objects.values()][0]).toMatchObject({ servers: [{ port: 80 }] });
  });

  it('waits for a name that is still reserved', async () => {
    fail('POST', '/api/pool/', { reply: 409, body: { error: 'already exists' } }, 2);
    expect((await apply([pool])).get(objectId(pool))).toMatchObject({ state: 'done' });
  });

  it('creates again what somebody deleted before the update', async () => {
    await apply([pool]);
    fake.objects.clear();
    const outcome = await apply([{ ...pool, body: { ...pool.body, default_server_port: 8080 } }]);
    expect(outcome.get(objectId(pool))).toMatchObject({ state: 'done' });
    expect(names()).toEqual(['ako-gw-c1--p']);
  });

  it('reads a stale object again and keeps what the controller allocated meanwhile', async () => {
    await apply([vsvip]);
    const [uuid = '', stored] = [...fake.objects][0] ?? [];
    const allocated = { vip_id: '0', auto_allocate_ip: true, ip_address: { addr: '10.9.9.9', type: 'V4' } };
    fake.objects.set(uuid, { ...stored, vip: [allocated], _last_modified: '99999999' });
    await apply([{ ...vsvip, body: { ...vsvip.body, dns_info: [{ fqdn: 'a.test' }] } }]);
    expect(fake.objects.get(uuid)).toMatchObject({
      vip: [{ ip_address: { addr: '10.9.9.9' } }],
      dns_info: [{ fqdn: 'a.test' }],
    });
  });

  it('tries a delete that is in use again, and takes a missing object for deleted', async () => {
    await apply([pool, other]);
    fail('DELETE', '/api/pool/', { reply: 403, body: { error: "Cannot delete, object is referred by: ['x']" } }, 2);
    expect(failures(await apply([]))).toEqual([]);
    expect(fake.objects.size).toBe(0);

    await apply([pool]);
    fake.objects.clear();
    expect(failures(await apply([]))).toEqual([]);
    expect(inventory.current().objects.size).toBe(0);
  });

  it('takes nothing away before what replaces it had its effect', async () => {
    const repointed = { ...group, body: { ...group.body, members: [{ pool_ref: ref('pool', other.name), ratio: 1 }] } };
    await apply([pool, group]);
    const before = fake.writes().length;
    const writesBeforeGrace: (readonly string[])[] = [];
    const sleep = (milliseconds: number): Promise<void> => {
      if (milliseconds === 700) writesBeforeGrace.push(written().slice(before));
      return Promise.resolve();
    };
    let told = 0;
    const objects = [other, repointed];
    await applyPlan(planned(objects), objects, { ...context, sleep, graceMs: 700 }, (outcome) => {
      told += 1;
      expect(outcome.get(objectId(repointed))).toMatchObject({ state: 'done' });
    });
    // With both members, and with the new one only.
    const writes = ['POST pool', 'PUT poolgroup', 'PUT poolgroup'];
    expect(writesBeforeGrace).toEqual([writes.slice(0, 2), writes]);
    expect(written().slice(before)).toEqual([...writes, 'DELETE pool']);
    expect(told).toBe(1);
  });

  it('finds out that a reference is gone, so that the next plan creates it', async () => {
    await apply([pool]);
    fake.objects.clear();
    fail('POST', '/api/poolgroup/', { reply: 404, body: { error: 'Pool object not found!' } });
    const outcome = await apply([pool, group]);
    expect(outcome.get(objectId(group))).toMatchObject({ state: 'failed', retryable: true });
    expect(failures(await apply([pool, group]))).toEqual([]);
    expect(names()).toEqual(['ako-gw-c1--p', 'ako-gw-c1--p']);
  });

  it('does not write the same again when the controller insists on something else', async () => {
    await apply([pool]);
    const stubborn = { ...pool, body: { ...pool.body, default_server_port: 81 } };
    const current = [...fake.objects.values()][0];
    fail('PUT', '/api/pool/', { reply: 200, body: { ...current, default_server_port: 80 } });
    await apply([stubborn]);
    expect(planned([stubborn]).operations).toEqual([]);
    expect(planned([{ ...pool, body: { ...pool.body, default_server_port: 82 } }]).operations).toHaveLength(1);
  });

  it('writes nothing once the leadership is lost', async () => {
    const outcome = await applyPlan(planned(whole), whole, { ...context, mayWrite: () => false });
    expect(written()).toEqual([]);
    expect(outcome.get(objectId(pool))).toMatchObject({ state: 'failed', retryable: true });
  });

  it('comes through a session that ends in the middle', async () => {
    let count = 0;
    fake.fault = () => {
      count += 1;
      if (count === 3) fake.endSessions();
      return undefined;
    };
    expect(failures(await apply(whole))).toEqual([]);
    expect(fake.objects.size).toBe(4);
  });
});

describe('sweep', () => {
  it('finds what others changed, deleted and added, and reads no more than that', async () => {
    await apply([pool, other, vsvip]);
    const uuidOf = (name: string): string => [...fake.objects].find(([, item]) => item.name === name)?.[0] ?? '';
    fake.objects.set(uuidOf('ako-gw-c1--p'), {
      ...fake.objects.get(uuidOf('ako-gw-c1--p')),
      enabled: false,
      _last_modified: '5',
    });
    fake.objects.delete(uuidOf('ako-gw-c1--q'));
    await client.request('POST', '/api/pool/', { body: { ...pool.body, name: 'ako-gw-c1--new' } });
    const before = fake.calls.length;
    const changed = await inventory.sweep();
    expect([...changed].sort()).toEqual(['pool admin/ako-gw-c1--new', objectId(pool), objectId(other)].sort());
    // What is missing in the list is asked for too.
    expect(fake.calls.slice(before).filter((call) => call.path.includes('name=ako'))).toHaveLength(3);
    expect(
      planned([pool, other, vsvip])
        .operations.map((item) => `${item.verb} ${item.name}`)
        .sort(),
    ).toEqual(['create ako-gw-c1--q', 'delete ako-gw-c1--new', 'update ako-gw-c1--p']);
    expect(await inventory.sweep()).toEqual([]);
  });
});
