/** The hosts and ports of a Gateway with their path keys (path-keys.md section 1, `hosts` and the loop under it). */
import { compareSpecificity, covers, meet, type Hostname } from '../routing/hostnames.ts';
import { compareText } from '../routing/read.ts';
import { listenerId, type RoutedGateway, type RoutedListener } from '../routing/result.ts';
import { httpListeners } from './http-listeners.ts';
import { ruleOccurrences } from './name-table.ts';
import { rememberedPathIndex } from './path-index.ts';
import { candidatesOf, hostPort, type HostPort, type Level } from './path-keys.ts';
import {
  coveringHostnames,
  groupOf,
  readRoute,
  routesByHostname,
  type Match,
  type MatchGroup,
  type RoutesByHostname,
} from './rule-match.ts';

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

/** Reads the serving listeners and the routes attached to them. */
export function topologyOf(routed: RoutedGateway): Topology {
  const listeners = httpListeners(routed);
  const ports = [...new Set(listeners.map((listener) => listener.port))].sort((a, b) => a - b);
  const routes = routesByHostname(routed.routes.map((route) => readRoute(route, ruleOccurrences(route))));
  const listenerFor = listenerFinder(listeners);
  const groups = rememberedGroups(routes);
  const indexOf = rememberedPathIndex();
  const hostPorts = hostnamesOf(routes, listeners, listenerFor).flatMap((hostname) =>
    ports.flatMap((port) => {
      const listener = listenerFor(hostname, port);
      if (!listener) return [];
      const found = hostPort(hostname, port, levelsOf(hostname, listener, groups), indexOf);
      return found ? [found] : [];
    }),
  );
  const hostless = (port: number) => {
    const listener = listenerFor(undefined, port);
    return listener ? groups(undefined, listener).matches : [];
  };
  const candidatesFor = (hostname: string, port: number) => {
    const listener = listenerFor(hostname, port);
    return listener ? candidatesOf(levelsOf(hostname, listener, groups)) : [];
  };
  return { listeners, ports, hostPorts, listenerFor, hostless, candidatesFor };
}

type Groups = (hostname: Hostname, listener: RoutedListener) => MatchGroup;

function rememberedGroups(routes: RoutesByHostname): Groups {
  const known = new Map<RoutedListener, Map<Hostname, MatchGroup>>();
  return (hostname, listener) => {
    const ofListener = known.get(listener) ?? new Map<Hostname, MatchGroup>();
    known.set(listener, ofListener);
    const group = ofListener.get(hostname) ?? groupOf(routes, hostname, listener);
    ofListener.set(hostname, group);
    return group;
  };
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
