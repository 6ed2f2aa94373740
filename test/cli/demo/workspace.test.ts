import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createAuthority } from '../../../src/cli/demo/certificates.ts';
import { get } from '../../../src/cli/demo/requests.ts';
import { startBackends } from '../../../src/cli/demo/backends.ts';
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
    const target = { address: '127.0.0.1', httpPort: 0, httpsPort, ca: authority.certificate };
    await expect(get('https://a.example.test/', target)).resolves.toMatchObject({ status: 200, body: 'hello' });
    await expect(get('https://b.example.test/', target)).rejects.toThrow('b.example.test');
    const stranger = await createAuthority('another CA');
    await expect(get('https://a.example.test/', { ...target, ca: stranger.certificate })).rejects.toThrow();
  });
});

describe('demo manifests', () => {
  it('are what an API server would accept, and hold an endpoint for each running backend', async () => {
    const { backends, close } = await startBackends();
    cleanups.push(close);
    const directory = mkdtempSync(join(tmpdir(), 'avi-gateway-demo-'));
    const workspace = await createWorkspace(directory, backends, 8443);
    const { objects, problems } = await readManifests([workspace.manifests], '2026-01-01T00:00:00Z');
    expect(problems).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'EndpointSlice')).toHaveLength(backends.length);
    const services = objects.filter(({ kind }) => kind === 'Service').map(({ object }) => object.metadata?.name);
    expect(new Set(backends.map((backend) => backend.service))).toEqual(new Set(services));
  });
});
