/** Ports that are served below HTTP: serving listeners by port, protocol and mode, with the routes that take effect. */
import { compareSpecificity, meet } from './hostnames.ts';
import type { ListenerState } from './listeners.ts';
import type { AttachedL4Route } from './parents.ts';
import type { Certificate, L4Listener, L4Route } from './result.ts';

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
  const attached = routes.flatMap((route) => l4Route(route, states) ?? []);
  return {
    listeners: states.map(({ spec }) => spec.id),
    port,
    protocol,
    ...(mode === undefined ? {} : { mode }),
    certificates: mode === 'Terminate' ? distinct(states.flatMap(({ routed }) => routed.certificates)) : [],
    // "only the oldest route is attached": connections have nothing to be told apart by.
    routes: protocol === 'TLS' ? attached : attached.slice(0, 1),
  };
}

/** The route as far as it concerns these listeners; undefined when it does not. */
function l4Route(route: AttachedL4Route, states: readonly ListenerState[]): L4Route | undefined {
  const { kind, namespace, name, createdAt } = route.entry;
  const own = states.filter((state) => route.listeners.includes(state));
  if (own.length === 0 || kind === 'HTTPRoute' || kind === 'GRPCRoute') return undefined;
  const hosts = kind === 'TLSRoute' ? own.flatMap(({ spec }) => hostsOn(spec.hostname, route.hostnames)) : [];
  const open = hosts.includes(undefined);
  const hostnames = [...new Set(hosts)].filter((host) => host !== undefined).sort(compareSpecificity);
  return {
    kind,
    namespace,
    name,
    creationTimestamp: createdAt ?? '',
    hostnames: open ? [] : hostnames,
    backends: own[0]?.spec.mode === 'Terminate' ? route.rules.secured : route.rules.backends,
  };
}

function hostsOn(listener: string | undefined, hostnames: readonly string[]): readonly (string | undefined)[] {
  if (hostnames.length === 0) return [listener];
  return hostnames.flatMap((hostname) => {
    const met = meet(listener, hostname);
    return met === false ? [] : [met];
  });
}

function isL4(protocol: string | undefined): protocol is L4Listener['protocol'] {
  return protocol === 'TCP' || protocol === 'UDP' || protocol === 'TLS';
}

function distinct(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((one) => [`${one.secretNamespace}/${one.secretName}`, one])).values()];
}
