import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { root } from '../../crds/generate/upstream.ts';
import { freePorts, startDaemon, waitUntilReady } from '../cluster/tools/process.ts';
import { addresses } from './network.ts';
import type { ConformanceOptions } from './options.ts';

/** How to run a command of this repository. */
export const aviGateway: readonly string[] = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=DEP0040',
  join(root, 'src/cli/avi-gateway.ts'),
];

/** Writes show in traffic after a random delay of up to so many milliseconds. */
const programDelayMs = 500;

export interface Controller {
  readonly url: string;
  readonly caFile: string;
  /** Folder with `username` and `password`. */
  readonly credentialsFolder: string;
}

/** Starts the embedded controller: strict validation, delayed programming, and VIPs of the rig's network. */
export async function startController(
  folder: string,
  credentialsFolder: string,
  { seed, childOrder }: Pick<ConformanceOptions, 'seed' | 'childOrder'>,
): Promise<Controller> {
  const [port = 0] = await freePorts(1);
  const caFile = join(credentialsFolder, 'ca.crt');
  const flags = [
    `--listen=127.0.0.1:${port}`,
    `--password-file=${join(credentialsFolder, 'password')}`,
    `--ca-out=${caFile}`,
    `--vip-pool=${addresses.vips}`,
    `--server-network=${addresses.pods}`,
    `--program-delay-ms=${programDelayMs}`,
    `--evh-order=${childOrder}`,
    `--seed=${seed}`,
  ];
  const daemon = startDaemon('simulator', [...aviGateway, 'simulator', ...flags], join(folder, 'controller.log'));
  // The CA is written when the API is open.
  await waitUntilReady(daemon, () => Promise.resolve(existsSync(caFile)));
  return { url: `https://127.0.0.1:${port}`, caFile, credentialsFolder };
}
