/** One routed Gateway → all its Avi objects (design section 3). Pure: equal input gives equal output. */
import { compareText } from '../values/read.ts';
import type { Problem } from '../routing/result/findings.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { clientProfileProblems, clientValidationObjects } from './profiles/application-profile.ts';
import { objectId, type AviObject, type DesiredState } from './desired.ts';
import { usedExtensionObjects } from './profiles/extension-object.ts';
import { planGateway, type GatewayPlan } from './gateway-plan.ts';
import { cipherProblems, settingsObjects } from './profiles/settings-objects.ts';
import { sharedHostObjects } from './policies/host-policy-set.ts';
import { httpListeners } from './virtual-services/http-listeners.ts';
import { l4Routes } from './pools/l4-parts.ts';
import { l4PoolGroup, l4Pools, overfullL4Pools } from './pools/l4-pools.ts';
import type { NameTable } from './naming/name-table.ts';
import { backendPkiProfiles } from './profiles/pki-profile.ts';
import { placeVip } from './policies/placement.ts';
import { pool, maxServers } from './pools/pool.ts';
import { poolGroup } from './pools/pool-group.ts';
import { hasPoolGroup, pooledBackends } from './policies/rule-backends.ts';
import { matchProblems, type RuleRef } from './policies/rule-match.ts';
import { ruleSource } from './policies/rule-source.ts';
import type { TranslateSettings } from './settings.ts';
import { certificateObjects, parentCertificateNames } from './profiles/ssl-key-and-certificate.ts';
import {
  createTranslateMemory,
  objectMemory,
  type ObjectMemory,
  type RuleObjects,
  type TranslateMemory,
} from './translate-memory.ts';
import { translateContext, type TranslateContext } from './translate-context.ts';
import { childObjects } from './virtual-services/virtual-service-child.ts';
import { l4Objects } from './virtual-services/virtual-service-l4.ts';
import { parentObjects, parentPolicySet } from './virtual-services/virtual-service-parent.ts';
import { unpublishedNames, vsVip, vsVipName, type PreviousVsVip } from './virtual-services/vsvip.ts';

/**
 * Everything that should exist for the Gateway; nothing when no listener serves. `previous` is the VsVip in use on the
 * controller, which decides the name of the next one (see `vsVipName`); without it the name is AKO's. With the memory of
 * the time before, what is the same is made of the same objects.
 */
export function translateGateway(
  unplaced: RoutedGateway,
  settings: TranslateSettings,
  names: NameTable,
  previous?: PreviousVsVip,
  memory: TranslateMemory = createTranslateMemory(),
): DesiredState {
  const { routed, moveTo, problems: unmoved } = placeVip(unplaced, settings, previous?.placement);
  const { key: gateway, tenant } = routed;
  if (!routed.programmable) return { gateway, tenant, objects: [] };
  const context = translateContext(routed, settings, names);
  const plan = planGateway(routed, settings.trustChildOrder, memory.plan);
  const known = objectMemory(memory, {
    settings,
    names,
    gateway,
    tenant,
    labels: JSON.stringify(routed.labels ?? {}),
    infrastructure: JSON.stringify(routed.infrastructure ?? {}),
  });
  const vip = vsVip(
    context,
    vsVipName(context.parentName, routed.address, previous && moveTo ? { ...previous, moveTo } : previous),
  );
  const http = httpListeners(routed);
  const l4 = l4Routes(routed);
  const pooled = plan.rules.filter(({ rule }) => hasPoolGroup(rule)).map((rule) => ruleObjects(context, rule, known));
  const objects = [
    ...certificateObjects(context),
    ...backendPkiProfiles(context),
    ...clientValidationObjects(context, plan.parentSettings),
    ...usedExtensionObjects(routed, settings.clusterName),
    ...settingsObjects(context, plan),
    vip,
    ...(http.length > 0
      ? parentObjects(context, plan.parent, parentCertificateNames(context, http), vip.name, plan.parentSettings)
      : []),
    ...childrenObjects(context, plan, known),
    ...pooled.flatMap((made) => made.objects),
    ...l4Objects(context, vip.name),
    ...l4.map((route) => l4PoolGroup(context, route)),
    ...l4.flatMap((route) => l4Pools(context, route)),
  ];
  const problems = [
    ...routed.routes.flatMap(matchProblems),
    ...pooled.flatMap((made) => made.problems),
    ...plan.problems,
    ...clientProfileProblems(context, plan.parentSettings),
    ...cipherProblems(context, plan),
    ...unmoved,
    ...l4.flatMap(overfullL4Pools),
    ...unpublishedNames(context),
  ];
  const wide = http.length > 0 && plan.wideParent && parentPolicySet(context, plan.wideParent, plan.parent).body;
  return {
    gateway,
    tenant,
    objects: sortedObjects(objects, memory),
    ...(wide && { wideParentPolicy: wide }),
    ...(problems.length > 0 && { problems }),
  };
}

/**
 * Only the pools whose servers are those of the given Services (`namespace/name`), for changes of endpoints. Also for
 * rules that stand nowhere: `replacePools` takes those that exist.
 */
export function translatePoolsOfServices(
  routed: RoutedGateway,
  settings: TranslateSettings,
  names: NameTable,
  serviceKeys: ReadonlySet<string> | readonly string[],
): readonly AviObject[] {
  if (!routed.programmable) return [];
  const services = new Set(serviceKeys);
  const context = translateContext(routed, settings, names);
  const pools = routed.routes
    .filter((route) => route.rules.some((rule) => pooledBackends(rule).some((backend) => isOneOf(services, backend))))
    .flatMap((route) => ruleSource(route).rules)
    .flatMap((rule) =>
      pooledBackends(rule.rule)
        .filter((backend) => isOneOf(services, backend))
        .map((backend) => pool(context, rule, backend)),
    );
  const l4 = l4Routes(routed).flatMap((route) => l4Pools(context, route, services));
  return [...pools, ...l4].sort(compareObjects);
}

/** The desired state with these pools in the place of those of the same name; others of them are left out. */
export function replacePools(desired: DesiredState, pools: readonly AviObject[]): DesiredState {
  const byId = new Map(pools.map((object) => [objectId(object), object]));
  return { ...desired, objects: desired.objects.map((object) => byId.get(objectId(object)) ?? object) };
}

function childrenObjects(context: TranslateContext, plan: GatewayPlan, known: ObjectMemory): readonly AviObject[] {
  if (plan.hosts) return sharedHostObjects(context, plan.children, plan.hosts);
  return plan.children.flatMap((child) => {
    const objects = known.ofChild.get(child) ?? childObjects(context, child);
    known.ofChild.set(child, objects);
    return objects;
  });
}

/** Pool group and pools of a rule that has them. */
function ruleObjects(context: TranslateContext, rule: RuleRef, known: ObjectMemory): RuleObjects {
  const earlier = known.ofRule.get(rule);
  if (earlier) return earlier;
  const pools = pooledBackends(rule.rule).map((backend) => pool(context, rule, backend));
  const made = { objects: [poolGroup(context, rule), ...pools], problems: overfullPools(rule) };
  known.ofRule.set(rule, made);
  return made;
}

function overfullPools({ route, rule }: RuleRef): readonly Problem[] {
  return pooledBackends(rule)
    .filter((backend) => backend.endpoints.length > maxServers)
    .map((backend) => ({
      resource: `${route.kind}/${route.namespace}/${route.name}`,
      field: `spec.rules[${rule.index}].backendRefs`,
      message: `Service ${backend.namespace}/${backend.name} has ${backend.endpoints.length} endpoints; an Avi pool takes ${maxServers}, the others get no traffic. Split the Service.`,
    }));
}

function isOneOf(
  services: ReadonlySet<string>,
  backend: { readonly namespace: string; readonly name: string },
): boolean {
  return services.has(`${backend.namespace}/${backend.name}`);
}

/** Most objects are those of the time before, which have their order; names are dear to compare. */
function sortedObjects(objects: readonly AviObject[], memory: TranslateMemory): readonly AviObject[] {
  const wanted = new Set(objects);
  const kept = memory.sorted.filter((object) => wanted.delete(object));
  const added = [...wanted].sort(compareObjects);
  let place = 0;
  const merged: AviObject[] = [];
  for (const object of kept) {
    for (let next = added[place]; next && compareObjects(next, object) < 0; next = added[(place += 1)])
      merged.push(next);
    merged.push(object);
  }
  merged.push(...added.slice(place));
  memory.sorted = merged;
  return merged;
}

function compareObjects(a: AviObject, b: AviObject): number {
  return compareText(a.type, b.type) || compareText(a.name, b.name);
}
