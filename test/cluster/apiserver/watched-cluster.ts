/** A real API server, and the operator's watches of it. */
import { loadKubeConfig, type PooledKubeConfig } from '../../../src/cluster/kube-config.ts';
import { kindsFor } from '../../../src/cluster/kinds.ts';
import { createClusterState, type ClusterState } from '../../../src/cluster/state.ts';
import { GatewayOperator } from '../../../src/operator.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { startControlPlane, type ControlPlane } from '../tools/control-plane.ts';

export const group = 'gateway.networking.k8s.io';
export const controllerName = 'ako.vmware.com/avi-lb';

export interface WatchedCluster {
  readonly cluster: ControlPlane;
  readonly kubeConfig: PooledKubeConfig;
  readonly state: ClusterState;
  /** Gateways that events have touched; a test empties it. */
  readonly marked: string[];
  readonly apply: (...objects: object[]) => Promise<string>;
  stop(): Promise<void>;
}

/** Starts the API server with a GatewayClass `avi-lb`; the watches have begun when it is there. */
export async function startWatchedCluster(): Promise<WatchedCluster> {
  const cluster = await startControlPlane([
    '--feature-gates=ClusterTrustBundle=true',
    '--runtime-config=certificates.k8s.io/v1beta1/clustertrustbundles=true',
  ]);
  const kubeConfig = loadKubeConfig(cluster.adminKubeconfigPath);
  const state = createClusterState(kindsFor({ serviceType: 'ClusterIP' }));
  const marked: string[] = [];
  const apply = (...objects: object[]) =>
    cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await apply({
    apiVersion: `${group}/v1`,
    kind: 'GatewayClass',
    metadata: { name: 'avi-lb' },
    spec: { controllerName },
  });
  const started = Promise.withResolvers<void>();
  const operator = new GatewayOperator({
    kubeConfig,
    logger: silentLogger(),
    state,
    marks: { mark: (gateways) => void marked.push(...gateways), markClass: () => undefined },
    settings: { controllerName, serviceType: 'ClusterIP' },
    isOwnStatus: () => false,
    onStarted: started.resolve,
    discoveryMs: 300,
  });
  await operator.start();
  await started.promise;
  const stop = async () => {
    operator.stop();
    await kubeConfig.close();
    await cluster.stop();
  };
  return { cluster, kubeConfig, state, marked, apply, stop };
}

/** A Gateway of the class, with one listener for HTTP. */
export const gateway = (name: string, listener: object = {}) => ({
  apiVersion: `${group}/v1`,
  kind: 'Gateway',
  metadata: { name, namespace: 'default' },
  spec: { gatewayClassName: 'avi-lb', listeners: [{ name: 'http', port: 80, protocol: 'HTTP', ...listener }] },
});
