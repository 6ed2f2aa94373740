/** Client certificates: what listeners ask of clients, and what the Gateway shows to backends (gateway_types.go, GatewayTLSConfig). */
import type { Gateway } from '../../../generated/gateway-api.ts';
import { resolveAuthorities, type AuthorityObjects } from '../routes/authorities.ts';
import { fails, fitMessage, holds } from '../conditions.ts';
import type { GrantIndex } from '../grants.ts';
import { frontendValidation, type FrontendValidation, type ListenerSpec } from './listener-spec.ts';
import { refsResolved, resolveCertificate } from './listener-tls.ts';
import { list } from '../../values/read.ts';
import type { Certificate, ClientValidation } from '../result/routed-listener.ts';
import type { ConditionDraft } from '../result/findings.ts';

/** A validation, or the conditions that say why the listener is not served; some references may fail beside valid ones. */
export interface ResolvedValidation {
  readonly validation?: ClientValidation;
  /** Accepted, where there is no valid authority. */
  readonly accepted?: ConditionDraft;
  /** ResolvedRefs, where a reference failed. */
  readonly resolvedRefs?: ConditionDraft;
}

/** What references of a Gateway are resolved with. */
export interface GatewaySources {
  readonly objects: AuthorityObjects;
  readonly grants: GrantIndex;
  readonly namespace: string;
}

export function resolveValidation(
  { validation, path }: FrontendValidation,
  { objects, grants, namespace }: GatewaySources,
): ResolvedValidation {
  const { certificates, failures } = resolveAuthorities(validation.caCertificateRefs, `${path}.caCertificateRefs`, {
    objects,
    grants,
    from: { kind: 'Gateway', namespace },
  });
  const [first] = failures;
  const message = fitMessage(failures.map((failure) => failure.message).join('; '));
  const reason = first?.reason === 'InvalidKind' ? 'InvalidCACertificateKind' : first?.reason;
  const resolvedRefs = reason && fails('ResolvedRefs', reason, message);
  if (certificates.length === 0) {
    const text = `${path}: no reference leads to a certificate authority`;
    return { accepted: fails('Accepted', 'NoValidCACertificate', text), ...(resolvedRefs && { resolvedRefs }) };
  }
  const mode = validation.mode ?? 'AllowValidOnly';
  return { validation: { caCertificates: certificates, mode }, ...(resolvedRefs && { resolvedRefs }) };
}

/** Said to routes, whose owners need not know where the Gateway's Secrets are. */
export const unresolvedClientCertificate =
  'the Gateway has no certificate to show to backends over TLS: its spec.tls.backend.clientCertificateRef does not resolve';

/** The Gateway's certificate towards backends, or ResolvedRefs with what is wrong; neither where none is asked for. */
export function resolveClientCertificate(
  gateway: Gateway,
  { objects, grants, namespace }: GatewaySources,
): { readonly certificate?: Certificate; readonly failure?: ConditionDraft } {
  const ref = gateway.spec?.tls?.backend?.clientCertificateRef;
  if (ref == null) return {};
  const sources = { secrets: objects.secrets, grants };
  const owner = { kind: 'Gateway', namespace } as const;
  const resolved = resolveCertificate(ref, 'spec.tls.backend.clientCertificateRef', owner, sources);
  if ('certificate' in resolved) return resolved;
  const { reason, message } = resolved.failure;
  const own = reason === 'RefNotPermitted' ? reason : 'InvalidClientCertificateRef';
  return { failure: fails('ResolvedRefs', own, message) };
}

/**
 * The Gateway's own ResolvedRefs: its certificate towards backends, and "a positive-polarity summary of Listener's
 * ResolvedRefs condition" (GatewayConditionResolvedRefs). Absent where the Gateway names no certificate.
 *
 * @param listeners conditions of each of its own listeners
 */
export function gatewayRefs(
  gateway: Gateway,
  failure: ConditionDraft | undefined,
  listeners: readonly (readonly ConditionDraft[])[],
): ConditionDraft | undefined {
  if (failure) return failure;
  if (gateway.spec?.tls?.backend?.clientCertificateRef == null) return undefined;
  const isUnresolved = ({ type, status }: ConditionDraft) => type === 'ResolvedRefs' && status === 'False';
  if (!listeners.some((conditions) => conditions.some(isUnresolved))) return refsResolved;
  return fails('ResolvedRefs', 'ListenersNotResolved', 'References of listeners do not resolve');
}

/** InsecureFrontendValidationMode: "true when the Gateway FrontendValidationModeType is configured to allow insecure fallback". */
export function insecureFrontend(gateway: Gateway): ConditionDraft | undefined {
  const frontend = gateway.spec?.tls?.frontend;
  const modes = [
    frontend?.default?.validation?.mode,
    ...list(frontend?.perPort).map(({ tls }) => tls?.validation?.mode),
  ];
  if (!modes.includes('AllowInsecureFallback')) return undefined;
  const message = 'Clients without a valid certificate are let in on ports with mode AllowInsecureFallback';
  return holds('InsecureFrontendValidationMode', 'ConfigurationChanged', message);
}

/**
 * Refuses listeners that let invalid client certificates in beside listeners that do not: Avi decides it for a virtual
 * service, not for a port, and a Gateway has one for HTTP. The strict ones are kept, whatever their precedence.
 */
export function refuseMixedModes(gateway: Gateway, specs: readonly ListenerSpec[]): readonly ListenerSpec[] {
  const validationOf = ({ protocol, port, refusal }: ListenerSpec) =>
    protocol === 'HTTPS' && !refusal ? frontendValidation(gateway, port) : undefined;
  const isLenient = (found: FrontendValidation | undefined) => found?.validation.mode === 'AllowInsecureFallback';
  const strict = specs.find((spec) => validationOf(spec) && !isLenient(validationOf(spec)));
  if (!strict) return specs;
  return specs.map((spec) => {
    const found = validationOf(spec);
    if (!found || !isLenient(found)) return spec;
    const message = `${found.path}.mode: AllowInsecureFallback cannot be served beside AllowValidOnly on port ${strict.port}: Avi lets invalid client certificates in on all ports of a virtual service or on none`;
    return { ...spec, refusal: { reason: 'UnsupportedValue', message, conflicted: false } };
  });
}
