import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../crds/generate/upstream.ts';
import type { ControlPlane } from '../cluster/tools/control-plane.ts';
import { freePorts, startDaemon, waitUntilReady } from '../cluster/tools/process.ts';
import { aviGateway, type Controller } from './controller.ts';
import type { ConformanceOptions } from './options.ts';

const namespace = 'avi-gateway-system';
const deployment = 'avi-gateway-operator';

/** The class that kustomize/base brings. */
export const gatewayClass = 'avi-lb';

/**
 * Deploys kustomize/overlays/dev, and starts its two replicas as processes of this machine: the same service account, the
 * same command, a configuration that names the rig's controller. Resolves when the GatewayClass is accepted.
 */
export async function startOperators(
  folder: string,
  cluster: ControlPlane,
  controller: Controller,
  options: Pick<ConformanceOptions, 'childOrder'>,
): Promise<void> {
  await cluster.kubectl(['apply', '-k', join(root, 'kustomize/overlays/dev')]);
  // The node of the rig has no image of the operator.
  await cluster.kubectl(['-n', namespace, 'scale', 'deployment', deployment, '--replicas=0']);
  const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, deployment);
  await Promise.all(
    ['first', 'second'].map((name) => startOperator({ name, folder, kubeconfig, controller, ...options })),
  );
  await cluster.kubectl(['wait', '--for=condition=Accepted', '--timeout=60s', 'gatewayclass', gatewayClass]);
}

interface Replica extends Pick<ConformanceOptions, 'childOrder'> {
  readonly name: string;
  readonly folder: string;
  readonly kubeconfig: string;
  readonly controller: Controller;
}

async function startOperator({ name, folder, kubeconfig, controller, childOrder }: Replica): Promise<void> {
  const [port = 0] = await freePorts(1);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, `operator-${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      clusterName: 'conformance',
      controller: {
        addresses: [controller.url],
        tls: { caFile: controller.caFile },
        credentialsDir: controller.credentialsFolder,
      },
      translation: { trustChildOrder: childOrder === 'longest' },
      server: { listen: `127.0.0.1:${port}` },
      logLevel: 'debug',
    }),
  );
  const pod = [`KUBECONFIG=${kubeconfig}`, `POD_NAME=${deployment}-${name}`, `POD_NAMESPACE=${namespace}`];
  const daemon = startDaemon(
    `operator-${name}`,
    ['env', ...pod, ...aviGateway, 'run', '--config', config],
    join(folder, `operator-${name}.log`),
  );
  await waitUntilReady(daemon, async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
}
