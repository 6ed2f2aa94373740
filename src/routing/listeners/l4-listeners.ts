/** Ports that are served below HTTP: serving listeners by port, protocol and mode, with the routes that take effect. */
import { compareSpecificity, covers, meet, type Hostname } from '../../values/hostnames.ts';
import type { ListenerState } from './listeners.ts';
import type { AttachedL4Route } from '../routes/parents.ts';
import type { Certificate } from '../result/routed-listener.ts';
import type { L4Listener, L4Route } from '../result/routed-route.ts';

export function l4Listeners(
  states: readonly ListenerState[],
  routes: readonly AttachedL4Route[],
): readonly L4Listener[] {
  const serving = states.filter(({ routed }) => routed.serving && isL4(routed.protocol));
  const groups = Map.groupBy(serving, ({ spec }) => `${spec.protocol} ${spec.mode ?? ''} ${spec.port}`);
  return [...groups.values()].flatMap((group) => l4Listener(group, routes) ?? []);
}

function l4Listener(states: readonly ListenerState[], routes: readonly AttachedL4Route[]): L4Listener | undefined {
  const { protocol, port, mode } = states[0]?.spec ?? {};
  if (port === undefined || !isL4(protocol)) return undefined;
  return {
    listeners: states.map(({ spec }) => spec.id),
    port,
    protocol,
    ...(mode === undefined ? {} : { mode }),
    certificates: mode === 'Terminate' ? distinct(states.flatMap(({ routed }) => routed.certificates)) : [],
    // "only the oldest route is attached": connections have nothing to be told apart by.
    routes:
      protocol === 'TLS'
        ? tlsRoutes(states, routes)
        : routes.flatMap((route) => l4Route(route, states) ?? []).slice(0, 1),
  };
}

/** The route as far as it concerns these listeners; undefined when it does not. */
function l4Route(route: AttachedL4Route, states: readonly ListenerState[]): L4Route | undefined {
  const { kind, namespace, name, createdAt } = route.entry;
  const own = ownOf(route, states);
  if (own.length === 0 || kind === 'HTTPRoute' || kind === 'GRPCRoute') return undefined;
  const backends = own[0]?.spec.mode === 'Terminate' ? route.rules.secured : route.rules.backends;
  return { kind, namespace, name, creationTimestamp: createdAt ?? '', hostnames: [], backends };
}

function ownOf({ listeners }: AttachedL4Route, states: readonly ListenerState[]): readonly ListenerState[] {
  return states.filter((state) => listeners.includes(state));
}

/**
 * TLSRoutes with the names that are theirs: of several that come to one name the route with the most specific hostname,
 * then the oldest ("the most specific hostname", "the oldest Route based on creation timestamp").
 */
function tlsRoutes(states: readonly ListenerState[], routes: readonly AttachedL4Route[]): readonly L4Route[] {
  const asked = routes.flatMap((route, order) => askedBy(route, states).map((one) => ({ ...one, order })));
  const winners = new Map<Hostname, number>();
  for (const { host, order } of asked.toSorted((a, b) => compareSpecificity(a.own, b.own) || a.order - b.order)) {
    if (!winners.has(host)) winners.set(host, order);
  }
  return routes.flatMap((route, order) => {
    const hostnames = [...winners].filter(([, winner]) => winner === order).map(([host]) => host);
    const l4 = hostnames.length > 0 && l4Route(route, states);
    return l4 ? [{ ...l4, hostnames: hostnames.sort(compareSpecificity) }] : [];
  });
}

/** A name that a route comes to on a listener, by the hostname of its own. */
interface Asked {
  readonly host: Hostname;
  readonly own: Hostname;
}

/** A name belongs to the most specific listener that has it, so that a wider one's routes do not get it. */
function askedBy(route: AttachedL4Route, states: readonly ListenerState[]): readonly Asked[] {
  const hostnames: readonly Hostname[] = route.hostnames.length > 0 ? route.hostnames : [undefined];
  return ownOf(route, states).flatMap((state) =>
    hostnames.flatMap((own) => {
      const host = meet(state.spec.hostname, own);
      return host !== false && narrowest(host, states) === state ? [{ host, own }] : [];
    }),
  );
}

function narrowest(host: Hostname, states: readonly ListenerState[]): ListenerState | undefined {
  const covering = states.filter(({ spec }) => covers(spec.hostname, host));
  return covering.toSorted((a, b) => compareSpecificity(a.spec.hostname, b.spec.hostname))[0];
}

function isL4(protocol: string | undefined): protocol is L4Listener['protocol'] {
  return protocol === 'TCP' || protocol === 'UDP' || protocol === 'TLS';
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((one) => [`${one.secretNamespace}/${one.secretName}`, one])).values()];
}
