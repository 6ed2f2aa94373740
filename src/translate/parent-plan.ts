/**
 * The parent's own ordered rules: what no child claims ends here (path-keys.md section 1, `parent policy`). Avi may
 * hand it a request for a host that a child has, when none of the child's paths match, so it repeats the wildcards.
 */
import { compareSpecificity, isWildcard } from '../values/hostnames.ts';
import { compareText } from '../values/read.ts';
import type { RoutedListener } from '../routing/result/routed-listener.ts';
import type { Topology } from './virtual-services/host-ports.ts';
import { actionOf, entryKey, mergeNotFound, pathConditions, type PolicyEntry } from './policies/policy-entry.ts';
import { coveringHostnames, strictlyCovers, type Match } from './policies/rule-match.ts';

/** Rules in order; the last one is 404 without condition. `childHosts`: every host that some child claims. */
export function parentEntries(topology: Topology, childHosts: ReadonlySet<string>): readonly PolicyEntry[] {
  return entriesWith(topology, containingWildcards(childHosts));
}

/**
 * The same with the wildcards that have no narrower hosts: what the parent has to answer while a host gets its first
 * child or loses its last. Undefined where these are all. Nothing but what `standing` rules (by id) do, since others
 * have no pool group; they stand behind ones that always match.
 */
export function wideParentEntries(
  topology: Topology,
  childHosts: ReadonlySet<string>,
  standing: ReadonlyMap<string, unknown>,
): readonly PolicyEntry[] | undefined {
  const containing = containingWildcards(childHosts);
  const wildcards = new Set(topology.hostPorts.map((at) => at.hostname).filter(isWildcard));
  if ([...wildcards].every((wildcard) => containing.has(wildcard))) return undefined;
  return entriesWith(topology, wildcards).filter(({ action }) => !action || standing.has(action.rule.id));
}

function entriesWith(topology: Topology, containing: ReadonlySet<string>): readonly PolicyEntry[] {
  const perPort = topology.ports.map((port) => ({ port, entries: portEntries(topology, port, containing) }));
  const [first, ...others] = perPort;
  const notFound: PolicyEntry = {};
  if (!first) return [notFound];
  const key = keyOf(first.entries);
  if (others.every(({ entries }) => keyOf(entries) === key)) return [...first.entries, notFound];
  return [...perPort.flatMap(({ port, entries }) => entries.map((entry) => ({ ...entry, ports: [port] }))), notFound];
}

/** Wildcards that strictly contain one of the hosts; not looked for where no host is a wildcard. */
function containingWildcards(hosts: ReadonlySet<string>): ReadonlySet<string> {
  const wildcards = new Set<string>();
  if (![...hosts].some(isWildcard)) return wildcards;
  for (const host of hosts) {
    for (const covering of coveringHostnames(host)) {
      if (covering !== undefined && covering !== host) wildcards.add(covering);
    }
  }
  return wildcards;
}

function portEntries(topology: Topology, port: number, containing: ReadonlySet<string>): readonly PolicyEntry[] {
  const hostless = topology.hostless(port);
  const wildcards = topology.hostPorts.filter(
    (at) => at.port === port && isWildcard(at.hostname) && containing.has(at.hostname),
  );
  const guarded = guardedHostnames(
    topology,
    port,
    hostless.length > 0,
    wildcards.map((at) => at.hostname),
  );
  const own = new Map(wildcards.map((at) => [at.hostname, at.own]));
  const hostnames = [...new Set([...own.keys(), ...guarded])].sort(
    (a, b) => compareSpecificity(a, b) || compareText(a, b),
  );
  const entries = hostnames.flatMap((hostname) => [
    ...matchEntries(own.get(hostname) ?? [], topology.listenerFor(hostname, port), [hostname]),
    ...(guarded.has(hostname) ? [{ hosts: [hostname] }] : []),
  ]);
  return mergeNotFound([...entries, ...matchEntries(hostless, topology.listenerFor(undefined, port))]);
}

/** Listener hostnames where something wider follows on the port, so that their requests must end before it. */
function guardedHostnames(
  topology: Topology,
  port: number,
  hasHostless: boolean,
  wildcards: readonly string[],
): ReadonlySet<string> {
  const hostnames = topology.listeners.flatMap((listener) =>
    listener.port === port && listener.hostname !== undefined ? [listener.hostname] : [],
  );
  return new Set(
    hostnames.filter((hostname) => hasHostless || wildcards.some((wildcard) => strictlyCovers(wildcard, hostname))),
  );
}

function matchEntries(
  matches: readonly Match[],
  listener: RoutedListener | undefined,
  hosts?: readonly string[],
): readonly PolicyEntry[] {
  if (!listener) return [];
  return matches.flatMap((match) => {
    const action = actionOf(match, listener);
    return pathConditions(match).map((path) => ({ hosts, path, match, action }));
  });
}

function keyOf(entries: readonly PolicyEntry[]): string {
  return entries.map(entryKey).join('\n');
}
