import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pool, vip } from './tools/bodies.ts';
import { ask, l4Service, putL4Profiles, shout, startTcp } from './tools/l4.ts';
import { address, eventually, startBench, type Bench } from './tools/plane.ts';
import { ref, uuid } from './tools/store.ts';
import { startClient, startUdp, type UdpBackend, type UdpClient } from './tools/udp.ts';

const ADDRESS = address(1);
const PORT = 9101;
let bench: Bench;
const open: { readonly close: () => void }[] = [];

async function backend(name: string): Promise<UdpBackend> {
  const started = await startUdp(name);
  open.push(started);
  return started;
}

async function client(): Promise<UdpClient> {
  const started = await startClient();
  open.push(started);
  return started;
}

/** What a new flow is answered. */
async function answerTo(words: string, port = PORT): Promise<string> {
  const one = await client();
  one.send(ADDRESS, port, words);
  return one.next();
}

const rule = (port: number, group: string, protocol: 'TCP' | 'UDP'): Readonly<Record<string, unknown>> => ({
  match: {
    port: { match_criteria: 'IS_IN', ports: [port] },
    protocol: { match_criteria: 'IS_IN', protocol: `PROTOCOL_${protocol}` },
  },
  action: {
    select_pool: { action_type: 'L4_RULE_ACTION_SELECT_POOLGROUP', pool_group_ref: ref('poolgroup', group) },
  },
});

const udp = (port: number, profile = 'UDP') => ({
  port,
  override_network_profile_ref: ref('networkprofile', profile),
});

/** A pool for each backend and the group of all. */
function putGroup(name: string, members: Readonly<Record<string, readonly [port: number, ratio: number]>>): void {
  for (const [member, [port]] of Object.entries(members))
    bench.store.put('pool', member, pool([port], { fail_action: undefined }));
  bench.store.put('poolgroup', name, {
    members: Object.entries(members).map(([member, [, ratio]]) => ({ pool_ref: ref('pool', member), ratio })),
  });
}

async function putService(ports: readonly Readonly<Record<string, unknown>>[], ...rules: readonly object[]) {
  bench.store.put('l4policyset', 'policy', {
    l4_connection_policy: { rules: rules.map((one, index) => ({ name: `r${index}`, index, enable: true, ...one })) },
  });
  const policies = { l4_policies: [{ index: 1, l4_policy_set_ref: ref('l4policyset', 'policy') }] };
  bench.store.put('virtualservice', 'vs', l4Service('vip', ports, policies));
  await bench.plane.settled();
}

beforeEach(async () => {
  bench = await startBench();
  putL4Profiles(bench.store);
  bench.store.put('vsvip', 'vip', vip(ADDRESS));
});
afterEach(async () => {
  await bench.close();
  open.splice(0).forEach(({ close }) => close());
});

describe('UDP', () => {
  it('goes where the rule for its port and protocol says, beside TCP on the same port', async () => {
    const tcp = await startTcp(shout('tcp'));
    putGroup('t', { t: [tcp.port, 1] });
    putGroup('u', { u: [(await backend('udp')).port, 1] });
    await putService([{ port: PORT }, udp(PORT)], rule(PORT, 't', 'TCP'), rule(PORT, 'u', 'UDP'));
    expect(await answerTo('hello')).toBe('udp:HELLO');
    expect(await ask(ADDRESS, PORT, 'hello')).toBe('tcp:HELLO');
    expect(bench.plane.virtualService(uuid('virtualservice', 'vs'))).toEqual({ state: 'OPER_UP', reason: [] });
    await tcp.close();
  });

  it('keeps a flow with its server, spreads flows by weight, and gives each its own port towards servers', async () => {
    const heavy = await backend('heavy');
    putGroup('g', { heavy: [heavy.port, 3], light: [(await backend('light')).port, 1] });
    await putService([udp(PORT)], rule(PORT, 'g', 'UDP'));
    const counts: Record<string, number> = {};
    for (let flow = 0; flow < 200; flow++) {
      const one = await client();
      one.send(ADDRESS, PORT, 'a');
      const first = await one.next();
      one.send(ADDRESS, PORT, 'a');
      expect(await one.next()).toBe(first);
      counts[first] = (counts[first] ?? 0) + 1;
    }
    expect(counts['heavy:A']).toBeGreaterThan(120);
    expect(counts['light:A']).toBeGreaterThan(25);
    expect(new Set(heavy.heard.map(({ from }) => from)).size).toBe(counts['heavy:A']);
  });

  it('drops datagrams without a rule or a server, and goes on', async () => {
    putGroup('g', { g: [(await backend('g')).port, 1] });
    bench.store.put('pool', 'empty', pool([], { fail_action: undefined }));
    bench.store.put('poolgroup', 'none', { members: [{ pool_ref: ref('pool', 'empty'), ratio: 1 }] });
    await putService([udp(PORT), udp(PORT + 1), udp(PORT + 2)], rule(PORT, 'g', 'UDP'), rule(PORT + 1, 'none', 'UDP'));
    const one = await client();
    one.send(ADDRESS, PORT + 2, 'lost');
    one.send(ADDRESS, PORT + 1, 'lost');
    one.send(ADDRESS, PORT, 'first');
    expect(await one.next()).toBe('g:FIRST');
    one.send(ADDRESS, PORT, 'second');
    expect(await one.next()).toBe('g:SECOND');
  });

  it('lets new flows follow a new program, while old ones stay until they have been idle', async () => {
    bench.store.put('networkprofile', 'brief', {
      profile: { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: { session_idle_timeout: 0.3 } },
    });
    putGroup('before', { before: [(await backend('before')).port, 1] });
    putGroup('after', { after: [(await backend('after')).port, 1] });
    await putService([udp(PORT), udp(PORT + 1, 'brief')], rule(PORT, 'before', 'UDP'), rule(PORT + 1, 'before', 'UDP'));
    const long = await client();
    const brief = await client();
    long.send(ADDRESS, PORT, 'a');
    brief.send(ADDRESS, PORT + 1, 'a');
    expect([await long.next(), await brief.next()]).toEqual(['before:A', 'before:A']);
    await putService([udp(PORT), udp(PORT + 1, 'brief')], rule(PORT, 'after', 'UDP'), rule(PORT + 1, 'after', 'UDP'));
    expect(await answerTo('b')).toBe('after:B');
    long.send(ADDRESS, PORT, 'b');
    expect(await long.next()).toBe('before:B');
    // Each question keeps the flow alive, so the pauses have to be longer than its idle time.
    const answered = await eventually(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        brief.send(ADDRESS, PORT + 1, 'b');
        return brief.next();
      },
      (answer) => answer.startsWith('after'),
    );
    expect(answered).toBe('after:B');
  });

  it('balances each datagram by itself where the profile says so', async () => {
    bench.store.put('networkprofile', 'per-packet', {
      profile: { type: 'PROTOCOL_TYPE_UDP_FAST_PATH', udp_fast_path_profile: { per_pkt_loadbalance: true } },
    });
    const backends = [await backend('one'), await backend('two')];
    const ports = backends.map(({ port }) => port);
    bench.store.put('pool', 'both', pool(ports, { fail_action: undefined, lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' }));
    bench.store.put('poolgroup', 'g', { members: [{ pool_ref: ref('pool', 'both'), ratio: 1 }] });
    await putService([udp(PORT, 'per-packet')], rule(PORT, 'g', 'UDP'));
    const one = await client();
    const answers = new Set<string>();
    for (let turn = 0; turn < 4; turn++) {
      one.send(ADDRESS, PORT, 'x');
      answers.add(await one.next());
    }
    expect([...answers].sort()).toEqual(['one:X', 'two:X']);
  });

  it('frees its port when the virtual service goes', async () => {
    putGroup('g', { g: [(await backend('g')).port, 1] });
    await putService([udp(PORT)], rule(PORT, 'g', 'UDP'));
    expect(await answerTo('x')).toBe('g:X');
    bench.store.remove('virtualservice', 'vs');
    await bench.plane.settled();
    await putService([udp(PORT)], rule(PORT, 'g', 'UDP'));
    expect(await answerTo('y')).toBe('g:Y');
  });
});
