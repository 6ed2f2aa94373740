/** Composition root: the only file that knows every part. */
import { preflight, describeRefusals } from './avi/preflight.ts';
import type { AviClient } from './avi/client.ts';
import { PooledKubeConfig } from './cluster/kube-config.ts';
import { createClusterState } from './cluster/state.ts';
import type { Config, SiteFacts } from './config.ts';
import type { Marks } from './handlers/marks.ts';
import { GatewayOperator } from './operator.ts';
import type { Snapshot } from './routing/snapshot.ts';
import { silentLogger, type Logger } from './telemetry/log.ts';

/**
 * What the controller says about the site; checks that it has what the configuration names.
 *
 * @throws Error with a line for each key that names something that does not exist.
 */
export async function readSite(config: Config, client: AviClient, logger?: Logger): Promise<SiteFacts> {
  const result = await preflight(client, config);
  if (!result.ok) throw new Error(`the configuration does not fit the controller:\n${describeRefusals(result.refusals)}`);
  for (const warning of result.warnings) logger?.warn(warning);
  return result.facts;
}

const noMarks: Marks = { mark: () => undefined, markClass: () => undefined };

function loadKubeConfig(): PooledKubeConfig {
  const kubeConfig = new PooledKubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}

/** Reads the cluster that the kubeconfig names, once. */
export async function readCluster(config: Config): Promise<Snapshot> {
  const kubeConfig = loadKubeConfig();
  const state = createClusterState();
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const operator = new GatewayOperator({
    kubeConfig,
    logger: silentLogger(),
    state,
    marks: noMarks,
    settings: config,
    isOwnStatus: () => false,
    onStarted: resolve,
  });
  try {
    await operator.start();
    await started;
    return state.snapshot();
  } finally {
    operator.stop();
    await kubeConfig.close();
  }
}
