/**
 * A route under rules by FQDN: where these say different things of its hosts it is as if it were several routes, each with
 * some of the hosts. The part with the first host has the names that the route has without them.
 */
import { meet, type Hostname } from '../../values/hostnames.ts';
import { aviNameId } from '../extensions/extension-refs.ts';
import type { AviName } from '../extensions/avi-settings.ts';
import { listenerId, type RoutedListener } from '../result/routed-listener.ts';
import type { Problem, RoutingEvent } from '../result/findings.ts';
import type { RoutedRoute } from '../result/routed-route.ts';
import type { HostLookup, HostSettings } from './host-settings.ts';
import { applySettings } from './rule-settings.ts';

export interface RouteParts {
  readonly routes: readonly RoutedRoute[];
  /** What of the controller the rules by FQDN name, each once. */
  readonly named: readonly AviName[];
  readonly problems: readonly Problem[];
  readonly events: readonly RoutingEvent[];
}

interface Parts {
  readonly routes: readonly RoutedRoute[];
  /** What its hosts cannot be given, each once. */
  readonly messages: readonly string[];
}

export function applyFqdnRules(
  routes: readonly RoutedRoute[],
  listeners: readonly PartListener[],
  lookup: HostLookup,
): RouteParts {
  const named = new Map<string, AviName>();
  const parts = routes.map((route) => {
    const units = unitsOf(route, listeners, lookup);
    for (const name of units.flatMap((unit) => unit.named)) named.set(aviNameId(name), name);
    return { route, parts: rememberedParts(route, units, listeners) };
  });
  const said = parts.flatMap(({ route, parts: { messages } }) => messages.map((message) => ({ route, message })));
  return {
    routes: parts.flatMap((one) => one.parts.routes),
    named: [...named.values()],
    problems: said.map(({ route, message }) => problemOf(route, message)),
    events: said.map(({ route, message }) => eventOf(route, message)),
  };
}

/** What a route is not given, for `render`. */
export function problemOf({ kind, namespace, name }: RoutedRoute, message: string): Problem {
  return { resource: `${kind}/${namespace}/${name}`, field: 'spec.hostnames', message };
}

/** The same for its user. */
export function eventOf({ kind, namespace, name }: RoutedRoute, message: string): RoutingEvent {
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name };
  return { type: 'Warning', reason: 'RuleByFqdnNotApplied', message, regarding };
}

/** What is asked of a listener. */
export type PartListener = Pick<RoutedListener, 'name' | 'set' | 'hostname'>;

/** A hostname of a route on some of its listeners, all with the same settings. */
interface Unit {
  readonly hostname: Hostname;
  readonly listeners: readonly string[];
  /** Undefined where they change nothing of routes. */
  readonly settings: HostSettings | undefined;
  readonly named: readonly AviName[];
}

function unitsOf(route: RoutedRoute, listeners: readonly PartListener[], lookup: HostLookup): readonly Unit[] {
  const own = listeners.filter((listener) => route.listeners.includes(listenerId(listener)));
  const hostnames: readonly Hostname[] = route.hostnames.length > 0 ? route.hostnames : [undefined];
  return hostnames.flatMap((hostname) => {
    const found = own.map((listener) => {
      const host = meet(listener.hostname, hostname);
      const said = host ? lookup(route.namespace, host) : undefined;
      return { id: listenerId(listener), settings: said?.changesRoutes ? said : undefined, said };
    });
    const alike = [...Map.groupBy(found, ({ settings }) => settings?.id ?? '').values()];
    return alike.map((some) => ({
      hostname,
      listeners: some.map(({ id }) => id),
      settings: some[0]?.settings,
      named: some.flatMap(({ said }) => said?.named ?? []),
    }));
  });
}

interface Remembered {
  readonly id: string;
  readonly parts: Parts;
}

/** Routed routes never change; the parts are the same objects where what they are made of is the same. */
const remembered = new WeakMap<RoutedRoute, Remembered>();

function rememberedParts(route: RoutedRoute, units: readonly Unit[], listeners: readonly PartListener[]): Parts {
  if (units.every(({ settings }) => settings === undefined)) return { routes: [route], messages: [] };
  const hosts = listeners.map((listener) => [listenerId(listener), listener.hostname]);
  const id = JSON.stringify([
    hosts,
    units.map(({ hostname, listeners: ids, settings }) => [hostname, ids, settings?.id]),
  ]);
  const known = remembered.get(route);
  if (known?.id === id) return known.parts;
  const parts = partsOf(route, units, listeners);
  remembered.set(route, { id, parts });
  return parts;
}

function partsOf(route: RoutedRoute, units: readonly Unit[], listeners: readonly PartListener[]): Parts {
  const groups = [
    ...Map.groupBy(units, ({ hostname, listeners: ids, settings }) =>
      JSON.stringify([hostname === undefined, ids, settings?.id]),
    ).values(),
  ];
  const messages = new Set<string>();
  const routes = groups.map((group, place): RoutedRoute => {
    const [first] = group;
    const hostnames = group.flatMap(({ hostname }) => hostname ?? []);
    const ids = first?.listeners ?? route.listeners;
    const settings = first?.settings;
    const aliases = (settings?.aliases ?? []).filter((alias) => !route.hostnames.includes(alias));
    for (const alias of aliases) if (!isServed(alias, ids, listeners)) messages.add(unserved(alias));
    const applied = settings ? applySettings(route.rules, settings) : { rules: route.rules, messages: [] };
    for (const message of applied.messages) messages.add(message);
    return {
      ...route,
      // A route without hostnames has those of its listeners, aliases or not.
      hostnames: hostnames.length > 0 ? [...hostnames, ...aliases] : [],
      listeners: ids,
      rules: applied.rules,
      ...(place > 0 && { part: JSON.stringify([hostnames, ids]) }),
    };
  });
  return { routes, messages: [...messages] };
}

function isServed(alias: string, ids: readonly string[], listeners: readonly PartListener[]): boolean {
  return listeners.some((listener) => ids.includes(listenerId(listener)) && meet(listener.hostname, alias) !== false);
}

function unserved(alias: string): string {
  return `alias ${alias} is a host of no listener that the route is attached to; add a listener for it`;
}
