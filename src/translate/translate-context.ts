/** What all builders of Avi objects of one Gateway share. */
import { hash } from 'node:crypto';
import { compareText } from '../values/read.ts';
import type { Certificate } from '../routing/result/routed-listener.ts';
import type { RoutedBackend } from '../routing/result/routed-backend.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { markers } from './naming/markers.ts';
import { ssoSecretFields, type AviObject, type AviType, type Json, type JsonObject } from './desired.ts';
import {
  certificateClaim,
  gatewayClaim,
  gatewayName,
  l4Claim,
  nameOf,
  poolClaim,
  ruleClaim,
  type NameTable,
} from './naming/name-table.ts';
import { createdBy, type L4Subject, type NamespacedName, type RouteName } from './naming/names.ts';
import { bareRef, ref } from './naming/refs.ts';
import type { RuleRef } from './policies/rule-match.ts';
import type { TranslateSettings } from './settings.ts';

/** The Gateway, the settings, and the names that its objects got. */
export interface TranslateContext {
  readonly routed: RoutedGateway;
  readonly settings: TranslateSettings;
  readonly gateway: NamespacedName;
  /** Name of the parent virtual service. */
  readonly parentName: string;
  /** Name of a rule's child virtual service, pool group, policy set and DataScript set. */
  readonly ruleName: (rule: RuleRef) => string;
  readonly poolName: (rule: RuleRef, backend: RoutedBackend) => string;
  /** Name of a virtual service below HTTP. */
  readonly l4Name: (subject: L4Subject) => string;
  readonly certificateName: (certificate: Certificate) => string;
}

/** `names` from the claims of all Gateways; what the Gateway's infrastructure says goes before the settings. */
export function translateContext(
  routed: RoutedGateway,
  general: TranslateSettings,
  names: NameTable,
): TranslateContext {
  const settings = { ...general, ...routed.infrastructure };
  const ruleNames = new Map<string, string>();
  return {
    routed,
    settings,
    gateway: gatewayName(routed),
    parentName: nameOf(names, gatewayClaim(routed, settings)),
    ruleName: (rule) => {
      const known = ruleNames.get(rule.id);
      if (known !== undefined) return known;
      const name = nameOf(names, ruleClaim(routed, settings, rule.route, rule.rule, rule.occurrence));
      ruleNames.set(rule.id, name);
      return name;
    },
    poolName: ({ route, rule, occurrence }, backend) =>
      nameOf(names, poolClaim(routed, settings, route, rule, occurrence, backend)),
    l4Name: (subject) => nameOf(names, l4Claim(routed, settings, subject)),
    certificateName: ({ secretNamespace: namespace, secretName: name }) =>
      nameOf(names, certificateClaim(routed, settings, { namespace, name })),
  };
}

/** What the bodies of policy sets and sets of scripts begin with. */
export function bodyHead({ settings, gateway, routed }: TranslateContext, name: string) {
  return {
    name,
    created_by: createdBy(settings.clusterName),
    tenant_ref: ref('tenant', routed.tenant),
    markers: markers({ clusterName: settings.clusterName, gateway }),
  };
}

/** A body with its checksum where the type has a field for it: a hash of everything else in it. */
export function aviObject(
  context: TranslateContext,
  type: AviType,
  body: JsonObject & { readonly name: string },
  origin: Omit<AviObject['origin'], 'gateway'> = {},
): AviObject {
  const labelled = { ...body, ...labelMarkers(body, context.routed.labels) };
  const field = checksumField[type];
  const checksum = field ? { [field]: checksumOf(labelled) } : {};
  return {
    type,
    tenant: context.routed.tenant,
    name: body.name,
    body: { ...labelled, ...checksum },
    origin: { gateway: context.routed.key, ...origin },
  };
}

/** Secrets are not in it: everybody can read a checksum. A marker changes with them. */
function hashed(body: JsonObject): string {
  if (!('oauth_vs_config' in body)) return JSON.stringify(body);
  return JSON.stringify(body, (name, value: unknown) => (ssoSecretFields.has(name) ? '' : value));
}

/** The first 16 hex digits; a slice of the whole text would keep that alive. */
function checksumOf(body: JsonObject): string {
  return hash('sha256', hashed(body), 'buffer').toString('hex', 0, 8);
}

/** `origin` of an object that exists for one route. */
export function routeOrigin({
  kind = 'HTTPRoute',
  namespace,
  name,
}: RouteName): Pick<AviObject['origin'], 'route' | 'routeKind'> {
  return { route: `${namespace}/${name}`, ...(kind !== 'HTTPRoute' && { routeKind: kind }) };
}

/** The Gateway's labels behind the object's own markers, whose keys the routing does not let through. */
function labelMarkers({ markers: given }: JsonObject, labels: RoutedGateway['labels']): JsonObject {
  if (!labels || !Array.isArray(given)) return {};
  const own = Object.entries(labels)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => ({ key, values: [value] }));
  return { markers: [...(given as readonly Json[]), ...own] };
}

/** `vrf_context_ref`, or nothing where an NSX-T Tier-1 router takes its place. */
export function virtualServiceNetwork({ settings }: TranslateContext): JsonObject {
  return settings.nsxtT1LR || !settings.vrf ? {} : { vrf_context_ref: bareRef('vrfcontext', settings.vrf) };
}

/** Leaves out what is undefined; what it returns is a JSON object. */
export function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** Types of Avi 30.2.1 that have such a field; the others have none. */
const checksumField: Partial<Record<AviType, string>> = {
  pool: 'cloud_config_cksum',
  poolgroup: 'cloud_config_cksum',
  httppolicyset: 'cloud_config_cksum',
  virtualservice: 'cloud_config_cksum',
  vsvip: 'vsvip_cloud_config_cksum',
};
