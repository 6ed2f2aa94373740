/**
 * Certificate authorities from ConfigMaps and Secrets, the key `ca.crt`, and from ClusterTrustBundles, all PEM
 * (backendtlspolicy_types.go, CACertificateRefs).
 */
import { readAuthorities } from '../listeners/certificates.ts';
import { isPermitted, type GrantIndex } from '../grants.ts';
import { list, record, text } from '../../values/read.ts';
import type { Snapshot } from '../snapshot.ts';

export interface AuthorityRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Why a reference cannot be used, with the specification's reason. */
export interface AuthorityFailure {
  readonly reason: 'InvalidKind' | 'InvalidCACertificateRef' | 'RefNotPermitted';
  readonly message: string;
}

export interface Authorities {
  /** PEM, one certificate each, of all references that resolve. */
  readonly certificates: readonly string[];
  readonly failures: readonly AuthorityFailure[];
}

/** The objects that hold authorities. */
export type AuthorityObjects = Pick<Snapshot, 'configMaps' | 'secrets' | 'clusterTrustBundles'>;

/** What authorities are looked up in; with `grants` references may lead into other namespaces. */
export interface AuthoritySources {
  readonly objects: AuthorityObjects;
  readonly from: { readonly kind: string; readonly namespace: string };
  readonly grants?: GrantIndex;
}

export function resolveAuthorities(
  refs: readonly AuthorityRef[] | undefined,
  path: string,
  sources: AuthoritySources,
): Authorities {
  const results = list<AuthorityRef>(refs).map((ref, index) => resolve(ref, `${path}[${index}]`, sources));
  return {
    certificates: [...new Set(results.flatMap((result) => ('certificates' in result ? result.certificates : [])))],
    failures: results.flatMap((result) => ('reason' in result ? [result] : [])),
  };
}

function resolve(ref: AuthorityRef, path: string, sources: AuthoritySources): Resolved {
  const group = ref.group ?? '';
  if (group === 'certificates.k8s.io' && ref.kind === 'ClusterTrustBundle') return fromBundle(ref, path, sources);
  if (group === '' && (ref.kind === 'ConfigMap' || ref.kind === 'Secret')) {
    return fromNamespaced(ref, ref.kind, path, sources);
  }
  const given = [text(ref.group), text(ref.kind)].filter(Boolean).join('/');
  const message = `${path}: kind ${given} is not supported; use ConfigMap, Secret or certificates.k8s.io/ClusterTrustBundle`;
  return { reason: 'InvalidKind', message };
}

type Resolved = { readonly certificates: readonly string[] } | AuthorityFailure;

/** "For cluster-scoped resources (such as ClusterTrustBundle), the `namespace` field MUST be unset." */
function fromBundle(ref: AuthorityRef, path: string, { objects }: AuthoritySources): Resolved {
  const where = `${path}: ClusterTrustBundle ${text(ref.name) ?? ''}`;
  if (text(ref.namespace)) return unusable(`${where} has no namespace; leave it out`);
  const bundle = objects.clusterTrustBundles.get(text(ref.name) ?? '');
  if (!bundle) return unusable(`${where} does not exist`);
  const certificates = readAuthorities(text(bundle.spec?.trustBundle) ?? '');
  return certificates ? { certificates } : unusable(`${where}: spec.trustBundle is not a PEM certificate`);
}

function fromNamespaced(
  ref: AuthorityRef,
  kind: 'ConfigMap' | 'Secret',
  path: string,
  { objects, from, grants }: AuthoritySources,
): Resolved {
  const name = text(ref.name) ?? '';
  const namespace = (grants && text(ref.namespace)) ?? from.namespace;
  const reference = {
    from: { group: 'gateway.networking.k8s.io', ...from },
    to: { group: '', kind, namespace, name },
  };
  if (grants && !isPermitted(grants, reference)) {
    const message = `${path}: no ReferenceGrant in namespace ${namespace} allows ${kind} ${name} to be used`;
    return { reason: 'RefNotPermitted', message };
  }
  const where = `${path}: ${kind} ${namespace}/${name}`;
  const object = (kind === 'ConfigMap' ? objects.configMaps : objects.secrets).get(`${namespace}/${name}`);
  if (!object) return unusable(`${where} does not exist`);
  const data = text(record(object.data)['ca.crt']);
  if (!data) return unusable(`${where} has no data ca.crt`);
  const pem = kind === 'Secret' ? Buffer.from(data, 'base64').toString('utf8') : data;
  const certificates = readAuthorities(pem);
  return certificates ? { certificates } : unusable(`${where}: ca.crt is not a PEM certificate`);
}

function unusable(message: string): AuthorityFailure {
  return { reason: 'InvalidCACertificateRef', message };
}
