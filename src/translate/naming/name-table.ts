/**
 * Names that meet: AKO joins names with `-`, which Kubernetes names may contain, so two identities can come to one Avi
 * name (`a-b/c` and `a/b-c`, or two rules with equal matches). The oldest keeps the name, the others get a suffix.
 */
import { compareText, splitKey } from '../../values/read.ts';
import type { RoutedBackend } from '../../routing/result/routed-backend.ts';
import type { RoutedGateway } from '../../routing/result/routed-gateway.ts';
import type { RoutedRoute } from '../../routing/result/routed-route.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';
import { objectId, type AviType } from '../desired.ts';
import {
  certificateName,
  identityOf,
  l4Name,
  parentName,
  poolName,
  ruleName,
  ruleText,
  withinLimit,
  withSuffix,
  type L4Subject,
  type NamespacedName,
} from './names.ts';
import { clientCertificates } from '../pools/backend-tls-uses.ts';
import { hasPoolGroup, noServers } from '../policies/rule-backends.ts';
import type { TranslateSettings } from '../settings.ts';

/** Somebody's wish for a name. */
export interface NameClaim {
  /** `virtualservice` also stands for the objects that share a virtual service's name: VsVip, pool group, policy set. */
  readonly type: AviType;
  readonly tenant: string;
  readonly name: string;
  /** NUL-joined parts that say who claims; one identity claims a name once. */
  readonly identity: string;
  /** Sorts older claims first. */
  readonly age: string;
}

/** Final names of the claims that lost their name to an older one, by `claimId`; all others keep theirs. */
export type NameTable = ReadonlyMap<string, string>;

/** Claims of one Gateway and of the routes attached to it. */
export function nameClaims(routed: RoutedGateway, settings: TranslateSettings): readonly NameClaim[] {
  if (!routed.programmable) return [];
  return [
    gatewayClaim(routed, settings),
    ...l4Subjects.map((subject) => l4Claim(routed, settings, subject)),
    ...distinctSecrets(routed).map((secret) => certificateClaim(routed, settings, secret)),
    ...routed.routes.flatMap((route) => routeClaims(routed, settings, route)),
  ];
}

/** Who gets which name. Give it the claims of all Gateways; the order of claims does not matter. */
export function resolveNames(claims: readonly NameClaim[]): NameTable {
  const first = new Map<string, NameClaim>();
  const disputed = new Map<string, Map<string, NameClaim>>();
  for (const claim of claims) {
    const id = objectId(claim);
    const other = first.get(id);
    if (!other) first.set(id, claim);
    else if (other.identity !== claim.identity) addDispute(disputed, id, other, claim);
  }
  return new Map([...disputed.values()].flatMap((claimants) => losers([...claimants.values()])));
}

/** The name that a claim got; never longer than Avi takes. */
export function nameOf(names: NameTable, claim: NameClaim): string {
  return names.get(claimId(claim)) ?? withinLimit(claim.name, claim.identity);
}

/** For the parent virtual service, its VsVip and its policy set. */
export function gatewayClaim(routed: RoutedGateway, settings: TranslateSettings): NameClaim {
  const gateway = gatewayName(routed);
  return {
    type: 'virtualservice',
    tenant: routed.tenant,
    name: parentName(settings.clusterName, gateway),
    identity: identityOf(gateway.namespace, gateway.name),
    age: gatewayAge(routed),
  };
}

/** For a virtual service below HTTP, and its policy set or DataScript set. */
export function l4Claim(routed: RoutedGateway, settings: TranslateSettings, subject: L4Subject): NameClaim {
  const gateway = gatewayName(routed);
  return {
    ...gatewayClaim(routed, settings),
    name: l4Name(settings.clusterName, gateway, subject),
    identity: identityOf(gateway.namespace, gateway.name, subject),
  };
}

const l4Subjects: readonly L4Subject[] = ['L4', 'TLS-passthrough', 'TLS', 'TLS-gate'];

/** For the certificate made of a Secret. */
export function certificateClaim(
  routed: RoutedGateway,
  settings: TranslateSettings,
  secret: NamespacedName,
): NameClaim {
  const gateway = gatewayName(routed);
  return {
    type: 'sslkeyandcertificate',
    tenant: routed.tenant,
    name: certificateName(settings.clusterName, gateway, secret),
    identity: identityOf(gateway.namespace, gateway.name, secret.namespace, secret.name),
    age: gatewayAge(routed),
  };
}

/** `occurrence` counts the earlier rules of the route with the same name or matches, see `ruleOccurrences`. */
export function ruleClaim(
  routed: RoutedGateway,
  settings: TranslateSettings,
  route: RoutedRoute,
  rule: RoutedRule,
  occurrence: number,
): NameClaim {
  return {
    type: 'virtualservice',
    tenant: routed.tenant,
    name: ruleName(settings.clusterName, gatewayName(routed), route, rule),
    identity: ruleIdentity(routed, route, rule, occurrence),
    age: `${route.creationTimestamp} ${gatewayAge(routed)}`,
  };
}

/** For the pool of a rule's backend; `occurrence` as in `ruleClaim`. */
export function poolClaim(
  routed: RoutedGateway,
  settings: TranslateSettings,
  route: RoutedRoute,
  rule: RoutedRule,
  occurrence: number,
  backend: RoutedBackend,
): NameClaim {
  const { namespace, name, port } = backend;
  return {
    type: 'pool',
    tenant: routed.tenant,
    name: poolName(settings.clusterName, gatewayName(routed), route, rule, backend),
    identity: identityOf(ruleIdentity(routed, route, rule, occurrence), namespace, name, String(port)),
    age: `${route.creationTimestamp} ${gatewayAge(routed)}`,
  };
}

/** For each rule of a route, by position, how many earlier ones have the same name or the same matches. */
export function ruleOccurrences(route: RoutedRoute): readonly number[] {
  if (route.rules.length < 2) return route.rules.map(() => 0);
  const seen = new Map<string, number>();
  return route.rules.map((rule) => {
    const text = ruleText(rule);
    const occurrence = seen.get(text) ?? 0;
    seen.set(text, occurrence + 1);
    return occurrence;
  });
}

/** Namespace and name of the Gateway. */
export function gatewayName(routed: RoutedGateway): NamespacedName {
  return splitKey(routed.key);
}

interface RouteClaims {
  readonly settings: TranslateSettings;
  readonly gateway: readonly [key: string, tenant: string, age: string];
  readonly claims: readonly NameClaim[];
}

/** A routed route never changes. */
const claimsOfRoutes = new WeakMap<RoutedRoute, RouteClaims>();

function routeClaims(routed: RoutedGateway, settings: TranslateSettings, route: RoutedRoute): readonly NameClaim[] {
  const known = claimsOfRoutes.get(route);
  const gateway = [routed.key, routed.tenant, gatewayAge(routed)] as const;
  if (known?.settings === settings && known.gateway.every((part, place) => part === gateway[place]))
    return known.claims;
  const claims = makeRouteClaims(routed, settings, route);
  claimsOfRoutes.set(route, { settings, gateway, claims });
  return claims;
}

function makeRouteClaims(routed: RoutedGateway, settings: TranslateSettings, route: RoutedRoute): readonly NameClaim[] {
  const occurrences = ruleOccurrences(route);
  return route.rules.flatMap((rule, position) => {
    const occurrence = occurrences[position] ?? 0;
    const mirrors = (rule.mirrors ?? []).map(({ backend }) => backend);
    const pools = hasPoolGroup(rule) ? [...(rule.action === 'forward' ? rule.backends : [noServers]), ...mirrors] : [];
    return [
      ruleClaim(routed, settings, route, rule, occurrence),
      ...pools.map((backend) => poolClaim(routed, settings, route, rule, occurrence, backend)),
    ];
  });
}

function distinctSecrets(routed: RoutedGateway): readonly NamespacedName[] {
  const shown = routed.listeners.flatMap((listener) => (listener.serving ? listener.certificates : []));
  const secrets = [...shown, ...clientCertificates(routed)];
  const byKey = new Map(
    secrets.map(({ secretNamespace: namespace, secretName: name }) => [`${namespace}/${name}`, { namespace, name }]),
  );
  return [...byKey.values()];
}

function ruleIdentity(routed: RoutedGateway, route: RoutedRoute, rule: RoutedRule, occurrence: number): string {
  const gateway = gatewayName(routed);
  const kind = route.kind === 'HTTPRoute' ? [] : [route.kind];
  const part = route.part === undefined ? [] : [route.part];
  const own = [ruleText(rule), String(occurrence), ...kind, ...part];
  return identityOf(gateway.namespace, gateway.name, route.namespace, route.name, ...own);
}

/** A Gateway without a creation time is not in a cluster yet, so it is younger than all that are. */
function gatewayAge(routed: RoutedGateway): string {
  return routed.resource.metadata?.creationTimestamp ?? '9999';
}

function claimId(claim: NameClaim): string {
  return `${objectId(claim)}\0${claim.identity}`;
}

function addDispute(disputed: Map<string, Map<string, NameClaim>>, id: string, ...claims: readonly NameClaim[]): void {
  const claimants = disputed.get(id) ?? new Map<string, NameClaim>();
  for (const claim of claims) claimants.set(claim.identity, claim);
  disputed.set(id, claimants);
}

/** Names of all claims but the oldest, by `claimId`. The claims have one name and different identities. */
export function losers(claims: readonly NameClaim[]): readonly (readonly [string, string])[] {
  return claims
    .toSorted((a, b) => compareText(a.age, b.age) || compareText(a.identity, b.identity))
    .slice(1)
    .map((claim) => [claimId(claim), withSuffix(claim.name, claim.identity)] as const);
}
