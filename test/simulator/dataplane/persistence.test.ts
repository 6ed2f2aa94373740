import { Agent } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newBalance } from '../../../src/simulator/dataplane/pools/balance.ts';
import { persistentServer, remember } from '../../../src/simulator/dataplane/pools/persistence.ts';
import type { PoolProgram } from '../../../src/simulator/dataplane/program/program.ts';
import { anywhere, child, parent, pool, vhMatch, vip } from './tools/bodies.ts';
import { createAuthority, type Authority } from './tools/certificates.ts';
import { ask, l4Service, putL4Profiles, shout, startTcp, type TcpBackend } from './tools/l4.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { compileNamed, request } from './tools/program.ts';
import { createTestStore, ref } from './tools/store.ts';

const ADDRESS = address(1);
const MINUTE = 60_000;
let bench: Bench;
let authority: Authority;
const tcp: TcpBackend[] = [];

type Body = Readonly<Record<string, unknown>>;

const profiles: Readonly<Record<string, Body>> = {
  none: {},
  header: {
    persistence_type: 'PERSISTENCE_TYPE_CUSTOM_HTTP_HEADER',
    hdr_persistence_profile: { prst_hdr_name: 'X-Shard' },
  },
  application: {
    persistence_type: 'PERSISTENCE_TYPE_APP_COOKIE',
    app_cookie_persistence_profile: { prst_hdr_name: 'session' },
  },
  tls: { persistence_type: 'PERSISTENCE_TYPE_TLS' },
  cookie: {
    persistence_type: 'PERSISTENCE_TYPE_HTTP_COOKIE',
    http_cookie_persistence_profile: { cookie_name: 'kept', timeout: 10, is_persistent_cookie: true },
  },
  subnet: { persistence_type: 'PERSISTENCE_TYPE_CLIENT_IP_ADDRESS', ip_persistence_profile: { ip_mask: 24 } },
};

beforeAll(async () => {
  bench = await startBench();
  authority = await createAuthority();
  const { store } = bench;
  const names = ['a', 'b', 'c'];
  const backends = await Promise.all(
    names.map((name) =>
      bench.backend((req, res) => {
        if (req.url === '/login') res.setHeader('Set-Cookie', [`other=1`, `session=of-${name}; Path=/`]);
        res.end(name);
      }),
    ),
  );
  const servers = backends.map(({ port }, index) => ({
    ip: { addr: '127.0.0.1', type: 'V4' },
    port,
    prst_hdr_val: `shard-${names[index]}`,
  }));
  for (const [name, body] of Object.entries(profiles)) {
    store.put('applicationpersistenceprofile', name, body);
    const more = { application_persistence_profile_ref: ref('applicationpersistenceprofile', name) };
    store.put('pool', name, pool([], { servers, lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN', ...more }));
    const matches = [vhMatch(`${name}.test`, { path: anywhere('BEGINS_WITH', '/') })];
    store.put('virtualservice', `c-${name}`, child('p', matches, { pool_ref: ref('pool', name) }));
  }
  const { cert, key } = await authority.issue('tls.test');
  store.put('sslkeyandcertificate', 'cert', { certificate: { certificate: cert }, key });
  store.put('vsvip', 'v', vip(ADDRESS));
  const services = [
    { port: 80, enable_ssl: false },
    { port: 443, enable_ssl: true },
  ];
  const certificates = [ref('sslkeyandcertificate', 'cert')];
  store.put('virtualservice', 'p', parent('v', { services, ssl_key_and_certificate_refs: certificates }));

  tcp.push(await startTcp(shout('x')), await startTcp(shout('y')));
  putL4Profiles(store);
  const client = {
    application_persistence_profile_ref: ref('applicationpersistenceprofile', 'subnet'),
    lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN',
  };
  const ports = tcp.map(({ port }) => port);
  store.put('pool', 'tcp', pool(ports, client));
  store.put('pool', 'tcp-free', pool(ports, { lb_algorithm: 'LB_ALGORITHM_ROUND_ROBIN' }));
  const select = [
    { service_port: 9001, service_pool_ref: ref('pool', 'tcp') },
    { service_port: 9002, service_pool_ref: ref('pool', 'tcp-free') },
  ];
  const l4 = l4Service('v', [{ port: 9001 }, { port: 9002 }], { service_pool_select: select });
  store.put('virtualservice', 'l4', l4);
  await bench.plane.settled();
});

afterAll(async () => {
  await bench.close();
  await Promise.all(tcp.map(({ close }) => close()));
});

const get = (name: string, more: { readonly path?: string; readonly headers?: Record<string, string> } = {}) =>
  bench.get({ address: ADDRESS, host: `${name}.test`, ...more });

async function bodies(ask: () => Promise<{ readonly body: string }>): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let turn = 0; turn < 6; turn++) seen.add((await ask()).body);
  return seen;
}
const ALL = new Set(['a', 'b', 'c']);

describe('persistence in traffic', () => {
  it('spreads requests without a profile', async () => {
    expect(await bodies(() => get('none'))).toEqual(ALL);
  });

  it('gives a header value to the server that has it, and other values to anybody', async () => {
    expect(await bodies(() => get('header', { headers: { 'X-Shard': 'shard-b' } }))).toEqual(new Set(['b']));
    expect(await bodies(() => get('header', { headers: { 'X-Shard': 'shard-z' } }))).toEqual(ALL);
    expect(await bodies(() => get('header'))).toEqual(ALL);
  });

  it("keeps the sessions of the servers' own cookie, in the query too, and no value that no server gave", async () => {
    const { body } = await get('application', { path: '/login' });
    const own = { cookie: `x=y; session=of-${body}` };
    expect(await bodies(() => get('application', { headers: own }))).toEqual(new Set([body]));
    expect(await bodies(() => get('application', { path: `/?q=1&session=of-${body}` }))).toEqual(new Set([body]));
    expect(await bodies(() => get('application', { headers: { cookie: 'session=invented' } }))).toEqual(ALL);
    expect(await bodies(() => get('application', { path: '/?session=invented' }))).toEqual(ALL);
  });

  it('keeps what comes over one TLS connection, and connections apart', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const over = (one: Agent) => bench.get({ address: ADDRESS, host: 'tls.test', ca: authority.ca, agent: one });
    const kept = await bodies(() => over(agent));
    agent.destroy();
    expect(kept.size).toBe(1);
    expect(await bodies(() => bench.get({ address: ADDRESS, host: 'tls.test', ca: authority.ca }))).toEqual(ALL);
  });

  it('tells the client how long a persistent cookie lives', async () => {
    const [line = ''] = (await get('cookie')).headers['set-cookie'] ?? [];
    expect(line).toMatch(/^kept=[\w-]+; path=\/; Max-Age=600$/);
  });

  it('keeps TCP connections by the address of the client', async () => {
    const names = async (port: number): Promise<ReadonlySet<string>> => {
      const answers = new Set<string>();
      for (let turn = 0; turn < 4; turn++) answers.add(await ask(ADDRESS, port, 'hi'));
      return answers;
    };
    expect((await names(9001)).size).toBe(1);
    expect(await names(9002)).toEqual(new Set(['x:HI', 'y:HI']));
  });
});

describe('what is remembered', () => {
  const store = createTestStore();
  const poolWith = (profile: Body): PoolProgram => {
    store.put('applicationpersistenceprofile', 'p', profile);
    store.put(
      'pool',
      'p',
      pool([1, 2], { application_persistence_profile_ref: ref('applicationpersistenceprofile', 'p') }),
    );
    store.put('virtualservice', 'vs', { pool_ref: ref('pool', 'p') });
    const [program] = compileNamed(store, 'vs').pools.values();
    if (!program) throw new Error('no pool');
    return program;
  };
  const second = (program: PoolProgram) => {
    const [, server] = program.servers;
    if (!server) throw new Error('no server');
    return server;
  };

  it('counts the leading bits of the address that the mask says, of both families', () => {
    const program = poolWith(profiles['subnet'] ?? {});
    const state = newBalance();
    const of = (clientIp: string, now = 0) =>
      persistentServer(program, program.servers, state, request({ clientIp }), now);
    remember(program, second(program), state, request({ clientIp: '10.1.2.3' }), [], 0);
    remember(program, second(program), state, request({ clientIp: '2001:db8::1' }), [], 0);
    expect(of('10.1.2.200')?.port).toBe(2);
    expect(of('10.1.3.3')).toBeUndefined();
    expect(of('2001:db8:ffff::9')?.port).toBe(2);
    expect(of('2001:eff::9')).toBeUndefined();
    expect(of('10.1.2.200', 5 * MINUTE)).toBeUndefined();
  });

  it("ends a cookie's life, whatever the client keeps, and gives a new one", () => {
    const program = poolWith(profiles['cookie'] ?? {});
    const state = newBalance();
    const [[, line = ''] = []] = remember(program, second(program), state, request(), [], 1000);
    const client = request({ headers: { cookie: [line.split(';')[0] ?? ''] } });
    const at = (now: number) => persistentServer(program, program.servers, state, client, now)?.port;
    expect(at(10 * MINUTE + 999)).toBe(2);
    expect(at(10 * MINUTE + 1000)).toBeUndefined();
    expect(remember(program, second(program), state, client, [], 9 * MINUTE)).toEqual([]);
    expect(remember(program, second(program), state, client, [], 11 * MINUTE)).toHaveLength(1);
  });

  it('forgets a session that is not used for its time, and is kept alive by use', () => {
    const program = poolWith(profiles['application'] ?? {});
    const state = newBalance();
    const client = request({ headers: { cookie: ['session=s1'] } });
    const at = (now: number) => persistentServer(program, program.servers, state, client, now)?.port;
    remember(program, second(program), state, request(), [['Set-Cookie', 'session=s1; HttpOnly']], 0);
    expect(at(19 * MINUTE)).toBe(2);
    remember(program, second(program), state, client, [], 19 * MINUTE);
    expect(at(38 * MINUTE)).toBe(2);
    expect(at(39 * MINUTE)).toBeUndefined();
  });
});
