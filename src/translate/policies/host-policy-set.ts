/** Children that share one policy set a host, for controllers whose order among children is not trusted. */
import { covers, isWildcard } from '../../values/hostnames.ts';
import type { ChildPlan } from '../child-plan.ts';
import type { AviObject } from '../desired.ts';
import type { HostEntries } from '../host-plan.ts';
import { orderedPolicySet } from './http-policy-set.ts';
import { hostPolicyName } from '../naming/names.ts';
import { workTable } from '../scripts/rule-script.ts';
import type { TranslateContext } from '../translate-context.ts';
import { childVirtualService } from '../virtual-services/virtual-service-child.ts';
import { orderedScriptSet } from '../scripts/vs-datascript-set.ts';

/** `hosts` as `hostEntries` orders them. */
export function sharedHostObjects(
  context: TranslateContext,
  children: readonly ChildPlan[],
  hosts: readonly HostEntries[],
): readonly AviObject[] {
  const nameOfHost = (hostname: string) => hostPolicyName(context.settings.clusterName, context.gateway, hostname);
  const everything = workTable(
    context,
    hosts.flatMap(({ entries }) => entries.map((entry) => entry.action)),
  );
  const sets = hosts.map(({ hostname, entries }) =>
    orderedPolicySet(context, nameOfHost(hostname), entries, everything.size > 0),
  );
  const places = new Map(hosts.map(({ hostname }, place) => [hostname, place]));
  const virtualServices = children.flatMap((child) => {
    const lists = listsOf(child, hosts, places);
    const script = orderedScriptSet(context, context.ruleName(child.rule), everything);
    const policies = lists.map(({ hostname }) => nameOfHost(hostname));
    return [...(script ? [script] : []), childVirtualService(context, child, policies, { script: script?.name })];
  });
  return [...sets, ...virtualServices];
}

/**
 * The lists of the child's hosts, and of the hosts inside its wildcards, whose requests it may get too. `places`: of
 * each hostname among `hosts`.
 */
export function listsOf(
  { hostMatches }: ChildPlan,
  hosts: readonly HostEntries[],
  places: ReadonlyMap<string, number>,
): readonly HostEntries[] {
  const wildcards = hostMatches.filter(({ hostname }) => isWildcard(hostname));
  const inside =
    wildcards.length === 0 ? [] : hosts.filter((host) => wildcards.some((own) => covers(own.hostname, host.hostname)));
  const own = hostMatches.flatMap(({ hostname }) => hosts[places.get(hostname) ?? -1] ?? []);
  return [...new Set([...inside, ...own])].sort(
    (a, b) => (places.get(a.hostname) ?? 0) - (places.get(b.hostname) ?? 0),
  );
}
