/** Child VirtualService of a rule that owns path keys. */
import type { ChildPlan } from '../child-plan.ts';
import type { AviObject, JsonObject } from '../desired.ts';
import { orderedPolicySet, plainPolicySet, policyRefs } from '../policies/http-policy-set.ts';
import { markers } from '../naming/markers.ts';
import { createdBy, ruleLabel } from '../naming/names.ts';
import type { Action, PolicyEntry } from '../policies/policy-entry.ts';
import { bareRef, ref } from '../naming/refs.ts';
import { filterActions } from '../policies/rule-actions.ts';
import { namedScripts, namedSets, serviceFields } from '../policies/rule-extension.ts';
import { hasPoolGroup } from '../policies/rule-backends.ts';
import { workTable } from '../scripts/rule-script.ts';
import { serviceMetadata } from '../naming/service-metadata.ts';
import { aviObject, present, routeOrigin, virtualServiceNetwork, type TranslateContext } from '../translate-context.ts';
import { virtualHostMatches } from './virtual-host-match.ts';
import { dataScriptRefs, orderedScriptSet, plainScriptSet } from '../scripts/vs-datascript-set.ts';

/** The child with its policy set and script, where it has them. */
export function childObjects(context: TranslateContext, plan: ChildPlan): readonly AviObject[] {
  const name = context.ruleName(plan.rule);
  const { route } = plan.rule;
  if (plan.entries.length === 0 && plan.fallback) {
    const policy = plainPolicySet(context, name, plan.fallback);
    const poolGroup = hasPoolGroup(plan.fallback.rule.rule) ? name : undefined;
    const script = plainScriptSet(context, name, plan.fallback, route);
    return [
      ...(policy ? [policy] : []),
      ...(script ? [script] : []),
      childVirtualService(context, plan, policy ? [name] : [], { poolGroup, script: script?.name }),
    ];
  }
  const table = workTable(context, [...plan.entries.map((entry) => entry.action), plan.fallback]);
  const { entries, poolGroup } = withFallback(context, plan, table.size > 0);
  const script = orderedScriptSet(context, name, table, route);
  return [
    orderedPolicySet(context, name, entries, table.size > 0, route),
    ...(script ? [script] : []),
    childVirtualService(context, plan, [name], { poolGroup, script: script?.name }),
  ];
}

/** The virtual service alone, for policy sets and scripts that exist already. */
export function childVirtualService(
  context: TranslateContext,
  { rule: ruleRef, hostMatches }: ChildPlan,
  policySets: readonly string[],
  { poolGroup, script }: { readonly poolGroup?: string; readonly script?: string },
): AviObject {
  const { settings, gateway, routed } = context;
  const { route, rule } = ruleRef;
  const body = {
    name: context.ruleName(ruleRef),
    created_by: createdBy(settings.clusterName),
    cloud_ref: bareRef('cloud', settings.cloud),
    type: 'VS_TYPE_VH_CHILD',
    vh_type: 'VS_TYPE_VH_ENHANCED',
    vh_parent_vs_ref: ref('virtualservice', context.parentName),
    network_profile_ref: ref('networkprofile', 'System-TCP-Proxy'),
    application_profile_ref: ref('applicationprofile', 'System-HTTP'),
    se_group_ref: bareRef('serviceenginegroup', settings.seGroup),
    ...virtualServiceNetwork(context),
    east_west_placement: false,
    ign_pool_net_reach: false,
    markers: [
      ...markers({
        clusterName: settings.clusterName,
        gateway,
        hosts: hostMatches.map(({ hostname }) => hostname),
        route,
        ruleName: rule.name,
      }),
      ...credentialsMarker(rule.settings?.sso?.credentialsVersion),
    ],
    service_metadata: serviceMetadata({
      gateway: routed.key,
      route: `${route.namespace}/${route.name}`,
      rule: ruleLabel(rule),
    }),
    vh_matches: virtualHostMatches(hostMatches),
    ...childTargets(namedSets(context, policySets, rule.settings), poolGroup, namedScripts(script, rule.settings)),
    ...serviceFields(context, rule.settings),
  };
  return aviObject(context, 'virtualservice', body, routeOrigin(route));
}

/** Tells that a secret has changed, which the controller does not show. */
function credentialsMarker(version: string | undefined): readonly JsonObject[] {
  return version === undefined ? [] : [{ key: 'credentials-version', values: [version] }];
}

function childTargets(
  policySets: readonly string[],
  poolGroup: string | undefined,
  scripts: readonly string[],
): JsonObject {
  return present({
    pool_group_ref: poolGroup === undefined ? undefined : ref('poolgroup', poolGroup),
    http_policies: policySets.length > 0 ? policyRefs(policySets) : undefined,
    vs_datascripts: scripts.length > 0 ? dataScriptRefs(...scripts) : undefined,
  });
}

/** What no entry matches goes to the pool group by itself, unless something has to be done to it on the way. */
function withFallback(
  context: TranslateContext,
  { rule, entries, fallback }: ChildPlan,
  marked: boolean,
): { readonly entries: readonly PolicyEntry[]; readonly poolGroup?: string } {
  if (!fallback) return { entries };
  if (marked || !hasPoolGroup(fallback.rule.rule) || changesRequest(fallback))
    return { entries: [...entries, { action: fallback }] };
  return { entries, poolGroup: context.ruleName(rule) };
}

function changesRequest(action: Action): boolean {
  return Object.keys(filterActions(action)).length > 0;
}
