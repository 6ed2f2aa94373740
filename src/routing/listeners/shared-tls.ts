/** TLS settings that listeners share, since one virtual service serves them. */
import type { ListenerSpec } from './listener-spec.ts';

/**
 * Listeners that one virtual service serves have one SSL profile: the object with the first of them (the Gateway, then the
 * oldest ListenerSet) says what it is, in its first listener with options, and nobody weakens it from elsewhere. Others that
 * ask for something else are refused; those that ask for nothing go along.
 */
export function refuseMixedTls(specs: readonly ListenerSpec[]): readonly ListenerSpec[] {
  if (specs.every(({ tlsSettings }) => tlsSettings === undefined)) return specs;
  const groups = Map.groupBy(specs, (spec) => (isSecure(spec) ? spec.protocol : ''));
  const judged = [...groups].flatMap(([protocol, some]) => (protocol === '' ? some : judgeShared(some)));
  const byId = new Map(judged.map((spec) => [spec.id, spec]));
  return specs.map((spec) => byId.get(spec.id) ?? spec);
}

function isSecure({ protocol, mode, refusal }: ListenerSpec): boolean {
  return !refusal && (protocol === 'HTTPS' || (protocol === 'TLS' && mode === 'Terminate'));
}

function judgeShared(specs: readonly ListenerSpec[]): readonly ListenerSpec[] {
  const [first] = specs;
  const decider = specs.find(({ set, tlsSettings }) => set === first?.set && tlsSettings);
  const decided = JSON.stringify(decider?.tlsSettings);
  return specs.map((spec) => {
    if (spec === decider || (!decider && !spec.tlsSettings)) return spec;
    if (decider && !spec.tlsSettings) return { ...spec, tlsFrom: decider.id };
    if (JSON.stringify(spec.tlsSettings) === decided) return spec;
    const others = decider
      ? `listener ${decider.id} asks for another`
      : `the listeners of ${first?.set === undefined ? 'the Gateway' : `ListenerSet ${first.set}`} ask for none`;
    const message = `${spec.path}.tls.options: listeners with protocol ${spec.protocol} share a virtual service, which has one SSL profile, and ${others}`;
    return { ...spec, refusal: { reason: 'UnsupportedValue', message, conflicted: false } };
  });
}
