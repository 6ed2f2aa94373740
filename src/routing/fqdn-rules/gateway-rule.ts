/**
 * The HostRule that speaks for a Gateway's own virtual service. AKO applies `networkSecurityPolicy` and `tcpSettings` to the virtual
 * service that accepts connections only: a host's own, or a shared one that the HostRule names. Here that is one whose
 * hosts are all those of a Gateway in its namespace, or one that names the Gateway's virtual service.
 */
import type { HostRule } from '../../../generated/extensions.ts';
import { splitKey, list } from '../../values/read.ts';
import { hostAddress } from '../listeners/gateway-spec.ts';
import type { ListenerSpec } from '../listeners/listener-spec.ts';
import type { AviName, VirtualServiceSettings } from '../extensions/avi-settings.ts';
import type { Extensions } from '../extensions/extension-kinds.ts';
import { aviNameProblems, type ExtensionSources } from '../extensions/extension-refs.ts';
import { shapedSpec } from '../extensions/shaped-spec.ts';
import type { SettingsOrigins } from '../result/routed-backend.ts';
import { closed } from '../extensions/apply-l4-rules.ts';
import type { RoutedGateway } from '../result/routed-gateway.ts';
import { failing } from './rule-settings.ts';
import type { Fqdn } from './fqdn.ts';
import { holdingRules, rulesForHost, type HoldingRule } from './fqdn-index.ts';

/** What is asked of a listener. */
export type GatewayListener = Pick<ListenerSpec, 'hostname' | 'port' | 'protocol'>;

/** What it says of a Gateway. */
export interface GatewaySaid {
  /** Goes behind the policies of the Gateway. */
  readonly settings: VirtualServiceSettings;
  readonly origins: SettingsOrigins;
  /** Goes behind `spec.addresses`. */
  readonly address?: RoutedGateway['address'];
  readonly named: readonly AviName[];
  /** Why nothing of the Gateway can be served; absent where it can. */
  readonly failure?: string;
}

/** Fields that are of virtual services that accept connections. */
const ofGateways = ['networkSecurityPolicy', 'tcpSettings'] as const;

const nothing: GatewaySaid = { settings: {}, origins: {}, named: [] };

/** @param listeners all of the Gateway, those of its ListenerSets too */
export function readGatewayRule(
  gatewayKey: string,
  listeners: readonly GatewayListener[],
  { snapshot, missing, onInvalid }: ExtensionSources,
): GatewaySaid {
  const rule = ruleOfGateway(gatewayKey, listeners, snapshot.extensions);
  const host = rule && shapedSpec('HostRule', rule.resource)?.virtualhost;
  if (!host) return nothing;
  const named = policyNamedBy(host);
  const [problem] = policyProblems(host, missing);
  const { networkSecurityPolicy } = host;
  const address = hostAddress(host.tcpSettings?.loadBalancerIP);
  return {
    settings: networkSecurityPolicy && problem === undefined ? { networkSecurityPolicy } : {},
    origins: networkSecurityPolicy && problem === undefined ? { networkSecurityPolicy: `HostRule ${rule.key}` } : {},
    ...(address && { address }),
    named,
    ...(problem !== undefined && onInvalid === 'fail' && { failure: `HostRule/${rule.key}: ${problem}` }),
  };
}

/** With every request answered by 500, and every connection below HTTP closed. */
export function unserved(routed: RoutedGateway, failure: string): RoutedGateway {
  const { namespace, name } = splitKey(routed.key);
  const message = `requests are answered with 500: ${failure}`;
  const regarding = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway', namespace, name };
  return {
    ...routed,
    routes: routed.routes.map((route) => ({ ...route, rules: route.rules.map((rule) => failing(rule, failure)) })),
    l4: routed.l4.map((listener) => ({
      ...listener,
      routes: listener.routes.map((route) => closed(route, failure)),
    })),
    problems: [...routed.problems, { resource: `Gateway/${routed.key}`, field: 'spec.listeners', message }],
    events: [...routed.events, { type: 'Warning', reason: 'RuleByFqdnNotApplied', message, regarding }],
  };
}

/** Why the fields of a HostRule that are of whole Gateways do not hold; the Gateways are those of its namespace, by key. */
export function refusedForGateways(
  key: string,
  { virtualhost: host }: HostRule['spec'],
  gateways: ReadonlyMap<string, GatewayOfRule>,
  extensions: Extensions,
): readonly string[] {
  const asked = ofGateways.filter((field) => host[field] !== undefined);
  const fqdn = { name: host.fqdn.toLowerCase(), type: host.fqdnType ?? 'Exact' };
  const ofHosts = [...gateways.keys()].some((gateway) => isNamed(gateway, fqdn)) ? refusedOfHosts(host) : [];
  if (asked.length === 0) return ofHosts;
  const own = [...gateways].filter(
    ([gateway, { listeners }]) => ruleOfGateway(gateway, listeners, extensions)?.key === key,
  );
  if (own.length === 0) return asked.map((field) => `spec.virtualhost.${field}: ${noGateway(key)}`);
  return [...ofHosts, ...own.flatMap(([gateway, given]) => refusedTcpSettings(host.tcpSettings, gateway, given))];
}

/** What is asked of a Gateway. */
export interface GatewayOfRule {
  readonly listeners: readonly GatewayListener[];
  /** `spec.addresses[].value`. */
  readonly addresses: readonly string[];
}

/** What of the controller a HostRule names for Gateways. */
export function policyNamedBy({ networkSecurityPolicy }: HostRule['spec']['virtualhost']): readonly AviName[] {
  return networkSecurityPolicy ? [{ type: 'networksecuritypolicy', name: networkSecurityPolicy }] : [];
}

/** Why the policy cannot be used; nothing where it can, or none is named. */
export function policyProblems(host: HostRule['spec']['virtualhost'], missing: ReadonlySet<string>): readonly string[] {
  return aviNameProblems(policyNamedBy(host), missing).map(
    (problem) => `spec.virtualhost.networkSecurityPolicy: ${problem}`,
  );
}

function ruleOfGateway(
  gatewayKey: string,
  listeners: readonly GatewayListener[],
  extensions: Extensions,
): HoldingRule<'HostRule'> | undefined {
  const { namespace } = splitKey(gatewayKey);
  const rules = holdingRules('HostRule', namespace, extensions);
  const byName = rules.find(({ fqdn }) => isNamed(gatewayKey, fqdn));
  if (byName) return byName;
  const [first, ...others] = listeners.map(({ hostname }) =>
    hostname === undefined ? undefined : rulesForHost('HostRule', namespace, hostname, extensions)[0],
  );
  return others.every((rule) => rule?.key === first?.key) ? first : undefined;
}

/** By the name of its virtual service, with what stands before it or without. */
function isNamed(gatewayKey: string, { name, type }: Fqdn): boolean {
  const own = `${gatewayKey.replace('/', '-')}-evh`;
  return type === 'Contains' && (name === own || name.endsWith(`--${own}`));
}

/** A HostRule that names a virtual service means no host. */
function refusedOfHosts(host: HostRule['spec']['virtualhost']): readonly string[] {
  const known: readonly string[] = ['fqdn', 'fqdnType', 'gslb', ...ofGateways];
  return Object.keys(host)
    .filter((field) => !known.includes(field))
    .map((field) => `spec.virtualhost.${field}: is of hosts, and the fqdn names the virtual service of a Gateway`);
}

function noGateway(key: string): string {
  const { namespace } = splitKey(key);
  return `is of the virtual service of a whole Gateway, and none in namespace ${namespace} has only hosts of this rule; use an AviFrontendPolicy or spec.addresses of the Gateway, or a HostRule with fqdnType Contains and fqdn ${namespace}-GATEWAY-EVH`;
}

function refusedTcpSettings(
  settings: HostRule['spec']['virtualhost']['tcpSettings'],
  gateway: string,
  { listeners, addresses }: GatewayOfRule,
): readonly string[] {
  const { loadBalancerIP } = settings ?? {};
  const asked = portsOf(list(settings?.listeners).map(({ port = 0, enableSSL = false }) => ({ port, tls: enableSSL })));
  const served = portsOf(
    listeners.map(({ port, protocol }) => ({ port, tls: protocol === 'HTTPS' || protocol === 'TLS' })),
  );
  const where = 'spec.virtualhost.tcpSettings';
  return [
    ...(asked === '' || asked === served
      ? []
      : [`${where}.listeners: Gateway ${gateway} has ports ${served}, and its listeners say which`]),
    ...(loadBalancerIP !== undefined && !hostAddress(loadBalancerIP)
      ? [`${where}.loadBalancerIP: ${loadBalancerIP} is not an IP address of a host`]
      : []),
    ...(loadBalancerIP !== undefined && addresses.length > 0 && !addresses.includes(loadBalancerIP)
      ? [`${where}.loadBalancerIP: Gateway ${gateway} has spec.addresses, which go before it`]
      : []),
  ];
}

function portsOf(ports: readonly { readonly port: number; readonly tls: boolean }[]): string {
  const sorted = ports.toSorted((a, b) => a.port - b.port || Number(a.tls) - Number(b.tls));
  return [...new Set(sorted.map(({ port, tls }) => `${port}${tls ? ' (SSL)' : ''}`))].join(', ');
}
