/**
 * L4Rules on TCPRoutes, UDPRoutes and TLSRoutes, by AKO's annotation: on the route, or, as AKO has it, on a Service of its
 * namespace that it uses.
 */
import { compareText, record, text } from '../../values/read.ts';
import type { L4Listener, L4Route } from '../result/routed-route.ts';
import type { Problem, RoutingEvent } from '../result/findings.ts';
import type { RoutedBackend } from '../result/routed-backend.ts';
import type { Snapshot } from '../snapshot.ts';
import type { VirtualServiceSettings, AviName } from './avi-settings.ts';
import { mergePoolSettings, mergeServiceSettings } from './merged-settings.ts';
import { aviNameId, type ExtensionSources } from './extension-refs.ts';
import { readL4Rule, type ReadL4Rule } from './l4-rule.ts';

export const l4RuleAnnotation = 'ako.vmware.com/l4rule';

export interface L4WithRules {
  readonly l4: readonly L4Listener[];
  readonly named: readonly AviName[];
  readonly problems: readonly Problem[];
  readonly events: readonly RoutingEvent[];
}

type Objects = Pick<Snapshot, 'tcpRoutes' | 'tlsRoutes' | 'udpRoutes' | 'services'>;

/** What holds for a route. */
interface Applied {
  readonly route: L4Route;
  readonly service: VirtualServiceSettings;
  /** Why its connections cannot be served; absent where they can. */
  readonly failure?: string;
}

export function applyL4Rules(
  listeners: readonly L4Listener[],
  objects: Objects,
  sources: ExtensionSources,
): L4WithRules {
  const named = new Map<string, AviName>();
  const applied = listeners.map((listener) => ({
    listener,
    routes: listener.routes.map((route) => applyToRoute(route, objects, sources, named)),
  }));
  const said = new Map<string, { readonly route: L4Route; readonly message: string }>();
  const parts = Map.groupBy(applied, ({ listener: { protocol, mode } }) => (protocol === 'TLS' ? `TLS ${mode}` : 'L4'));
  const own = new Map([...parts].map(([part, some]) => [part, commonSettings(some.flatMap(({ routes }) => routes))]));
  const l4 = applied.map(({ listener, routes }) => {
    const settings = own.get(listener.protocol === 'TLS' ? `TLS ${listener.mode}` : 'L4') ?? {};
    const served = routes.map((one) => {
      const failure = one.failure ?? rivalry(ofService(one), settings);
      if (failure === undefined) return one.route;
      said.set(`${one.route.kind}/${one.route.namespace}/${one.route.name}`, { route: one.route, message: failure });
      return closed(one.route, failure);
    });
    const profile = listener.protocol === 'UDP' ? routes[0]?.service.networkProfile : undefined;
    return {
      ...listener,
      routes: served,
      ...(Object.keys(settings).length > 0 && { settings }),
      ...(profile !== undefined && { networkProfile: profile }),
    };
  });
  return {
    l4,
    named: [...named.values()],
    problems: [...said].map(([resource, { message }]) => ({
      resource,
      field: `metadata.annotations[${l4RuleAnnotation}]`,
      message,
    })),
    events: [...said.values()].map(({ route: { kind, namespace, name }, message }) => ({
      type: 'Warning',
      reason: 'L4RuleNotApplied',
      message,
      regarding: { apiVersion: 'gateway.networking.k8s.io/v1', kind, namespace, name },
    })),
  };
}

function applyToRoute(
  route: L4Route,
  objects: Objects,
  sources: ExtensionSources,
  named: Map<string, AviName>,
): Applied {
  const own = annotationOf(routeObject(route, objects));
  const reads = new Map<string, ReadL4Rule | undefined>();
  const ruleOf = (name: string): ReadL4Rule | undefined => {
    if (!reads.has(name)) reads.set(name, readNamed(name, route.namespace, sources));
    return reads.get(name);
  };
  const failures: string[] = [];
  const backends = route.backends.map((backend): RoutedBackend => {
    const name =
      own ??
      (backend.namespace === route.namespace
        ? annotationOf(objects.services.get(`${backend.namespace}/${backend.name}`))
        : undefined);
    if (name === undefined) return backend;
    const rule = ruleOf(name);
    if (!rule) failures.push(`L4Rule ${route.namespace}/${name} does not exist`);
    return rule ? withPool(backend, rule, route, `L4Rule ${route.namespace}/${name}`) : backend;
  });
  if (own !== undefined && route.backends.length === 0) ruleOf(own);
  const rules = [...reads].sort(([a], [b]) => compareText(a, b));
  for (const name of rules.flatMap(([, rule]) => rule?.named ?? [])) named.set(aviNameId(name), name);
  failures.push(
    ...rules.flatMap(([name, rule]) =>
      (rule?.failures ?? []).map((message) => `L4Rule ${route.namespace}/${name}: ${message}`),
    ),
  );
  const [first] = sources.onInvalid === 'fail' ? failures : [];
  const holding = rules.flatMap(([, rule]) => (rule && rule.failures.length === 0 ? [rule.service] : []));
  return {
    route: { ...route, backends },
    service: mergeServiceSettings(holding),
    ...(first !== undefined && { failure: failures.join('; ') }),
  };
}

function readNamed(name: string, namespace: string, sources: ExtensionSources): ReadL4Rule | undefined {
  const resource = sources.snapshot.extensions.L4Rule.get(`${namespace}/${name}`);
  return resource && readL4Rule(resource, namespace, sources);
}

function withPool(backend: RoutedBackend, rule: ReadL4Rule, { kind }: L4Route, from: string): RoutedBackend {
  const protocol = kind === 'UDPRoute' ? 'UDP' : 'TCP';
  const found = rule.ports.find((one) => one.port === backend.port && one.protocol === protocol);
  if (!found || rule.failures.length > 0 || Object.keys(found.pool).length === 0) return backend;
  const settings = mergePoolSettings([backend.settings ?? {}, found.pool]);
  const own: object = backend.settings ?? {};
  const added = Object.keys(found.pool).filter((field) => !(field in own));
  return {
    ...backend,
    settings,
    settingsFrom: { ...backend.settingsFrom, ...Object.fromEntries(added.map((field) => [field, from])) },
  };
}

/** Those of the oldest route that asks for any: a virtual service has one of each. */
function commonSettings(routes: readonly Applied[]): VirtualServiceSettings {
  const [first] = routes
    .filter((one) => one.failure === undefined && Object.keys(ofService(one)).length > 0)
    .sort(
      (a, b) =>
        compareText(a.route.creationTimestamp, b.route.creationTimestamp) ||
        compareText(`${a.route.namespace}/${a.route.name}`, `${b.route.namespace}/${b.route.name}`),
    );
  return first ? ofService(first) : {};
}

/** Without the network profile of UDP, which belongs to a port. */
function ofService({ route, service }: Applied): VirtualServiceSettings {
  if (route.kind !== 'UDPRoute') return service;
  const { networkProfile: _, ...settings } = service;
  return settings;
}

function rivalry(asked: VirtualServiceSettings, had: VirtualServiceSettings): string | undefined {
  const own = new Map<string, unknown>(Object.entries(had));
  const differing = Object.entries(asked).filter(
    ([field, value]) => JSON.stringify(own.get(field)) !== JSON.stringify(value),
  );
  if (differing.length === 0) return undefined;
  return `its L4Rule asks for other settings of the virtual service than that of an older route on the Gateway (${differing
    .map(([field]) => field)
    .join(', ')}); its connections are closed. Give both routes the same, or Gateways of their own`;
}

/** The route with every connection closed. */
export function closed(route: L4Route, message: string): L4Route {
  const invalid = { reason: 'UnsupportedValue', message };
  return {
    ...route,
    backends: route.backends.map((backend) => ({ ...backend, endpoints: [], invalid: backend.invalid ?? invalid })),
  };
}

function routeObject({ kind, namespace, name }: L4Route, objects: Objects) {
  const key = `${namespace}/${name}`;
  if (kind === 'TCPRoute') return objects.tcpRoutes.get(key);
  return kind === 'UDPRoute' ? objects.udpRoutes.get(key) : objects.tlsRoutes.get(key);
}

function annotationOf(
  object: { readonly metadata?: { readonly annotations?: unknown } } | undefined,
): string | undefined {
  return text(record(object?.metadata?.annotations)[l4RuleAnnotation]) || undefined;
}
