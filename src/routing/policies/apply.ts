/** Policies put onto rules, backends and the Gateway itself: which targets hold for each, the most specific first. */
import type { PoolSettings, VirtualServiceSettings, AviName } from '../extensions/avi-settings.ts';
import { listenerFields } from '../extensions/merged-settings.ts';
import type { RoutedBackend, SettingsOrigins } from '../result/routed-backend.ts';
import type { RoutedListener } from '../result/routed-listener.ts';
import type { RoutedRule } from '../result/routed-rule.ts';
import type { Service } from '../snapshot.ts';
import {
  resolvePoolSettings,
  resolveServiceSettings,
  type Level,
  type Policies,
  type ResolvedSettings,
} from './resolve.ts';

/** A rule of a route; without a name no policy targets it alone. */
export interface RuleTarget {
  /** `Kind/namespace/name`. */
  readonly route: string;
  readonly ruleName?: string | undefined;
}

/** @param gateway `namespace/name` */
export function listenerLevels(
  gateway: string,
  listeners: readonly Pick<RoutedListener, 'set' | 'name'>[],
): readonly Level[] {
  const holder = ({ set }: Pick<RoutedListener, 'set'>): string =>
    set === undefined ? `Gateway/${gateway}` : `ListenerSet/${set}`;
  const sets = new Set(listeners.flatMap(({ set }) => set ?? []));
  return [
    listeners.map((listener) => ({ id: holder(listener), section: listener.name })),
    [...sets].map((set) => ({ id: `ListenerSet/${set}` })),
    [{ id: `Gateway/${gateway}` }],
  ];
}

/** What an AviFrontendPolicy makes of a rule, why it does so where it cannot be served, and what was asked for. */
export interface AppliedRule {
  readonly rule: RoutedRule;
  readonly failures: readonly string[];
  readonly named: readonly AviName[];
}

/**
 * With the settings of its own policies, its route's, and those of the listeners that it is served on. What one listener's
 * policy asks for holds on all of them: one virtual service answers for all.
 *
 * @param listeners as `listenerLevels` gives them
 */
export function withServicePolicies(
  rule: RoutedRule,
  route: string,
  listeners: readonly Level[],
  policies: Policies,
): AppliedRule {
  if (!policies.any) return { rule, failures: [], named: [] };
  const levels = [...ruleLevels({ route, ruleName: rule.name }), ...listeners];
  const { settings, origins, failures, named } = resolveServiceSettings(policies, levels, rule.settings);
  if (Object.keys(origins).length === 0) return { rule, failures, named };
  const { settings: _, ...bare } = rule;
  // "A missing WAF must not mean none."
  if (failures.length > 0) return { rule: { ...failing(bare), unmet: failures }, failures, named };
  const own = withoutFields(settings, listenerFields);
  const from = withoutFields(origins, listenerFields);
  const isSaid = Object.keys(own).length > 0;
  return { rule: { ...bare, ...(isSaid && { settings: own, settingsFrom: from }) }, failures, named };
}

function failing({ cors: _, mirrors: __, redirect: ___, ...rule }: RoutedRule): RoutedRule {
  return { ...rule, action: 'fail' };
}

/** Of the virtual services that are the Gateway's own. */
export function gatewaySettings(
  listeners: readonly Level[],
  policies: Policies,
): ResolvedSettings<VirtualServiceSettings> {
  return resolveServiceSettings(policies, listeners);
}

/** What an AviBackendPolicy makes of a backend. */
export interface AppliedBackend {
  readonly backend: RoutedBackend;
  readonly named: readonly AviName[];
}

/**
 * With the settings of the policies of its rule, its route, the port of its Service and the Service.
 *
 * @param path that of the backendRef, for messages
 */
export function withPoolPolicies(
  backend: RoutedBackend,
  path: string,
  target: RuleTarget,
  policies: Policies,
  services: ReadonlyMap<string, Service>,
): AppliedBackend {
  if (!policies.any) return { backend, named: [] };
  const key = `${backend.namespace}/${backend.name}`;
  const port = services.get(key)?.spec?.ports?.find((one) => one.port === backend.port)?.name;
  const id = `Service/${key}`;
  const levels = [...ruleLevels(target), ...(port ? [[{ id, section: port }]] : []), [{ id }]];
  const { settings, origins, failures, named } = resolvePoolSettings(policies, levels, backend.settings);
  if (Object.keys(origins).length === 0) return { backend, named };
  const [first] = failures;
  if (first !== undefined) {
    const invalid = { reason: 'UnsupportedValue', message: `${path}: ${failures.join('; ')}` };
    return { backend: { ...backend, endpoints: [], invalid: backend.invalid ?? invalid }, named };
  }
  return { backend: { ...backend, settings, settingsFrom: origins }, named };
}

/** A pool below HTTP has nothing to tell clients by but their address and their TLS session. */
export function withoutHttpSettings(backend: RoutedBackend, path: string): RoutedBackend {
  const { settings } = backend;
  const by = settings?.persistence && 'profile' in settings.persistence ? settings.persistence.profile.by : undefined;
  if (by === undefined || by === 'sourceAddress' || by === 'tls') return backend;
  const origin = backend.settingsFrom?.['persistence'] ?? '';
  const message = `${path}: ${origin}: spec.persistence: a route below HTTP can keep clients by SourceAddress and TLS only`;
  return { ...backend, endpoints: [], invalid: backend.invalid ?? { reason: 'UnsupportedValue', message } };
}

function ruleLevels({ route, ruleName }: RuleTarget): readonly Level[] {
  return [...(ruleName === undefined ? [] : [[{ id: route, section: ruleName }]]), [{ id: route }]];
}

function withoutFields<T extends VirtualServiceSettings | PoolSettings | SettingsOrigins>(
  value: T,
  fields: readonly string[],
): T {
  return Object.fromEntries(Object.entries(value).filter(([field]) => !fields.includes(field))) as T;
}
