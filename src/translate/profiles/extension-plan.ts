/**
 * Settings of rules belong to virtual services, and one of those may answer for several rules: where two rules of one
 * want different things, the one that the virtual service is not made for cannot have its own. A missing WAF must not mean
 * none, so its requests there are answered with 500.
 */
import type { VirtualServiceSettings } from '../../routing/extensions/avi-settings.ts';
import { listenerFields, mergeServiceSettings } from '../../routing/extensions/merged-settings.ts';
import type { Problem } from '../../routing/result/findings.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import { httpListeners } from '../virtual-services/http-listeners.ts';
import { withListenerTls } from '../virtual-services/listener-tls.ts';
import type { ChildPlan } from '../child-plan.ts';
import type { HostEntries } from '../host-plan.ts';
import type { Action, PolicyEntry } from '../policies/policy-entry.ts';
import type { RuleRef } from '../policies/rule-match.ts';

/** The virtual services of a plan, as `GatewayPlan` has them. */
export interface Services {
  readonly children: readonly ChildPlan[];
  readonly parent: readonly PolicyEntry[];
  readonly wideParent?: readonly PolicyEntry[];
  readonly hosts: readonly HostEntries[] | undefined;
}

/** The same with every rule served under its own settings, or not at all. */
export interface LimitedServices extends Services {
  /** Settings of the parent virtual service: what all rules that it answers with ask for. */
  readonly parentSettings?: VirtualServiceSettings;
  readonly problems: readonly Problem[];
}

interface Limited<T> {
  readonly value: T;
  readonly refused: readonly RuleRef[];
}

export function limitSettings<T extends Services>(routed: RoutedGateway, plan: T): T & LimitedServices {
  const isSaid = routed.routes.some(({ rules }) => rules.some(({ settings }) => settings));
  if (!routed.settings && !isSaid) {
    const own = withTls(routed, undefined);
    return { ...plan, ...(own && { parentSettings: own }), problems: [] };
  }
  const parent = withTls(routed, parentSettings(routed.settings, commonSettings(plan.parent)));
  const parentEntries = limitEntries(plan.parent, parent);
  const shared = plan.hosts && commonSettings(plan.hosts.flatMap(({ entries }) => entries));
  const hosts = plan.hosts?.map((host) => ({ host, limited: limitEntries(host.entries, shared) }));
  const children = plan.children.map(limitChild);
  const refused = [
    ...parentEntries.refused,
    ...(hosts ?? []).flatMap(({ limited }) => limited.refused),
    ...(hosts ? [] : children.flatMap((child) => child.refused)),
  ];
  return {
    ...plan,
    parent: parentEntries.value,
    ...(plan.wideParent && { wideParent: limitEntries(plan.wideParent, parent).value }),
    children: hosts ? plan.children : children.map(({ value }) => value),
    hosts: hosts?.map(({ host, limited }) => ({ ...host, entries: limited.value })),
    ...(parent && { parentSettings: parent }),
    problems: [...new Map(refused.map((rule) => [rule.id, problemOf(rule)])).values()],
  };
}

/** Listeners go before policies, and these before HostRules. */
function withTls(
  routed: RoutedGateway,
  settings: VirtualServiceSettings | undefined,
): VirtualServiceSettings | undefined {
  const { sslProfile } = routed.hostTls ?? {};
  const all = sslProfile === undefined ? settings : mergeServiceSettings([settings ?? {}, { sslProfile }]);
  return withListenerTls(all, httpListeners(routed));
}

/** What the rules ask for goes before what the Gateway does, but of listeners only the Gateway says anything. */
function parentSettings(
  gateway: VirtualServiceSettings | undefined,
  rules: VirtualServiceSettings | undefined,
): VirtualServiceSettings | undefined {
  if (!gateway || !rules) return rules ?? gateway;
  const ofListeners = listenerFields.flatMap((field) =>
    gateway[field] === undefined ? [] : [[field, gateway[field]]],
  );
  return mergeServiceSettings([rules, Object.fromEntries(ofListeners) as VirtualServiceSettings]);
}

/** What all rules of the entries agree on; undefined where they do not. */
function commonSettings(entries: readonly PolicyEntry[]): VirtualServiceSettings | undefined {
  const all = entries.flatMap(({ action }) => (action ? [action.rule.rule.settings] : []));
  const [first] = all;
  return all.every((one) => isSame(one, first)) ? first : undefined;
}

/** Plans never change, and equal ones stay the same value for what remembers them. */
const limitedChildren = new WeakMap<ChildPlan, Limited<ChildPlan>>();

function limitChild(child: ChildPlan): Limited<ChildPlan> {
  const known = limitedChildren.get(child);
  if (known) return known;
  const own = child.rule.rule.settings;
  const entries = limitEntries(child.entries, own);
  const fallback = child.fallback && limitAction(child.fallback, own);
  const refused = [...entries.refused, ...(fallback?.refused ?? [])];
  const value =
    refused.length === 0 ? child : { ...child, entries: entries.value, ...(fallback && { fallback: fallback.value }) };
  const limited = { value, refused };
  limitedChildren.set(child, limited);
  return limited;
}

function limitEntries(
  entries: readonly PolicyEntry[],
  own: VirtualServiceSettings | undefined,
): Limited<readonly PolicyEntry[]> {
  const refused: RuleRef[] = [];
  const value = entries.map((entry) => {
    if (!entry.action) return entry;
    const action = limitAction(entry.action, own);
    refused.push(...action.refused);
    return action.refused.length > 0 ? { ...entry, action: action.value } : entry;
  });
  return { value: refused.length > 0 ? value : entries, refused };
}

/** A rule is served where the virtual service has all that it asks for, whatever more it has. */
function limitAction(action: Action, own: VirtualServiceSettings | undefined): Limited<Action> {
  const { settings, ...rule } = action.rule.rule;
  if (!settings || asksNoMore(settings, own)) return { value: action, refused: [] };
  const { cors: _, mirrors: __, redirect: ___, ...failing } = rule;
  const { redirect: ____, ...kept } = action;
  return {
    value: {
      ...kept,
      key: `${action.key} refused`,
      rule: { ...action.rule, rule: { ...failing, action: 'fail' } },
    },
    refused: [action.rule],
  };
}

function asksNoMore(settings: VirtualServiceSettings, own: VirtualServiceSettings | undefined): boolean {
  const had = new Map<string, unknown>(Object.entries(own ?? {}));
  return Object.entries(settings).every(([field, value]) => JSON.stringify(had.get(field)) === JSON.stringify(value));
}

function isSame(a: VirtualServiceSettings | undefined, b: VirtualServiceSettings | undefined): boolean {
  return a === b || JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});
}

function problemOf({ route, rule }: RuleRef): Problem {
  return {
    resource: `${route.kind}/${route.namespace}/${route.name}`,
    field: `spec.rules[${rule.index}].filters`,
    message:
      'the settings of its ExtensionRefs and policies belong to a virtual service, and requests of this rule come to one that another rule with other settings has (same host and path, or no hostname): these are answered with 500. Give both rules the same settings, or paths or hostnames of their own.',
  };
}
