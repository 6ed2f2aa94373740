/** What tests that run the operator as processes beside a real API server have in common. */
import { join } from 'node:path';
import { root } from '../../../crds/generate/upstream.ts';
import { eventually } from '../eventually.ts';
import type { ControlPlane } from '../tools/control-plane.ts';
import { operatorNamespace, serviceAccount, type OperatorProcess } from './operator-process.ts';

/** Installs what kustomize has for the operator. @returns path of a kubeconfig of its service account. */
export async function installOperator(cluster: ControlPlane): Promise<string> {
  await cluster.kubectl(['apply', '-k', join(root, 'kustomize/overlays/dev')]);
  // The pods of the Deployment have nowhere to run here; the tests start the replicas.
  await cluster.kubectl(['-n', operatorNamespace, 'scale', 'deployment', '--all', '--replicas=0']);
  return cluster.serviceAccountKubeconfig(operatorNamespace, serviceAccount);
}

/** Waits as `eventually` does, and adds the replicas' last words to what it says in the end. */
export async function settles<T>(
  operators: readonly OperatorProcess[],
  check: () => T | Promise<T>,
  limitMs: number,
  everyMs = 250,
): Promise<T> {
  try {
    return await eventually(check, limitMs, everyMs);
  } catch (error) {
    const logs = operators.map((operator) => `--- ${operator.name}\n${tail(operator)}`).join('\n');
    throw new Error(`${(error as Error).message}\n${logs}`, { cause: error });
  }
}

/** The last lines of a replica's log that are not for debugging. */
function tail(operator: OperatorProcess): string {
  return operator
    .log()
    .split('\n')
    .filter((line) => !/"level":"debug"|CRD is not installed/.test(line))
    .map((line) => line.slice(0, 300))
    .slice(-40)
    .join('\n');
}
