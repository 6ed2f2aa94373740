/** BackendTLSPolicies: which one holds for a port of a Service, and what it says (backendtlspolicy_types.go). */
import type { BackendTLSPolicy } from '../../../generated/gateway-api.ts';
import { resolveAuthorities, type AuthorityObjects } from '../routes/authorities.ts';
import { fails, fitMessage, holds, withIgnored } from '../conditions.ts';
import { isHostname, isPreciseHostname } from '../../values/hostnames.ts';
import { refsResolved } from '../listeners/listener-tls.ts';
import { compareAge, compareText, list, record, splitKey, text } from '../../values/read.ts';
import type { BackendTls, RoutedBackend } from '../result/routed-backend.ts';
import type { Certificate } from '../result/routed-listener.ts';
import type { ConditionDraft } from '../result/findings.ts';
import type { RoutedPolicy } from '../result/routed-gateway.ts';
import type { Snapshot } from '../snapshot.ts';
import { reasonOf } from '../support.ts';

/** A policy as far as it can be judged without the routes that use it. */
interface ReadPolicy {
  readonly key: string;
  readonly createdAt?: string;
  readonly resource: BackendTLSPolicy;
  readonly targets: readonly { readonly service: string; readonly section?: string }[];
}

/** Policies by the Service that they target, `namespace/name`; the oldest first. */
export type PolicyIndex = ReadonlyMap<string, readonly ReadPolicy[]>;

export interface PolicySources {
  readonly policies: PolicyIndex;
  readonly objects: AuthorityObjects;
  /** What the Gateway shows to backends. */
  readonly clientCertificate?: Certificate;
  /** Why it cannot show the certificate that it was told to: backends over TLS are not reached without it. */
  readonly clientCertificateFailure?: string;
  /** What has been judged with these sources, by key of the policy: reading certificates is dear. */
  readonly judged: Map<string, JudgedPolicy>;
}

export type AppliedPolicy =
  { readonly tls: BackendTls } | { readonly invalid: NonNullable<RoutedBackend['invalid']> } | undefined;

const indexes = new WeakMap<Snapshot['backendTLSPolicies'], PolicyIndex>();

export function indexPolicies(policies: Snapshot['backendTLSPolicies']): PolicyIndex {
  const known = indexes.get(policies);
  if (known) return known;
  const index = new Map<string, ReadPolicy[]>();
  for (const policy of [...policies].map(([key, resource]) => readPolicy(key, resource)).sort(compareAge)) {
    if (policy.resource.metadata?.deletionTimestamp) continue;
    for (const service of new Set(policy.targets.map((target) => target.service))) {
      index.set(service, [...(index.get(service) ?? []), policy]);
    }
  }
  indexes.set(policies, index);
  return index;
}

/** The TLS towards a port of a Service; undefined where no policy asks for any. One for the port goes before one for all. */
export function applyPolicy(service: string, portName: string | undefined, sources: PolicySources): AppliedPolicy {
  const policies = sources.policies.get(service) ?? [];
  const policy =
    policies.find((one) => one.targets.some((target) => target.service === service && target.section === portName)) ??
    policies.find((one) => one.targets.some((target) => target.service === service && target.section === undefined));
  if (!policy) return undefined;
  const judged = judgePolicy(policy, sources);
  if (!judged.tls) return { invalid: { reason: 'UnsupportedValue', message: messageOf(policy, judged.accepted) } };
  const { clientCertificate, clientCertificateFailure } = sources;
  if (clientCertificateFailure !== undefined) {
    return { invalid: { reason: 'UnsupportedValue', message: clientCertificateFailure } };
  }
  return { tls: { ...judged.tls, ...(clientCertificate && { clientCertificate }) } };
}

/** The policies that concern Services (`namespace/name`) which routes of a Gateway use, with what to say of them. */
export function routedPolicies(services: readonly string[], sources: PolicySources): readonly RoutedPolicy[] {
  const concerned = new Map<string, ReadPolicy>();
  for (const service of services)
    for (const policy of sources.policies.get(service) ?? []) concerned.set(policy.key, policy);
  return [...concerned.values()]
    .sort((a, b) => compareText(a.key, b.key))
    .map((policy) => {
      const { accepted, resolvedRefs } = judgePolicy(policy, sources);
      const winner = winnerOver(policy, sources.policies);
      const conflict =
        winner && fails('Accepted', 'Conflicted', `BackendTLSPolicy ${winner.key} is older and has the same target`);
      return { key: policy.key, resource: policy.resource, conditions: [conflict ?? accepted, resolvedRefs] };
    });
}

function winnerOver(policy: ReadPolicy, policies: PolicyIndex): ReadPolicy | undefined {
  for (const target of policy.targets) {
    const first = (policies.get(target.service) ?? []).find((other) =>
      other.targets.some(({ service, section }) => service === target.service && section === target.section),
    );
    if (first && first !== policy) return first;
  }
  return undefined;
}

export interface JudgedPolicy {
  readonly tls?: BackendTls;
  readonly accepted: ConditionDraft;
  readonly resolvedRefs: ConditionDraft;
}

function judgePolicy(policy: ReadPolicy, sources: PolicySources): JudgedPolicy {
  const known = sources.judged.get(policy.key) ?? judge(policy, sources);
  sources.judged.set(policy.key, known);
  return known;
}

function judge(policy: ReadPolicy, { objects }: PolicySources): JudgedPolicy {
  const { resource, key } = policy;
  const { namespace } = splitKey(key);
  const { validation } = resource.spec;
  const path = 'spec.validation.caCertificateRefs';
  const { certificates, failures } = resolveAuthorities(validation.caCertificateRefs, path, {
    objects,
    from: { kind: 'BackendTLSPolicy', namespace },
  });
  const [first] = failures;
  const messages = fitMessage(failures.map(({ message }) => message).join('; '));
  const resolvedRefs = first ? fails('ResolvedRefs', first.reason, messages) : refsResolved;
  const refusal = refuse(resource, certificates.length > 0);
  if (refusal) return { accepted: refusal, resolvedRefs };
  return {
    accepted: holds('Accepted', 'Accepted', withIgnored('Policy is valid', ignoredFields(resource))),
    resolvedRefs,
    tls: {
      policy: key,
      hostname: text(validation.hostname)?.toLowerCase() ?? '',
      caCertificates: certificates,
      system: certificates.length === 0,
      dnsNames: list(validation.subjectAltNames).flatMap((name) => text(name.hostname)?.toLowerCase() ?? []),
    },
  };
}

/** Accepted for a policy that cannot be honoured; "MUST NOT fall back to unencrypted (plaintext) communication". */
function refuse({ spec: { validation } }: BackendTLSPolicy, hasAuthorities: boolean): ConditionDraft | undefined {
  const invalid = (message: string) => fails('Accepted', 'Invalid', message);
  if (!isPreciseHostname(text(validation.hostname)?.toLowerCase() ?? '')) {
    return invalid('spec.validation.hostname is not a hostname');
  }
  for (const [index, name] of list(validation.subjectAltNames).entries()) {
    const where = `spec.validation.subjectAltNames[${index}]`;
    if (name.type !== 'Hostname') return invalid(`${where}.type: ${reasonOf('subjectAltNameUri')}`);
    if (!isHostname(text(name.hostname)?.toLowerCase() ?? '')) return invalid(`${where}.hostname is not a hostname`);
  }
  if (list(validation.caCertificateRefs).length > 0) {
    return hasAuthorities
      ? undefined
      : fails('Accepted', 'NoValidCACertificate', 'No reference leads to a certificate');
  }
  if (validation.wellKnownCACertificates === 'System') return undefined;
  return invalid('spec.validation.wellKnownCACertificates: only System is supported');
}

function ignoredFields({ spec }: BackendTLSPolicy) {
  return Object.keys(record(spec.options)).map((name) => ({
    field: `spec.options[${name}]`,
    message: reasonOf('tlsOptions'),
  }));
}

function messageOf(policy: ReadPolicy, accepted: ConditionDraft): string {
  return `BackendTLSPolicy ${policy.key} is not valid: ${accepted.message}`;
}

function readPolicy(key: string, resource: BackendTLSPolicy): ReadPolicy {
  const { namespace } = splitKey(key);
  const createdAt = text(resource.metadata?.creationTimestamp);
  const targets = list(resource.spec?.targetRefs)
    .filter(({ group, kind }) => group === '' && kind === 'Service')
    .map(({ name, sectionName }) => ({
      service: `${namespace}/${name}`,
      ...(text(sectionName) ? { section: sectionName } : {}),
    }));
  return { key, resource, targets, ...(createdAt === undefined ? {} : { createdAt }) };
}
