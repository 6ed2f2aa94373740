/** The status of a Gateway of ours (gateway_types.go, GatewayStatus). */
import type { Outcome } from '../apply/outcome.ts';
import { fails, fitMessage, messages } from '../routing/conditions.ts';
import { list, record, text } from '../values/read.ts';
import { listenerId, type RoutedListener } from '../routing/result/routed-listener.ts';
import type { ConditionDraft } from '../routing/result/findings.ts';
import type { RoutedGateway } from '../routing/result/routed-gateway.ts';
import { objectId, type AviObject, type DesiredState } from '../translate/desired.ts';
import { mergeConditions, metadataOf, readConditions, stampOf, type Stamp } from './compute-conditions.ts';
import { addressesOf, programmedCondition, progressOf, progressOfAll, type Progress } from './compute-programmed.ts';
import type { StatusUpdate } from './update.ts';

/** Condition types on a Gateway that are ours; all others survive. */
export const gatewayConditionTypes = ['Accepted', 'Programmed', 'ResolvedRefs', 'InsecureFrontendValidationMode'];
const listenerTypes = ['Accepted', 'ResolvedRefs', 'Conflicted', 'OverlappingTLSConfig', 'Programmed'];
const mostAddresses = 16;

/** A Gateway's objects by their part. */
export interface Parts {
  readonly parents: readonly AviObject[];
  readonly vips: readonly AviObject[];
  readonly certificates: readonly AviObject[];
}

/**
 * @param outcome what the last apply said; undefined before the first one, and Programmed then stays as it was for
 *   this generation, else it is Unknown
 * @param previousStatus `status` of the Gateway as last read, foreign entries included
 * @param now RFC 3339
 * @param desired the objects that the outcome is about; undefined before the first translation
 */
export function computeGatewayStatus(
  routed: RoutedGateway,
  outcome: Outcome | undefined,
  previousStatus: unknown,
  now: string,
  desired: DesiredState | undefined,
): StatusUpdate {
  const previous = record(previousStatus);
  const stamp = stampOf(routed.resource, now);
  const parts = partsOf(desired);
  const addresses = nextAddresses(routed, parts, outcome, previous);
  const programmed = keepKnown(gatewayProgrammed(routed, parts, outcome, addresses), previous, stamp);
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: metadataOf(routed.key, stamp),
    status: {
      ...previous,
      ...withAddresses(previous, addresses),
      conditions: mergeConditions(
        readConditions(previous['conditions']),
        [...routed.conditions.filter((condition) => condition.type !== 'Programmed'), programmed],
        gatewayConditionTypes,
        stamp,
      ),
      ...withListenerSets(previous, routed),
      listeners: listenerStatuses(
        routed.listeners.filter(({ set }) => set === undefined),
        programmed,
        parts,
        outcome,
        previous,
        stamp,
      ),
    },
  };
}

export function partsOf(desired: DesiredState | undefined): Parts {
  const objects = desired?.objects ?? [];
  return {
    parents: objects.filter((object) => object.type === 'virtualservice' && object.origin.route === undefined),
    vips: objects.filter((object) => object.type === 'vsvip'),
    certificates: objects.filter((object) => object.type === 'sslkeyandcertificate'),
  };
}

function gatewayProgrammed(
  routed: RoutedGateway,
  parts: Parts,
  outcome: Outcome | undefined,
  addresses: readonly string[],
): ConditionDraft {
  const decided = routed.conditions.find((condition) => condition.type === 'Programmed');
  if (decided) return decided;
  if (!routed.programmable) return fails('Programmed', 'Invalid', messages.notProgrammed);
  const objects = [...parts.vips, ...parts.parents];
  const progress: Progress =
    objects.length === 0 ? { state: 'pending' } : progressOfAll(objects.map(objectId), outcome);
  const address = addressFailure(routed, progress);
  if (address) return address;
  if (progress.state === 'done' && addresses.length === 0 && hasBody(parts, outcome)) {
    return fails('Programmed', 'AddressNotAssigned', 'The VIP has no address yet');
  }
  return programmedCondition(progress);
}

/** A static address that cannot be had, or none left to allocate (GatewayReasonAddressNotUsable, …NotAssigned). */
function addressFailure(routed: RoutedGateway, progress: Progress): ConditionDraft | undefined {
  if (progress.state !== 'failed' || progress.type !== 'vsvip') return undefined;
  const aboutAddress = /\b(free ips?|ip address|already in use|in use|recreate the vip|address)\b/i.test(
    progress.message,
  );
  if (!aboutAddress) return undefined;
  if (routed.address) {
    const message = `${routed.address.value} cannot be used: ${progress.message}`;
    return fails('Programmed', 'AddressNotUsable', fitMessage(message));
  }
  return fails('Programmed', 'AddressNotAssigned', fitMessage(progress.message));
}

function hasBody(parts: Parts, outcome: Outcome | undefined): boolean {
  return parts.vips.some((vip) => {
    const own = outcome?.get(objectId(vip));
    return own !== undefined && 'object' in own && own.object !== undefined;
  });
}

/**
 * The VIP's addresses as the controller has them. They stay as they were while nothing is known, whatever the reason,
 * since DNS is made of them; they go when the Gateway is refused and its VIP is gone.
 */
function nextAddresses(
  routed: RoutedGateway,
  parts: Parts,
  outcome: Outcome | undefined,
  previous: Readonly<Record<string, unknown>>,
): readonly string[] {
  const known = parts.vips.flatMap((vip) => addressesOf(outcome?.get(objectId(vip))));
  if (known.length > 0) return known.slice(0, mostAddresses);
  if (!routed.programmable && outcome !== undefined && parts.vips.length === 0) return [];
  return listOf(previous['addresses']).flatMap((entry) => text(record(entry)['value']) ?? []);
}

function withAddresses(previous: Readonly<Record<string, unknown>>, addresses: readonly string[]) {
  if (addresses.length === 0 && listOf(previous['addresses']).length === 0) return {};
  return { addresses: addresses.map((value) => ({ type: 'IPAddress', value })) };
}

/** Left out where there is none, since older bundles do not have the field. */
function withListenerSets(previous: Readonly<Record<string, unknown>>, routed: RoutedGateway) {
  const attached = routed.listenerSets.filter((set) => set.attached).length;
  return attached > 0 || previous['attachedListenerSets'] !== undefined ? { attachedListenerSets: attached } : {};
}

/** Programmed of a Gateway, as its status says it. */
export function programmedOf(
  routed: RoutedGateway,
  outcome: Outcome | undefined,
  desired: DesiredState | undefined,
  previousStatus: unknown,
): ConditionDraft {
  const parts = partsOf(desired);
  return gatewayProgrammed(routed, parts, outcome, nextAddresses(routed, parts, outcome, record(previousStatus)));
}

/** `status.listeners` of a Gateway or of a ListenerSet. */
export function listenerStatuses(
  listeners: readonly RoutedListener[],
  programmed: ConditionDraft,
  parts: Parts,
  outcome: Outcome | undefined,
  previous: Readonly<Record<string, unknown>>,
  stamp: Stamp,
) {
  return listeners.map((listener) =>
    listenerStatus(listener, programmed, parts, outcome, previousListener(previous, listener.name), stamp),
  );
}

function listenerStatus(
  listener: RoutedListener,
  programmed: ConditionDraft,
  parts: Parts,
  outcome: Outcome | undefined,
  previous: Readonly<Record<string, unknown>>,
  stamp: Stamp,
) {
  return {
    ...previous,
    name: listener.name,
    supportedKinds: listener.supportedKinds,
    attachedRoutes: listener.attachedRoutes,
    conditions: mergeConditions(
      readConditions(previous['conditions']),
      [...listener.conditions, listenerProgrammed(listener, programmed, parts, outcome)],
      listenerTypes,
      stamp,
    ),
  };
}

/** Why a listener of a ListenerSet lost to one with precedence (conformance test ListenerSetProtocolConflict). */
function conflictOf({ conditions }: RoutedListener): string | undefined {
  return conditions.find(({ type, status }) => type === 'Conflicted' && status === 'True')?.reason;
}

/** A failed certificate is its listeners' failure; else a listener is programmed when the Gateway is. */
function listenerProgrammed(
  listener: RoutedListener,
  programmed: ConditionDraft,
  parts: Parts,
  outcome: Outcome | undefined,
): ConditionDraft {
  if (!listener.serving) {
    const conflict = listener.set === undefined ? undefined : conflictOf(listener);
    return fails('Programmed', conflict ?? 'Invalid', messages.listenerNotProgrammed);
  }
  const own = parts.certificates.filter((object) => object.origin.listeners?.includes(listenerId(listener)));
  const failed = own.map((object) => progressOf(object, outcome)).find((progress) => progress.state === 'failed');
  if (failed) return programmedCondition(failed);
  if (programmed.status !== 'False') return programmed;
  return fails('Programmed', 'Invalid', programmed.message);
}

/** Before an apply has said anything, what was known of this very generation still holds (after a restart). */
export function keepKnown(
  draft: ConditionDraft,
  previous: Readonly<Record<string, unknown>>,
  stamp: Stamp,
): ConditionDraft {
  if (draft.status !== 'Unknown') return draft;
  const known = readConditions(previous['conditions']).find((condition) => condition.type === 'Programmed');
  if (!known || known.observedGeneration !== stamp.generation || known.status === 'Unknown') return draft;
  return { type: known.type, status: known.status, reason: known.reason, message: known.message };
}

function previousListener(
  previous: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  return (
    listOf(previous['listeners'])
      .map(record)
      .find((entry) => entry['name'] === name) ?? {}
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? list(value as readonly unknown[]) : [];
}
