/** Listeners that cannot be served beside others (gateway_types.go, "Distinct Listeners" and "Compatible Listeners"). */
import type { ListenerRefusal, ListenerSpec } from './listener-spec.ts';

type Conflict = Pick<ListenerRefusal, 'reason' | 'message'>;

/**
 * "MUST NOT pick one conflicting Listener as the winner. ALL indistinct Listeners must not be accepted", within one
 * object. Between objects the Gateway goes before its ListenerSets, and those go in their order (listenerset_types.go,
 * "Listener precedence"). Of distinct listeners that Avi cannot serve together the later is refused.
 *
 * @param owners the listeners of the Gateway, then those of each ListenerSet
 */
export function markConflicts(owners: readonly (readonly ListenerSpec[])[]): readonly ListenerSpec[] {
  const earlier: ListenerSpec[] = [];
  const marked: ListenerSpec[] = [];
  for (const specs of owners) {
    const judged = specs.map((spec) => (spec.refusal ? spec : refuse(spec, conflictWith(spec, earlier))));
    // One that has lost to another object already takes nothing from its siblings, nor from later objects.
    const standing = judged.filter((spec) => !spec.refusal);
    for (const spec of judged) marked.push(spec.refusal ? spec : refuse(spec, conflictWith(spec, standing)));
    earlier.push(...standing);
  }
  return refuseIncompatible(marked);
}

function refuse(spec: ListenerSpec, conflict: Conflict | undefined): ListenerSpec {
  return conflict ? { ...spec, refusal: { ...conflict, conflicted: true } } : spec;
}

function conflictWith(spec: ListenerSpec, others: readonly ListenerSpec[]): Conflict | undefined {
  const samePort = others.filter((other) => other !== spec && other.port === spec.port);
  const otherProtocol = samePort.filter((other) => !isDistinctProtocol(spec, other));
  if (otherProtocol.length > 0) {
    const message = `Port ${spec.port} is used with another protocol by ${namesOf(otherProtocol)}`;
    return { reason: 'ProtocolConflict', message };
  }
  const sameHost = samePort.filter((other) => other.protocol === spec.protocol && hostOf(other) === hostOf(spec));
  if (sameHost.length === 0) return undefined;
  const host = spec.hostname === undefined ? 'every hostname' : `hostname ${spec.hostname}`;
  return {
    reason: 'HostnameConflict',
    message: `Port ${spec.port} and ${host} are also those of ${namesOf(sameHost)}`,
  };
}

/**
 * Whether two listeners on one port can be told apart by their protocols, or have the same. HTTPS and TLS, and UDP and
 * all others, are distinct; whether they are compatible is another question.
 */
function isDistinctProtocol(a: ListenerSpec, b: ListenerSpec): boolean {
  // Avi needs one virtual service for what ends TLS and another for what passes it on, and they cannot share a port.
  if (a.protocol === b.protocol) return a.mode === b.mode;
  if (a.protocol === 'UDP' || b.protocol === 'UDP') return true;
  return isSecure(a) && isSecure(b);
}

function isSecure({ protocol }: ListenerSpec): boolean {
  return protocol === 'HTTPS' || protocol === 'TLS';
}

function hostOf({ protocol, hostname }: ListenerSpec): string {
  return protocol === 'TCP' || protocol === 'UDP' ? '' : (hostname ?? '');
}

function refuseIncompatible(specs: readonly ListenerSpec[]): readonly ListenerSpec[] {
  const kept: ListenerSpec[] = [];
  return specs.map((spec) => {
    if (spec.refusal) return spec;
    const other = kept.find((one) => one.port === spec.port && !isCompatible(one, spec));
    if (!other) {
      kept.push(spec);
      return spec;
    }
    const message = `Port ${spec.port} serves ${other.protocol} for ${namesOf([other])}; Avi has one virtual service for a port and cannot serve ${spec.protocol} beside it`;
    return { ...spec, refusal: { reason: 'PortUnavailable', message, conflicted: false } };
  });
}

/** TCP and UDP of a port are served by one virtual service; other protocols have one of their own. */
function isCompatible(a: ListenerSpec, b: ListenerSpec): boolean {
  if (a.protocol === b.protocol) return true;
  return ['TCP', 'UDP'].includes(a.protocol) && ['TCP', 'UDP'].includes(b.protocol);
}

function namesOf(specs: readonly ListenerSpec[]): string {
  return specs
    .map(({ name, set }) => `listener ${name}${set === undefined ? '' : ` of ListenerSet ${set}`}`)
    .join(', ');
}
