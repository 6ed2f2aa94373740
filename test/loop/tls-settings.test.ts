/** What clients may use and are shown, end to end: TLS options, policies and HostRules, seen by handshakes. */
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { AviFrontendPolicy, HostRule } from '../../generated/extensions.ts';
import type { Gateway } from '../../generated/gateway-api.ts';
import { createAuthority } from '../simulator/dataplane/tools/certificates.ts';
import { createHarness, gateway, gatewayClass, httpRoute, type Harness } from './harness.ts';
import { settle } from './rig.ts';

jest.setTimeout(60_000);

const port = 19_445;
const host = 'app.example.test';
let harness: Harness;
let vip: string;

function secure(options?: Readonly<Record<string, string>>): Gateway {
  const base = gateway('gw');
  const own = Object.entries(options ?? {}).map(([key, value]) => [`avi.gateway-operator.io/${key}`, value] as const);
  const tls = {
    mode: 'Terminate',
    certificateRefs: [{ name: 'cert' }],
    ...(options && { options: Object.fromEntries(own) }),
  } as const;
  return {
    ...base,
    spec: { ...base.spec, listeners: [{ name: 'https', port, protocol: 'HTTPS', hostname: '*.example.test', tls }] },
  };
}

async function put(options?: Readonly<Record<string, string>>): Promise<void> {
  harness.put('Gateway', secure(options));
  await settled();
}

async function settled(): Promise<void> {
  await settle(harness, ['default/gw', 'HostRule/default/host']);
  await harness.simulator.settled();
}

/** Version, cipher and name of the certificate; `refused` where there is no handshake. */
async function handshake(options: ConnectionOptions = {}): Promise<string> {
  const socket = connect({ host: vip, port, servername: host, rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return [socket.getProtocol(), socket.getCipher().standardName, socket.getPeerCertificate().subject.CN].join(' ');
  } catch {
    return 'refused';
  } finally {
    socket.destroy();
  }
}

const only12 = { maxVersion: 'TLSv1.2' } as const;
const only13 = { minVersion: 'TLSv1.3' } as const;
const ownProfiles = () =>
  harness.simulator.store.list('sslprofile').filter(({ name }) => name.startsWith('ako-gw-cluster1--'));

beforeAll(async () => {
  const subnet = `127.${96 + (process.pid % 32)}.${(process.pid >> 5) % 256}`;
  harness = await createHarness({
    clusterName: 'cluster1',
    simulatorOptions: { dataPlane: true, vipPool: `${subnet}.0/24`, portMap: {}, programDelayMs: 10, seed: 1 },
    deps: { graceMs: 50 },
    vipNetworks: [{ networkName: 'net-vip', cidr: `${subnet}.0/24` }],
  });
  const authority = await createAuthority();
  const { cert, key } = await authority.issue('*.example.test');
  harness.put('Secret', {
    metadata: { name: 'cert', namespace: 'default' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': btoa(cert), 'tls.key': btoa(key) },
  });
  const named = await authority.issue('app.example.test');
  await harness.client.request('POST', '/api/sslkeyandcertificate/', {
    body: { name: 'Named', certificate: { certificate: named.cert }, key: named.key },
  });
  harness.put('GatewayClass', gatewayClass());
  harness.put('Gateway', secure());
  const route = httpRoute('web', ['gw'], { '/': 'web' });
  harness.put('HTTPRoute', { ...route, spec: { ...route.spec, hostnames: [host] } });
  harness.engine.start();
  await harness.engine.synced;
  await settled();
  const addresses = harness.status('Gateway', 'default/gw')?.addresses as { value: string }[];
  vip = addresses[0]!.value;
});
afterAll(() => harness.close());

describe('clients of an HTTPS listener', () => {
  it('may use the versions from the lowest on, and the ciphers that are named', async () => {
    expect([await handshake(only12), await handshake(only13)]).not.toContain('refused');
    await put({ 'min-tls-version': 'SSL_VERSION_TLS1_3' });
    expect(await handshake(only12)).toBe('refused');
    expect(await handshake(only13)).toMatch(/^TLSv1\.3 /);
    await put({ ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
    expect(await handshake(only13)).toBe('refused');
    expect(await handshake(only12)).toMatch(/^TLSv1\.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 /);
    expect(await handshake({ ...only12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' })).toBe('refused');
    expect(ownProfiles()).toHaveLength(1);
    await put();
    expect(ownProfiles()).toEqual([]);
    expect([await handshake(only12), await handshake(only13)]).not.toContain('refused');
  });

  it('are not let in before the profile that a listener names is there', async () => {
    await put({ 'ssl-profile': 'Late' });
    expect(await handshake()).toBe('refused');
    const status = JSON.stringify(harness.status('Gateway', 'default/gw'));
    expect(status).toContain('InvalidSSLProfileRef');
    expect(status).toContain('the controller has no sslprofile Late');
    await harness.client.request('POST', '/api/sslprofile/', {
      body: { name: 'Late', accepted_versions: [{ type: 'SSL_VERSION_TLS1_3' }] },
    });
    await settled();
    await settled();
    expect(JSON.stringify(harness.status('Gateway', 'default/gw'))).not.toContain('InvalidSSLProfileRef');
    expect([await handshake(only12), await handshake(only13)]).toEqual([
      'refused',
      expect.stringMatching(/^TLSv1\.3 /),
    ]);
    await put();
  });

  it('may use what a policy of the Gateway says', async () => {
    const policy: AviFrontendPolicy = {
      kind: 'AviFrontendPolicy',
      metadata: { name: 'strict', namespace: 'default', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
        minTLSVersion: 'SSL_VERSION_TLS1_3',
      },
    };
    harness.put('AviFrontendPolicy', policy);
    await settled();
    expect(await handshake(only12)).toBe('refused');
    expect(await handshake(only13)).toMatch(/^TLSv1\.3 /);
    harness.state.remove('AviFrontendPolicy', 'default/strict');
    await settled();
    expect(await handshake(only12)).not.toBe('refused');
  });

  it('are shown the certificate that a HostRule names for their host, and no other', async () => {
    expect(await handshake()).toMatch(/ \*\.example\.test$/);
    const rule: HostRule = {
      kind: 'HostRule',
      metadata: { name: 'host', namespace: 'default', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { virtualhost: { fqdn: host, tls: { sslKeyCertificate: { name: 'Named', type: 'ref' } } } },
    };
    harness.put('HostRule', rule);
    await settled();
    expect(await handshake()).toMatch(/ app\.example\.test$/);
    expect(await handshake({ servername: 'other.example.test' })).toMatch(/ \*\.example\.test$/);
    harness.state.remove('HostRule', 'default/host');
    await settled();
    expect(await handshake()).toMatch(/ \*\.example\.test$/);
  });
});
