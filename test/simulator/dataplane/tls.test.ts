import { Agent } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { echo } from './tools/backends.ts';
import { anywhere, child, parent, pool, vhMatch, vip } from './tools/bodies.ts';
import { createAuthority, type Authority, type Pair } from './tools/certificates.ts';
import { address, HTTPS_PORT, startBench, type Bench } from './tools/plane.ts';
import { ref } from './tools/store.ts';

const ADDRESS = address(1);
let bench: Bench;
let authority: Authority;

const certificate = ({ cert, key }: Pair): Readonly<Record<string, unknown>> => ({
  certificate: { certificate: cert },
  key,
});

/** The CN of the certificate that a handshake gets, without verification. */
async function handshake(servername: string | undefined, options = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: ADDRESS, port: HTTPS_PORT, servername, rejectUnauthorized: false, ...options }, () => {
    resolve(String(socket.getPeerCertificate().subject.CN));
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

beforeAll(async () => {
  bench = await startBench();
  authority = await createAuthority();
  const { store } = bench;
  const backend = await bench.backend(echo('plain'));
  store.put('pool', 'plain', pool([backend.port]));
  store.put('vsvip', 'v', vip(ADDRESS));
  store.put('sslkeyandcertificate', 'first', certificate(await authority.issue('first.test')));
  store.put('sslkeyandcertificate', 'wild', certificate(await authority.issue('*.wild.test')));
  store.put('sslkeyandcertificate', 'exact', certificate(await authority.issue('a.wild.test', 'b.wild.test')));
  store.put('sslkeyandcertificate', 'broken', { certificate: { certificate: 'no PEM' }, key: 'nor this' });
  store.put('virtualservice', 'p', secure(['first', 'wild', 'exact', 'broken']));
  const hosts = ['first.test', '*.wild.test', 'a.wild.test'].map((host) =>
    vhMatch(host, { path: anywhere('BEGINS_WITH', '/') }),
  );
  store.put('virtualservice', 'c', child('p', hosts, { pool_ref: ref('pool', 'plain') }));
  await bench.plane.settled();
});

afterAll(() => bench.close());

function secure(
  certificates: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return parent('v', {
    services: [{ port: 443, enable_ssl: true }],
    ssl_key_and_certificate_refs: certificates.map((name) => ref('sslkeyandcertificate', name)),
    ...more,
  });
}

describe('certificate choice', () => {
  it.each([
    ['first.test', 'first.test'],
    ['A.Wild.test', 'a.wild.test'],
    ['b.wild.test', 'a.wild.test'],
    ['c.wild.test', '*.wild.test'],
    ['x.c.wild.test', 'first.test'],
    ['unknown.test', 'first.test'],
    [undefined, 'first.test'],
  ])('for server name %s is %s', async (servername, expected) => {
    expect(await handshake(servername)).toBe(expected);
  });

  it('a malformed certificate hurts only itself and is logged without its content', () => {
    expect(bench.log.join('\n')).toContain('sslkeyandcertificate-broken cannot be used');
    expect(bench.log.join('\n')).not.toContain('nor this');
  });
});

describe('requests over TLS', () => {
  const get = (host: string, more = {}): ReturnType<Bench['get']> =>
    bench.get({ address: ADDRESS, host, ca: authority.ca, ...more });

  it('verify against the CA and reach the child', async () => {
    expect(await get('a.wild.test')).toMatchObject({ status: 200, seen: { backend: 'plain', host: 'a.wild.test' } });
  });

  it('refuse a Host that is not the server name, unless the profile switches the check off', async () => {
    expect(await get('a.wild.test', { servername: 'first.test' })).toMatchObject({ status: 400 });
    bench.store.put('applicationprofile', 'lax', { http_profile: { disable_sni_hostname_check: true } });
    bench.store.put(
      'virtualservice',
      'p',
      secure(['first', 'wild', 'exact'], { application_profile_ref: ref('applicationprofile', 'lax') }),
    );
    await bench.plane.settled();
    expect(await get('a.wild.test', { servername: 'first.test' })).toMatchObject({ status: 200 });
  });

  it('get a rotated certificate on the live listener, and open connections stay', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await get('first.test', { agent });
    const [socket] = Object.values(agent.freeSockets)[0] ?? [];
    const before = bench.store.get('sslkeyandcertificate', 'sslkeyandcertificate-first');
    bench.store.put('sslkeyandcertificate', 'first', certificate(await authority.issue('rotated.test', 'first.test')));
    await bench.plane.settled();
    expect(await handshake('first.test')).toBe('rotated.test');
    expect(await handshake(undefined)).toBe('rotated.test');
    expect((await get('first.test', { agent })).status).toBe(200);
    expect(Object.values(agent.freeSockets)[0]?.[0]).toBe(socket);
    expect(before).not.toBe(bench.store.get('sslkeyandcertificate', 'sslkeyandcertificate-first'));
    agent.destroy();
  });

  it('honour the versions of the SSL profile', async () => {
    bench.store.put('sslprofile', 'only13', { accepted_versions: [{ type: 'SSL_VERSION_TLS1_3' }] });
    bench.store.put('virtualservice', 'p', secure(['first'], { ssl_profile_ref: ref('sslprofile', 'only13') }));
    await bench.plane.settled();
    await expect(handshake('first.test', { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    expect(await handshake('first.test')).toBe('rotated.test');
  });

  it('honour the ciphers of the SSL profile, with each certificate and in each version', async () => {
    const [chosen, other] = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'];
    const [suite, otherSuite] = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'];
    bench.store.put('sslprofile', 'ciphers', {
      accepted_versions: [{ type: 'SSL_VERSION_TLS1_2' }, { type: 'SSL_VERSION_TLS1_3' }],
      accepted_ciphers: chosen,
      ciphersuites: suite,
    });
    const ssl_profile_ref = ref('sslprofile', 'ciphers');
    bench.store.put('virtualservice', 'p', secure(['first', 'exact'], { ssl_profile_ref }));
    await bench.plane.settled();
    for (const name of ['first.test', 'a.wild.test', undefined]) {
      const shown = name === 'a.wild.test' ? name : 'rotated.test';
      expect(await handshake(name, { maxVersion: 'TLSv1.2', ciphers: chosen })).toBe(shown);
      expect(await handshake(name, { minVersion: 'TLSv1.3', ciphers: suite })).toBe(shown);
      await expect(handshake(name, { maxVersion: 'TLSv1.2', ciphers: other })).rejects.toThrow();
      await expect(handshake(name, { minVersion: 'TLSv1.3', ciphers: otherSuite })).rejects.toThrow();
    }
  });

  it('go on as before where the ciphers of an SSL profile mean nothing, which is logged', async () => {
    bench.store.put('sslprofile', 'ciphers', {
      accepted_versions: [{ type: 'SSL_VERSION_TLS1_2' }],
      accepted_ciphers: 'NO-SUCH-CIPHER',
    });
    await bench.plane.settled();
    expect(bench.log.join('\n')).toContain('no cipher of its SSL profile is known');
    expect(await handshake('a.wild.test')).toBe('a.wild.test');
  });
});

describe('client certificates', () => {
  const OTHER_PORT = 18444;
  let own: Pair;
  let foreign: Pair;

  beforeAll(async () => {
    const other = await createAuthority('Other CA');
    own = await authority.issue('client.test');
    foreign = await other.issue('client.test');
    bench.store.put('pkiprofile', 'clients', { ca_certs: [{ certificate: authority.ca }], crl_check: false });
    bench.store.put('pkiprofile', 'others', { ca_certs: [{ certificate: other.ca }], crl_check: false });
    bench.store.put('pkiprofile', 'no-lists', { ca_certs: [{ certificate: authority.ca }] });
  });

  /** Serves port 443, and another one that asks for nothing. */
  const ask = async (mode: string, pki = 'clients', more = {}): Promise<void> => {
    const http_profile = {
      ssl_client_certificate_mode: `SSL_CLIENT_CERTIFICATE_${mode}`,
      pki_profile_ref: ref('pkiprofile', pki),
    };
    bench.store.put('applicationprofile', 'mtls', { http_profile });
    const services = [
      { port: 443, enable_ssl: true, override_application_profile_ref: ref('applicationprofile', 'mtls') },
      { port: OTHER_PORT, enable_ssl: true },
    ];
    bench.store.put('virtualservice', 'p', secure(['first'], { services, ...more }));
    await bench.plane.settled();
  };
  /** The status, or nothing for a client that is refused. */
  const statusFor = (client?: Pair, port = HTTPS_PORT): Promise<number | undefined> =>
    bench
      .get({ address: ADDRESS, host: 'first.test', ca: authority.ca, port, agent: new Agent({ ...client }) })
      .then(({ status }) => status)
      .catch(() => undefined);

  it('REQUIRE lets in who has one of the authorities, on its own port only', async () => {
    await ask('REQUIRE');
    expect(await statusFor(own)).toBe(200);
    expect(await statusFor(foreign)).toBeUndefined();
    expect(await statusFor()).toBeUndefined();
    expect(await statusFor(undefined, OTHER_PORT)).toBe(200);
    expect(await statusFor(foreign, OTHER_PORT)).toBe(200);
  });

  it('follow the authorities on the live listener', async () => {
    await ask('REQUIRE', 'others');
    expect(await statusFor(own)).toBeUndefined();
    expect(await statusFor(foreign)).toBe(200);
  });

  it('REQUEST lets in who has none, and invalid ones only where the virtual service allows them', async () => {
    await ask('REQUEST');
    expect(await statusFor(own)).toBe(200);
    expect(await statusFor()).toBe(200);
    expect(await statusFor(foreign)).toBeUndefined();
    await ask('REQUEST', 'clients', { allow_invalid_client_cert: true });
    expect(await statusFor(foreign)).toBe(200);
  });

  it('are trusted by nobody while revocation lists are checked and there are none', async () => {
    await ask('REQUIRE', 'no-lists');
    expect(await statusFor(own)).toBeUndefined();
  });

  it('NONE asks for none', async () => {
    await ask('NONE');
    expect(await statusFor()).toBe(200);
  });
});

describe('TLS to servers', () => {
  const ask = async (tls: Readonly<Record<string, unknown>>): Promise<number> => {
    bench.store.put('pool', 'secure', pool([port], tls));
    bench.store.put(
      'virtualservice',
      'to-tls',
      child('q', [vhMatch('tls.test', { path: anywhere('BEGINS_WITH', '/') })], { pool_ref: ref('pool', 'secure') }),
    );
    await bench.plane.settled();
    return (await bench.get({ address: address(2), host: 'tls.test' })).status;
  };
  let port: number;

  beforeAll(async () => {
    const backend = await bench.backend(echo('secure'), await authority.issue('backend.test'));
    port = backend.port;
    bench.store.put('sslprofile', 'any', {});
    bench.store.put('vsvip', 'w', vip(address(2)));
    bench.store.put('virtualservice', 'q', parent('w'));
    bench.store.put('pkiprofile', 'good', { ca_certs: [{ certificate: authority.ca }], crl_check: false });
    bench.store.put('pkiprofile', 'no-lists', { ca_certs: [{ certificate: authority.ca }] });
    const other = (await createAuthority()).ca;
    bench.store.put('pkiprofile', 'other', { ca_certs: [{ certificate: other }], crl_check: false });
    const stranger = (await createAuthority('Another CA')).ca;
    bench.store.put('pkiprofile', 'stranger', { ca_certs: [{ certificate: stranger }], crl_check: false });
  });

  it('is plain without an SSL profile, unverified without a PKI profile, verified with one', async () => {
    const profile = { ssl_profile_ref: ref('sslprofile', 'any') };
    expect(await ask({})).toBe(502);
    expect(await ask(profile)).toBe(200);
    expect(await ask({ ...profile, pki_profile_ref: ref('pkiprofile', 'good') })).toBe(200);
    expect(await ask({ ...profile, pki_profile_ref: ref('pkiprofile', 'other') })).toBe(503);
    expect(await ask({ ...profile, pki_profile_ref: ref('pkiprofile', 'no-lists') })).toBe(503);
    expect(await ask({ ...profile, pki_profile_ref: ref('pkiprofile', 'stranger') })).toBe(503);
    const plain = await bench.backend(echo('plain'));
    expect(await ask({ ...profile, servers: pool([plain.port]).servers })).toBe(503);
  });

  it('names the server as the pool says, else as the Host header does', async () => {
    const asked: unknown[] = [];
    const recording = await bench.backend(
      (request, response) => {
        asked.push((request.socket as TLSSocket).servername);
        response.end();
      },
      await authority.issue('backend.test'),
    );
    const profile = { ssl_profile_ref: ref('sslprofile', 'any') };
    const servers = pool([recording.port]).servers;
    expect(await ask({ ...profile, servers, sni_enabled: true, server_name: 'backend.test' })).toBe(200);
    expect(await ask({ ...profile, servers, sni_enabled: true })).toBe(200);
    expect(await ask({ ...profile, servers, sni_enabled: false })).toBe(200);
    expect(asked).toEqual(['backend.test', 'tls.test', false]);
  });

  it('shows the pool’s certificate to servers that ask for one', async () => {
    const options = { ...(await authority.issue('backend.test')), requestCert: true, ca: authority.ca };
    const strict = await bench.backend(echo('strict'), options);
    bench.store.put('sslkeyandcertificate', 'client', certificate(await authority.issue('client.test')));
    const tls = { ssl_profile_ref: ref('sslprofile', 'any'), servers: pool([strict.port]).servers };
    expect(await ask({ ...tls, ssl_key_and_certificate_ref: ref('sslkeyandcertificate', 'client') })).toBe(200);
    expect(await ask(tls)).not.toBe(200);
  });

  it('checks the names that the pool lists', async () => {
    const verified = {
      ssl_profile_ref: ref('sslprofile', 'any'),
      pki_profile_ref: ref('pkiprofile', 'good'),
      host_check_enabled: true,
    };
    expect(await ask({ ...verified, domain_name: ['other.test', 'backend.test'] })).toBe(200);
    expect(await ask({ ...verified, domain_name: ['other.test'] })).toBe(503);
    expect(await ask(verified)).toBe(503);
  });
});
