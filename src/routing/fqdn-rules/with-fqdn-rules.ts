/** The routes of a Gateway as HostRules and the like change them. */
import type { ExtensionSources } from '../extensions/extension-refs.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import type { Problem, RoutingEvent } from '../result/findings.ts';
import type { RoutedRoute } from '../result/routed-route.ts';
import { hasFqdnRules } from './fqdn-index.ts';
import { createHostLookup } from './host-settings.ts';
import { findHostTls, type FoundTls, type TlsListener, type TlsScope } from './host-tls.ts';
import { applyFqdnRules, eventOf, problemOf, type PartListener } from './route-parts.ts';

interface Routes {
  readonly routes: readonly RoutedRoute[];
  readonly named: readonly AviName[];
  readonly problems: readonly Problem[];
  readonly events: readonly RoutingEvent[];
}

/** @param scope whose listeners the routes are attached to */
export function withFqdnRules<T extends Routes>(
  routed: T,
  scope: Omit<TlsScope, 'listeners'> & { readonly listeners: readonly (PartListener & TlsListener)[] },
  sources: ExtensionSources,
): T & Pick<FoundTls, 'hostTls'> {
  const { extensions } = sources.snapshot;
  if (!routed.routes.some(({ namespace }) => hasFqdnRules(namespace, extensions))) return routed;
  const lookup = createHostLookup(sources);
  const { routes, named, problems, events } = applyFqdnRules(routed.routes, scope.listeners, lookup);
  // A host that is not served for what a rule lacks has no certificate to show either.
  const saidOf = (namespace: string, host: string) => {
    const settings = lookup(namespace, host);
    return settings?.failure === undefined ? settings?.tls : undefined;
  };
  const { hostTls, messages } = findHostTls(routed.routes, saidOf, scope);
  return {
    ...routed,
    routes,
    ...(hostTls && { hostTls }),
    named: [...routed.named, ...named],
    problems: [...routed.problems, ...problems, ...messages.map(({ route, message }) => problemOf(route, message))],
    events: [...routed.events, ...events, ...messages.map(({ route, message }) => eventOf(route, message))],
  };
}
