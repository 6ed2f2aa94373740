/** A Gateway's addresses, and the fields that refuse it or are not honoured (gateway_types.go, GatewaySpec). */
import ipaddr from 'ipaddr.js';
import type { Gateway } from '../../../generated/gateway-api.ts';
import { fails, messages } from '../conditions.ts';
import { addressFamily } from '../backends/endpoints.ts';
import type { Ignored } from './listener-spec.ts';
import type { Parameters } from '../extensions/infra-settings.ts';
import { markerKeys } from '../marker-keys.ts';
import { list, record, text } from '../../values/read.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedGateway } from '../result/routed-gateway.ts';
import { reasonOf } from '../support.ts';

/** What a Gateway's spec asks for besides listeners. */
export interface GatewaySpec {
  readonly address?: RoutedGateway['address'];
  /** Conditions that decide that nothing is programmed, whatever the listeners are. */
  readonly refusal?: { readonly accepted?: ConditionDraft; readonly programmed: ConditionDraft };
  /** What the controller has is to stay as it is, since it is not known what it should be. */
  readonly held?: true;
  readonly ignored: readonly Ignored[];
}

const reserved = new Set<string>(markerKeys);
const dedicatedMode = 'ako.vmware.com/dedicated-gateway-mode';
const disableTraffic = 'ako.vmware.com/disable-traffic';

/** `parameters`: what its parameters come to; `address`: what it has where it asks for none. */
export function inspectGateway(
  gateway: Gateway,
  parameters?: Parameters,
  address?: RoutedGateway['address'],
): GatewaySpec {
  const ignored = ignoredFields(gateway);
  if (parameters?.failure !== undefined) {
    const accepted = fails('Accepted', 'InvalidParameters', parameters.failure);
    return { refusal: { accepted, programmed: notProgrammed() }, held: true, ignored };
  }
  return { ...inspectAddresses(gateway, address), ignored };
}

/** `spec.infrastructure.labels`; undefined when there are none. */
export function infrastructureLabels(gateway: Gateway): RoutedGateway['labels'] {
  const labels = Object.entries(record(gateway.spec?.infrastructure?.labels)).flatMap(([key, given]) => {
    const label = text(given);
    return label === undefined || reserved.has(key) ? [] : [[key, label] as const];
  });
  return labels.length > 0 ? Object.fromEntries(labels) : undefined;
}

/** Whether the annotation that stops traffic is absent or not true. */
export function trafficEnabled(gateway: Gateway): boolean {
  return annotation(gateway, disableTraffic)?.toLowerCase() !== 'true';
}

/** Whether AKO's dedicated mode is asked for, which is not offered. */
export function asksDedicatedMode(gateway: Gateway): boolean {
  return annotation(gateway, dedicatedMode)?.toLowerCase() === 'true';
}

/** Programmed for a Gateway that is refused. */
export function notProgrammed(): ConditionDraft {
  return fails('Programmed', 'Invalid', messages.notProgrammed);
}

function annotation(gateway: Gateway, name: string): string | undefined {
  return text(record(gateway.metadata?.annotations)[name]);
}

function inspectAddresses(
  gateway: Gateway,
  otherwise: RoutedGateway['address'],
): Omit<GatewaySpec, 'ignored' | 'held'> {
  const addresses = list(gateway.spec?.addresses);
  const wrongType = addresses.findIndex((entry) => (entry.type ?? 'IPAddress') !== 'IPAddress');
  if (wrongType >= 0) {
    return unsupportedAddress(`Only IPAddress as AddressType is supported: spec.addresses[${wrongType}].type`);
  }
  // The field is in the experimental channel only, so the generated type does not have it.
  const scoped = addresses.findIndex((entry) => (text(record(entry).routability) ?? '') !== '');
  if (scoped >= 0) {
    return unsupportedAddress(`spec.addresses[${scoped}].routability: ${reasonOf('addressRoutability')}`);
  }
  if (addresses.length > 1) {
    // The type is supported, so the Gateway stays accepted (conformance test GatewayStaticAddresses).
    return {
      refusal: { programmed: fails('Programmed', 'AddressNotUsable', 'More than one address is not supported') },
    };
  }
  const wanted: unknown = addresses[0]?.value;
  if (wanted == null || wanted === '') return otherwise ? { address: otherwise } : {};
  const address = hostAddress(wanted);
  if (address) return { address };
  const message = 'spec.addresses[0].value is not an IPv4 or IPv6 address of a host';
  return { refusal: { programmed: fails('Programmed', 'AddressNotUsable', message) } };
}

function unsupportedAddress(message: string): Pick<GatewaySpec, 'refusal'> {
  const accepted = fails('Accepted', 'UnsupportedAddress', message);
  return { refusal: { accepted, programmed: fails('Programmed', 'AddressNotUsable', message) } };
}

/** An address with its family; undefined for what no host can have. */
export function hostAddress(value: unknown): RoutedGateway['address'] {
  const family = addressFamily(value);
  return family && typeof value === 'string' && isHostAddress(value) ? { family, value } : undefined;
}

/** An address that one host can have, without a zone, in the notation of its own family. */
function isHostAddress(address: string): boolean {
  if (address.includes('%') || !ipaddr.isValid(address)) return false;
  return !['unspecified', 'multicast', 'broadcast', 'ipv4Mapped'].includes(ipaddr.parse(address).range());
}

function ignoredFields(gateway: Gateway): readonly Ignored[] {
  const spec = record(gateway.spec);
  const infrastructure = record(spec.infrastructure);
  const ignored: Ignored[] = [];
  for (const key of Object.keys(record(infrastructure.labels)).filter((label) => reserved.has(label))) {
    ignored.push({ field: `spec.infrastructure.labels[${key}]`, message: reasonOf('infrastructureReserved') });
  }
  if (Object.keys(record(infrastructure.annotations)).length > 0) {
    ignored.push({ field: 'spec.infrastructure.annotations', message: reasonOf('infrastructureAnnotations') });
  }
  if (spec.defaultScope !== undefined && spec.defaultScope !== 'None') {
    ignored.push({ field: 'spec.defaultScope', message: reasonOf('defaultScope') });
  }
  if (asksDedicatedMode(gateway)) {
    ignored.push({ field: `metadata.annotations[${dedicatedMode}]`, message: reasonOf('dedicatedMode') });
  }
  return ignored;
}
