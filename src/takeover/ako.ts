/** What marks the objects of an AKO installation (ako-facts.md sections 1.1, 1.2 and 8.5). */
import { namePrefix } from '../translate/naming/names.ts';

/**
 * Values of `created_by` of AKO's Gateway part: with the namespace of its pod, and without in the editions for VMware's
 * own Kubernetes.
 */
export function akoUsers(clusterName: string, namespace: string): readonly string[] {
  return [`ako-gw-${clusterName}-${namespace}`, `ako-gw-${clusterName}`];
}

/** Ending of the names of a virtual service and VsVip in AKO's dedicated mode. */
const dedicatedEnding = '-L7-dedicated-EVH';

/** Whether the name is that of a virtual service or VsVip of a Gateway in dedicated mode. */
export function isDedicatedName(clusterName: string, name: string): boolean {
  return name.startsWith(namePrefix(clusterName)) && name.endsWith(dedicatedEnding);
}
