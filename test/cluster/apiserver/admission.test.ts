import { readdirSync, readFileSync } from 'node:fs';
import { ApiException, CustomObjectsApi } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { admit } from '../../../src/cluster/admission.ts';
import { loadKubeConfig, type PooledKubeConfig } from '../../../src/cluster/kube-config.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { group } from './watched-cluster.ts';

const minutes = 60_000;
let cluster: ControlPlane;
let kubeConfig: PooledKubeConfig;

beforeAll(async () => {
  cluster = await startControlPlane();
  kubeConfig = loadKubeConfig(cluster.adminKubeconfigPath);
}, 3 * minutes);

afterAll(async () => {
  await kubeConfig?.close();
  await cluster?.stop();
}, minutes);

describe('admission of files', () => {
  interface Document {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly metadata?: { readonly name: string; readonly namespace?: string };
  }

  it(
    'says the same as the API server: what is refused, and what defaults are set',
    async () => {
      const folder = new URL('../../golden/', import.meta.url);
      const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      const documents = cases
        .flatMap(({ name }) =>
          parseAllDocuments(readFileSync(new URL(`${name}/in.yaml`, folder), 'utf8'), { logLevel: 'silent' }),
        )
        .filter((document) => document.errors.length === 0)
        .map((document) => document.toJS() as Document | null)
        .filter((value) => value?.apiVersion?.startsWith(`${group}/`) === true && value.metadata !== undefined)
        .map((value) => value as Document);
      const served = documents.filter(({ kind }) =>
        ['GatewayClass', 'Gateway', 'HTTPRoute', 'ReferenceGrant'].includes(kind ?? ''),
      );
      expect(served.length).toBeGreaterThan(80);
      const namespaces = [...new Set(served.flatMap(({ metadata }) => metadata?.namespace ?? []))].filter(
        (name) => name !== 'default',
      );
      await Promise.all(namespaces.map((name) => cluster.kubectl(['create', 'namespace', name])));

      const differences: string[] = [];
      for (const [index, value] of served.entries()) {
        const mine = admit(value, `document ${index}`, '2026-01-01T00:00:00Z');
        const theirs = await dryRun(value);
        const name = `${value.kind} ${value.metadata?.name.slice(0, 40)}`;
        if ((mine.admitted === undefined) !== (theirs === undefined)) {
          differences.push(`${name}: ${mine.admitted ? 'admitted' : JSON.stringify(mine.problems)} here only`);
        } else if (mine.admitted && theirs) {
          try {
            expect((mine.admitted.object as { readonly spec: unknown }).spec).toEqual(theirs.spec);
          } catch (error) {
            differences.push(`${name}: ${(error as Error).message}`);
          }
        }
      }
      expect(differences).toEqual([]);
    },
    3 * minutes,
  );

  /** The object as the API server would store it; undefined when it refuses it. */
  async function dryRun(value: Document): Promise<{ readonly spec: unknown } | undefined> {
    const { kind = '', metadata, apiVersion = '' } = value;
    const plural = `${kind.toLowerCase()}${kind === 'GatewayClass' ? 'es' : 's'}`;
    const address = { group, version: apiVersion.split('/')[1] ?? '', plural, body: value, dryRun: 'All' };
    const api = kubeConfig.makeApiClient(CustomObjectsApi);
    try {
      const created: unknown =
        kind === 'GatewayClass'
          ? await api.createClusterCustomObject(address)
          : await api.createNamespacedCustomObject({ ...address, namespace: metadata?.namespace ?? 'default' });
      return created as { readonly spec: unknown };
    } catch (error) {
      if (error instanceof ApiException && (error.code === 422 || error.code === 400)) return undefined;
      throw error;
    }
  }
});
