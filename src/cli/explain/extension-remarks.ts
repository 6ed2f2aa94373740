/** Extensions and policies that concern a request and do not hold as they are written: what failed, and what is not honoured. */
import type { Explanation } from '../../explain/explain.ts';
import { akoGroup, isExtensionKind, type ExtensionKind } from '../../routing/extensions/extension-kinds.ts';
import { l4RuleAnnotation } from '../../routing/extensions/apply-l4-rules.ts';
import { aliasesOf } from '../../routing/fqdn-rules/aliases.ts';
import { fqdnOf, type FqdnRuleKind } from '../../routing/fqdn-rules/fqdn-index.ts';
import { meansHost } from '../../routing/fqdn-rules/fqdn.ts';
import type { RoutedAviPolicy, RoutedGateway } from '../../routing/result/routed-gateway.ts';
import { routeKinds, routesOf } from '../../routing/routes/route-kinds.ts';
import type { Snapshot } from '../../routing/snapshot.ts';
import { readConditions } from '../../status/compute-conditions.ts';
import type { StatusUpdate } from '../../status/update.ts';
import { list, record, splitKey, text } from '../../values/read.ts';

/** What is to be said of one extension or policy. */
export interface ExtensionRemark {
  /** `Kind namespace/name`. */
  readonly extension: string;
  /** Of the condition that says it, as `Rejected`; `Ignored` where fields are not honoured. */
  readonly reason: string;
  readonly message: string;
}

/** What the remarks are made from. */
export interface RemarkSources {
  readonly snapshot: Snapshot;
  /** Computed, before the controller is asked; what the running operator has said is in the snapshot's objects. */
  readonly statuses: readonly StatusUpdate[];
}

interface Route {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly resource: unknown;
}

/** Those that stand behind the rule that answers; where none does, behind all rules that were asked. */
export function extensionRemarks(
  explanation: Explanation,
  host: string,
  gateway: RoutedGateway,
  sources: RemarkSources,
): readonly ExtensionRemark[] {
  const routes = concernedRoutes(explanation, sources.snapshot);
  const ids = new Set([...referred(routes), ...byFqdn(routes, hostsOf(explanation, host, routes), sources.snapshot)]);
  const policies = gateway.aviPolicies.filter((policy) => targets(policy, explanation.gateway, routes));
  return [
    ...parameterRemarks(gateway),
    ...[...ids].sort().flatMap((id) => remarksOf(id, sources)),
    ...strangers(routes, host, sources.snapshot),
    ...policies.flatMap((policy) => policyRemarks(policy, gateway)),
  ];
}

/** An AviInfraSetting that cannot be used keeps what runs as it is. */
function parameterRemarks({ key, conditions }: RoutedGateway): readonly ExtensionRemark[] {
  return conditions
    .filter(({ reason }) => reason === 'InvalidParameters')
    .map(({ reason, message }) => ({ extension: `Gateway ${key}`, reason, message }));
}

const ruleId = /^(\S+) ([^/ ]+)\/(\S+) rules\[/;

function concernedRoutes({ answer, rules }: Explanation, snapshot: Snapshot): readonly Route[] {
  const answering = 'rule' in answer && answer.rule !== undefined ? [answer.rule] : rules.map(({ rule }) => rule);
  const found = new Map<string, Route>();
  for (const id of answering) {
    const [, kind = '', namespace = '', name = ''] = ruleId.exec(id) ?? [];
    const known = routeKinds.find((each) => each === kind);
    if (!known) continue;
    const resource = routesOf(snapshot, known).get(`${namespace}/${name}`);
    found.set(id.replace(/ rules\[.*/, ''), { kind, namespace, name, resource });
  }
  return [...found.values()];
}

/** The names under which rules by FQDN may mean the request: its own, and those of listener and routes that cover it. */
function hostsOf({ listeners, listener }: Explanation, host: string, routes: readonly Route[]): readonly string[] {
  const own = routes.flatMap(({ resource }) => list(record(record(resource).spec).hostnames as readonly string[]));
  const front = listeners.find((each) => each.listener === listener)?.hostname;
  const covers = (name: string) => name === host || (name.startsWith('*.') && host.endsWith(name.slice(1)));
  return [host, ...own, ...(front === undefined ? [] : [front])].map((name) => name.toLowerCase()).filter(covers);
}

/** What the routes name by filters and by annotation, as `Kind/namespace/name`. */
function referred(routes: readonly Route[]): readonly string[] {
  return routes.flatMap(({ resource, namespace }) => {
    const rule = text(record(record(record(resource).metadata).annotations)[l4RuleAnnotation]);
    const refs = valuesOf(resource, 'extensionRef').map(record);
    return [
      ...(rule === undefined ? [] : [`L4Rule/${namespace}/${rule}`]),
      ...refs
        .filter(({ group }) => group === akoGroup)
        .map(({ kind, name }) => `${String(kind)}/${namespace}/${String(name)}`),
    ];
  });
}

/** All values of a field, wherever it stands in a manifest. */
function valuesOf(value: unknown, field: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === field ? [inner] : valuesOf(inner, field)));
}

const fqdnKinds: readonly FqdnRuleKind[] = ['HTTPRule', 'HostRule', 'SSORule'];

function meaning(hosts: readonly string[], { extensions }: Snapshot): readonly (readonly [FqdnRuleKind, string])[] {
  return fqdnKinds.flatMap((kind) =>
    [...extensions[kind]].flatMap(([key, resource]) => {
      const fqdn = fqdnOf(kind, resource);
      const rule = extensions.HostRule.get(key);
      const aliases = kind === 'HostRule' && rule && fqdn.name !== '' ? aliasesOf(rule.spec.virtualhost) : [];
      const means = hosts.some((host) => meansHost(fqdn, host) || aliases.includes(host));
      return means ? [[kind, key] as const] : [];
    }),
  );
}

function byFqdn(routes: readonly Route[], hosts: readonly string[], snapshot: Snapshot): readonly string[] {
  const namespaces = new Set(routes.map(({ namespace }) => namespace));
  return meaning(hosts, snapshot)
    .filter(([, key]) => namespaces.has(splitKey(key).namespace))
    .map(([kind, key]) => `${kind}/${key}`);
}

/** Rules for the host in namespaces that have no part in the answer. */
function strangers(routes: readonly Route[], host: string, snapshot: Snapshot): readonly ExtensionRemark[] {
  if (routes.length === 0) return [];
  const namespaces = new Set(routes.map(({ namespace }) => namespace));
  return meaning([host], snapshot)
    .filter(([, key]) => !namespaces.has(splitKey(key).namespace))
    .map(([kind, key]) => ({
      extension: `${kind} ${key}`,
      reason: 'OtherNamespace',
      message: `holds for routes of its own namespace only, not for those of ${[...namespaces].sort().join(', ')}`,
    }));
}

function remarksOf(id: string, { snapshot, statuses }: RemarkSources): readonly ExtensionRemark[] {
  const slash = id.indexOf('/');
  const [kind, key] = [id.slice(0, slash), id.slice(slash + 1)];
  if (!isExtensionKind(kind)) return [];
  const resource = snapshot.extensions[kind].get(key);
  if (!resource) return [{ extension: `${kind} ${key}`, reason: 'NotFound', message: 'does not exist' }];
  const computed = statuses.find((update) => update.kind === kind && keyOf(update) === key);
  return said(kind, key, [record(computed?.status).conditions, record(resource.status).conditions]);
}

function keyOf({ metadata: { namespace, name } }: StatusUpdate): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The first that says something: what is computed, else what the running operator has found out on the controller. */
function said(kind: ExtensionKind, key: string, found: readonly unknown[]): readonly ExtensionRemark[] {
  const conditions = found.flatMap(readConditions);
  const failing = conditions.find(({ status }) => status === 'False');
  if (failing) return [{ extension: `${kind} ${key}`, reason: failing.reason, message: failing.message }];
  const [noted] = conditions.filter(({ status, message }) => status === 'True' && message.includes('; '));
  if (!noted) return [];
  const message = noted.message.slice(noted.message.indexOf('; ') + 2);
  return [{ extension: `${kind} ${key}`, reason: 'Ignored', message }];
}

function targets({ resource, key }: RoutedAviPolicy, gateway: string, routes: readonly Route[]): boolean {
  const { namespace } = splitKey(key);
  const services = new Set(
    routes.flatMap((route) =>
      valuesOf(route.resource, 'backendRefs')
        .flatMap((refs) => (Array.isArray(refs) ? refs.map(record) : []))
        .map((ref) => `${text(ref.namespace) ?? route.namespace}/${String(ref.name)}`),
    ),
  );
  const refs: readonly { readonly kind: string; readonly name: string }[] = resource.spec.targetRefs;
  return refs.some(({ kind, name }) => {
    if (kind === 'Gateway') return `${namespace}/${name}` === gateway;
    if (kind === 'Service') return services.has(`${namespace}/${name}`);
    if (kind === 'ListenerSet') return true;
    return routes.some((route) => route.kind === kind && route.namespace === namespace && route.name === name);
  });
}

function policyRemarks({ kind, key, resource, conditions }: RoutedAviPolicy, gateway: RoutedGateway) {
  const ancestors = list(record(resource.status).ancestors as readonly unknown[]).map(record);
  const live = ancestors.filter(({ ancestorRef }) => {
    const { namespace, name } = record(ancestorRef);
    return `${text(namespace) ?? splitKey(key).namespace}/${String(name)}` === gateway.key;
  });
  const lines = conditions.map((draft) => ({ ...draft, lastTransitionTime: '' }));
  return said(kind, key, [lines, ...live.map((ancestor) => ancestor.conditions)]);
}
