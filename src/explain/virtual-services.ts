/**
 * Which virtual services Avi may hand a request to, and what each does with it: read from the plan that the Avi objects
 * are written from. More than one where the order among children is not documented; then all answer the same.
 */
import { coveringHostnames } from '../translate/policies/rule-match.ts';
import type { ChildPlan } from '../translate/child-plan.ts';
import type { GatewayPlan } from '../translate/gateway-plan.ts';
import { listsOf } from '../translate/policies/host-policy-set.ts';
import type { PathCondition } from '../translate/policies/path-keys.ts';
import type { Action, PolicyEntry } from '../translate/policies/policy-entry.ts';
import { entryAccepts, pathAccepts, type ExplainedRequest } from './request.ts';

/** A virtual service that may get the request. */
export interface PossibleService {
  /** Absent: the parent. */
  readonly child?: ChildPlan;
  /** The VH rule by which the child claims the request. */
  readonly claim?: PathCondition & { readonly hostname: string };
  /** What it does; absent: 404. */
  readonly action?: Action;
}

type Claimed = Required<Pick<PossibleService, 'child' | 'claim'>>;

/** In the order in which Avi is believed to look; never empty. */
export function possibleServices(
  plan: GatewayPlan,
  request: ExplainedRequest,
  trustChildOrder: boolean,
): readonly PossibleService[] {
  const levels = coveringHostnames(request.host).flatMap((hostname) => levelOf(plan, hostname) ?? []);
  const claimed = levels.map((level) => level.filter(({ claim, ports }) => takes(claim, ports, request)));
  const chosen = trustChildOrder ? mostSpecific(claimed.map(bestByPath)) : claimed.flat();
  const reachesParent = trustChildOrder ? claimed[0] === undefined || claimed[0].length === 0 : chosen.length === 0;
  const children = [...new Map(chosen.map((one) => [one.child, one])).values()];
  return [
    ...children.map(({ child, claim }) => withAction({ child, claim }, childEntries(plan, child), child, request)),
    ...(reachesParent ? [withAction({}, plan.parent, undefined, request)] : []),
  ];
}

interface Claim extends Claimed {
  readonly ports: readonly number[];
}

/** All claims to a hostname; undefined when no child has it. */
function levelOf({ children }: GatewayPlan, hostname: string | undefined): readonly (readonly Claim[])[] | undefined {
  if (hostname === undefined) return undefined;
  const claims = children.flatMap((child) =>
    child.hostMatches
      .filter((match) => match.hostname === hostname)
      .flatMap(({ keys }) =>
        keys.map(({ criteria, value, ports }) => ({ child, ports, claim: { hostname, criteria, value } })),
      ),
  );
  return claims.length > 0 ? [claims] : undefined;
}

function takes(claim: PathCondition, ports: readonly number[], { port, path }: ExplainedRequest): boolean {
  return ports.includes(port) && pathAccepts(claim, path);
}

/** EQUALS before the longest BEGINS_WITH; a regular expression may stand anywhere. */
function bestByPath(claims: readonly Claim[]): readonly Claim[] {
  const equal = claims.filter(({ claim }) => claim.criteria === 'EQUALS');
  const prefixes = claims.filter(({ claim }) => claim.criteria === 'BEGINS_WITH');
  const longest = Math.max(...prefixes.map(({ claim }) => claim.value.length));
  const best = equal.length > 0 ? equal : prefixes.filter(({ claim }) => claim.value.length === longest);
  return [...best, ...claims.filter(({ claim }) => claim.criteria === 'REGEX_MATCH')];
}

/** Of the first hostname with a claim: a host none of whose rules match leads to the next wider one, or to the parent. */
function mostSpecific(levels: readonly (readonly Claim[])[]): readonly Claim[] {
  return levels.find((level) => level.length > 0) ?? [];
}

function childEntries(plan: GatewayPlan, child: ChildPlan): readonly PolicyEntry[] {
  if (!plan.hosts) return child.entries;
  const places = new Map(plan.hosts.map(({ hostname }, place) => [hostname, place]));
  return listsOf(child, plan.hosts, places).flatMap(({ entries }) => entries);
}

/** The first rule that takes the request ends; what none takes is the child's own. */
function withAction(
  service: Pick<PossibleService, 'child' | 'claim'>,
  entries: readonly PolicyEntry[],
  child: ChildPlan | undefined,
  request: ExplainedRequest,
): PossibleService {
  const entry = entries.find((candidate) => entryAccepts(candidate, request));
  const action = entry ? entry.action : child?.fallback;
  return action ? { ...service, action } : service;
}
