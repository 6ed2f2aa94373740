import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CoreV1Api } from '@kubernetes/client-node';
import { loadKubeConfig, PooledKubeConfig } from '../../src/cluster/kube-config.ts';
import { makePki } from './tools/pki.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let server: Server;
let ca: string;
let folder: string;
let connections = 0;
let answering = true;
const open: PooledKubeConfig[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  const pki = await makePki();
  ca = pki.caCertificate;
  folder = mkdtempSync(join(tmpdir(), 'kube-config-'));
  server = createServer({ cert: pki.serverCertificate, key: pki.serverKey }, (_request, response) => {
    if (!answering) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items: [] }));
  });
  server.on('secureConnection', (socket) => {
    connections += 1;
    sockets.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((config) => config.close()));
  connections = 0;
  answering = true;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function configured(timeoutMs?: number): PooledKubeConfig {
  const { port } = server.address() as AddressInfo;
  const config = new PooledKubeConfig(timeoutMs);
  const cluster = {
    name: 'c',
    server: `https://127.0.0.1:${port}`,
    caFile: join(folder, 'ca.crt'),
    skipTLSVerify: false,
  };
  writeFileSync(join(folder, 'ca.crt'), ca);
  config.loadFromClusterAndUser(cluster, { name: 'u', token: 't' });
  open.push(config);
  return config;
}

describe('pooled connections', () => {
  it('carry one call after the other, over all APIs', async () => {
    const config = configured();
    for (let call = 0; call < 20; call += 1) await config.makeApiClient(CoreV1Api).listNamespace();
    // Undici may open a second one before the first is free again.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('are made anew when the credentials rotate', async () => {
    const config = configured();
    await config.makeApiClient(CoreV1Api).listNamespace();
    await config.makeApiClient(CoreV1Api).listNamespace();
    const before = connections;
    writeFileSync(join(folder, 'ca.crt'), `${ca}\n`);
    await config.makeApiClient(CoreV1Api).listNamespace();
    expect(connections).toBe(before + 1);
  });

  it('give up on a server that does not answer', async () => {
    answering = false;
    const call = configured(50).makeApiClient(CoreV1Api).listNamespace();
    await expect(call).rejects.toThrow(/timeout|abort/i);
    const copy = configured().withTimeout(50);
    open.push(copy);
    await expect(copy.makeApiClient(CoreV1Api).listNamespace()).rejects.toThrow(/timeout|abort/i);
  });
});

describe('loading', () => {
  it('says what to do when no API server is known', () => {
    const saved = { home: process.env.HOME, kubeconfig: process.env.KUBECONFIG };
    process.env.HOME = folder;
    delete process.env.KUBECONFIG;
    try {
      expect(() => loadKubeConfig()).toThrow('No Kubernetes API server is known: give --kubeconfig');
    } finally {
      process.env.HOME = saved.home;
      if (saved.kubeconfig !== undefined) process.env.KUBECONFIG = saved.kubeconfig;
    }
  });
});
