/** Which hostnames of a Gateway are published in DNS, and what to say about those that are not. */
import type { ClaimOutcome } from '../ownership/registry.ts';
import { isWildcard, meet } from '../values/hostnames.ts';
import { compareText } from '../values/read.ts';
import { listenerId, type RoutedListener } from './result/routed-listener.ts';
import type { RoutedRoute } from './result/routed-route.ts';

export interface DnsNames {
  /** Exact names, sorted. */
  readonly published: readonly string[];
  /** Names that are served and not published, and why. */
  readonly withheld: readonly { readonly name: string; readonly reason: string; readonly message: string }[];
}

/**
 * @param domains the DNS domains that the cloud serves; empty when it has none, and nothing is held back then
 */
export function dnsNames(
  listeners: readonly RoutedListener[],
  routes: readonly Pick<RoutedRoute, 'listeners' | 'hostnames'>[],
  claims: ClaimOutcome,
  domains: readonly string[],
): DnsNames {
  const byId = new Map(listeners.map((listener) => [listenerId(listener), listener]));
  const names = new Set<string>();
  for (const route of routes) {
    for (const listener of route.listeners) {
      addExactHosts(byId.get(listener)?.hostname, route.hostnames, names);
    }
  }
  const published: string[] = [];
  const withheld: { name: string; reason: string; message: string }[] = [];
  const { lostDnsNames } = claims;
  const sorted = [...names].sort(compareText);
  if (lostDnsNames.size === 0 && domains.length === 0) return { published: sorted, withheld };
  for (const name of sorted) {
    const winner = lostDnsNames.get(name);
    if (winner) {
      const message = `Hostname ${name} is served but not published in DNS: Gateway ${winner.gateway} owns ${winner.hostname}`;
      withheld.push({ name, reason: 'HostnameNotPublished', message });
    } else if (domains.length > 0 && !domains.some((domain) => isInDomain(name, domain))) {
      const message = `Hostname ${name} is served but not published in DNS: it is in none of the domains ${domains.join(', ')}`;
      withheld.push({ name, reason: 'DomainNotServed', message });
    } else {
      published.push(name);
    }
  }
  return { published, withheld };
}

/** Whether a name is the domain or below it, by labels. */
export function isInDomain(name: string, domain: string): boolean {
  const plain = domain.toLowerCase().replace(/^\*?\./, '');
  return name === plain || name.endsWith(`.${plain}`);
}

function addExactHosts(listener: string | undefined, hostnames: readonly string[], names: Set<string>): void {
  if (hostnames.length === 0 && listener !== undefined && !isWildcard(listener)) names.add(listener);
  for (const hostname of hostnames) {
    const met = listener === undefined ? hostname : meet(listener, hostname);
    if (typeof met === 'string' && !isWildcard(met)) names.add(met);
  }
}
