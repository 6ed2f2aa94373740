import { once } from 'node:events';
import { createServer as createTlsServer, connect as connectTls, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TLS_PARSER } from '../../../src/simulator/store/tls-parser.ts';
import { pool, vip } from './tools/bodies.ts';
import { createAuthority, type Authority, type Pair } from './tools/certificates.ts';
import { clientHello } from './tools/client-hello.ts';
import { ask, dial, gone, l4Service, putL4Profiles, shout, startTcp, type TcpBackend } from './tools/l4.ts';
import { address, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
const PASSTHROUGH = 9443;
const TERMINATE = 9444;
let bench: Bench;
let authority: Authority;
const cleanUp: (() => Promise<void>)[] = [];

function nameOf({ servername }: { readonly servername?: string | false | null }): string {
  return String(servername);
}

/** A TLS server that answers with its name and the SNI that it got, then with what it is sent, upper case. */
async function startTls(name: string, pair: Pair): Promise<number> {
  const server = createTlsServer({ ...pair, allowHalfOpen: true }, (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    shout(`${name} ${nameOf(socket)}`)(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function startPlain(name: string): Promise<number> {
  const started: TcpBackend = await startTcp(shout(name));
  cleanUp.push(started.close);
  return started.port;
}

/** What comes back on a TLS connection; the error's code where there is none. */
async function askTls(port: number, servername: string | undefined, words = 'x'): Promise<string> {
  const socket = connectTls({
    host: ADDRESS,
    port,
    ca: authority.ca,
    servername,
    checkServerIdentity: () => undefined,
  });
  try {
    await once(socket, 'secureConnect');
    socket.end(words);
    return await text(socket);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** The pattern that AKO ships. */
const PASS = `
local avi_tls = require "Default-TLS"
local buffered = avi.l4.collect(20)
local payload = avi.l4.read()
local len = avi_tls.get_req_buffer_size(payload)
if buffered < len then
  avi.l4.collect(len)
  payload = avi.l4.read()
end
if avi_tls.sanity_check(payload) then
  local sname = avi_tls.get_sni(avi_tls.parse_record(payload))
  if sname == nil then avi.vs.close_conn()
  elseif sname == 'a.test' then avi.poolgroup.select('secure')
  elseif sname == 'raises' then error('raised')
  elseif sname == 'http' then avi.http.method()
  elseif sname == 'undone' then avi.poolgroup.select('secure') return
  else avi.vs.close_conn() end
else
  avi.vs.close_conn()
end
avi.l4.ds_done()
`;
const END = `
if avi.ssl.server_name() == 'a.test' then avi.poolgroup.select('plain')
elseif avi.ssl.server_name() == 'read' then
  if avi.l4.read(4) == 'knoc' then avi.pool.select('plain') end
else avi.vs.close_conn() end
avi.l4.ds_done()
`;

function putScripted(name: string, script: string, service: object, more: object, event = 'L4_REQUEST'): void {
  bench.store.put('vsdatascriptset', name, {
    datascript: [{ evt: `VS_DATASCRIPT_EVT_${event}`, script }],
    protocol_parser_refs: [ref('protocolparser', 'Default-TLS')],
    pool_group_refs: [ref('poolgroup', 'secure'), ref('poolgroup', 'plain')],
    pool_refs: [ref('pool', 'plain')],
  });
  const scripts = { vs_datascripts: [{ index: 1, vs_datascript_set_ref: ref('vsdatascriptset', name) }] };
  bench.store.put(
    'virtualservice',
    name,
    l4Service('vip', [service as Record<string, unknown>], { ...scripts, ...more }),
  );
}

beforeAll(async () => {
  bench = await startBench();
  authority = await createAuthority();
  const { store } = bench;
  putL4Profiles(store);
  store.put('vsvip', 'vip', vip(ADDRESS));
  store.put('protocolparser', 'Default-TLS', { parser_code: TLS_PARSER });
  const pair = await authority.issue('a.test');
  const ports = { secure: await startTls('secure', pair), plain: await startPlain('plain') };
  for (const [name, port] of Object.entries(ports)) {
    store.put('pool', name, pool([port]));
    store.put('poolgroup', name, { members: [{ pool_ref: ref('pool', name), ratio: 1 }] });
  }
  store.put('sslkeyandcertificate', 'c', { certificate: { certificate: pair.cert }, key: pair.key });
  putScripted('pass', PASS, { port: PASSTHROUGH }, {});
  putScripted(
    'end',
    END,
    { port: TERMINATE, enable_ssl: true },
    {
      application_profile_ref: ref('applicationprofile', 'SSL'),
      ssl_key_and_certificate_refs: [ref('sslkeyandcertificate', 'c')],
    },
  );
  await bench.plane.settled();
});
afterAll(async () => {
  await bench.close();
  await Promise.all(cleanUp.map((close) => close()));
});

describe('TLS that is passed through', () => {
  it('ends at the server that the script chooses by the client’s hello', async () => {
    expect(await askTls(PASSTHROUGH, 'a.test')).toBe('secure a.test:X');
  });

  it.each([
    ['a name that the script closes', 'b.test'],
    ['no name', undefined],
    ['a script that raises', 'raises'],
    ['a script that calls an HTTP function', 'http'],
    ['a script that ends without ds_done', 'undone'],
  ])('is closed for %s', async (_, servername) => {
    expect(await askTls(PASSTHROUGH, servername)).toBe('ECONNRESET');
  });

  it('is chosen also when the hello comes in pieces', async () => {
    const hello = clientHello('a.test');
    const socket = await dial(ADDRESS, PASSTHROUGH);
    for (const piece of [hello.subarray(0, 1), hello.subarray(1, 7), hello.subarray(7, 40)]) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    socket.write(hello.subarray(40));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // A handshake record with a ServerHello, or the alert of a server that does not like this hello.
    expect([21, 22]).toContain(answer[0]);
    socket.destroy();
  });

  it('is closed for what is not TLS, is cut short, or goes on in a second record', async () => {
    const hello = clientHello('a.test');
    const split = clientHello('a.test', { firstRecord: 60 });
    const cases = [
      Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'),
      Buffer.alloc(0),
      hello.subarray(0, 30),
      split,
    ];
    for (const bytes of cases) expect(await ask(ADDRESS, PASSTHROUGH, bytes)).toBe('');
    const huge = Buffer.concat([Buffer.from([22, 3, 1, 255, 255, 1]), Buffer.alloc(70_000)]);
    const socket = await dial(ADDRESS, PASSTHROUGH);
    socket.write(huge);
    await gone(socket);
  });
});

describe('events before the client has sent something', () => {
  const secure = (): object => ({
    application_profile_ref: ref('applicationprofile', 'SSL'),
    ssl_key_and_certificate_refs: [ref('sslkeyandcertificate', 'c')],
    pool_group_ref: ref('poolgroup', 'plain'),
  });
  const gate = (condition: string): string => `if ${condition} then avi.vs.close_conn() end`;

  it('at the end of the handshake can close, and the server may speak first', async () => {
    const script = gate("avi.ssl.server_name() ~= 'a.test'");
    putScripted('gate', script, { port: 9445, enable_ssl: true }, secure(), 'SSL_HANDSHAKE_DONE');
    await bench.plane.settled();
    const socket = connectTls({ host: ADDRESS, port: 9445, ca: authority.ca, servername: 'a.test' });
    expect(String((await once(socket, 'data'))[0])).toBe('plain:');
    socket.destroy();
    expect(await askTls(9445, 'b.test')).toBe('');
  });

  it('when a client connects can close by its port', async () => {
    const script = gate('tonumber(avi.vs.client_port()) % 2 >= 0 and avi.vs.port() == 9446');
    const services = { pool_group_ref: ref('poolgroup', 'plain'), services: [{ port: 9446 }, { port: 9447 }] };
    putScripted('accept', script, {}, services, 'TCP_CLIENT_ACCEPT');
    await bench.plane.settled();
    expect(await ask(ADDRESS, 9446, 'x')).toBe('');
    expect(await ask(ADDRESS, 9447, 'x')).toBe('plain:X');
  });

  it('cannot choose a pool, nor read', async () => {
    for (const script of ["avi.poolgroup.select('plain')", 'avi.l4.read()', 'avi.requests.get("plain", "/")']) {
      putScripted('choose', script, { port: 9448 }, { pool_group_ref: ref('poolgroup', 'plain') }, 'TCP_CLIENT_ACCEPT');
      await bench.plane.settled();
      expect(await ask(ADDRESS, 9448, 'x')).toBe('');
    }
    expect(bench.log.join('\n')).toContain('pools are selected in L4_REQUEST');
  });
});

describe('TLS that ends here', () => {
  it('goes on in plain text to the server that the script chooses by the handshake’s name', async () => {
    expect(await askTls(TERMINATE, 'a.test')).toBe('plain:X');
    expect(await askTls(TERMINATE, 'read', 'knock')).toBe('plain:KNOCK');
    expect(await askTls(TERMINATE, 'b.test')).toBe('');
    expect(await askTls(TERMINATE, undefined)).toBe('');
    expect(await ask(ADDRESS, TERMINATE, 'plain text')).not.toContain('plain:');
  });

  it('chooses when the client has sent something, not before', async () => {
    const socket = connectTls({ host: ADDRESS, port: TERMINATE, ca: authority.ca, servername: 'a.test' });
    await once(socket, 'secureConnect');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toBe('');
    socket.write('y');
    await once(socket, 'data');
    expect(heard).toMatch(/^plain:/);
    socket.destroy();
  });
});
