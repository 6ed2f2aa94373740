/** The pure pipeline over manifests or a snapshot, for the commands that write nothing. */
import type { Admitted } from '../cluster/admission.ts';
import { readManifests } from '../cluster/manifests.ts';
import { createClusterState } from '../cluster/state.ts';
import type { Config } from '../config.ts';
import { installedClass } from '../main/installed-class.ts';
import { routingSettings, translateSettings, type Site } from '../main/settings.ts';
import { missingTargets } from '../routing/policies/missing-targets.ts';
import { policyKinds } from '../routing/policies/policy-index.ts';
import { routeKinds, routesOf } from '../routing/routes/route-kinds.ts';
import { route, type Routing } from '../routing/routes/route.ts';
import type { Problem } from '../routing/result/findings.ts';
import type { RoutedClass } from '../routing/result/routed-gateway.ts';
import { keyOf, type Snapshot } from '../routing/snapshot.ts';
import {
  computeGatewayClassStatus,
  computeGatewayStatus,
  computeListenerSetStatus,
  computePolicyStatus,
  computeRouteStatus,
} from '../status/compute.ts';
import type { StatusUpdate } from '../status/update.ts';
import type { DesiredState, JsonObject } from '../translate/desired.ts';
import { gatewayClaim, nameClaims, nameOf, resolveNames } from '../translate/naming/name-table.ts';
import { translateGateway } from '../translate/translate-gateway.ts';
import type { PreviousVsVip } from '../translate/virtual-services/vsvip.ts';
import { extensionStatuses } from './extension-statuses.ts';
import { wantedRoutes } from './static-routes.ts';
import { CommandFailure } from '../main/failure.ts';

/** What the pipeline makes of a snapshot before any controller is asked. */
export interface Evaluation {
  readonly snapshot: Snapshot;
  readonly routing: Routing;
  readonly desired: readonly DesiredState[];
  /** Of the VRF context, where the configuration asks for static routes to pods. */
  readonly staticRoutes: readonly JsonObject[];
  readonly statuses: readonly StatusUpdate[];
  readonly problems: readonly Problem[];
}

/** Finds the VsVip that a parent virtual service uses today; see `previousVsVip`. */
export type FindVsVip = (tenant: string, parentName: string, family?: 'V4' | 'V6') => PreviousVsVip | undefined;

/** Times in statuses that nobody writes: the Gateway API's own default, so that equal manifests give equal output. */
const noTime = '1970-01-01T00:00:00Z';

function routeStatuses(routing: Routing, snapshot: Snapshot, controllerName: string): readonly StatusUpdate[] {
  const entries = [...routing.gateways].flatMap(([gateway, { parents }]) =>
    parents.map((parent) => ({ gateway, parent })),
  );
  const byRoute = Map.groupBy(entries, ({ parent }) => `${parent.kind}/${parent.routeKey}`);
  return routeKinds.flatMap((kind) =>
    [...routesOf(snapshot, kind)].flatMap(([key, resource]) => {
      const parents = byRoute.get(`${kind}/${key}`);
      if (!parents) return [];
      return [computeRouteStatus(kind, key, resource, parents, new Map(), resource.status, noTime, controllerName)];
    }),
  );
}

function aviPolicyStatuses(routing: Routing, snapshot: Snapshot, controllerName: string): readonly StatusUpdate[] {
  const entries = [...routing.gateways].flatMap(([gateway, { aviPolicies }]) =>
    aviPolicies.map((policy) => ({ gateway, policy })),
  );
  const byPolicy = Map.groupBy(entries, ({ policy }) => `${policy.kind}/${policy.key}`);
  return policyKinds.flatMap((kind) =>
    [...snapshot.extensions[kind]].map(([key, resource]) => {
      const policies = byPolicy.get(`${kind}/${key}`) ?? [];
      const missing = missingTargets(key, resource, snapshot);
      return computePolicyStatus(kind, key, resource, policies, resource.status, noTime, controllerName, missing);
    }),
  );
}

function policyStatuses(routing: Routing, snapshot: Snapshot, controllerName: string): readonly StatusUpdate[] {
  const entries = [...routing.gateways].flatMap(([gateway, { policies }]) =>
    policies.map((policy) => ({ gateway, policy })),
  );
  const byPolicy = Map.groupBy(entries, ({ policy }) => policy.key);
  return [...snapshot.backendTLSPolicies].flatMap(([key, resource]) => {
    const policies = byPolicy.get(key);
    return policies
      ? [computePolicyStatus('BackendTLSPolicy', key, resource, policies, resource.status, noTime, controllerName)]
      : [];
  });
}

/** Statuses as they are before the controller has answered: Programmed is Unknown. */
function statusesOf(
  routing: Routing,
  snapshot: Snapshot,
  desired: readonly DesiredState[],
  controllerName: string,
): readonly StatusUpdate[] {
  const states = new Map(desired.map((state) => [state.gateway, state]));
  const classes = [...routing.classes.values()].map((each) =>
    computeGatewayClassStatus(each, each.resource.status, noTime),
  );
  const gateways = [...routing.gateways].map(([key, routed]) =>
    computeGatewayStatus(routed, undefined, routed.resource.status, noTime, states.get(key)),
  );
  const sets = [...routing.gateways].flatMap(([key, routed]) =>
    routed.listenerSets.map((set) =>
      computeListenerSetStatus(set, routed, undefined, set.resource.status, noTime, states.get(key)),
    ),
  );
  const routes = routeStatuses(routing, snapshot, controllerName);
  return [
    ...classes,
    ...gateways,
    ...sets,
    ...routes,
    ...policyStatuses(routing, snapshot, controllerName),
    ...aviPolicyStatuses(routing, snapshot, controllerName),
  ];
}

/** Evaluates a snapshot; pure. Without `findVsVip` every Gateway counts as new. */
export function evaluateSnapshot(
  snapshot: Snapshot,
  config: Config,
  site: Site,
  findVsVip: FindVsVip = () => undefined,
): Evaluation {
  const settings = translateSettings(config, site);
  const routing = route(snapshot, routingSettings(config, site));
  const gateways = [...routing.gateways.values()];
  const names = resolveNames(gateways.flatMap((gateway) => nameClaims(gateway, settings)));
  const desired = gateways.map((gateway) => {
    const parent = nameOf(names, gatewayClaim(gateway, settings));
    return translateGateway(gateway, settings, names, findVsVip(gateway.tenant, parent, gateway.address?.family));
  });
  const statuses = [
    ...statusesOf(routing, snapshot, desired, config.controllerName),
    ...extensionStatuses(snapshot, routingSettings(config, site), config.clusterName, noTime),
  ];
  const problems = [
    ...[...routing.classes.values()].flatMap(classProblems),
    ...gateways.flatMap((gateway) => gateway.problems),
    ...desired.flatMap((state) => state.problems ?? []),
  ];
  const staticRoutes = wantedRoutes(snapshot, config);
  return { snapshot, routing, desired, staticRoutes, statuses, problems: distinct(problems) };
}

/** Conditions of a class that say what its spec cannot have; other versions of the CRDs are no fault of the class. */
function classProblems({ resource, conditions }: RoutedClass): readonly Problem[] {
  return conditions
    .filter(({ type, status }) => type === 'Accepted' && status === 'False')
    .map(({ reason, message }) => ({
      resource: `GatewayClass/${resource.metadata?.name ?? ''}`,
      field: 'spec',
      message: `${reason}: ${message}`,
    }));
}

/** A route under two Gateways has its problems once. */
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function snapshotOf(objects: readonly Admitted[], controllerName: string): Snapshot {
  const state = createClusterState();
  state.put('GatewayClass', installedClass(controllerName));
  for (const { kind, object } of objects) state.put(kind, object);
  return state.snapshot();
}

/**
 * Reads manifests and evaluates them; a GatewayClass `avi-lb` counts as installed when they have none of that name.
 *
 * @throws CommandFailure with exit code 2 when there is no object that could be used.
 */
export async function evaluateManifests(
  paths: readonly string[],
  config: Config,
  site: Site,
  findVsVip?: FindVsVip,
): Promise<Evaluation> {
  const { objects, problems } = await readManifests(paths, new Date().toISOString()).catch((error: Error) => {
    throw new CommandFailure(error.message, 2, { cause: error });
  });
  if (objects.length === 0) {
    const reasons = problems.map(({ resource, field, message }) =>
      [resource, field, message].filter(Boolean).join(': '),
    );
    throw new CommandFailure(reasons.length > 0 ? reasons.join('\n') : `no manifests found in ${paths.join(', ')}`, 2);
  }
  const evaluation = evaluateSnapshot(snapshotOf(objects, config.controllerName), config, site, findVsVip);
  const given = new Set(objects.map(({ kind, object }) => `${kind}/${keyOf(object.metadata ?? {})}`));
  return {
    ...evaluation,
    statuses: evaluation.statuses.filter(({ kind, metadata }) => given.has(`${kind}/${keyOf(metadata)}`)),
    problems: [...problems, ...evaluation.problems],
  };
}
