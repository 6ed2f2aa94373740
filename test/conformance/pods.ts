import { join } from 'node:path';
import type { ControlPlane } from '../cluster/tools/control-plane.ts';
import { startDaemon, waitUntilReady } from '../cluster/tools/process.ts';
import { addresses } from './network.ts';
import type { ProgramName } from './programs.ts';

/** Starts the node that runs the suite's backends; resolves when it takes pods. */
export async function startNode(
  folder: string,
  cluster: ControlPlane,
  programs: Readonly<Record<ProgramName, string>>,
): Promise<void> {
  const flags = [
    `--kubeconfig=${cluster.adminKubeconfigPath}`,
    `--node-ip=${addresses.node}`,
    `--bridge=${addresses.bridge}`,
    '--image=echo-basic',
    `--program=${programs.echo}`,
    `--folder=${join(cluster.folder, 'pods')}`,
  ];
  const daemon = startDaemon('pod-runner', [programs['pod-runner'], ...flags], join(folder, 'pods.log'));
  await waitUntilReady(daemon, () => Promise.resolve(daemon.log(1000).includes('is ready')));
}
