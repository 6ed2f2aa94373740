/** The routes of a Gateway as HostRules and the like change them. */
import type { ExtensionSources } from '../extensions/extension-refs.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { Problem, RoutingEvent } from '../result/findings.ts';
import type { RoutedRoute } from '../result/routed-route.ts';
import { hasFqdnRules } from './fqdn-index.ts';
import { createHostLookup } from './host-settings.ts';
import { applyFqdnRules, type PartListener } from './route-parts.ts';

interface Routes {
  readonly routes: readonly RoutedRoute[];
  readonly named: readonly AviName[];
  readonly problems: readonly Problem[];
  readonly events: readonly RoutingEvent[];
}

export function withFqdnRules<T extends Routes>(
  routed: T,
  states: readonly { readonly routed: PartListener }[],
  sources: ExtensionSources,
): T {
  const { extensions } = sources.snapshot;
  if (!routed.routes.some(({ namespace }) => hasFqdnRules(namespace, extensions))) return routed;
  const listeners = states.map((state) => state.routed);
  const { routes, named, problems, events } = applyFqdnRules(routed.routes, listeners, createHostLookup(sources));
  return {
    ...routed,
    routes,
    named: [...routed.named, ...named],
    problems: [...routed.problems, ...problems],
    events: [...routed.events, ...events],
  };
}
