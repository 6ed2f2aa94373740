/** The hosts and ports of a Gateway with their path keys (path-keys.md section 1, `hosts` and the loop under it). */
import { isDeepStrictEqual } from 'node:util';
import { compareSpecificity, covers, meet, type Hostname } from '../../values/hostnames.ts';
import { compareText } from '../../values/read.ts';
import { listenerId, type RoutedListener } from '../../routing/result/routed-listener.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import { httpListeners } from './http-listeners.ts';
import { rememberedPathIndex } from '../policies/path-index.ts';
import { candidatesOf, hostPort, type HostPort, type Level } from '../policies/path-keys.ts';
import { ruleSource } from '../policies/rule-source.ts';
import {
  attachedSources,
  coveringHostnames,
  groupOf,
  routesByHostname,
  type Match,
  type MatchGroup,
  type RoutesByHostname,
  type RuleSource,
} from '../policies/rule-match.ts';
import { sameItems } from '../same-items.ts';

/** A Gateway as the path-key translation sees it. */
export interface Topology {
  /** The listeners that serve HTTP, in the Gateway's order. */
  readonly listeners: readonly RoutedListener[];
  /** Ascending, without repetition. */
  readonly ports: readonly number[];
  /** Hosts that have path keys, for each port on which they have; sorted by host, then port. */
  readonly hostPorts: readonly HostPort[];
  /** The listener that serves a host on a port: the most specific that covers it. */
  readonly listenerFor: (hostname: Hostname, port: number) => RoutedListener | undefined;
  /** Matches without any hostname, of listener and route, on a port, in order. */
  readonly hostless: (port: number) => readonly Match[];
  /** Every match that may answer requests for a host, known or not, on a port, in the specification's order. */
  readonly candidatesFor: (hostname: string, port: number) => readonly Match[];
}

/** What was read the time before; each reading replaces what it finds. */
export interface TopologyMemory {
  listeners: readonly RoutedListener[];
  groups: ReadonlyMap<RoutedListener, ReadonlyMap<Hostname, ReadGroup>>;
  hostPorts: ReadonlyMap<number, ReadonlyMap<string, ReadHostPort>>;
}

interface ReadGroup {
  readonly sources: readonly RuleSource[];
  readonly group: MatchGroup;
}

interface ReadHostPort {
  readonly levels: readonly Level[];
  readonly found: HostPort | undefined;
}

export function createTopologyMemory(): TopologyMemory {
  return { listeners: [], groups: new Map(), hostPorts: new Map() };
}

/** Reads the serving listeners and the routes attached to them. Listeners are as in the memory where only their counts and certificates differ. */
export function topologyOf(routed: RoutedGateway, memory: TopologyMemory = createTopologyMemory()): Topology {
  const listeners = keptListeners(httpListeners(routed), memory);
  const ports = [...new Set(listeners.map((listener) => listener.port))].sort((a, b) => a - b);
  const routes = routesByHostname(routed.routes.map(ruleSource));
  const listenerFor = listenerFinder(listeners);
  const groups = rememberedGroups(routes, memory);
  const hostPorts = rememberedHostPorts(memory, groups);
  const hostless = (port: number) => {
    const listener = listenerFor(undefined, port);
    return listener ? groups(undefined, listener).matches : [];
  };
  const candidatesFor = (hostname: string, port: number) => {
    const listener = listenerFor(hostname, port);
    return listener ? candidatesOf(levelsOf(hostname, listener, groups)) : [];
  };
  return {
    listeners,
    ports,
    hostPorts: hostnamesOf(routes, listeners, listenerFor).flatMap((hostname) =>
      ports.flatMap((port) => {
        const listener = listenerFor(hostname, port);
        return (listener && hostPorts(hostname, port, listener)) ?? [];
      }),
    ),
    listenerFor,
    hostless,
    candidatesFor,
  };
}

function keptListeners(now: readonly RoutedListener[], memory: TopologyMemory): readonly RoutedListener[] {
  if (!sameItems(memory.listeners, now, sameListener)) memory.listeners = now;
  return memory.listeners;
}

/** What is served for which host does not follow from how many routes are attached, what is said of it, or certificates. */
function sameListener(a: RoutedListener, b: RoutedListener): boolean {
  const compared = (listener: RoutedListener): RoutedListener => ({
    ...listener,
    attachedRoutes: 0,
    conditions: [],
    certificates: [],
  });
  return isDeepStrictEqual(compared(a), compared(b));
}

type Groups = (hostname: Hostname, listener: RoutedListener) => MatchGroup;

function rememberedGroups(routes: RoutesByHostname, memory: TopologyMemory): Groups {
  const before = memory.groups;
  const known = new Map<RoutedListener, Map<Hostname, ReadGroup>>();
  memory.groups = known;
  return (hostname, listener) => {
    const ofListener = known.get(listener) ?? new Map<Hostname, ReadGroup>();
    known.set(listener, ofListener);
    const found = ofListener.get(hostname);
    if (found) return found.group;
    const sources = attachedSources(routes, hostname, listener);
    const earlier = before.get(listener)?.get(hostname);
    const kept =
      earlier && sameItems(earlier.sources, sources) ? earlier : { sources, group: groupOf(hostname, sources) };
    ofListener.set(hostname, kept);
    return kept.group;
  };
}

type HostPorts = (hostname: string, port: number, listener: RoutedListener) => HostPort | undefined;

function rememberedHostPorts(memory: TopologyMemory, groups: Groups): HostPorts {
  const before = memory.hostPorts;
  const known = new Map<number, Map<string, ReadHostPort>>();
  memory.hostPorts = known;
  const indexOf = rememberedPathIndex();
  const make = (hostname: string, port: number, listener: RoutedListener): ReadHostPort => {
    const levels = levelsOf(hostname, listener, groups);
    return { levels, found: hostPort(hostname, port, levels, indexOf) };
  };
  return (hostname, port, listener) => {
    const ofPort = known.get(port) ?? new Map<string, ReadHostPort>();
    known.set(port, ofPort);
    const earlier = before.get(port)?.get(hostname);
    const kept =
      earlier && isAsBefore(earlier.levels, hostname, listener, groups) ? earlier : make(hostname, port, listener);
    ofPort.set(hostname, kept);
    return kept.found;
  };
}

/** Whether `levelsOf` would say the same: the hostnames that cover a host never change. */
function isAsBefore(levels: readonly Level[], hostname: string, listener: RoutedListener, groups: Groups): boolean {
  return levels.every(
    ({ group, own }) =>
      groups(group.hostname, listener) === group &&
      own === (listener.hostname === hostname || group.hostname === hostname),
  );
}

/** Every intersection of a listener's hostname with that of a route attached there, if that listener serves it. */
function hostnamesOf(
  routes: RoutesByHostname,
  listeners: readonly RoutedListener[],
  listenerFor: Topology['listenerFor'],
): readonly string[] {
  const hostnames = new Set<string>();
  for (const listener of listeners) {
    for (const [hostname, sources] of routes) {
      const common = meet(listener.hostname, hostname);
      if (common === false || common === undefined || hostnames.has(common)) continue;
      if (listenerFor(common, listener.port) !== listener) continue;
      if (sources.some(({ route }) => route.listeners.includes(listenerId(listener)))) hostnames.add(common);
    }
  }
  return [...hostnames].sort(compareText);
}

function listenerFinder(listeners: readonly RoutedListener[]): Topology['listenerFor'] {
  const byPort = new Map<number, RoutedListener[]>();
  for (const listener of listeners.toSorted((a, b) => compareSpecificity(a.hostname, b.hostname))) {
    byPort.set(listener.port, [...(byPort.get(listener.port) ?? []), listener]);
  }
  return (hostname, port) => byPort.get(port)?.find((listener) => covers(listener.hostname, hostname));
}

/**
 * Candidates by route hostname. A match is the host's own where the host is the intersection of the listener's and a
 * route's hostname: the route names it, or the listener does.
 */
function levelsOf(hostname: string, listener: RoutedListener, groups: Groups): readonly Level[] {
  const own = listener.hostname === hostname;
  return coveringHostnames(hostname).map((covering) => ({
    group: groups(covering, listener),
    own: own || covering === hostname,
  }));
}
