/** Stands in for scheduler and kubelet: runs the real solver of each of cert-manager's solver pods, on the node's address. */
import { join } from 'node:path';
import { startDaemon, type Daemon } from '../cluster/tools/process.ts';
import { addresses } from '../conformance/network.ts';
import type { Rig } from './rig.ts';

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
}

/** Makes the node, and runs its pods until the rig ends. */
export async function runSolverPods(rig: Rig): Promise<void> {
  await rig.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } });
  const running = new Map<string, Daemon>();
  let ended = false;
  const loop = (async () => {
    while (!ended) {
      // A pod may go at any moment.
      await sync(rig, running).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();
  rig.atEnd(async () => {
    ended = true;
    await loop;
    await Promise.all([...running.values()].map((daemon) => daemon.kill()));
  });
}

const node = 'node';

async function sync(rig: Rig, running: Map<string, Daemon>): Promise<void> {
  const selector = ['-l', 'acme.cert-manager.io/http01-solver=true'];
  const { items } = await rig.read<{ readonly items: readonly Pod[] }>('pods', '-A', ...selector);
  const wanted = new Set(
    items.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.uid),
  );
  for (const [uid, daemon] of running) {
    if (wanted.has(uid)) continue;
    running.delete(uid);
    await daemon.kill();
  }
  for (const pod of items) {
    const { uid, name, namespace, deletionTimestamp } = pod.metadata;
    if (deletionTimestamp) await rig.cluster.kubectl(['-n', namespace, 'delete', 'pod', name, '--force']);
    else if (!running.has(uid)) running.set(uid, await start(rig, pod));
  }
}

async function start(rig: Rig, { metadata: { name, namespace }, spec }: Pod): Promise<Daemon> {
  const { kubectl, folder } = rig.cluster;
  const target = { apiVersion: 'v1', kind: 'Node', name: node };
  const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
  await kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(binding));
  const program = [rig.neighbours.acmesolver, ...(spec.containers[0]?.args ?? [])];
  const daemon = startDaemon(name, program, join(folder, `${name}.log`));
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'];
  const status = {
    phase: 'Running',
    podIP: addresses.node,
    podIPs: [{ ip: addresses.node }],
    conditions: conditions.map((type) => ({ type, status: 'True' })),
  };
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
  await kubectl(['-n', namespace, 'patch', 'pod', name, ...patch]);
  return daemon;
}
