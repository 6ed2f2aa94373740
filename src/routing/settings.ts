import type { OwnershipSettings } from '../ownership/registry.ts';

/**
 * Where pool members come from: the pods themselves (EndpointSlices), every node with the Service's node port, or the nodes
 * of the pods with the port that Antrea's NodePortLocal gave each pod.
 */
export type ServiceType = 'ClusterIP' | 'NodePort' | 'NodePortLocal';

/** What the routing needs to know besides the cluster's objects. */
export interface RoutingSettings {
  /** `spec.controllerName` of the GatewayClasses that are ours. */
  readonly controllerName: string;
  readonly ownership: OwnershipSettings;
  readonly serviceType: ServiceType;
  /** Only nodes with this label take part in NodePort pools; absent: all. */
  readonly nodeSelector?: { readonly key: string; readonly value: string };
  /** Avi tenant of Gateways whose namespace has no annotation `ako.vmware.com/tenant-name`. */
  readonly defaultTenant: string;
  /** Avi tenants that Namespaces may choose by that annotation; absent: any. */
  readonly namespaceTenants?: readonly string[];
  /** DNS domains that the cloud's DNS profile serves; empty when it has none. Names outside are routed but not published. */
  readonly dnsDomains: readonly string[];
  /** What an ExtensionRef that does not hold means: `fail` answers 500; `ako`, as AKO has it, does without. Absent: `fail`. */
  readonly extensionRef?: { readonly onInvalid: 'fail' | 'ako' };
}
