/** What a Gateway's virtual services have to do, before it is written as Avi objects. Shared with `explain`. */
import type { RoutedGateway } from '../routing/result.ts';
import { childPlan, type ChildPlan } from './child-plan.ts';
import { ownedKeys } from './owned-keys.ts';
import { hostEntries, type HostEntries } from './host-plan.ts';
import { topologyOf } from './host-ports.ts';
import { parentEntries } from './parent-plan.ts';
import type { PolicyEntry } from './policy-entry.ts';
import type { RuleRef } from './rule-match.ts';

/** Children, ordered rules and the rules they answer with. */
export interface GatewayPlan {
  /** By rule id. */
  readonly children: readonly ChildPlan[];
  /** The parent's ordered rules. */
  readonly parent: readonly PolicyEntry[];
  /**
   * Ordered rules of each host that the children share, most specific host first; only when the order of children is
   * not trusted. The children's own entries are then not used.
   */
  readonly hosts?: readonly HostEntries[];
  /** Every rule that some virtual service may answer with. */
  readonly rules: readonly RuleRef[];
}

/** `trustChildOrder` as in the settings. */
export function planGateway(routed: RoutedGateway, trustChildOrder: boolean): GatewayPlan {
  const topology = topologyOf(routed);
  const owned = ownedKeys(topology);
  const children = [...owned.values()].flatMap((keys) => {
    const rule = keys[0]?.keys[0]?.owner;
    return rule ? [childPlan(rule, keys, topology)] : [];
  });
  const childHosts = new Set(children.flatMap((child) => child.hostMatches.map(({ hostname }) => hostname)));
  const parent = parentEntries(topology, childHosts);
  const hosts = trustChildOrder ? undefined : hostEntries(topology);
  const inChildren = hosts
    ? hosts.flatMap(({ entries }) => entries.map((entry) => entry.action))
    : children.flatMap(({ entries, fallback }) => [...entries.map((entry) => entry.action), fallback]);
  const actions = [...inChildren, ...parent.map((entry) => entry.action)];
  const rules = new Map(actions.flatMap((action) => (action ? [[action.rule.id, action.rule] as const] : [])));
  return { children, parent, hosts, rules: [...rules.values()] };
}
