/** A client of the API server for the load and for what is read back: many calls at a time, and a watch of the routes. */
import PQueue from 'p-queue';
import { Pool } from 'undici';
import { loadKubeConfig } from '../../src/cluster/kube-config.ts';
import type { ControlPlane } from '../cluster/tools/control-plane.ts';
import { pathOf } from './objects.ts';
import type { Manifest } from '../cluster/tools/manifest.ts';

const contentTypes = { APPLY: 'application/apply-patch+yaml', PATCH: 'application/merge-patch+json' } as const;

/** Calls as the cluster's administrator. */
export interface KubeClient {
  /** Server-side apply of each, as many at a time as the client allows. */
  apply(manifests: readonly Manifest[]): Promise<void>;
  /** POST of each; faster than `apply`, for what is not measured. */
  create(manifests: readonly Manifest[]): Promise<void>;
  remove(manifests: readonly Manifest[]): Promise<void>;
  patch(manifest: Manifest, patch: object): Promise<void>;
  get(path: string): Promise<string>;
  /** The lines of a watch, until `signal` ends it. */
  watch(path: string, signal: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
}

export function createKubeClient({ server, ca, adminKubeconfigPath }: ControlPlane, parallel: number): KubeClient {
  const token = loadKubeConfig(adminKubeconfigPath).getCurrentUser()?.token ?? '';
  const pool = new Pool(server, { connections: parallel + 2, connect: { ca } });
  const headers = { authorization: `Bearer ${token}` };

  const send = async (method: string, path: string, body?: object, contentType = 'application/json') => {
    const reply = await pool.request({
      method: method,
      path,
      headers: { ...headers, 'content-type': contentType },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await reply.body.text();
    if (reply.statusCode >= 300) throw new Error(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 300)}`);
    return text;
  };
  const each = async (manifests: readonly Manifest[], run: (manifest: Manifest) => Promise<unknown>) => {
    const queue = new PQueue({ concurrency: parallel });
    await Promise.all(manifests.map((manifest) => queue.add(() => run(manifest))));
  };

  return {
    apply: (manifests) =>
      each(manifests, (manifest) =>
        send('PATCH', `${pathOf(manifest)}?fieldManager=bench&force=true`, manifest, contentTypes.APPLY),
      ),
    create: (manifests) =>
      each(manifests, (manifest) => {
        const path = pathOf(manifest);
        return send('POST', path.slice(0, path.lastIndexOf('/')), manifest);
      }),
    remove: (manifests) => each(manifests, (manifest) => send('DELETE', pathOf(manifest))),
    patch: async (manifest, patch) => void (await send('PATCH', pathOf(manifest), patch, contentTypes.PATCH)),
    get: (path) => send('GET', path),
    async *watch(path, signal) {
      const { body } = await pool.request({ method: 'GET', path, headers, signal, bodyTimeout: 0 });
      let rest = '';
      for await (const chunk of body.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    },
    close: () => pool.destroy(),
  };
}
