/** The pools that a rule needs. */
import type { RoutedBackend } from '../../routing/result/routed-backend.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';

/**
 * Stands for the pool of a rule that its script answers: a script runs only for requests that go to a pool group, so
 * there is one with a pool without servers. A Kubernetes object is never without namespace, so the name is free.
 */
export const noServers: RoutedBackend = { namespace: '', name: 'no-servers', port: 0, weight: 1, endpoints: [] };

/** Whether a redirect needs a script: Avi's redirect action has no 303, and is answered before scripts run. */
export function isScriptedRedirect({ redirect, cors, mirrors }: RoutedRule): boolean {
  return redirect !== undefined && (redirect.statusCode === 303 || cors !== undefined || mirrors !== undefined);
}

/** Whether the rule's requests go to its pool group, to be forwarded or to be answered by its script. */
export function hasPoolGroup(rule: RoutedRule): boolean {
  return rule.action === 'forward' || (rule.action === 'redirect' && isScriptedRedirect(rule));
}

/** Backends of a rule that take part: valid ones with weight, those of equal Service and port as one, weights added. */
export function usedBackends(rule: RoutedRule): readonly RoutedBackend[] {
  if (!hasPoolGroup(rule)) return [];
  if (rule.action === 'redirect') return [noServers];
  return backendsWithTraffic(rule.backends);
}

/** Valid backends with weight, those of equal Service and port as one, weights added. */
export function backendsWithTraffic(backends: readonly RoutedBackend[]): readonly RoutedBackend[] {
  const byService = new Map<string, RoutedBackend>();
  for (const backend of backends) {
    if (backend.invalid || backend.weight <= 0) continue;
    const known = byService.get(serviceOf(backend));
    byService.set(serviceOf(backend), known ? { ...known, weight: known.weight + backend.weight } : backend);
  }
  return [...byService.values()];
}

/** Backends for which there is a pool: those that take part, and those that get copies. */
export function pooledBackends(rule: RoutedRule): readonly RoutedBackend[] {
  const used = usedBackends(rule);
  if (!rule.mirrors || used.length === 0) return used;
  const byService = new Map(rule.mirrors.map(({ backend }) => [serviceOf(backend), backend]));
  for (const backend of used) byService.delete(serviceOf(backend));
  return [...used, ...byService.values()];
}

function serviceOf({ namespace, name, port }: RoutedBackend): string {
  return `${namespace}/${name}:${port}`;
}
