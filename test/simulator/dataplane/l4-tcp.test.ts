import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pool, vip } from './tools/bodies.ts';
import { ask, dial, gone, l4Service, putL4Profiles, shout, startTcp, type TcpBackend } from './tools/l4.ts';
import { address, eventually, startBench, type Bench } from './tools/plane.ts';
import { ref, uuid } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
const backends: TcpBackend[] = [];

async function backend(serve: (socket: Socket) => void): Promise<number> {
  const started = await startTcp(serve);
  backends.push(started);
  return started.port;
}

beforeEach(async () => {
  bench = await startBench();
  putL4Profiles(bench.store);
  bench.store.put('vsvip', 'vip', vip(ADDRESS));
});
afterEach(async () => {
  await bench.close();
  await Promise.all(backends.splice(0).map(({ close }) => close()));
});

/** A pool for each backend and the group of all. */
async function putGroup(name: string, members: Readonly<Record<string, number>>): Promise<void> {
  for (const member of Object.keys(members))
    bench.store.put('pool', member, pool([await backend(shout(member))], { fail_action: undefined }));
  bench.store.put('poolgroup', name, {
    members: Object.entries(members).map(([member, ratio]) => ({ pool_ref: ref('pool', member), ratio })),
  });
}

const rule = (port: number, group: string, protocol = 'TCP'): object => ({
  match: {
    port: { match_criteria: 'IS_IN', ports: [port] },
    protocol: { match_criteria: 'IS_IN', protocol: `PROTOCOL_${protocol}` },
  },
  action: {
    select_pool: {
      action_type: 'L4_RULE_ACTION_SELECT_POOLGROUP',
      pool_group_ref: ref('poolgroup', group),
    },
  },
});

async function putService(ports: readonly object[], ...rules: readonly object[]): Promise<void> {
  bench.store.put('l4policyset', 'policy', {
    l4_connection_policy: { rules: rules.map((one, index) => ({ name: `r${index}`, index, enable: true, ...one })) },
  });
  const policies = { l4_policies: [{ index: 1, l4_policy_set_ref: ref('l4policyset', 'policy') }] };
  bench.store.put('virtualservice', 'vs', l4Service('vip', ports as [], policies));
  await bench.plane.settled();
}

describe('TCP', () => {
  it('goes where the first rule for its port and protocol says; without one it is closed', async () => {
    await putGroup('a', { a: 1 });
    await putGroup('b', { b: 1 });
    await putService(
      [{ port: 9001 }, { port: 9002 }, { port: 9003 }],
      rule(9001, 'b', 'UDP'),
      rule(9001, 'a'),
      rule(9001, 'b'),
      rule(9002, 'b'),
    );
    expect(await ask(ADDRESS, 9001, 'x')).toBe('a:X');
    expect(await ask(ADDRESS, 9002, 'y')).toBe('b:Y');
    expect(await ask(ADDRESS, 9003, 'z')).toBe('');
    expect(bench.plane.virtualService(uuid('virtualservice', 'vs'))).toEqual({ state: 'OPER_UP', reason: [] });
  });

  it('reaches servers that speak first, and is closed when none is up', async () => {
    await putGroup('a', { a: 1 });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    const socket = await dial(ADDRESS, 9001);
    expect(String((await once(socket, 'data'))[0])).toBe('a:');
    socket.destroy();
    bench.store.put('pool', 'a', pool([1], { health_monitor_refs: [] }));
    bench.store.put('pool', 'a', { ...pool([]) });
    await bench.plane.settled();
    expect(await ask(ADDRESS, 9001, 'x')).toBe('');
  });

  it('is closed when its server refuses', async () => {
    bench.store.put('pool', 'a', pool([1]));
    bench.store.put('poolgroup', 'a', { members: [{ pool_ref: ref('pool', 'a'), ratio: 1 }] });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    expect(await ask(ADDRESS, 9001, 'x')).toBe('');
    expect(bench.log).toContain('connection to port 9001 of vs: ECONNREFUSED');
  });

  it('is spread by ratio, a connection at a time', async () => {
    await putGroup('group', { often: 3, seldom: 1, never: 0 });
    await putService([{ port: 9001 }], rule(9001, 'group'));
    const answers: string[] = [];
    for (let turn = 0; turn < 120; turn++) answers.push(await ask(ADDRESS, 9001, ''));
    const share = answers.filter((answer) => answer === 'often:').length / answers.length;
    expect(new Set(answers)).toEqual(new Set(['often:', 'seldom:']));
    expect(Math.abs(share - 0.75)).toBeLessThan(0.15);
  });

  it('keeps open connections when it is programmed anew, also when their route has gone', async () => {
    await putGroup('a', { a: 1 });
    await putGroup('b', { b: 1 });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    const socket = await dial(ADDRESS, 9001);
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    socket.write('x');
    await eventually(
      () => heard,
      (said) => said === 'a:X',
    );
    await putService([{ port: 9001 }, { port: 9002 }], rule(9001, 'b'));
    bench.store.remove('pool', 'a');
    await bench.plane.settled();
    expect(await ask(ADDRESS, 9001, 'y')).toBe('b:Y');
    socket.write('y');
    await eventually(
      () => heard,
      (said) => said === 'a:XY',
    );
    bench.store.remove('virtualservice', 'vs');
    await gone(socket);
  });

  it('passes on each side’s end by itself', async () => {
    let seen = '';
    const port = await backend((socket) => {
      socket.end('bye');
      socket.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    });
    bench.store.put('pool', 'a', pool([port]));
    bench.store.put('poolgroup', 'a', { members: [{ pool_ref: ref('pool', 'a'), ratio: 1 }] });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    const socket = await dial(ADDRESS, 9001);
    socket.resume();
    await once(socket, 'end');
    socket.write('late');
    await eventually(
      () => seen,
      (said) => said === 'late',
    );
    socket.end();
    await once(socket, 'close');
    await eventually(() => backends.at(-1)?.sockets.every(({ destroyed }) => destroyed), Boolean);
  });

  it('ends both sides when one breaks off, and when it is idle', async () => {
    await putGroup('a', { a: 1 });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    const first = await dial(ADDRESS, 9001);
    await once(first, 'data');
    first.resetAndDestroy();
    await eventually(() => backends[0]?.sockets.every(({ destroyed }) => destroyed), Boolean);
    bench.store.put('networkprofile', 'TCP', {
      profile: { type: 'PROTOCOL_TYPE_TCP_PROXY', tcp_proxy_profile: { idle_connection_timeout: 1 } },
    });
    await bench.plane.settled();
    const idle = await dial(ADDRESS, 9001);
    await gone(idle);
    await eventually(() => backends[0]?.sockets.every(({ destroyed }) => destroyed), Boolean);
  });

  it('passes large amounts on, whole', async () => {
    await putGroup('a', { a: 1 });
    await putService([{ port: 9001 }], rule(9001, 'a'));
    const much = 'abcdefgh'.repeat(500_000);
    expect((await ask(ADDRESS, 9001, much)) === `a:${much.toUpperCase()}`).toBe(true);
  });
});
