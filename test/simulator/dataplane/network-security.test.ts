/** NetworkSecurityPolicies: who may connect. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { putAnswering } from './tools/answering.ts';
import { pool, vip } from './tools/bodies.ts';
import { ask, l4Service, putL4Profiles, shout, startTcp } from './tools/l4.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';
import { startClient, startUdp } from './tools/udp.ts';

const VIP = address(1);
const [friend, stranger] = [address(8), address(9)];
const PORT = 9111;

type Rule = readonly [action: 'ALLOW' | 'DENY' | 'RATE_LIMIT', match: object, more?: object];

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.close());

async function putPolicy(...rules: readonly Rule[]): Promise<void> {
  bench.store.put('networksecuritypolicy', 'policy', {
    rules: rules.map(([action, match, more], index) => ({
      name: `r${index}`,
      index,
      enable: true,
      action: `NETWORK_SECURITY_POLICY_ACTION_TYPE_${action}`,
      match,
      ...more,
    })),
  });
  await bench.plane.settled();
}

const secured = { network_security_policy_ref: ref('networksecuritypolicy', 'policy') };
const from = (...addresses: readonly string[]) => ({
  client_ip: { match_criteria: 'IS_IN', addrs: addresses.map((addr) => ({ addr, type: 'V4' })) },
});
const all = { client_ip: { match_criteria: 'IS_NOT_IN', addrs: [] } };

/** The status that a client of an address gets; undefined where its connection is closed. */
const status = async (client: string): Promise<number | undefined> =>
  bench.get({ address: VIP, from: client }).then(
    (reply) => reply.status,
    () => undefined,
  );

describe('a network security policy', () => {
  it('lets the first rule decide that matches, and everybody in whom none concerns', async () => {
    putAnswering(bench.store, 'vs', VIP, 200, secured);
    await putPolicy(['ALLOW', from(friend)], ['DENY', from(friend, stranger)]);
    expect([await status(friend), await status(stranger), await status(address(7))]).toEqual([200, undefined, 200]);
    await putPolicy(['ALLOW', from(friend)], ['DENY', all]);
    expect([await status(friend), await status(stranger), await status(address(7))]).toEqual([
      200,
      undefined,
      undefined,
    ]);
    await putPolicy(['DENY', all, { enable: false }]);
    expect(await status(stranger)).toBe(200);
  });

  it('never matches by what is not simulated, and says so', async () => {
    putAnswering(bench.store, 'vs', VIP, 200, secured);
    await putPolicy(['DENY', { geo_matches: [{}] }], ['RATE_LIMIT', all]);
    expect(await status(stranger)).toBe(200);
    expect(bench.log.join('\n')).toMatch(/network security rule r0: geo_matches is not simulated/);
    expect(bench.log.join('\n')).toMatch(/network security rule r1: NETWORK_.*_RATE_LIMIT is not simulated/);
  });

  it('holds below HTTP, and for ports', async () => {
    const [tcp, udp] = [await startTcp(shout('tcp')), await startUdp('udp')];
    putL4Profiles(bench.store);
    bench.store.put('vsvip', 'vip', vip(VIP));
    bench.store.put('pool', 'tcp', pool([tcp.port], { fail_action: undefined }));
    bench.store.put('pool', 'udp', pool([udp.port], { fail_action: undefined }));
    const over = { override_network_profile_ref: ref('networkprofile', 'UDP') };
    const ports = [{ port: PORT }, { port: PORT + 1 }, { port: PORT + 2, ...over }, { port: PORT + 3, ...over }];
    const select = ports.map(({ port }, place) => ({
      service_port: port,
      service_pool_ref: ref('pool', place < 2 ? 'tcp' : 'udp'),
    }));
    bench.store.put('virtualservice', 'vs', l4Service('vip', ports, { ...secured, service_pool_select: select }));
    await putPolicy(['DENY', { vs_port: { match_criteria: 'IS_IN', ports: [PORT + 1, PORT + 3] } }]);
    expect(await ask(VIP, PORT, 'hello')).toBe('tcp:HELLO');
    expect(await ask(VIP, PORT + 1, 'hello').catch(() => '')).toBe('');
    const client = await startClient();
    client.send(VIP, PORT + 3, 'dropped');
    client.send(VIP, PORT + 2, 'hello');
    expect(await client.next()).toBe('udp:HELLO');
    expect(udp.heard.map(({ words }) => words)).toEqual(['hello']);
    client.close();
    udp.close();
    await tcp.close();
  });
});
