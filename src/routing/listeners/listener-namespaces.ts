/** Which namespaces a listener takes routes from (gateway_types.go, RouteNamespaces). */
import { selects, type LabelSelector } from '../label-selector.ts';
import type { ListenerSpec } from './listener-spec.ts';
import { record, text } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';

/** A test for namespaces. `None`, a Selector without selector and unknown values let nothing in. */
export function namespaceRule(spec: ListenerSpec, namespaces: Snapshot['namespaces']): (namespace: string) => boolean {
  const rule = spec.manifest.allowedRoutes?.namespaces;
  const from = text(rule?.from) ?? 'Same';
  if (from === 'All') return () => true;
  if (from === 'Same') return (namespace) => namespace === spec.namespace;
  if (from !== 'Selector' || rule?.selector == null) return () => false;
  const selector: LabelSelector = record(rule.selector);
  const known = new Map<string, boolean>();
  return (namespace) => {
    const answer = known.get(namespace) ?? selects(selector, labelsOf(namespaces, namespace));
    known.set(namespace, answer);
    return answer;
  };
}

/** The API server puts the name label on every namespace; a manifest file may lack it. */
function labelsOf(namespaces: Snapshot['namespaces'], name: string): Readonly<Record<string, string>> {
  return { 'kubernetes.io/metadata.name': name, ...namespaces.get(name)?.metadata?.labels };
}
