import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createHandlers } from '../../src/handlers/handlers.ts';
import { createFileProvider, type FileProvider } from '../../src/sources/file-provider.ts';
import type { Problem } from '../../src/routing/result/findings.ts';
import { createHarness } from '../handlers/harness.ts';
import { eventually } from '../cluster/eventually.ts';

// Waits end by themselves and say what they waited for; a busy machine may need long.
jest.setTimeout(60_000);

let directory: string;
let provider: FileProvider | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'));
});
afterEach(() => {
  provider?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const className = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: avi-lb }
spec: { controllerName: ako.vmware.com/avi-lb }
`;
const gateway = (port: number) => `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: infra }
spec: { gatewayClassName: avi-lb, listeners: [{ name: http, port: ${port}, protocol: HTTP }] }
`;
const service = (name: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: dev }
spec: { ports: [{ port: 80 }] }
`;

function write(file: string, text: string): void {
  mkdirSync(join(directory, file, '..'), { recursive: true });
  writeFileSync(join(directory, file), text);
}

function start(pollMs = 20) {
  const marked: string[] = [];
  const unexplained: string[] = [];
  let problems: readonly Problem[] = [];
  const { context } = createHarness({
    marks: {
      mark: (gateways, _reason, explained) => {
        marked.push(...gateways);
        if (!explained) unexplained.push(...gateways);
      },
      markClass: () => undefined,
    },
  });
  const { state } = context;
  let clock = 0;
  provider = createFileProvider({
    paths: [directory],
    state,
    handlers: createHandlers(context),
    now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, (clock += 1))).toISOString(),
    onProblems: (found) => (problems = found),
    pollMs,
  });
  return { provider, state, marked, unexplained, problems: () => problems };
}

describe('file provider', () => {
  it('reads a directory through the handlers; everything is synced afterwards', async () => {
    write('class.yaml', className);
    write('deep/er/gateway.yml', gateway(80));
    write(
      'list.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev' } }],
      }),
    );
    write('notes.txt', 'not a manifest');
    const { state, marked, problems } = start();
    expect(state.complete()).toBe(false);
    await provider?.start();
    expect(state.complete()).toBe(true);
    expect(problems()).toEqual([]);
    expect(marked).toEqual(['infra/gw']);
    const snapshot = state.snapshot();
    expect(snapshot.gateways.get('infra/gw')?.spec.listeners[0]).toMatchObject({
      allowedRoutes: { namespaces: { from: 'Same' } },
    });
    expect([...snapshot.namespaces.keys()].sort()).toEqual(['dev', 'infra']);
    expect(snapshot.namespaces.get('infra')?.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'infra' });
  });

  it('follows changes: generation moves with the specification, the creation time stays', async () => {
    write('class.yaml', className);
    write('gateway.yaml', gateway(80));
    const { state, marked } = start();
    await provider?.start();
    const before = state.get('Gateway', 'infra/gw');
    expect(before?.metadata).toMatchObject({ generation: 1 });

    write('gateway.yaml', `# only a comment\n${gateway(80)}`);
    await provider?.reload();
    expect(state.get('Gateway', 'infra/gw')).toBe(before);

    write('gateway.yaml', gateway(8080));
    await eventually(() => expect(state.get('Gateway', 'infra/gw')?.spec.listeners[0]?.port).toBe(8080));
    const after = state.get('Gateway', 'infra/gw');
    expect(after?.metadata).toMatchObject({ generation: 2, creationTimestamp: before?.metadata?.creationTimestamp });
    expect(marked).toEqual(['infra/gw', 'infra/gw']);

    rmSync(join(directory, 'gateway.yaml'));
    await eventually(() => expect(state.get('Gateway', 'infra/gw')).toBeUndefined());
    expect(marked).toHaveLength(3);
  });

  it('keeps what it had when a file cannot be parsed or an object is refused', async () => {
    write('class.yaml', className);
    write('gateway.yaml', gateway(80));
    write('services.yaml', `${service('one')}---\n${service('two')}`);
    const { state, problems } = start();
    await provider?.start();

    write('services.yaml', 'kind: [');
    write('gateway.yaml', gateway(99999));
    await provider?.reload();
    expect(
      problems()
        .map(({ resource }) => resource)
        .sort(),
    ).toEqual(['Gateway/infra/gw', 'services.yaml']);
    expect(problems().find(({ resource }) => resource === 'services.yaml')?.message).toContain(
      'document 1 is not YAML',
    );
    expect(state.get('Gateway', 'infra/gw')?.spec.listeners[0]?.port).toBe(80);
    expect([...state.snapshot().services.keys()].sort()).toEqual(['dev/one', 'dev/two']);

    write('services.yaml', service('one'));
    await provider?.reload();
    expect([...state.snapshot().services.keys()]).toEqual(['dev/one']);
  });

  it('does not count it as a deletion that anybody made when the directory is suddenly empty', async () => {
    write('class.yaml', className);
    write('gateway.yaml', gateway(80));
    const { unexplained } = start();
    await provider?.start();
    rmSync(join(directory, 'class.yaml'));
    rmSync(join(directory, 'gateway.yaml'));
    await provider?.reload();
    expect(unexplained).toContain('infra/gw');
  });

  it('keeps everything when the directory is gone, and says so', async () => {
    write('gateway.yaml', gateway(80));
    const { state, problems } = start();
    await provider?.start();
    rmSync(directory, { recursive: true });
    await eventually(() => expect(problems()[0]?.message).toContain('no such file or directory'));
    expect(state.get('Gateway', 'infra/gw')).toBeDefined();
  });

  it('gives objects the status that was written, and keeps it through changes', async () => {
    write('class.yaml', className);
    write('gateway.yaml', gateway(80));
    const { state, marked } = start();
    await provider?.start();
    const status = { conditions: [] };
    provider?.setStatus({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { namespace: 'infra', name: 'gw' },
      status,
    });
    expect(state.get('Gateway', 'infra/gw')?.status).toBe(status);
    expect(marked).toHaveLength(1);
    write('gateway.yaml', gateway(81));
    await provider?.reload();
    expect(state.get('Gateway', 'infra/gw')).toMatchObject({ status, metadata: { generation: 2 } });
  });
});
