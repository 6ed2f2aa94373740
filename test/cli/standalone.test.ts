import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { formatTree, readTopology } from '../../src/cli/demo/topology.ts';
import { loadConfig } from '../../src/config.ts';
import { composeStandalone, type Standalone, type StandaloneOptions } from '../../src/main/standalone.ts';
import { eventually } from '../cluster/eventually.ts';
import { writeRoutes } from '../bench/routes.ts';

const running: Standalone[] = [];
afterEach(async () => {
  for (const standalone of running.splice(0)) await standalone.stop();
});

const temporary = () => mkdtempSync(join(tmpdir(), 'avi-gateway-standalone-'));

async function start(options: Partial<StandaloneOptions> & Pick<StandaloneOptions, 'paths'>): Promise<Standalone> {
  const config = loadConfig({ flags: { clusterName: 'test' } });
  const standalone = await composeStandalone({
    config,
    simulator: { dataPlane: false, vipPool: '10.50.0.0/16' },
    onProblems: () => undefined,
    ...options,
  });
  running.push(standalone);
  await standalone.idle();
  return standalone;
}

interface Status {
  readonly status: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly parents?: readonly {
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
    }[];
  };
}

const readStatus = (directory: string, name: string) => parse(readFileSync(join(directory, name), 'utf8')) as Status;
const brief = (conditions: readonly { readonly type: string; readonly status: string }[] = []) =>
  conditions.map(({ type, status }) => `${type}=${status}`).sort();

describe('standalone', () => {
  it('programs a directory, writes statuses and follows changes', async () => {
    const [paths, statusDir] = [[temporary()], temporary()];
    await writeRoutes(paths[0] ?? '', 2);
    const standalone = await start({ paths, statusDir });
    const children = () =>
      standalone.simulator?.store.list('virtualservice').filter(({ body }) => body.type === 'VS_TYPE_VH_CHILD') ?? [];
    expect(children()).toHaveLength(2);

    const gateway = readStatus(statusDir, 'gateway.default.load.yaml');
    expect(brief(gateway.status.conditions)).toEqual(['Accepted=True', 'Programmed=True']);
    expect(gateway.status.addresses).toEqual([
      { type: 'IPAddress', value: expect.stringMatching(/^10\.50\./) as unknown },
    ]);
    const route = readStatus(statusDir, 'httproute.default.app-0000.yaml');
    expect(brief(route.status.parents?.[0]?.conditions)).toEqual([
      'Accepted=True',
      'Programmed=True',
      'ResolvedRefs=True',
    ]);

    rmSync(join(paths[0] ?? '', 'route-1.yaml'));
    await eventually(() => {
      expect(children()).toHaveLength(1);
      expect(() => readStatus(statusDir, 'httproute.default.app-0001.yaml')).toThrow('ENOENT');
    });
  });

  it('keeps what it has while a file is broken, and says what is wrong with it', async () => {
    const directory = temporary();
    await writeRoutes(directory, 1);
    const problems: string[] = [];
    const standalone = await start({
      paths: [directory],
      onProblems: (found) => problems.push(...found.map(({ message }) => message)),
    });
    writeFileSync(join(directory, 'route-0.yaml'), 'kind: [');
    await eventually(() => expect(problems.join()).toContain('not YAML'));
    await standalone.idle();
    expect(standalone.simulator?.store.list('pool')).toHaveLength(1);
  });

  it('says which key names something that the controller does not have', async () => {
    const config = loadConfig({
      flags: { clusterName: 'test', cloud: 'nowhere', vipNetworks: [{ networkName: 'none' }] },
    });
    await expect(start({ paths: [temporary()], config })).rejects.toThrow(/cloud: there is no cloud "nowhere"/);
  });
});

describe('readTopology', () => {
  it('shows Gateway, VIP, children, pools and members', async () => {
    const directory = temporary();
    await writeRoutes(directory, 1);
    const standalone = await start({ paths: [directory] });
    const tree = formatTree(await readTopology(standalone.client));
    expect(tree.split('\n').map((line) => line.replace(/^[ │├└─]*/, '').replace(/\d+\.\d+\.\d+\.\d+/, 'A'))).toEqual([
      'Gateway default/load',
      'VIP A ports 80',
      'child of HTTPRoute default/app-0000: app-0000.load.example.test  /*',
      expect.stringMatching(/^pool group ako-gw-test--[0-9a-f]{40}$/),
      expect.stringMatching(/^pool of Service default\/app-0000 [A-Z]+$/),
      expect.stringMatching(/^member A:8080 [A-Z]+$/),
      '',
    ]);
  });
});
