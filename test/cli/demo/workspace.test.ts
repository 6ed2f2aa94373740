import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../../src/cli/demo/certificates.ts';
import { get } from '../../../src/cli/demo/requests.ts';
import { BACKEND_NAME, createAuthorities, startApplication } from '../../../src/cli/demo/application.ts';
import { startSecurePage } from '../../../src/cli/demo/backends.ts';
import { createWorkspace } from '../../../src/cli/demo/workspace.ts';
import { readManifests } from '../../../src/cluster/manifests.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serveTls(certificate: string, key: string): Promise<number> {
  const server: Server = createServer({ cert: certificate, key }, (_, response) => response.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('demo certificates', () => {
  it('are accepted by clients that verify with the CA, for their names and no other', async () => {
    const authority = await createAuthority('test CA');
    const pair = await authority.issue(['a.example.test']);
    const httpsPort = await serveTls(pair.certificate, pair.key);
    const target = { address: '127.0.0.1', ca: authority.certificate };
    const url = `https://a.example.test:${httpsPort}/`;
    await expect(get(url, target)).resolves.toMatchObject({ status: 200, body: 'hello' });
    await expect(get(url.replace('//a.', '//b.'), target)).rejects.toThrow('b.example.test');
    const stranger = await createAuthority('another CA');
    await expect(get(url, { ...target, ca: stranger.certificate })).rejects.toThrow();
  });
});

describe('demo backends behind TLS', () => {
  const hello = async (port: number, options: ConnectionOptions): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, servername: BACKEND_NAME, ...options });
      socket.once('error', reject);
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
    });

  it('accept TLS 1.2 and 1.3, and neither older versions nor plain text', async () => {
    const authority = await createAuthority('private CA');
    const pair = await authority.issue([BACKEND_NAME]);
    const { backend, close } = await startSecurePage({ service: 'secure', title: 'secure', color: 'red' }, pair);
    cleanups.push(close);
    const ca = authority.certificate;
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
      await expect(hello(backend.port, { ca, minVersion: version, maxVersion: version })).resolves.toBe(version);
    const old = { ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(hello(backend.port, old)).rejects.toThrow(/version|alert/i);
    const url = `http://${BACKEND_NAME}:${backend.port}/`;
    await expect(get(url, { address: '127.0.0.1', ca })).rejects.toThrow();
  });
});

describe('demo manifests', () => {
  it('are what an API server would accept, and hold an endpoint for each running backend', async () => {
    const authorities = await createAuthorities();
    const { backends, close } = await startApplication(authorities);
    cleanups.push(close);
    const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-demo-'));
    const workspace = await createWorkspace(directory, backends, authorities, 8443);
    const { objects, problems } = await readManifests([workspace.manifests], '2026-01-01T00:00:00Z');
    expect(problems).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'EndpointSlice')).toHaveLength(backends.length);
    const services = objects.filter(({ kind }) => kind === 'Service').map(({ object }) => object.metadata?.name);
    expect(new Set(backends.map((backend) => backend.service))).toEqual(new Set(services));
  });
});
