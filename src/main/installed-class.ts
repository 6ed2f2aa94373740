/** The GatewayClass that comes with the operator. */
import type { GatewayClass } from '../../generated/gateway-api.ts';

/** Name of the GatewayClass that comes with the operator. */
export const CLASS_NAME = 'avi-lb';

/** The class that kustomize installs, for manifests that take it for granted. */
export function installedClass(controllerName: string): GatewayClass {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: CLASS_NAME, generation: 1, creationTimestamp: '1970-01-01T00:00:00Z' },
    spec: { controllerName },
  };
}
