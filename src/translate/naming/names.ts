/**
 * Every name that the operator gives to an Avi object, as AKO gives them (ako-facts.md section 1), so that an
 * installation can move over. Two deviations: a rule with method, query or non-exact header matches adds them to what
 * is hashed (AKO leaves them out, so that its rules collide), and a name of more than 255 characters is cut and ends
 * in a hash (AKO leaves the object out).
 */
import { hash } from 'node:crypto';
import type { RoutedBackend } from '../../routing/result/routed-backend.ts';
import type { RouteKind } from '../../routing/result/routed-route.ts';
import type { RoutedRule } from '../../routing/result/routed-rule.ts';
import type { RuleMatch, ValueMatch } from '../../routing/result/routed-match.ts';

/** A namespaced name. */
export interface NamespacedName {
  readonly namespace: string;
  readonly name: string;
}

/** A route; its kind is a part of its names unless it is an HTTPRoute (or absent), so that AKO's names stay. */
export interface RouteName extends NamespacedName {
  readonly kind?: RouteKind;
}

/** The longest name that Avi takes, in characters. */
export const longestName = 255;

/** `created_by` of our objects; not AKO's, whose clean-up deletes what carries its own. */
export function createdBy(clusterName: string): string {
  return `avi-gateway-${clusterName}`;
}

/** Name of the parent virtual service, and of its VsVip and policy set. */
export function parentName(clusterName: string, gateway: NamespacedName): string {
  return `${namePrefix(clusterName)}${joined(gateway)}-EVH`;
}

/** Name of the child virtual service of a rule, and of its pool group, policy set and DataScript set. */
export function ruleName(clusterName: string, gateway: NamespacedName, route: RouteName, rule: RoutedRule): string {
  return encoded(clusterName, rulePart(gateway, route, rule));
}

/** Name of the pool of one backend of a rule. */
export function poolName(
  clusterName: string,
  gateway: NamespacedName,
  route: RouteName,
  rule: RoutedRule,
  backend: Pick<RoutedBackend, 'namespace' | 'name' | 'port'>,
): string {
  return encoded(clusterName, `${rulePart(gateway, route, rule)}-${joined(backend)}-${backend.port}`);
}

/** Name of the certificate made of one Secret for one Gateway. */
export function certificateName(clusterName: string, gateway: NamespacedName, secret: NamespacedName): string {
  return encoded(clusterName, `${joined(gateway)}-${joined(secret)}`);
}

/**
 * Name of the policy set that all children of a host share when the order of children is not trusted. Ours, not
 * AKO's: hashed over NUL-joined parts, so that no two can meet.
 */
export function hostPolicyName(clusterName: string, gateway: NamespacedName, hostname: string): string {
  return encoded(clusterName, identityOf('host', gateway.namespace, gateway.name, hostname));
}

/** The virtual services of a Gateway below HTTP. */
export type L4Part = 'L4' | 'TLS-passthrough' | 'TLS';

/** What has a name by its Gateway: those, with their sets, and the DataScript set that only closes connections. */
export type L4Subject = L4Part | 'TLS-gate';

/** Name of a virtual service below HTTP, and of its policy set or DataScript set. */
export function l4Name(clusterName: string, gateway: NamespacedName, part: L4Subject): string {
  return `${namePrefix(clusterName)}${joined(gateway)}-${part}`;
}

/** Name of the pool group of a route below HTTP, or, with a backend, of that one's pool. Ours as `hostPolicyName`. */
export function l4RouteName(
  clusterName: string,
  gateway: NamespacedName,
  part: L4Part,
  route: NamespacedName & { readonly kind: RouteKind },
  backend?: Pick<RoutedBackend, 'namespace' | 'name' | 'port'>,
): string {
  const subject = ['l4', gateway.namespace, gateway.name, part, route.kind, route.namespace, route.name];
  const server = backend ? [backend.namespace, backend.name, String(backend.port)] : [];
  return encoded(clusterName, identityOf(...subject, ...server));
}

/** Name of the ApplicationProfile and PKIProfile that judge clients. `validation`: equal for equal settings. */
export function clientValidationName(clusterName: string, gateway: NamespacedName, validation: string): string {
  return encoded(clusterName, identityOf('client-validation', gateway.namespace, gateway.name, validation));
}

/**
 * Name of an object that holds settings of a Gateway, its routes and backends: one for each that differ. `content`: equal
 * for equal settings. Ours as `hostPolicyName`.
 */
export function settingsName(
  clusterName: string,
  gateway: NamespacedName,
  subject: 'application-profile' | 'persistence' | 'security' | 'ssl-profile',
  content: string,
): string {
  return encoded(clusterName, identityOf('settings', gateway.namespace, gateway.name, subject, content));
}

/**
 * Name of the PKIProfile by which the servers of one BackendTLSPolicy are judged; without `policy` (`namespace/name`) that
 * of the system's certificate authorities. Ours as `hostPolicyName`.
 */
export function backendPkiName(clusterName: string, gateway: NamespacedName, policy?: string): string {
  const subject = policy === undefined ? ['system'] : ['policy', policy];
  return encoded(clusterName, identityOf('backend-pki', gateway.namespace, gateway.name, ...subject));
}

/**
 * Name of the object of an extension (`namespace/name`), of whatever kind, as AKO's CRD operator gives it. A contested
 * name belongs to an older extension.
 */
export function extensionName(clusterName: string, key: string, contested = false): string {
  const name = `${extensionPrefix(clusterName)}${hash('sha1', key.replace('/', '-'))}`;
  return contested ? withSuffix(name, identityOf('extension', key)) : name;
}

/** What every name of an extension's object begins with. */
export function extensionPrefix(clusterName: string): string {
  return `ako-crd-operator-${clusterName}--`;
}

/** The rule's own name, else what distinguishes it from other rules: its matches. This is what names are hashed from. */
export function ruleText(rule: Pick<RoutedRule, 'name' | 'matches'>): string {
  if (rule.name) return rule.name;
  const known = textOfMatches.get(rule.matches);
  if (known !== undefined) return known;
  const matches =
    rule.matches.length < 2
      ? rule.matches
      : rule.matches.toSorted((a, b) => Buffer.compare(Buffer.from(a.path.value), Buffer.from(b.path.value)));
  const text = goJson(matches.map(akoMatch)) + (matches.some(hasMore) ? goJson(matches.map(moreOfMatch)) : '');
  textOfMatches.set(rule.matches, text);
  return text;
}

/** Several names are hashed from each text; routed rules never change. */
const textOfMatches = new WeakMap<readonly RuleMatch[], string>();

/** What `service_metadata.httproute_rule_name` holds: the rule's name, else the digest of its matches. */
export function ruleLabel(rule: Pick<RoutedRule, 'name' | 'matches'>): string {
  return rule.name ? rule.name : digest(ruleText(rule));
}

/** Go's `json.Marshal`: as JSON.stringify, but `<`, `>`, `&`, U+2028 and U+2029 are escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** FNV-1a, 32 bits, over the UTF-8 bytes, in decimal. */
export function digest(text: string): string {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return String(value);
}

/** One text for several parts; NUL occurs in none of them, so different parts never give the same text. */
export function identityOf(...parts: readonly string[]): string {
  return parts.join('\0');
}

/** A name that differs from all others: `-` and 8 hex digits of a sha256 over the identity, within the length limit. */
export function withSuffix(name: string, identity: string): string {
  const suffix = `-${hash('sha256', identity).slice(0, 8)}`;
  return name.slice(0, longestName - suffix.length) + suffix;
}

/** The name itself, or, where Avi would not take its length, cut and made distinct by the identity. */
export function withinLimit(name: string, identity: string): string {
  return name.length <= longestName ? name : withSuffix(name, identity);
}

/** Every name of ours, and of AKO's for Gateways, begins with this (ako-facts.md section 1.1). */
export function namePrefix(clusterName: string): string {
  return `ako-gw-${clusterName}--`;
}

function encoded(clusterName: string, text: string): string {
  return namePrefix(clusterName) + hash('sha1', text);
}

function rulePart(gateway: NamespacedName, route: RouteName, rule: RoutedRule): string {
  const { kind = 'HTTPRoute' } = route;
  const text = `${joined(gateway)}-${joined(route)}-${digest(ruleText(rule))}`;
  return kind === 'HTTPRoute' ? text : `${text}-${kind}`;
}

function joined(object: NamespacedName): string {
  return `${object.namespace}-${object.name}`;
}

/** The keys are those of AKO's Go structure, in its order. */
function akoMatch(match: RuleMatch): unknown {
  return {
    PathMatch: { Path: match.path.value, Type: match.path.type },
    HeaderMatch: match.headers.map(({ type, name, value }) => ({ Type: type, Name: name, Value: value })),
  };
}

function hasMore(match: RuleMatch): boolean {
  return match.method !== undefined || match.queryParams.length > 0 || match.headers.some(isNotExact);
}

function moreOfMatch(match: RuleMatch): unknown {
  const headers = match.headers.filter(isNotExact).map(valueMatch);
  return {
    ...(match.method !== undefined && { method: match.method }),
    ...(match.queryParams.length > 0 && { queryParams: match.queryParams.map(valueMatch) }),
    ...(headers.length > 0 && { headers }),
  };
}

function valueMatch({ type, name, value }: ValueMatch): ValueMatch {
  return { type, name, value };
}

function isNotExact(header: ValueMatch): boolean {
  return header.type !== 'Exact';
}
