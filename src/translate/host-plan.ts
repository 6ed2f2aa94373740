/**
 * Ordered rules of each host for all its children, for controllers whose order among children is not trusted: whichever
 * child that claims a request Avi picks, the answer is the same (design section 3 item 3, `trustChildOrder: false`).
 */
import { compareSpecificity, isWildcard } from '../values/hostnames.ts';
import { compareText } from '../values/read.ts';
import type { Topology } from './virtual-services/host-ports.ts';
import type { HostPort } from './policies/path-keys.ts';
import { actionOf, entryKey, pathConditions, type PolicyEntry } from './policies/policy-entry.ts';
import { strictlyCovers } from './policies/rule-match.ts';

/** Each entry has a condition on the host, since a child refers to the lists of all its hosts and of those inside. */
export interface HostEntries {
  readonly hostname: string;
  readonly entries: readonly PolicyEntry[];
}

/** Most specific host first, the order in which a child must refer to them. */
export function hostEntries(topology: Topology): readonly HostEntries[] {
  const byHost = [...Map.groupBy(topology.hostPorts, (at) => at.hostname)];
  byHost.sort(([a], [b]) => compareSpecificity(a, b) || compareText(a, b));
  return byHost.map(([hostname, ports]) => ({ hostname, entries: acrossPorts(ports, topology) }));
}

/** Without ports only where all the Gateway's have the same list: a child may bring requests of its other hosts' ports. */
function acrossPorts(hostPorts: readonly HostPort[], topology: Topology): readonly PolicyEntry[] {
  const lists = hostPorts.map((at) => ({ port: at.port, entries: portEntries(at, topology) }));
  const alike = [...Map.groupBy(lists, ({ entries }) => entries.map(entryKey).join('\n')).values()];
  return alike.flatMap((group) => {
    const entries = group[0]?.entries ?? [];
    if (group.length === topology.ports.length) return entries;
    const ports = group.map(({ port }) => port);
    return entries.map((entry) => ({ ...entry, ports }));
  });
}

/** Requests of narrower listeners that end up here matched nothing there; then the candidates; then 404. */
function portEntries(at: HostPort, topology: Topology): readonly PolicyEntry[] {
  const listener = topology.listenerFor(at.hostname, at.port);
  if (!listener) return [];
  const hosts = [at.hostname];
  const entries: PolicyEntry[] = guards(at, topology).map((hostnames) => ({ hosts: hostnames }));
  for (const { match } of at.candidates()) {
    const action = actionOf(match, listener);
    const paths = pathConditions(match);
    entries.push(...paths.map((path) => ({ hosts, path, match, action })));
    if (!match.conditional && paths[0] === undefined) return entries;
  }
  return [...entries, { hosts }];
}

/** Listener hostnames of the port inside a wildcard: the exact ones, then the wildcards. */
function guards(at: HostPort, topology: Topology): readonly (readonly string[])[] {
  if (!isWildcard(at.hostname)) return [];
  const inside = topology.listeners
    .flatMap(({ hostname, port }) => (port === at.port && hostname !== undefined ? [hostname] : []))
    .filter((hostname) => strictlyCovers(at.hostname, hostname))
    .sort((a, b) => compareSpecificity(a, b) || compareText(a, b));
  const exact = inside.filter((hostname) => !isWildcard(hostname));
  const wildcards = inside.filter(isWildcard);
  return [exact, wildcards].filter((hostnames) => hostnames.length > 0);
}
