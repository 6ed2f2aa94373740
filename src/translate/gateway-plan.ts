/** What a Gateway's virtual services have to do, before it is written as Avi objects. Shared with `explain`. */
import { isDeepStrictEqual } from 'node:util';
import type { VirtualServiceSettings } from '../routing/extensions/avi-settings.ts';
import type { Problem } from '../routing/result/findings.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import type { RoutedListener } from '../routing/result/routed-listener.ts';
import { childPlan, type ChildPlan } from './child-plan.ts';
import { ownedKeys, type OwnedKeys } from './naming/owned-keys.ts';
import { hostEntries, type HostEntries } from './host-plan.ts';
import { limitSettings } from './profiles/extension-plan.ts';
import { createTopologyMemory, topologyOf, type Topology, type TopologyMemory } from './virtual-services/host-ports.ts';
import { parentEntries, wideParentEntries } from './parent-plan.ts';
import type { PolicyEntry } from './policies/policy-entry.ts';
import type { RuleRef } from './policies/rule-match.ts';
import { sameItems } from './same-items.ts';

/** Children, ordered rules and the rules they answer with. */
export interface GatewayPlan {
  /** By rule id. */
  readonly children: readonly ChildPlan[];
  /** The parent's ordered rules. */
  readonly parent: readonly PolicyEntry[];
  /** Those with all wildcards (`wideParentEntries`), where that is more. */
  readonly wideParent?: readonly PolicyEntry[];
  /**
   * Ordered rules of each host that the children share, most specific host first; only when the order of children is
   * not trusted. The children's own entries are then not used.
   */
  readonly hosts: readonly HostEntries[] | undefined;
  /** Settings of the parent virtual service that the Gateway or its rules ask for. */
  readonly parentSettings?: VirtualServiceSettings;
  /** Rules that are answered with 500 somewhere, since their settings cannot be had there. */
  readonly problems: readonly Problem[];
  /** Every rule that some virtual service may answer with. */
  readonly rules: readonly RuleRef[];
}

/** What was planned for a Gateway the time before; each plan replaces what it finds. */
export interface PlanMemory {
  readonly topology: TopologyMemory;
  /** By id of the rule. */
  children: Map<string, PlannedChild>;
}

interface PlannedChild {
  readonly rule: RuleRef;
  readonly owned: readonly OwnedKeys[];
  readonly listeners: readonly RoutedListener[];
  readonly plan: ChildPlan;
}

export function createPlanMemory(): PlanMemory {
  return { topology: createTopologyMemory(), children: new Map() };
}

/** `trustChildOrder` as in the settings. */
export function planGateway(
  routed: RoutedGateway,
  trustChildOrder: boolean,
  memory: PlanMemory = createPlanMemory(),
): GatewayPlan {
  const topology = topologyOf(routed, memory.topology);
  const owned = ownedKeys(topology);
  const planOf = rememberedChildren(topology, memory);
  const children = [...owned.values()].flatMap((keys) => {
    const rule = keys[0]?.keys[0]?.owner;
    return rule ? [planOf(rule, keys)] : [];
  });
  const childHosts = new Set(children.flatMap((child) => child.hostMatches.map(({ hostname }) => hostname)));
  const parent = parentEntries(topology, childHosts);
  const hosts = trustChildOrder ? undefined : hostEntries(topology);
  const inChildren = hosts
    ? hosts.flatMap(({ entries }) => entries.map((entry) => entry.action))
    : children.flatMap(({ entries, fallback }) => [...entries.map((entry) => entry.action), fallback]);
  const actions = [...inChildren, ...parent.map((entry) => entry.action)];
  const rules = new Map(actions.flatMap((action) => (action ? [[action.rule.id, action.rule] as const] : [])));
  const wideParent = wideParentEntries(topology, childHosts, rules);
  return limitSettings(routed, {
    children,
    parent,
    ...(wideParent && { wideParent }),
    hosts,
    rules: [...rules.values()],
  });
}

/** Plans of children; the earlier one where it would be equal. */
function rememberedChildren(
  topology: Topology,
  memory: PlanMemory,
): (rule: RuleRef, owned: readonly OwnedKeys[]) => ChildPlan {
  const before = memory.children;
  const known = new Map<string, PlannedChild>();
  memory.children = known;
  const { listeners } = topology;
  return (rule, owned) => {
    const earlier = before.get(rule.id);
    const isSame =
      earlier?.rule === rule && earlier.listeners === listeners && sameItems(earlier.owned, owned, sameKeys);
    if (isSame) {
      known.set(rule.id, earlier);
      return earlier.plan;
    }
    const made = childPlan(rule, owned, topology);
    const plan = earlier?.rule === rule && isDeepStrictEqual(earlier.plan, made) ? earlier.plan : made;
    known.set(rule.id, { rule, owned, listeners, plan });
    return plan;
  };
}

function sameKeys(a: OwnedKeys, b: OwnedKeys): boolean {
  return a.at === b.at && a.listener === b.listener && a.keys === b.keys;
}
